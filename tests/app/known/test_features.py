"""A word is rare if almost no wording of the known questions has it, nor one that is spelled nearly so."""

from __future__ import annotations

import pytest

from app.known.features import RARE_SHARE, WordWeights, words_of

COMMON = ["how much funding did shanghai give", "pay of an engineer"]


@pytest.fixture(scope="module")
def weights() -> WordWeights:
    return WordWeights([*COMMON * RARE_SHARE, "yield of a chip plant"])


@pytest.mark.parametrize(
    ("word", "rare"), [("yield", True), ("starlink", True), ("funding", False), ("shanghia", False), ("funds", True)]
)
def test_a_word_is_rare_if_almost_no_wording_has_it_or_one_spelled_nearly_so(weights, word: str, rare: bool) -> None:
    assert weights.are_rare(words_of(word)) is rare


def test_nothing_is_rare_among_few_wordings() -> None:
    assert not WordWeights(COMMON).are_rare(words_of("starlink"))
