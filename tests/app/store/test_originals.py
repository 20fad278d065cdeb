"""Originals are fetched or given, refused if they are another text, searched only if chosen, and carry our sentences."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.pipeline.chain import Chain
from app.pipeline.values import Request
from app.settings import Settings, read_settings
from app.store.documents import match, remove
from app.store.originals import CitedSource, add_original, chosen_sources, cited_sources, fetch_originals, requests_per_host
from app.store.records import make_record
from app.store.revalidate import revalidate
from app.web.shelf import Shelf
from ingest.add import save_page
from ingest.database.alignments import aligned_passages
from ingest.errors import AskError
from ingest.fetch import Fetched
from ingest.index import Index
from ingest.models.load import Reranker
from ingest.progress import quiet
from tests.hash_embedder import HashEmbedder

SUMMARY = """---
title: What the harbour law says
authorship: summary
sources:
  hl31:
    title: Harbour law of Fredonia
    title_zh: 弗里多尼亚港口法
    publisher: Parliament of Fredonia
    date: 1931-05-02
    url: {url}/law.txt
  fish:
    title: Fishing report
    publisher: Office of Fish
    where: volume 3 of the reports of the Office of Fish
  rep:
    title: Annual report of the harbour master
    publisher: Harbour office
    url: {url}/report.txt
---

# What the harbour law says

Article 2 of the harbour law charges 12 percent on imported timber.[^hl31] The harbour law founds a lighthouse office with 40
keepers (灯塔管理局).[^hl31] The harbour law names pigeons as messengers.[^hl31] Fishermen caught 700 tonnes of herring in
1930.[^fish] The harbour master counted 312 ships.[^rep]
"""
LAW = """Harbour law of Fredonia

Article 1. This law holds for all harbours of the country and for the ships that lie in them.

Article 2. Whoever brings in timber from abroad pays a charge of 12 percent of its value.

Article 3. A lighthouse office with forty keepers shall be founded in the capital.
"""
LAW_ZH = """弗里多尼亚港口法

第一条 本法适用于全国港口以及停泊的船舶。

第二条 进口木材应当缴纳百分之十二的税费。

第三条 设立灯塔管理局，配备40名看守人员。
"""


LONG = f"/{'l' * 300}.txt"
NUL = "/law%00"
PAGES = {
    "/law.txt": LAW,
    LONG: LAW,
    NUL: LAW,
    "/report.txt": "Please log in\n\nThe page that you asked for is for members only.",
}


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        page = PAGES.get(self.path)
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write((page or "").encode())


@contextmanager
def served() -> Iterator[str]:
    """The host and port of a server that has the pages."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def address() -> Iterator[str]:
    with served() as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, address: str) -> Settings:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "harbour.md").write_text(SUMMARY.replace("{url}", f"http://{address}"))
    return read_settings(corpus=tmp_path / "docs", data=tmp_path / "data", allow_hosts=address)


@pytest.fixture
def index(settings: Settings) -> Iterator[Index]:
    built = Index(settings.index_folder, exact=True)
    match(settings, built, HashEmbedder(), quiet)
    yield built
    built.close()


def source(index: Index, name: str) -> CitedSource:
    return chosen_sources(cited_sources(index.catalogue), [name])[0]


def give(settings: Settings, index: Index, name: str, text: str, file: str, surely: bool = False) -> str:
    path = settings.data / file
    path.write_text(text)
    (got,) = add_original(settings, index, HashEmbedder, source(index, name), path, surely=surely)
    return got.result


def original_quotes(index: Index, summary: str = "harbour.md") -> dict[str, str]:
    """Our sentences -> the original's words that carry them."""
    document = index.document(index.catalogue.origins()[summary][1])
    assert document
    ours = {p.start: p.quote(document.text) for p in index.passages(document.id)}
    quotes = {}
    for original, places in aligned_passages(index.catalogue, document.id).items():
        text = index.catalogue.document(original)
        quotes.update({ours[c.at]: text.text[c.start : c.end] for c in places if text})
    return quotes


def test_sources_are_listed_with_what_rests_on_them(index: Index, address: str) -> None:
    listed = [(s.name, len(s.sentences), s.state) for s in cited_sources(index.catalogue)]
    assert listed == [("hl31", 3, "not held"), ("fish", 1, "no address"), ("rep", 1, "not held")]
    assert requests_per_host([source(index, "hl31"), source(index, "rep")]) == {address: 2}
    assert source(index, "Harbour law of Fredonia") == source(index, "hl31")
    with pytest.raises(AskError, match="No sources are called nothing"):
        source(index, "nothing")


