"""What whoever runs the page sees of it: liveness, readiness and numbers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from app.answers import Answer, ModelUse, NotePart
from app.errors import AskError, QuestionError
from app.pipeline.chain import Chain
from app.pipeline.values import Step
from app.settings import Settings, read_settings
from app.web import service as service_module
from app.web.queue import QueueFull
from app.web.server import add_routes
from app.web.service import Service
from app.web.watching import STATUSES
from tests.servers import PATIENCE, waited_for

HEFEI, FAR = "What is Hefei for?", "Who won the World Cup final of 1998?"
HERE: dict[str, Any] = {"base_url": "http://127.0.0.1:7860", "client": ("127.0.0.1", 50_000)}


def opened(service: Service, **where: Any) -> TestClient:
    app = FastAPI()
    add_routes(app, service, "secret")
    return TestClient(app, **HERE | where)


def numbers(client: TestClient) -> dict[tuple[str, ...], float]:
    """Name and labels -> value."""
    families = text_string_to_metric_families(client.get("/metrics").raise_for_status().text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


class Answering(Service):
    """Says what is laid down, then answers."""

    said: tuple[Any, ...] = ()

    def _work(self, *_: Any) -> Generator[Any, None, None]:
        for event in self.said:
            if isinstance(event, Exception):
                raise event
            yield event


@pytest.fixture
def settings_here(tmp_path: Path) -> Settings:
    return read_settings(data=tmp_path)


# --- live and ready


def test_a_page_is_live_and_not_ready_while_it_loads_and_where_it_could_not(settings: Settings) -> None:
    service = Service(settings.model_copy(update={"embedding_model": "/no/such/model"}))
    client = opened(service)
    assert client.get("/live").json() == {"status": "live"}
    ready = client.get("/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "loading")
    assert numbers(client)["ask_ready",] == 0
    service.start()
    with pytest.raises(AskError):
        service.ask(HEFEI)
    ready = client.get("/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "failed")
    assert "could not load" in ready.json()["message"]
    assert "/no/such/model" not in ready.text
    assert client.get("/live").status_code == 200


def test_a_page_is_ready_until_its_index_cannot_be_read(chain: Chain, settings: Settings, tmp_path: Path) -> None:
    class Elsewhere(Service):
        @property
        def index(self) -> Any:
            from ingest.index import Index

            return Index(tmp_path / "index")

    assert opened(Service(settings, chain)).get("/ready").json() == {"status": "ready"}
    client = opened(Elsewhere(settings, chain))
    reply = client.get("/ready")
    assert (reply.status_code, reply.json()["status"]) == (503, "unreadable")
    assert "is not there any more" in reply.json()["message"]
    assert str(tmp_path) not in reply.text
    (tmp_path / "index").mkdir(exist_ok=True)
    (tmp_path / "index" / "catalogue.db").write_bytes(b"this is no database at all" * 200)
    damaged = client.get("/ready")
    assert (damaged.status_code, damaged.json()["status"]) == (503, "unreadable")
    assert "cannot use its documents" in damaged.json()["message"]
    assert str(tmp_path) not in damaged.text
    assert client.get("/health").json()["status"] == "unreadable"
    assert client.get("/live").status_code == 200  # it goes on by itself as soon as the index is there


def test_a_stuck_queue_is_neither_ready_nor_live(chain: Chain, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    class Hanging(Service):
        def _work(self, *_: Any) -> Generator[Any, None, None]:
            go.wait(PATIENCE)
            yield Answer(HEFEI, HEFEI, "about", note_parts=(NotePart("other", "Done."),))

    monkeypatch.setattr(service_module, "MAX_SILENCE", 0.01 - settings.llm_seconds)
    service = Hanging(settings, chain)
    client = opened(service)
    askers = [threading.Thread(target=service.ask, args=(HEFEI,)) for _ in range(service_module.MAX_RUNNING + 1)]
    for asker in askers:
        asker.start()
    try:
        waited_for(lambda: service.queue.length > service_module.MAX_RUNNING and service.queue.stalled_seconds() > 0.1)
        metrics = numbers(client)
        assert (metrics["ask_queue_length", "working"], metrics["ask_queue_length", "waiting"]) == (4, 1)
        for path in ("/ready", "/live"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["status"]) == (503, "stuck")
    finally:
        go.set()
        for asker in askers:
            asker.join(PATIENCE)
    assert client.get("/live").status_code == 200


# --- numbers


def test_questions_are_counted_by_how_they_end(settings_here: Settings) -> None:
    service = Answering(settings_here)
    client = opened(service)
    assert numbers(client)["ask_question_seconds_count", "failed"] == 0
    failing = ModelUse("openai:x", failure="down")
    about = Answer(
        HEFEI,
        HEFEI,
        "about",
        note_parts=(NotePart("other", "Hello."),),
        timings=(("reading", 0.2), ("writing", 3.0)),
        model=failing,
    )
    service.said = (Step("reading"), about)
    service.ask(HEFEI)
    for error in (QuestionError("It is nothing.", "Type."), RuntimeError("inside"), AskError("It loads.", "Wait.")):
        service.said = (error,)
        with pytest.raises(type(error)):
            service.ask(HEFEI)
    with pytest.raises(QuestionError):
        service.ask("q" * 5_000)
    metrics = numbers(client)
    counted = {status: metrics["ask_question_seconds_count", status] for status in STATUSES}
    assert counted == dict.fromkeys(STATUSES, 0) | {"about": 1, "failed": 2, "refused": 2}
    assert metrics["ask_model_failures_total", "down"] == 1
    assert metrics["ask_step_seconds_sum", "writing"] == 3.0


def test_who_leaves_and_who_finds_no_place_are_counted(settings_here: Settings) -> None:
    service = Answering(settings_here)
    service.said = (
        Step("reading"),
        *[Step("searching")] * 100,
        Answer(HEFEI, HEFEI, "about", note_parts=(NotePart("other", "Hello."),)),
    )
    client = opened(service)

    async def leave() -> None:
        stream = service.astream(HEFEI)
        await anext(stream)
        await stream.aclose()

    full = service.queue.submit
    service.queue.submit = _no_place  # type: ignore[method-assign]
    with pytest.raises(QueueFull):
        service.ask(HEFEI)
    service.queue.submit = full  # type: ignore[method-assign]
    asyncio.run(leave())
    while not service.queue.idle:
        pass
    metrics = numbers(client)
    assert metrics["ask_question_seconds_count", "full"] == 1
    assert (
        metrics["ask_question_seconds_count", "left"] + metrics["ask_question_seconds_count", "about"] == 1
    )  # as fast as the machine is


def _no_place(*_: Any) -> Any:
    raise QueueFull("30 questions are waiting already.", 60)


def test_the_index_and_the_process_are_measured(chain: Chain, settings: Settings) -> None:
    metrics = numbers(opened(Service(settings, chain)))
    counts = chain.index.catalogue.counts()
    assert metrics["ask_index_documents",] == counts["documents"]
    assert metrics["ask_index_passages",] == counts["embedded"]
    assert metrics["ask_index_lacking",] == 0
    assert metrics["ask_ready",] == 1
    assert metrics["process_resident_memory_bytes",] > 0


@pytest.mark.parametrize(
    ("where", "headers", "status"),
    [({}, {}, 200), ({"client": ("192.0.2.1", 5)}, {}, 401), ({}, {"X-Forwarded-For": "192.0.2.1"}, 401),
     ({}, {"Via": "1.1 proxy"}, 401), ({}, {"CF-Ray": "1"}, 401), ({}, {"X-Forwarded-Proto": "https"}, 401),
     ({"base_url": "http://plan.example.org"}, {}, 401),
     ({"client": ("192.0.2.1", 5)}, {"Authorization": "Bearer secret"}, 200),
     ({"client": ("192.0.2.1", 5)}, {"Authorization": "bearer  secret"}, 200),
     ({"client": ("192.0.2.1", 5)}, {"Authorization": "Basic secret"}, 401),
     ({"client": ("192.0.2.1", 5)}, {"Authorization": "Bearer other"}, 401)],
)  # fmt: skip
def test_the_numbers_are_for_this_machine_or_the_token(
    settings_here: Settings, where: dict[str, Any], headers: dict[str, str], status: int
) -> None:
    answer = opened(Service(settings_here), **where).get("/metrics", headers=headers)
    assert answer.status_code == status
    assert status == 200 or "token" in answer.json()["error"]


def test_behind_a_login_the_numbers_need_no_login_but_the_token(guarded_page: TestClient) -> None:
    assert guarded_page.get("/metrics").status_code == 401
    for path in ("/live", "/ready", "/health"):
        assert guarded_page.get(path).status_code in (200, 503)


def test_what_the_page_asks_itself_is_not_counted(chain: Chain, settings: Settings) -> None:
    service = Answering(settings, chain)
    service.said = (Answer(HEFEI, HEFEI, "about", note_parts=(NotePart("other", "Hello."),)),)
    assert service.ask_if_idle(HEFEI)
    assert not any(numbers(opened(service))["ask_question_seconds_count", status] for status in STATUSES)
