"""Known questions: their files, what is refused, the passages that they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.documents import Document
from ingest.errors import CorpusError
from ingest.load import load
from ingest.questions.known import (
    DocumentPassages,
    KnownQuestion,
    Quote,
    about_questions,
    all_questions,
    answers_of,
    contradictions,
    heading_questions,
    passage_of,
    read_questions,
    wording_key,
)
from ingest.questions.store import QuestionStore
from ingest.split import split
from tests.hash_embedder import HashEmbedder

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
TEA = """# Tea

## What is oolong?

Oolong is half oxidised. It comes from Fujian.

## Green tea

Green tea is not oxidised.
"""


def held(text: str = TEA, file: str = "tea.md") -> DocumentPassages:
    document = Document(text, "Tea", file, markdown=True)
    return DocumentPassages(file, document, [p for chunk in split(document) for p in chunk.passages])


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "_questions").mkdir()
    (tmp_path / "_questions" / "tea.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_wordings_are_of_one_state_while_another_process_writes(tmp_path: Path) -> None:
    def asked(*names: str) -> list[KnownQuestion]:
        return [KnownQuestion("tea", (name,), gap="Not held.") for name in names]

    reading, writing = QuestionStore(tmp_path), QuestionStore(tmp_path)
    writing.replace_questions(asked("a", "b", "c"), {}, HashEmbedder())

    def meanwhile(statement: str) -> None:
        if "FROM known" in statement:
            reading.db.set_trace_callback(None)
            writing.replace_questions(asked("a"), {}, HashEmbedder())

    reading.db.set_trace_callback(meanwhile)
    before = reading.wordings()
    assert [q.question for q in before.questions] == ["a", "b", "c"]
    assert [q.question for q in reading.wordings().questions] == ["a"]


def test_a_file_is_read(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        """
- question: What is green tea?
  also: [green tea, 绿茶是什么？]
  answers:
  - Green tea is not oxidised.
  - other.md: Something else.
- question: What does it cost?
  also: []
  gap: The documents name no prices.
  nearest: []
""",
    )
    first, second = read_questions(folder)
    assert first.wordings == ("What is green tea?", "green tea", "绿茶是什么？")
    assert first.quotes == (Quote("tea.md", "Green tea is not oxidised."), Quote("other.md", "Something else."))
    assert second.gap == "The documents name no prices."
    assert second.quotes == ()


@pytest.mark.parametrize(
    "text",
    ["a: b", "- question: 3\n  answers: [x]", "- question: x", "- question: x\n  answers: []", "- [", "- x",
     "- question: x\n  answers: [3]", "- question: x\n  answers: [a, b, c, d, e, f]",
     "- question: x\n  also: ['']\n  answers: [a]"],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorpusError, match=r"tea\.yaml"):
        read_questions(written(tmp_path, text))


def test_a_quote_is_a_passage_letter_for_letter() -> None:
    tea = held()
    assert passage_of(Quote("tea.md", "Green tea is not oxidised."), {"tea.md": tea}) in tea.passages
    assert passage_of(Quote("tea.md", "Green tea is not oxidized."), {"tea.md": tea}) is None
    assert passage_of(Quote("coffee.md", "Green tea is not oxidised."), {"tea.md": tea}) is None


def test_a_heading_that_asks_is_a_known_question() -> None:
    (found,) = heading_questions(held())
    assert found.wordings == ("What is oolong?",)
    assert [q.text for q in found.quotes] == ["Oolong is half oxidised.", "It comes from Fujian."]


def test_one_wording_under_two_answers_is_named() -> None:
    one = KnownQuestion("a", ("What is tea?", "tea"), (Quote("a.md", "x"),))
    same = KnownQuestion("b", ("Tea?",), (Quote("a.md", "x"),))
    other = KnownQuestion("c", ("TEA ！",), (Quote("a.md", "y"),))
    assert list(contradictions([one, same])) == []
    assert [w for w, *_ in contradictions([one, other])] == ["TEA ！"]


@pytest.mark.parametrize(("a", "b"), [("What is tea?", "what is  TEA"), ("茶是什么？", "茶是什么"), ("２０２４", "2024")])
def test_wordings_that_differ_in_form_only_are_one(a: str, b: str) -> None:
    assert wording_key(a) == wording_key(b)


def test_a_folder_may_word_what_the_program_says_of_itself(tmp_path: Path) -> None:
    (tmp_path / "_page.yaml").write_text("about:\n  hello:\n    en: Welcome to the tea house.\n", encoding="utf-8")
    hello = next(q for q in about_questions(tmp_path) if "hello" in q.wordings)
    assert hello.about["en"] == "Welcome to the tea house."
    assert hello.about["zh"]
    (tmp_path / "_page.yaml").write_text("about:\n  nonsense:\n    en: x\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="hello"):
        about_questions(tmp_path)


def test_the_corpus_has_many_and_none_contradicts_another() -> None:
    questions = read_questions(CORPUS)
    assert len(questions) >= 2_500
    assert sum(len(q.wordings) >= 5 for q in questions) / len(questions) > 0.9
    assert list(contradictions(all_questions(CORPUS))) == []


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
def sweets(tmp_path: Path) -> dict[str, DocumentPassages]:
    (tmp_path / "sweets.md").write_text(TEXT, encoding="utf-8")
    document = load(tmp_path / "sweets.md", tmp_path)
    return {"sweets.md": DocumentPassages("sweets.md", document, [p for chunk in split(document) for p in chunk.passages])}


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
def test_a_list_that_is_meant_whole_is_given_whole(
    sweets: dict[str, DocumentPassages], named: list[str], given: list[str]
) -> None:
    question = KnownQuestion("sweets", ("What sweets are there?",), tuple(Quote("sweets.md", n) for n in named))
    assert [p.quote(h.document.text) for h, p in answers_of(question, sweets)] == given
