"""Known questions of a folder: which passages answer them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.load import load
from ingest.questions import Held, KnownQuestion, Quote, answers_of
from ingest.split import split

TEXT = """# Sweets of Fredonia

Fredonia has two laws on sweets. Fredonia makes six sweets:

- fudge
- toffee
- nougat
- caramel
- liquorice
- marzipan

Fredonia keeps these tins:

| Tin | Price |
|---|---|
| small | 2 crowns |
| large | 9 crowns |
"""
LIST, TINS, LAWS = "Fredonia makes six sweets:", "Fredonia keeps these tins:", "Fredonia has two laws on sweets."
SWEETS = ["fudge", "toffee", "nougat", "caramel", "liquorice", "marzipan"]
SMALL, LARGE = "| small | 2 crowns |", "| large | 9 crowns |"


@pytest.fixture
def held(tmp_path: Path) -> dict[str, Held]:
    (tmp_path / "sweets.md").write_text(TEXT, encoding="utf-8")
    document = load(tmp_path / "sweets.md", tmp_path)
    return {"sweets.md": Held("sweets.md", document, [p for chunk in split(document) for p in chunk.passages])}


@pytest.mark.parametrize(
    ("named", "given"),
    [
        ([LIST, "fudge", "toffee"], [LIST, *SWEETS]),
        ([LIST], [LIST, *SWEETS]),
        ([LIST, LAWS], [LIST, *SWEETS, LAWS]),
        ([LAWS, LIST, "fudge"], [LAWS, LIST, *SWEETS]),
        ([TINS, SMALL], [TINS, SMALL, LARGE]),
        (["nougat", LIST], ["nougat", LIST]),
        ([LAWS, LIST], [LAWS, LIST]),
        ([LIST, TINS, "nougat", LARGE], [LIST, TINS, "nougat", LARGE]),
        ([LAWS, "gone since"], [LAWS]),
    ],
)
def test_a_list_that_is_meant_whole_is_given_whole(held: dict[str, Held], named: list[str], given: list[str]) -> None:
    question = KnownQuestion("sweets", ("What sweets are there?",), tuple(Quote("sweets.md", n) for n in named))
    assert [p.quote(h.document.text) for h, p in answers_of(question, held)] == given
