"""What a document says on the whole, asked through the whole chain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.pipeline.chain import Chain
from app.settings import Settings
from ask_the_plan import AskThePlan
from ingest.index import Index
from ingest.models.load import Embedder, Reranker
from ingest.sync import sync
from tests.app.answering.test_outline import NEWS, REPORT


@pytest.fixture(scope="module")
def desk(
    tmp_path_factory: pytest.TempPathFactory, embedder: Embedder, reader: Reranker, settings: Settings
) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "news.txt").write_text(NEWS, encoding="utf-8")
    (folder / "robots.md").write_text(REPORT, encoding="utf-8")
    index = Index(tmp_path_factory.mktemp("desk_index"))
    sync([Path(folder)], index, embedder)
    yield Chain(index, embedder, reader, settings)
    index.close()


def in_hand(chain: Chain, name: str) -> tuple[str, ...]:
    return tuple(key for path, (_, key) in chain.index.catalogue.origins().items() if path == name)


@pytest.mark.parametrize("question", ["summarize this", "what is this file about?", "总结一下这份文件"])
def test_a_gist_is_quoted_from_the_document_in_hand(desk, question):
    answer = desk.ask(question, within=in_hand(desk, "robots.md"))
    assert answer.status == "answered"
    assert "trains welders" in answer.sentences[0].text
    text = desk.index.document(answer.citations[0].document_id).text
    assert all(c.quote == text[c.start : c.end] for c in answer.citations)


def test_a_named_document_is_summed_up_and_no_other(desk):
    answer = desk.ask("summarize the robot programme document")
    assert (answer.status, {c.document.title for c in answer.citations}) == ("answered", {"The robot programme"})
    assert answer.question == "summarize the robot programme document"
    assert "Searched 1 of 2 documents." in answer.note


def test_without_a_document_in_hand_there_is_no_gist(desk):
    assert desk.ask("summarize this").status == "not_found"


def test_the_only_document_of_a_folder_is_in_hand(tmp_path):
    (tmp_path / "robots.md").write_text(REPORT, encoding="utf-8")
    alone = AskThePlan(tmp_path, data=tmp_path / ".data")
    for question in ("summarize this", "这份文件讲什么？"):
        answer = alone.ask(question)
        assert (answer.status, answer.note) == ("answered", "")
        assert "trains welders" in answer.sentences[0].text
    assert alone.ask("这个计划由谁负责？").status != "about"  # "Who leads this?" asks of the document
    assert alone.ask("What is Ask the Plan?").status == "about"
    assert alone._chain
    alone._chain.index.close()


def test_two_sentences_are_given_if_two_are_wished_for(desk):
    assert len(desk.ask("summarize this in two sentences", within=in_hand(desk, "robots.md")).sentences) == 2


def test_a_list_is_given_whole(desk):
    answer = desk.ask("what are the changes in version 2.0?", within=in_hand(desk, "news.txt"))
    assert [s.text for s in answer.sentences][1:] == ["- Drop the old spout", "- Rename the handle", "- Count cups"]


def test_a_list_is_quoted_whole_if_the_question_has_the_words_before_it(tmp_path):
    entries = ["Trolling and insults", "Public or private harassment", "Publishing the private address of others"]
    text = "# Rules\n\nExamples of unacceptable behavior include:\n\n" + "".join(f"* {entry}\n" for entry in entries)
    (tmp_path / "rules.md").write_text(f"{text}\nA complaint goes to the desk.\n", encoding="utf-8")
    alone = AskThePlan(tmp_path, data=tmp_path / ".data")
    said = [s.text for s in alone.ask("Give examples of unacceptable behavior").sentences]
    assert all(any(entry in text for text in said) for entry in entries)
    assert len(alone.ask("Where does a complaint go?").sentences) == 1
    alone._chain.index.close()
