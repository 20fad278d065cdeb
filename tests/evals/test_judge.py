"""Judging by the places of gold sentences, and of what else states the answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.answers import Answer
from app.sentences import Citation, Sentence
from evals.cases import Case, Gold
from evals.judge import PlanJudge
from ingest.index import Index

FUND = "chip-policy.md"
FIRST = Gold(FUND, "Big Fund phase I raised 138.7 billion yuan.")
CASE = Case(
    "1", "How large were the phases?", True, "chip-policy", "tune",
    answer_groups=(("138.7",), ("344 billion",)),
    evidence=(
        FIRST,
        Gold(
            FUND,
            "Big Fund phase III, set up on 24 May 2024, has registered capital of 344 billion yuan, about 47.5 billion US "
            "dollars, from 19 state investors.",
        ),
    ),
)  # fmt: skip
OTHER = "China made 451.42 billion integrated circuits in 2024, an increase of 22.2 percent over 2023."


def quoting(index: Index, judge: PlanJudge, *quotes: str) -> Answer:
    cited = []
    for n, quote in enumerate(quotes, 1):
        ((document, start, end),) = judge.places[FUND, quote]
        cited.append(Citation(n, document, "", "", quote, start, end, "en", ()))
    sentences = tuple(Sentence(c.quote, (c.number,)) for c in cited)
    return Answer("?", "?", "answered", sentences, tuple(cited), confidence=0.9)


@pytest.fixture(scope="module")
def judge(index: Index) -> PlanJudge:
    return PlanJudge(index)


def test_half_of_the_gold_is_half_of_the_recall_and_no_right_answer(index: Index, judge: PlanJudge) -> None:
    scores = judge(CASE, quoting(index, judge, FIRST.quote, OTHER))
    assert (scores["correct"], scores["citation_precision"], scores["citation_recall"]) == (0.0, 0.5, 0.5)


def test_what_states_a_part_too_counts_as_a_right_citation_and_for_its_part(index: Index, judge: PlanJudge) -> None:
    answer = quoting(index, judge, FIRST.quote, OTHER)
    stating = replace(CASE, alternative_evidence=(Gold(FUND, OTHER, (2,)),))
    scores = judge(stating, answer)
    assert (scores["correct"], scores["citation_precision"], scores["citation_recall"]) == (1.0, 1.0, 1.0)
    of_the_first = replace(CASE, alternative_evidence=(Gold(FUND, OTHER, (1,)),))
    scores = judge(of_the_first, answer)
    assert (scores["correct"], scores["citation_precision"], scores["citation_recall"]) == (0.0, 1.0, 0.5)


def test_where_one_is_enough_only_what_states_all_of_the_answer_will_do(index: Index, judge: PlanJudge) -> None:
    other = quoting(index, judge, OTHER)
    for parts, share in (((1, 2), 1.0), ((2,), 0.0)):
        case = replace(CASE, evidence_mode="any", alternative_evidence=(Gold(FUND, OTHER, parts),))
        scores = judge(case, other)
        assert (scores["correct"], scores["citation_precision"], scores["citation_recall"]) == (share, 1.0, share)
