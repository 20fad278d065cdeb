"""An answer is taken along in the blocks that the page shows: paragraphs, lists and tables."""

from __future__ import annotations

from typing import Any

import pytest

from app.answers import Answer
from app.sentences import Citation, Place, Sentence
from app.store.export import answer_markdown, with_footnotes
from app.store.records import Record
from app.store.word import word_file
from ingest.documents import Kind, Source, row_in_words
from tests.app.store.test_attribution import word_text

SOURCE = Source("s", "Notes", "Press", "2021", "", "shelf")
COLUMNS = ("City", "GDP | growth", "Note")


def quoted(number: int, quote: str, kind: Kind = "sentence", **more: Any) -> Citation:
    return Citation(number, "d", "Notes", "", quote, 0, len(quote), "en", (SOURCE,), kind=kind, **more)


def row(number: int, *values: str) -> tuple[Sentence, Citation]:
    cells = tuple(zip(COLUMNS, values, strict=True))
    text = row_in_words(cells, "percent")
    highlight = (text.index("9"), text.index("9") + 1) if "9" in text else None
    return Sentence(text, (number,), highlight), quoted(number, "| … |", "row", row=cells, unit="percent")


def plain(number: int, text: str, kind: Kind = "sentence") -> tuple[Sentence, Citation]:
    return Sentence(text, (number,)), quoted(number, text, kind)


def written(text: str, place: Place) -> tuple[Sentence, Citation]:
    return Sentence(text, (1,), place=place), quoted(1, "All of it.")


def answer(*quoted: tuple[Sentence, Citation], **more: Any) -> Answer:
    sentences, citations = zip(*quoted, strict=True)
    return Answer("How?", "", "answered", sentences, tuple({c.number: c for c in citations}.values()), **more)


SHENZHEN, HEFEI, LAGOS = row(1, "Shenzhen", "9", ""), row(2, "Hefei", "8", ""), row(3, "Lagos", "7", "")
ROW = [("City", "Shenzhen"), ("GDP", "")], [("City", "Hefei"), ("GDP", "8 | 9")]
SIDES = ("Hefei", "Lagos")
CASES = {
    "rows of one table, which others stand between": (
        answer(SHENZHEN, plain(4, "It grows."), HEFEI),
        "percent\n\n| City | GDP / growth |\n|---|---|\n| Shenzhen [1] | 9 |\n| Hefei [2] | 8 |\n\nIt grows. [4]",
        "percent\n| City | GDP | growth |\n| Shenzhen 1 | 9 |\n| Hefei 2 | 8 |\n\nIt grows. 4",
    ),
    "one row": (
        answer(SHENZHEN),
        "percent\n\n| City | Shenzhen [1] |\n|---|---|\n| GDP / growth | 9 |",
        "percent\n| City | Shenzhen 1 |\n| GDP | growth | 9 |\n",
    ),
    "rows that are compared": (
        answer(HEFEI, LAGOS, sides=SIDES),
        "percent\n\n| City | Hefei [2] | Lagos [3] |\n|---|---|---|\n| GDP / growth | 8 | 7 |",
        "percent\n| City | Hefei 2 | Lagos 3 |\n| GDP | growth | 8 | 7 |\n",
    ),
    "sentences that are compared": (
        answer(plain(1, "Hefei grows."), plain(2, "Lagos too."), plain(3, "Hefei rests."), plain(4, "Hefei is no Lagos."),
               sides=SIDES),
        "| Hefei | Lagos |\n|---|---|\n| Hefei grows. [1] | Lagos too. [2] |\n| Hefei rests. [3] |  |\n\n"
        "Hefei is no Lagos. [4]",
        "| Hefei | Lagos |\n| Hefei grows. 1 | Lagos too. 2 |\n| Hefei rests. 3 |  |\n\nHefei is no Lagos. 4",
    ),
    "a side of which nothing was found": (
        answer(plain(1, "Hefei grows."), plain(2, "Hefei is no Lagos."), sides=SIDES),
        "| Hefei | Lagos |\n|---|---|\n| Hefei grows. [1] | Nothing specific to this side was found. |\n\n"
        "Hefei is no Lagos. [2]",
        "| Hefei | Lagos |\n| Hefei grows. 1 | Nothing specific to this side was found. |\n\nHefei is no Lagos. 2",
    ),
    "what was written": (
        answer(
            written("One.", Place(1)), written("Two.", Place(1)), written("Point.", Place(2, "list")),
            *(written("x", Place(3, "table", tuple(cells))) for cells in ROW), written("Sum.", Place(3, "table")),
        ),
        "One. [1] Two. [1]\n\n- Point. [1]\n\n"
        "| City | GDP |\n|---|---|\n| Shenzhen | [1] |\n| Hefei | 8 / 9 [1] |\n| Sum. [1] |  |",
        "One. 1 Two. 1\nPoint. 1\n| City | GDP |\n| Shenzhen |  1 |\n| Hefei | 8 | 9 1 |\n| Sum. 1 |  |\n",
    ),
    "quotes": (
        answer(plain(1, "One."), plain(2, "Point.", "item"), plain(3, "Next.", "item")),
        "One. [1]\n\n- Point. [2]\n- Next. [3]",
        "One. 1\nPoint. 2\nNext. 3",
    ),
}  # fmt: skip


def recorded(answer: Answer) -> Record:
    return Record("0" * 12, "2026-11-28T04:00:00+00:00", answer, 0.2, "i", (), ())


@pytest.mark.parametrize("name", CASES)
def test_markdown_and_the_clipboard_have_the_blocks_of_the_page(name: str) -> None:
    case, text, _ = CASES[name]
    assert with_footnotes(case).startswith(f"{text}\n\n[1] “" if case.citations[0].number == 1 else f"{text}\n\n[2] “")
    assert answer_markdown(recorded(case), "l").startswith(f"# How?\n\n{text}\n\n[")


@pytest.mark.parametrize("name", CASES)
def test_word_has_the_blocks_of_the_page(name: str) -> None:
    case, _, text = CASES[name]
    assert word_text(word_file(recorded(case), "l")).startswith(f"How?\n{text}\nSources\n")


def test_the_cell_that_was_asked_for_is_bold_in_word() -> None:
    import io

    from docx import Document

    (table,) = Document(io.BytesIO(word_file(recorded(answer(SHENZHEN, HEFEI)), "l"))).tables
    bold = [[any(r.bold for r in cell.paragraphs[0].runs) for cell in row.cells] for row in table.rows]
    assert bold == [[True, True], [False, True], [False, False]]