def test_what_is_fetched_is_held_and_another_text_is_not(settings: Settings, index: Index) -> None:
    got = fetch_originals(settings, index, HashEmbedder, cited_sources(index.catalogue), pause=0)
    assert {g.name: g.result for g in got} == {"hl31": "added", "rep": "not this text", "fish": "no address"}
    assert next(g.reason for g in got if g.name == "fish") == "volume 3 of the reports of the Office of Fish"
    assert source(index, "hl31").state == "held (en)"
    again = fetch_originals(settings, index, HashEmbedder, [source(index, "hl31")], pause=0)
    assert [g.result for g in again] == ["unchanged"]
    (original,) = index.catalogue.originals()
    document = index.catalogue.document(original)
    assert document
    assert (document.title, document.publisher) == ("Harbour law of Fredonia", "Parliament of Fredonia")


def test_an_address_with_a_longer_name_than_a_file_may_have_is_fetched(settings: Settings, index: Index) -> None:
    path = settings.corpus / "harbour.md"
    path.write_text(path.read_text().replace("/law.txt", LONG))
    match(settings, index, HashEmbedder(), quiet)
    assert [g.result for g in fetch_originals(settings, index, HashEmbedder, [source(index, "hl31")], pause=0)] == ["added"]


def test_an_address_whose_name_no_file_may_have_is_fetched(settings: Settings, index: Index) -> None:
    path = settings.corpus / "harbour.md"
    path.write_text(path.read_text().replace("/law.txt", NUL))
    match(settings, index, HashEmbedder(), quiet)
    assert [g.result for g in fetch_originals(settings, index, HashEmbedder, [source(index, "hl31")], pause=0)] == ["added"]


