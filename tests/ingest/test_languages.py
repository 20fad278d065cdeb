"""Which language a text is written in."""

import json
from pathlib import Path

import pytest

from app.retrieval.retriever import BACKGROUND_QUESTIONS
from evals.cases import own_cases
from ingest.documents import guess_language
from ingest.languages import language_of, sentences

SETS = Path(__file__).resolve().parent.parent / "languages"


@pytest.mark.parametrize("language", ["fr", "de", "es", "ja", "ko"])
def test_questions_and_documents_are_known_by_their_language(language: str) -> None:
    lines = (SETS / language / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [*(json.loads(line)["question"] for line in lines), *BACKGROUND_QUESTIONS[language]]
    assert {q for q in questions if language_of(q) != language} == set()
    assert {language_of(p.read_text(encoding="utf-8")) for p in (SETS / language / "docs").iterdir()} == {language}
    assert {guess_language(q) for q in questions} == {"en"}  # what the program says of them


def test_english_and_chinese_stay_what_they_are() -> None:
    assert {language_of(c.question) for c in own_cases()} == {"en", "zh"}
    names = ["Rio de la Plata", "Los Angeles population", "When was Otto von Bismarck born?", "What is Das Kapital about?"]
    assert {language_of(text) for text in names} == {"en"}
    assert language_of("“鬼滅の刃”这部漫画在中国出版了多少册？") == "zh"
    assert language_of("…") == "en"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Er trat am 7. September 1949 in Bonn zusammen. Das sind z. B. zehn Tage.", 2),
        ("Elle est née à Paris. M. Pasteur y est né en 1822.", 2),
        ("El Sr. López vive en la ciudad. ¿Dónde está?", 2),
        ("東京は首都です。「そうですか。」と彼は言った。", 2),
        ("서울은 수도이다. 인구는 약 940만 명이다.", 2),
    ],
)
def test_sentences_end_as_in_their_language(text: str, number: int) -> None:
    assert len(sentences(text, 0, len(text))) == number


def test_a_sentence_keeps_the_mark_that_ends_its_emphasis() -> None:
    text = "**Turn it off.** Pass a flag. Or: **never.**"
    assert [text[a:b].strip() for a, b in sentences(text, 0, len(text))] == [
        "**Turn it off.**",
        "Pass a flag.",
        "Or: **never.**",
    ]
