"""A page goes on answering while its index is rebuilt with another model, and then answers with that one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.answers import Answer
from app.cli.asking import running_page
from app.errors import AskError
from app.settings import Settings, comparable, read_settings
from app.store.documents import AddReport
from app.store.records import public
from app.ui.document_actions import DocumentActions
from app.ui.uploads import Waiting
from app.web.queue import QueueStatus
from app.web.record import latest_record
from app.web.service import Service
from ingest.errors import IndexMismatch
from ingest.index import Index
from ingest.models.bundles import BGE, E5
from ingest.models.load import Embedder, load_embedder
from ingest.sync import sync
from tests.app.conftest import running_page as page_running
from tests.hash_embedder import HashEmbedder
from tests.leaks import open_resources
from tests.servers import PATIENCE, waited_for

pytestmark = pytest.mark.slow

CORPUS = Path(__file__).resolve().parents[3] / "corpus"
QUESTION = "When was the comprehensive national science centre in Hefei approved?"


def rebuild(settings: Settings, model: str) -> None:
    """`sync --rebuild` in a process of its own."""
    where = ["--corpus", str(settings.corpus), "--data", str(settings.data)]
    command = [sys.executable, "-c", "from app.cli.main import main; main()", *where, "sync", "--rebuild"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "ASK_EMBEDDING_MODEL": model})


def rebuild_here(settings: Settings, embedder: Embedder | HashEmbedder) -> None:
    """The same beside the page's own chain."""
    index = Index(settings.index_folder)
    sync([settings.corpus], index, embedder, rebuild=True)
    index.close()


def ready(url: str) -> dict[str, Any]:
    health: dict[str, Any] = {}

    def loaded() -> bool:
        health.update(httpx.get(f"{url}/health").json())
        return health["status"] != "loading"

    waited_for(loaded)
    assert health["status"] == "ready", health
    return health


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in ("hefei.md", "science-centres.md"):
        shutil.copy(CORPUS / name, folder / name)
    return folder


@pytest.mark.timeout(900)  # three processes with models
def test_a_running_page_follows_its_index_to_another_model_and_back(corpus: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with page_running(corpus, data) as page:
        assert ready(page.url)["fingerprint"].startswith(E5)
        record = latest_record(data)
        answers: list[tuple[int, dict[str, Any]]] = []
        stop = threading.Event()

        def ask() -> None:
            header = {"Authorization": f"Bearer {record['token']}"}
            while not stop.wait(0.5):  # the rebuild wants the processor too
                reply = httpx.post(f"{page.url}/v1/ask", json={"question": QUESTION}, headers=header, timeout=PATIENCE)
                answers.append((reply.status_code, reply.json()))

        visitor = threading.Thread(target=ask)
        visitor.start()
        try:
            for model in (BGE, E5):
                rebuild(page.settings, model)
                before = len(answers)
                waited_for(lambda before=before: len(answers) >= before + 2)  # one that began after it
                assert ready(page.url)["fingerprint"].startswith(model)
                chosen = read_settings(corpus=corpus, data=data, embedding_model=model)
                assert latest_record(data)["settings"] == comparable(chosen)
                assert running_page(chosen) is not None
        finally:
            stop.set()
            visitor.join()
    assert len(answers) >= 4
    for status, answer in answers:
        assert status == 200, answer
        assert answer["status"] in ("answered", "partial")
        assert "10 January 2017" in answer["text"]
    assert "Traceback" not in (data / "server.log").read_text()


@pytest.fixture
def service(corpus: Path, tmp_path: Path, embedder: Embedder) -> Iterator[Service]:
    settings = read_settings(corpus=corpus, data=tmp_path / "data")
    rebuild_here(settings, embedder)
    started = Service(settings)
    started.start()
    assert started.ask(QUESTION).status == "answered"
    yield started
    started.index.close()


def test_the_question_that_notices_waits_and_says_why(service: Service, corpus: Path) -> None:
    rebuild_here(service.settings, load_embedder(BGE))
    events = list(service.stream(QUESTION))
    assert QueueStatus("Loading the model for the rebuilt index") in events
    assert isinstance(events[-1], Answer)
    assert "10 January 2017" in public(events[-1])["text"]
    assert service.settings.embedding_model == BGE
    assert service.state.status == "ready"
    kept = [name for name, _ in open_resources() if name.startswith(str(corpus.parent)) and name.endswith("(deleted)")]
    assert not kept, "files of the former index are still open"


def test_a_model_that_is_not_here_is_told_until_the_index_is_rebuilt_again(service: Service, embedder: Embedder) -> None:
    settings = service.settings
    rebuild_here(settings, HashEmbedder("/no/such/model"))
    for _ in range(2):
        with pytest.raises(AskError, match="could not load") as error:
            service.ask(QUESTION)
        assert "/no/such/model" not in error.value.sentence()
    rebuild_here(settings, embedder)
    assert service.ask(QUESTION).status == "answered"


def test_nothing_is_added_with_the_former_model(service: Service) -> None:
    settings = service.settings
    rebuild_here(settings, load_embedder(BGE))
    waiting = Waiting(10**9)
    upload = waiting.folder / "late.md"
    upload.write_text("# Late\n\nThe comet of Fredonia returns every 311 years.")
    updates = list(DocumentActions(service, waiting).add([str(upload)], ""))
    assert updates[0] == "Loading the model for the rebuilt index"
    assert isinstance(updates[-1], AddReport)
    assert service.index.built_with()[2] == service.fingerprint
    assert service.ask(QUESTION).status == "answered"


def test_an_index_of_another_version_asks_for_a_new_start(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    with Index(service.settings.index_folder).catalogue.transaction() as db:
        db.execute("UPDATE meta SET value = 'another' WHERE name = 'split'")
    with pytest.raises(AskError, match="Another version of the program") as error:
        service.ask(QUESTION)
    assert "Restart the program" in error.value.next_step


def test_vectors_of_two_models_never_meet(corpus: Path, tmp_path: Path) -> None:
    old, new = HashEmbedder("old", 64), HashEmbedder("new", 64)
    index = Index(tmp_path / "index")
    sync([corpus], index, old)
    index.open(old)
    vector = old.queries([QUESTION])[0]
    assert index.dense(vector, 5)
    sync([corpus], Index(tmp_path / "index"), new, rebuild=True)
    with pytest.raises(IndexMismatch, match="built with embedding model new"):
        index.dense(vector, 5)
    index.close()
