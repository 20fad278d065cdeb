"""What the types of answering promise."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.answers import Answer, AnswerBody, Hit, NotePart
from app.sentences import Citation, Place, Sentence, sentence_text
from app.store.records import program_quotes, public
from ingest.documents import Passage

ROOT = Path(__file__).resolve().parents[2]
CITED = (Citation(1, "d", "T", "", "One.", 0, 4, "en", ()), Citation(2, "d", "T", "", "Two.", 5, 9, "en", ()))
SAID = (Sentence("One.", (1,)), Sentence("Two.", (2,)))


@pytest.mark.parametrize("status", ["answered", "partial"])
@pytest.mark.parametrize(
    ("sentences", "citations"),
    [
        ((), ()),
        ((), CITED),
        ((Sentence("One.", ()),), CITED),
        (SAID, CITED[:1]),
        ((*SAID, Sentence("Three.", (1, 3))), CITED),
    ],
    ids=["nothing said", "only citations", "a sentence without", "a number that is gone", "one of two gone"],
)
def test_an_answer_without_its_citations_cannot_be(status, sentences, citations):
    with pytest.raises(ValueError, match=r"says nothing|cites"):
        Answer("q", "q", status, sentences, citations)


@pytest.mark.parametrize("status", ["not_found", "about"])
@pytest.mark.parametrize(("sentences", "citations"), [(SAID, CITED), ((), CITED[:1])])
def test_what_was_not_found_says_nothing(status, sentences, citations):
    with pytest.raises(ValueError, match="cites something"):
        Answer("q", "q", status, sentences, citations)
    assert Answer("q", "q", "not_found", closest=CITED).text == ""


def test_a_note_is_made_of_its_parts():
    english, chinese = (
        Answer("q", "q", "not_found", note_parts=tuple(NotePart("other", text) for text in said))
        for said in (("Searched 2 of 3.", "", "The nearest:"), ("只检索了 2 份。", "最接近的内容："))
    )
    assert english.note == "Searched 2 of 3. The nearest:"
    assert [p.text for p in english.note_parts] == ["Searched 2 of 3.", "The nearest:"]
    assert chinese.note == "只检索了 2 份。最接近的内容："


def test_the_program_s_own_answer_stands_in_its_public_parts_alone():
    own = Answer("q", "q", "answered", SAID, CITED, wanted="date")
    written = Answer(
        "q",
        "q",
        "answered",
        SAID[:1],
        CITED[:1],
        quotes=AnswerBody("answered", SAID, CITED),
        written=True,
        wanted="date",
        seconds=1.0,
    )
    assert set(public(written)["quotes"]) == {"status", "text", "sentences", "citations", "nearest"}
    assert program_quotes(written) == replace(own, seconds=1.0)
    assert program_quotes(own) is own


def test_scores_of_a_hit_are_given_by_name():
    passage = Passage("d", 0, 4)
    with pytest.raises(TypeError):
        Hit(passage, 1, 2.0)
    assert Hit(passage, 1, rerank_score=2.0, retrieval_score=0.5, feature_score=0.25, match_score=1.0).score == 3.75


MAKERS = {
    "app/answering/verify.py": "verifies",
    "app/store/records.py": "reads saved ones",
}
SAYING = {"sentences", "citations"}


def made(tree: ast.AST) -> Iterator[int]:
    """The lines that make an answer that may say something: by its type, or from another with new sentences."""
    for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        status = [*call.args[2:3], *(k.value for k in call.keywords if k.arg == "status")]
        nothing = [isinstance(s, ast.Constant) and s.value == "not_found" for s in status] == [True]
        if (name == "Answer" and not nothing) or (name == "replace" and {k.arg for k in call.keywords} & SAYING):
            yield call.lineno


def test_answers_that_say_something_are_made_in_one_place():
    found = set()
    for folder in ("app", "evals", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            if any(made(ast.parse(path.read_text(encoding="utf-8")))):
                found.add(path.relative_to(ROOT).as_posix())
    values = {"app/ui/session.py"}  # the sentences of an answer so far
    assert found - values == set(MAKERS)


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("Answer(q, q, 'answered', s, c)", [1]),
        ("answers.Answer(question=q, read_as=q, status=status)", [1]),
        ("Answer(**given)", [1]),
        ("Answer(q, q, 'not_found', note_parts=n)", []),
        ("replace(answer, sentences=s)", [1]),
        ("replace(answer, timings=t)", []),
    ],
)
def test_the_search_for_makers_finds_them(code, lines):
    assert list(made(ast.parse(code))) == lines


def test_a_table_is_a_table_in_the_text_too():
    def row(year: str, sum_: str, block: int = 2) -> Sentence:
        return Sentence(f"Year: {year}; Sum: {sum_}", (1,), None, Place(block, "table", (("Year", year), ("Sum", sum_))))

    said = [Sentence("So it was.", (1,), None, Place(1)), row("2024", "5"), row("2025", "6|7"), Sentence("It grew.", (1,))]
    text = "\n".join(map(sentence_text, said, (None, *said)))
    assert text == ("So it was. [1]\n\n| Year | Sum |\n|---|---|\n| 2024 | 5 [1] |\n| 2025 | 6/7 [1] |\n\nIt grew. [1]")
    assert sentence_text(row("2024", "5"), row("2023", "4", block=1)).startswith("\n| Year")
