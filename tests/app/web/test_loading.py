"""A page on a folder that it has not seen answers while the passages are still being embedded."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.settings import Settings, read_settings
from app.store.records import public
from app.ui.layout import state_html
from app.ui.words import Words
from app.web.loading import Loader, load_first
from app.web.service import Service
from ingest import sync as syncing
from ingest.errors import StorageError
from tests.servers import PATIENCE, waited_for

CORPUS = Path(__file__).resolve().parents[3] / "corpus"
QUESTION = "When was the comprehensive national science centre in Hefei approved?"


@pytest.mark.slow
def test_a_page_answers_while_it_embeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, may_go_on, embedded = tmp_path / "docs", threading.Event(), syncing._embed_texts
    folder.mkdir()
    for name in ("hefei.md", "science-centres.md", "shenzhen.md"):
        shutil.copy(CORPUS / name, folder / name)
    monkeypatch.setattr(syncing, "_embed_texts", lambda *arguments: (may_go_on.wait(PATIENCE), embedded(*arguments))[1])
    monkeypatch.setattr("ingest.sync.MAX_IMMEDIATE", 20)
    service = Service(read_settings(corpus=folder, data=tmp_path / "data"))
    service.start()
    meanwhile = service.ask(QUESTION)
    lacking, passages = service.shelf.lacking()
    assert (service.state.status, lacking == passages > 20) == ("ready", True)
    assert (meanwhile.status, "10 January 2017" in meanwhile.text) == ("answered", True)
    may_go_on.set()
    waited_for(lambda: service.shelf.lacking() == (0, 0))
    assert public(service.ask(QUESTION))["citations"] == public(meanwhile)["citations"]
    waited_for(lambda: not any(t.name == "embed" for t in threading.enumerate()))
    assert not service.index.lacking
    service.index.close()


@pytest.fixture
def indexed(tmp_path: Path) -> Settings:
    """A folder whose index is there."""
    (tmp_path / "tea").mkdir()
    (tmp_path / "tea" / "tea.md").write_text("# Tea\n\nFredonia drinks 42 tonnes of tea a year.\n", encoding="utf-8")
    found = read_settings(corpus=tmp_path / "tea", data=tmp_path / "data")
    state = load_first(found, lambda _: None)
    assert state.chain
    state.chain.index.close()
    return found


@pytest.mark.slow
def test_a_damaged_index_is_made_anew(indexed: Settings) -> None:
    file = indexed.index_folder / "catalogue.db"
    file.write_bytes(b"damaged" * 4_000)
    for name in ("catalogue.db-wal", "catalogue.db-shm"):
        (indexed.index_folder / name).unlink(missing_ok=True)
    service = Service(indexed)
    service.start()
    assert "42 tonnes" in service.ask("How much tea does Fredonia drink?").text
    service.index.close()


@pytest.mark.slow
def test_a_page_that_may_not_write_answers_from_the_index_as_it_is(
    indexed: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise StorageError("/data cannot be used (Read-only file system).", "Check its permissions.")

    monkeypatch.setattr("app.store.documents.match", refused)
    service = Service(indexed)
    service.start()
    assert "42 tonnes" in service.ask("How much tea does Fredonia drink?").text
    assert "Read-only file system" in caplog.text
    assert "from the index as it is" in caplog.text


@pytest.mark.parametrize(("language", "message"), [("en", "37% of passages can be searched"), ("zh", "目前 37% 的段落")])
def test_the_page_says_how_far_it_is(language: str, message: str) -> None:
    words = Words(language)
    assert message in state_html("ready", "", (3, "2021-03-05"), (), words, (63, 100)).replace("&#37;", "%")
    assert "%" not in state_html("ready", "", (3, "2021-03-05"), (), words).replace("&#37;", "%")


def test_the_embedding_in_the_background_is_begun_once_and_looks_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = SimpleNamespace(catalogue=SimpleNamespace(close=lambda: None))
    chain: Any = SimpleNamespace(index=nothing, embedder=nothing)
    begun, may_end, calls = threading.Event(), threading.Event(), []

    def embed_rest(*arguments: object) -> None:
        calls.append(threading.current_thread())
        begun.set()
        may_end.wait(PATIENCE)
        if len(calls) == 1:
            raise OSError("the disk is full")  # is logged, and whoever asks again begins again

    monkeypatch.setattr("app.store.documents.embed_rest", embed_rest)
    loader = Loader(read_settings(corpus=tmp_path, data=tmp_path), chain)
    loader.embed_rest()
    assert begun.wait(PATIENCE)
    loader.embed_rest()
    loader.embed_rest()
    may_end.set()
    waited_for(lambda: not loader._embedding)
    assert (len(calls), len(set(calls))) == (2, 1)
