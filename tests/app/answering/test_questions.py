"""Questions that a document's own words make."""

from __future__ import annotations

import pytest

from app.answering.questions import document_questions, gist_question
from ingest.documents import Document
from ingest.split import split
from tests.app.answering.test_outline import NEWS


def asked(text: str, language: str = "en", markdown: bool = False) -> list[str]:
    document = Document(text, "T", "t.md" if markdown else "t.txt", markdown=markdown, language=language)
    return [q.text for q in document_questions(document, [p for chunk in split(document) for p in chunk.passages])]


@pytest.mark.parametrize(
    ("language", "sentence", "question"),
    [
        (
            "en",
            "The budget of the robot programme is about 4.5 billion crowns.",
            "What is the budget of the robot programme?",
        ),
        ("en", "“Author” refers to any person who drew a letter.", "What does “Author” mean?"),
        ("en", "nss-mdns is a plugin for the name service.", "What is nss-mdns?"),
        ("en", "The harbour of Quuxville was opened in May 1907.", "When was the harbour of Quuxville opened?"),
        ("zh", "机器人计划的预算为45亿元。", "机器人计划的预算是多少？"),
        ("zh", "该法于2021年12月24日通过。", "该法是什么时候通过的？"),
        ("zh", "红茶是一种茶叶。", "什么是红茶？"),
        ("de", "Vim ist ein sehr mächtiger Editor.", "Was ist Vim?"),
        ("fr", "Vim est un éditeur très puissant.", "Qu’est-ce que Vim ?"),
        ("es", "Vim es un editor muy potente.", "¿Qué es Vim?"),
    ],
)
def test_a_sentence_makes_the_question_that_it_answers(language: str, sentence: str, question: str) -> None:
    assert asked(sentence, language) == [question]


@pytest.mark.parametrize(
    "sentence", ["This is a test.", "It was opened in 1907.", "The fix is to wait.", "如果这是一种茶，就喝。"]
)
def test_a_sentence_that_names_nothing_makes_none(sentence: str) -> None:
    assert asked(sentence, "zh" if sentence[0] == "如" else "en") == []


def test_headings_make_questions() -> None:
    text = "# T\n\n## Does it float?\n\nYes.\n\n## Conditions of use\n\n- Be quiet.\n- Be quick.\n\n## Money\n\nNone.\n"
    assert asked(text, markdown=True) == ["Does it float?", "What are the conditions of use?"]


def test_a_change_log_is_asked_for_days_and_changes() -> None:
    assert asked(NEWS)[:2] == ["When was Version 2.1 released?", "What changed in Version 2.1?"]


def test_each_language_asks_what_a_document_is_about() -> None:
    assert [gist_question(code)[:4] for code in ("en", "zh", "de", "fr", "es", "ru")] == [
        "What", "这份文件", "Woru", "De q", "¿De ", "What",
    ]  # fmt: skip