def test_one_source_that_cannot_be_kept_loses_no_other(
    settings: Settings, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(page: Fetched, scratch: Path) -> Path:
        if page.url.endswith("/report.txt"):
            raise ValueError("embedded null byte")
        return save_page(page, scratch)

    monkeypatch.setattr("app.store.originals.save_page", broken)
    got = fetch_originals(settings, index, HashEmbedder, cited_sources(index.catalogue), pause=0)
    assert {g.name: g.result for g in got} == {"hl31": "added", "rep": "failed", "fish": "no address"}
    assert source(index, "hl31").state == "held (en)", "it is indexed"


def test_what_is_held_is_indexed_if_the_rest_is_interrupted(
    settings: Settings, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(page: Fetched, scratch: Path) -> Path:
        if page.url.endswith("/report.txt"):
            raise KeyboardInterrupt
        return save_page(page, scratch)

    monkeypatch.setattr("app.store.originals.save_page", interrupted)
    sources = [source(index, "hl31"), source(index, "rep")]
    with pytest.raises(KeyboardInterrupt):
        fetch_originals(settings, index, HashEmbedder, sources, pause=0)
    assert source(index, "hl31").state == "held (en)"


def test_a_file_is_given_for_a_source_and_one_that_does_not_fit_only_surely(settings: Settings, index: Index) -> None:
    assert give(settings, index, "fish", "A poem\n\nThe sea is wide.", "poem.txt") == "not this text"
    assert give(settings, index, "fish", "A poem\n\nThe sea is wide.", "poem.txt", surely=True) == "added"


@pytest.mark.parametrize(("text", "file"), [(LAW, "law.txt"), (LAW_ZH, "law.zh.txt")])
def test_the_original_says_it_in_either_language(settings: Settings, index: Index, text: str, file: str) -> None:
    assert give(settings, index, "hl31", text, file) == "added"
    quotes = {ours[:28]: theirs for ours, theirs in original_quotes(index).items()}
    assert "12" in quotes["Article 2 of the harbour law"] or "百分之十二" in quotes["Article 2 of the harbour law"]
    keepers = quotes["The harbour law founds a lig"]
    assert "forty keepers" in keepers or "40名看守" in keepers
    assert len(quotes) == 2, "nothing in it says that pigeons are messengers"


def test_a_text_of_headings_alone_carries_nothing_and_stops_no_sync(settings: Settings, index: Index) -> None:
    assert give(settings, index, "hl31", "# Harbour law of Fredonia\n", "law.md") == "added"
    assert not original_quotes(index)
    (settings.corpus / "plan.md").write_text(SUMMARY.partition("# What")[0] + "# Nothing yet\n")
    assert give(settings, index, "hl31", LAW, "law.txt") == "added"
    assert original_quotes(index)


def test_the_places_are_found_again_when_either_side_changes(settings: Settings, index: Index) -> None:
    give(settings, index, "hl31", LAW, "law.txt")
    path = settings.corpus / "harbour.md"
    path.write_text(path.read_text().replace("charges 12 percent", "takes 12 percent"))
    match(settings, index, HashEmbedder(), quiet)
    assert [ours for ours in original_quotes(index) if "12 percent" in ours] == [
        "Article 2 of the harbour law takes 12 percent on imported timber."
    ]
    give(settings, index, "hl31", LAW.replace("in the capital", "in the harbour"), "law.txt")
    assert any(theirs.endswith("founded in the harbour.") for theirs in original_quotes(index).values())
    assert not any("capital" in theirs for theirs in original_quotes(index).values())


def test_an_answer_quotes_the_original_beside_the_summary(settings: Settings, index: Index, reader: Reranker) -> None:
    chain = Chain(index, HashEmbedder(), reader, settings)
    before = chain.answer(Request("What does Article 2 of the harbour law charge on timber?", threshold=0.0))
    assert not any(c.originals for c in before.citations)
    record = make_record(before, 0.0, "", index.document)
    give(settings, index, "hl31", LAW, "law.txt")
    cited = chain.answer(Request(before.question, threshold=0.0)).citations
    (quote,) = next(c.originals for c in cited if c.quote.startswith("Article 2"))
    assert quote.quote == "Whoever brings in timber from abroad pays a charge of 12 percent of its value."
    assert (quote.source.title, quote.page, quote.paragraph) == ("Harbour law of Fredonia", None, 3)
    original = index.document(quote.document_id)
    assert original
    assert original.text[quote.start : quote.end] == quote.quote
    now = Shelf(lambda: chain).with_originals(record)
    assert [c.originals for c in now.answer.citations] == [c.originals for c in cited], "also of an answer of before"
    assert all(finding.holds for finding in revalidate(now, index))
    remove(settings, index.catalogue, quote.document_id)
    match(settings, index, HashEmbedder(), quiet)
    assert Shelf(lambda: chain).with_originals(now) == now, "what was quoted stays quoted"
    (broken,) = (finding.sentence for finding in revalidate(now, index) if not finding.holds)
    assert broken.endswith("the original is no longer there.")


def test_originals_are_searched_only_if_they_are_chosen(settings: Settings, index: Index) -> None:
    embedder = HashEmbedder()
    assert index.searched_documents() is None, "without originals nothing is left out"
    give(settings, index, "hl31", LAW, "law.txt")
    index.open(embedder)
    (original,) = index.catalogue.originals()
    vector = embedder.queries(["harbours of the country and the ships that lie in them"])[0]
    for within, expected in ((None, False), ([original], True)):
        by_vector = {f.chunk.document_id for f in index.dense(vector, 20, within)}
        by_words = {f.chunk.document_id for f in index.words("ships harbours country", 20, within)}
        assert (original in by_vector, original in by_words) == (expected, expected)


def test_an_original_is_removed_like_any_added_document(settings: Settings, index: Index) -> None:
    give(settings, index, "hl31", LAW, "law.txt")
    (original,) = index.catalogue.originals()
    remove(settings, index.catalogue, original)
    match(settings, index, HashEmbedder(), quiet)
    assert not original_quotes(index)
    assert source(index, "hl31").state == "not held"


def test_who_asks_what_the_law_itself_says_is_answered_from_it(settings: Settings, index: Index, reader: Reranker) -> None:
    chain = Chain(index, HashEmbedder(), reader, settings)
    question = "What does the law itself say of timber from abroad?"
    hits = chain.find(Request(question)).hits
    assert {h.passage.document_id for h in hits} == {index.catalogue.origins()["harbour.md"][1]}
    give(settings, index, "hl31", LAW, "law.txt")
    (original,) = index.catalogue.originals()
    assert {h.passage.document_id for h in chain.find(Request(question)).hits} == {original}
    plain = chain.find(Request("What does the law say of timber from abroad?"))
    assert original not in {h.passage.document_id for h in plain.hits}
