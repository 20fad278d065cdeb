"""The list of documents a page at a time, which of them are asked, and one that is read: what the tab's events give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from app.settings import read_settings
from app.ui.document_actions import DocumentActions
from app.ui.documents_tab import DocumentsTab
from app.ui.layout import state_html
from app.ui.listing import ROWS, Leaf, Row, listing_html
from app.ui.reader import LONGEST, reader_html
from app.ui.titles import SourceList, read_sources, span
from app.ui.uploads import Waiting
from app.ui.words import Words
from app.web.service import Service
from app.web.shelf import KnownQuestions, Reading, read_known
from ingest.database.catalogue import Listed
from ingest.documents import Document, Passage, PassageLocation, Source
from ingest.index import Index
from ingest.questions.store import ResolvedQuestion
from ingest.split import split
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder

NOBODY: Any = SimpleNamespace(headers={}, session_hash="s", request=None)
NO_FILTERS = ("", None, None, None)


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The tab over sixty small documents, without its components."""
    corpus = tmp_path_factory.mktemp("sixty")
    for n in range(60):
        (corpus / f"d{n:02}.md").write_text(
            f"# Document {n:02}\n\n## Part\n\nThe number is {n}.\n\n## Other\n\nIt is even.\n"
        )
    settings = read_settings(corpus=corpus, data=tmp_path_factory.mktemp("data"))
    index, embedder = Index(settings.index_folder), HashEmbedder("hash", 16)
    sync([corpus], index, embedder)
    chain: Any = SimpleNamespace(index=index, embedder=embedder, matcher=None)
    made = DocumentsTab.__new__(DocumentsTab)
    made.actions = DocumentActions(Service(settings, chain), Waiting(10**9))
    yield made
    index.close()


def event(name: str, what: object = "") -> Any:
    return SimpleNamespace(_data={"name": name, "what": what, "text": ""})


def choose(tab: Any, name: str, what: object, only: list[str], number: int = 0, wanted: Any = NO_FILTERS) -> Any:
    return tab.choose("en", NOBODY, event(name, what), only, number, *wanted)


def test_an_update_that_runs_late_shows_the_last_choice(tab: Any) -> None:
    *_, (first,), _ = choose(tab, "only", tab.actions.listing()[0].id, [])
    choose(tab, "all", "", [first])
    _, above, narrow, only, _ = tab.renewed("en", NOBODY, [first], 0, *NO_FILTERS)
    assert "narrow" not in str(above)
    assert narrow == only == gr.skip(), "the choice stays as it is"


def test_the_list_comes_a_page_at_a_time(tab: Any) -> None:
    table, *_, number = tab.renewed("en", NOBODY, [], 0, *NO_FILTERS)
    assert table.count("<tr>") == ROWS + 1
    assert "Page 1 of 3" in table
    assert number == 0
    table, *_, number = choose(tab, "leaf", "2", [], 0)
    assert (table.count("<tr>"), number) == (60 - 2 * ROWS + 1, 2)
    table, *_, number = tab.renewed("en", NOBODY, [], 0, "document 07", None, None, None)
    assert (table.count("<tr>"), number) == (1 + 1, 0)
    *_, number = tab.renewed("en", NOBODY, [], 99, *NO_FILTERS)
    assert number == 2


def test_documents_are_chosen_one_by_one_alone_or_as_listed(tab: Any) -> None:
    first, second = (row.id for row in tab.actions.listing()[:2])
    *_, only, _ = choose(tab, "toggle", first, [])
    assert only == [first]
    table, chosen, narrow, only, _ = choose(tab, "toggle", second, only)
    assert only == [first, second]
    assert table.count('aria-pressed="true"') == 2
    assert "Searching 2 of 60" in narrow
    assert 'id="act-all-list"' in chosen
    *_, only, _ = choose(tab, "toggle", first, only)
    assert only == [second]
    *_, only, _ = choose(tab, "only", first, only)
    assert only == [first]
    *_, only, _ = choose(tab, "shown", "all", only, 0, ("document 07", None, None, None))
    assert len(only) == 1
    *_, only, _ = choose(tab, "all", "list", only)
    assert only == []


def test_all_documents_are_all_whatever_was_filtered(tab: Any) -> None:
    last = tab.actions.listing()[-1].id
    opened, place, table, _, _, _, number, *filters = tab.show_all("en", NOBODY, event("unread", last), [])
    assert (opened, place, number, filters) == ("", "", 2, ["", "", "", ""])
    assert ">60 documents<" in table
    assert f'id="act-read-{last}"' in table, "the list stands at the document that was read"


def test_what_was_just_added_is_in_the_list_that_is_shown(tab: Any) -> None:
    last = tab.actions.listing()[-1].id
    hidden, shown = ("document 07", "", "", ""), ("document 59", "", "", "")
    table, *_, number, find, source, year, language = tab.show_new("en", NOBODY, [], 0, *hidden, [last])
    assert f'id="act-read-{last}"' in table
    assert (number, find, source, year, language) == (2, "", "", "", "")
    table, *_, number, find, _, _, _ = tab.show_new("en", NOBODY, [], 0, *shown, [last])
    assert f'id="act-read-{last}"' in table
    assert ">1 of 60 documents<" in table, "a filter that shows it stays"
    assert (number, find == "") == (0, False)
    table, *_, find, _, _, _ = tab.show_new("en", NOBODY, [], 0, *hidden, [])
    assert ">1 of 60 documents<" in table, "nothing was added"
    assert find != ""


