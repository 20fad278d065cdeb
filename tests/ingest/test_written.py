"""Written answers: how they stand in a file, what is refused, and that one whose passage is gone is set aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.documents import Document
from ingest.errors import CorpusError
from ingest.questions.known import DocumentPassages, KnownQuestion, Quote, Written, read_file, to_yaml
from ingest.questions.store import QuestionStore
from ingest.questions.written import read_written
from ingest.split import split
from tests.hash_embedder import HashEmbedder

GREEN = "Green tea is not oxidised."
SHORT: dict[str, Any] = {"en": "No.", "zh": "不是。", "cites": [1]}
ANSWER: dict[str, Any] = {"short": SHORT, "full": [SHORT]}
ROW: dict[str, Any] = {"cells": {"en": ["Green", "no"], "zh": ["绿茶", "否"]}, "cites": [1]}
TABLE: dict[str, Any] = {
    "form": "table",
    "head": {"en": ["Tea", "Oxidised"], "zh": ["茶", "氧化"]},
    "full": [ROW],
    "short": SHORT,
}


def question(*quotes: str) -> KnownQuestion:
    written = Written(tuple(Quote("tea.md", text) for text in quotes), ANSWER)
    return KnownQuestion("tea", ("Is green tea oxidised?",), (Quote("tea.md", GREEN),), written=written)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "tea.yaml"
    path.write_text(to_yaml([question(GREEN)], "tea.md"), encoding="utf-8")
    assert list(read_file(path, "tea.md")) == [question(GREEN)]


def test_a_table_has_its_cells_by_language() -> None:
    answer = read_written(TABLE, 1)
    assert answer.head["zh"] == ("茶", "氧化")
    assert answer.full[0].cells["en"] == ("Green", "no")


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({**ANSWER, "form": "song"}, "form\n.*'steps'"),
        ({**ANSWER, "full": []}, "full\n.*at least 1 item"),
        ({**ANSWER, "short": {**SHORT, "cites": [2]}}, "of 1 quotes"),
        ({**ANSWER, "short": {**SHORT, "cites": []}}, "cites\n.*at least 1 item"),
        ({**ANSWER, "short": {"en": "No.", "cites": [1]}}, "English and Chinese"),
        ({**ANSWER, "missing": {"en": "Why is not held.", "zh": " "}}, r"missing\.zh"),
        ({**TABLE, "full": [{**ROW, "cells": {"en": ["Green"], "zh": ["绿茶"]}}]}, "other cells"),
        ({**TABLE, "full": [{**ROW, "cells": {"en": ["Green", "no"], "zh": ["绿茶"]}}]}, "other cells"),
    ],
)
def test_what_is_not_in_the_form_is_refused_with_its_question(tmp_path: Path, given: Any, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read_written(given, 1)
    path = tmp_path / "tea.yaml"
    entry = {"question": "Is green tea oxidised?", "answers": [GREEN], "written": {"quotes": [GREEN], **given}}
    path.write_text(yaml.safe_dump([entry], allow_unicode=True), encoding="utf-8")
    with pytest.raises(CorpusError, match="question 1 is not what it should be"):
        list(read_file(path, "tea.md"))


def test_words_that_have_no_language_are_refused_with_their_question(tmp_path: Path) -> None:
    path = tmp_path / "tea.yaml"
    written = {"quotes": [GREEN], **ANSWER, "missing": "Why is not held."}
    path.write_text(yaml.safe_dump([{"question": "Is it?", "answers": [GREEN], "written": written}]), encoding="utf-8")
    with pytest.raises(CorpusError, match="question 1 is not what it should be"):
        list(read_file(path, "tea.md"))


@pytest.mark.parametrize(("quote", "held"), [(GREEN, True), ("Green tea is oxidised.", False)])
def test_one_whose_passage_is_gone_is_set_aside(tmp_path: Path, quote: str, held: bool) -> None:
    document = Document(f"# Tea\n\n{GREEN}\n", "Tea", "tea.md", markdown=True)
    passages = [p for chunk in split(document) for p in chunk.passages]
    store = QuestionStore(tmp_path)
    store.replace_questions([question(quote)], {"tea.md": DocumentPassages("tea.md", document, passages)}, HashEmbedder())
    (known,) = store.wordings().questions
    assert bool(known.written) == held
    if known.written:
        answer, places = known.written
        assert answer.short.text == {"en": "No.", "zh": "不是。"}
        assert [(p.document_id, p.start) for p in places] == [(document.id, passages[0].start)]
