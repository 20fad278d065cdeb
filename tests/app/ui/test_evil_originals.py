"""“Get the original” asks servers that mean harm: each ends in a sentence, and nothing of theirs is held."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.settings import read_settings
from app.store.documents import match
from app.store.originals import FetchResult, cited_sources
from app.ui.document_actions import DocumentActions
from app.ui.uploads import Waiting
from app.web.service import Service
from ingest.index import Index
from ingest.progress import quiet
from tests.hash_embedder import HashEmbedder

SUMMARY = """---
title: What the harbour law says
authorship: summary
sources:
  law:
    title: Harbour law of Fredonia
    publisher: Parliament of Fredonia
    date: 1931-05-02
    url: http://{place}/law
---

# What the harbour law says

Article 2 of the harbour law charges 12 percent on imported timber.[^law]
"""
LIMIT = 1_000_000  # bytes of a file


class Handler(BaseHTTPRequestHandler):
    evil: Callable[[Handler], None] | None = None

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        with suppress(OSError):  # the other side hangs up
            if self.path == "/robots.txt":
                self.head(404)
            elif evil := type(self).evil:
                evil(self)

    def head(self, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()


def redirects(handler: Handler) -> None:
    handler.head(302, Location="http://10.0.0.1/law")


def reads_a_file(handler: Handler) -> None:
    handler.head(302, Location="file:///etc/passwd")


def has_no_end(handler: Handler) -> None:
    handler.head(Content_Type="text/plain")
    while True:
        handler.wfile.write(b"Article 2. Timber pays 12 percent.\n" * 2_000)


def drips(handler: Handler) -> None:
    handler.head(Content_Type="text/plain")
    while True:
        handler.wfile.write(b"A")
        time.sleep(0.02)


def fails(handler: Handler) -> None:
    handler.head(500)


def sends_no_document(handler: Handler) -> None:
    handler.head(Content_Type="application/pdf")
    handler.wfile.write(b"\x7fELF" + bytes(range(256)) * 40)


def sends_another_text(handler: Handler) -> None:
    handler.head(Content_Type="text/html")
    handler.wfile.write(b"<title>Log in</title><p>The page is for members only. <script>alert(1)</script></p>")


EVIL: dict[Callable[[Handler], None], tuple[str, str]] = {
    redirects: ("private address", "points to a private network (10.0.0.1)"),
    reads_a_file: ("no answer", "file:/etc/passwd cannot be fetched"),
    has_no_end: ("too large", "sends more than 1,000,000 bytes"),
    drips: ("no answer", "took longer than 4 seconds"),
    fails: ("no answer", "answers with status 500"),
    sends_no_document: ("failed", "is not what its name says: it is a program"),
    sends_another_text: ("not this text", "This is not the right text"),
}


@pytest.fixture
def place() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("evil", EVIL, ids=lambda evil: evil.__name__)
def test_a_server_that_means_harm_gives_a_sentence(
    evil: Callable[[Handler], None], place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "evil", staticmethod(evil))
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "harbour.md").write_text(SUMMARY.format(place=place))
    settings = read_settings(corpus=corpus, data=tmp_path / "data", allow_hosts=place, fetch_seconds=4, max_file_bytes=LIMIT)
    index, embedder = Index(settings.index_folder, exact=True), HashEmbedder()
    match(settings, index, embedder, quiet)
    chain: Any = SimpleNamespace(index=index, embedder=embedder, matcher=None)
    (cited,) = cited_sources(index.catalogue)
    *_, result = DocumentActions(Service(settings, chain), Waiting(10**9)).get_original(cited.source.key)
    kept = [p for p in settings.data.rglob("*") if p.is_file() and not p.is_relative_to(settings.index_folder)]
    documents = index.catalogue.origins()
    index.close()
    assert isinstance(result, FetchResult)
    kind, reason = EVIL[evil]
    assert (result.result, reason in result.reason) == (kind, True), result
    assert list(documents) == ["harbour.md"]
    assert not [p for p in kept if p.is_relative_to(settings.added_folder) and p.name != ".lock"]
    assert sum(p.stat().st_size for p in kept) <= LIMIT + 100_000, kept