@pytest.mark.parametrize(
    ("fit", "held", "said", "less"),
    [(1, 48, "1 of 48 documents", "0 of 47 documents"), (48, 48, "48 documents", "47 documents"),
     (2, 2, "2 documents", "1 document")],
)  # fmt: skip
def test_a_count_is_there_for_when_one_document_waits_for_its_removal(fit: int, held: int, said: str, less: str) -> None:
    row = Row(ROW, SourceList((), 0, (), ()))
    assert f'role="status" data-less="{less}">{said}</p>' in listing_html(Leaf([row], 0, fit, held), frozenset(), Words())
    if fit == held:
        assert f'data-less="{less}">{said}</span>' in state_html("ready", "", (held, ""), (), Words())


def test_the_listing_is_read_again_only_where_the_documents_changed(tab: Any) -> None:
    assert tab.actions.listing() is tab.actions.listing()


def test_a_document_is_read_and_one_that_is_gone_is_told(tab: Any) -> None:
    document = tab.actions.listing()[3].id
    html, place = tab.open("en", event("read", document), NOBODY)
    assert place == document
    assert html == tab.read("en", place, NOBODY)
    assert html.count('<a href="#part-') == 2
    assert 'id="part-1"' in html
    assert "What is said about" not in html, "a heading alone makes no question"
    assert "act-drop" not in html, "what stands in the corpus folder is not removed here"
    assert 'role="alert"' in tab.open("zh", event("read", "none"), NOBODY)[0]
    assert tab.read("zh", "", NOBODY) == gr.skip(), "no document is read"


def test_the_heading_of_a_plain_text_is_shown_once() -> None:
    document = Document("FEES\n\nThe fee is 40 crowns a year.\n\nHOURS\n\nOpen from nine to five.\n", "Shop", "shop.txt")
    passages = tuple(p for chunk in split(document) for p in chunk.passages)
    html = reader_html(Reading(document, passages), (), 0, False, Words())
    text = html[html.index('class="text"') :]
    assert [text.count(said) for said in (">FEES<", ">HOURS<", "The fee is 40", "Open from")] == [1, 1, 1, 1]


def test_a_long_document_comes_in_parts() -> None:
    text = "A. " * (LONGEST + 10)
    passages = tuple(Passage("d", 3 * n, 3 * n + 2) for n in range(LONGEST + 10))
    reading = Reading(Document(text, "Long", "long.md"), passages)
    first, last = (unescape(reader_html(reading, (), part, True, Words())) for part in (0, 7))
    identity = reading.document.id
    assert f'id="act-read-{identity}.1"' in first
    assert f'id="act-read-{identity}.0"' in last
    assert "Part 2 of 2" in last
    assert "act-drop" in first


def test_what_a_document_rests_on() -> None:
    sources = (
        Source("a", "A", "Xinhua", "2021-03"),
        Source("b", "B", "NDRC", "2019", official=True),
        Source("c", "C", "Xinhua"),
    )
    found = read_sources(Document("Text.", "T", "t.md", publisher="Us", date="2026", sources=sources))
    assert found == SourceList(sources, 1, ("Xinhua", "NDRC"), ("2019", "2021"))
    assert span(found.years) == "2019–2021"
    assert read_sources(Document("Text.", "T", "t.md", publisher="Us", date="2026-01")) == SourceList(
        (), 0, ("Us",), ("2026",)
    )
    row = Row(Listed("i", "T", "Us", "2026", "zh", "", 5, 1, "t.md", False), found, 7)
    html = listing_html(Leaf([row], 0, 1, 1), frozenset(), Words("zh"))
    assert all(
        said in html for said in ("Xinhua；NDRC", "3 个来源，其中 1 个为官方来源", "2019–2021", ">7<", "中文", "1 个段落")
    )


def test_known_questions_are_counted_by_document_and_offered_in_a_language() -> None:
    held = (PassageLocation("d", 0),)
    questions = (
        ResolvedQuestion("What is tea?", "", {}, held),
        ResolvedQuestion("Is it (tea) green?", "", {}, held),
        ResolvedQuestion("Who sells it?", "Nobody says.", {}, held),
        ResolvedQuestion("Hello", "", {"en": "Hi"}, ()),
    )
    texts = ("What is tea?", "茶是什么？", "Is it (tea) green?", "Who sells it?", "Hello")
    owner: Any = SimpleNamespace(tolist=lambda: [0, 0, 1, 2, 3])
    wordings: Any = SimpleNamespace(texts=texts, owner=owner, questions=questions)
    known = read_known(wordings)
    assert known.numbers == {"d": 2}
    assert known.of("zh") == {"d": ("茶是什么？",)}
    assert known.of("en") == {"d": ("What is tea?",)}
    assert KnownQuestions().of(None).numbers == {}


def test_ten_thousand_documents_are_listed_by_the_page() -> None:
    rows = [Row(replace(ROW, id=str(n)), SourceList((), 0, (), ())) for n in range(ROWS)]
    html = listing_html(Leaf(rows, 0, 10_000, 10_000), frozenset(), Words())
    assert len(html) < 40_000
    assert "Page 1 of 400" in html


ROW = Listed("i", "T", "Us", "2026", "en", "", 5, 1, "t.md", False)
