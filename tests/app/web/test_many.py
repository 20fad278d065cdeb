"""More ask at once than can be answered or may wait, by every way in; then one more is answered, and nobody is held up."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from app.answers import Answer
from app.pipeline.values import Request, Step
from app.settings import read_settings
from app.ui.mount import mount
from app.web.about import About
from app.web.functions import add_tools
from app.web.queue import QueueFull
from app.web.server import add_routes
from app.web.service import MAX_QUEUED, MAX_RUNNING, Service
from app.web.visitors import COOKIE
from benchmarks.crowd import Visitor
from tests.servers import PATIENCE, waited_for

MANY = MAX_RUNNING + MAX_QUEUED + 6
TOKEN = {"Authorization": "Bearer t"}
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class SlowChain:
    """Takes a while for an answer, as long as it is told to; models have no part in it."""

    def __init__(self) -> None:
        self.gate, self.lock, self.answering = threading.Event(), threading.Lock(), 0
        self.embedder = self.index = self.catalogue = self
        self.fingerprint = self.stamp = "none"
        self.lacking, self.exists = 0, True
        self.gate.set()

    def count(self, _: str) -> int:
        return 1

    def newest(self) -> str:
        return ""

    def built_with(self) -> tuple[str, ...]:
        return ("", "", self.fingerprint)

    def document(self, _: str) -> None:
        return None

    def originals(self) -> dict[str, str]:
        return {}

    def stream(self, request: Request) -> Iterator[Any]:
        with self.lock:
            self.answering += 1
        try:
            yield Step("reading")
            time.sleep(0.02)
            while not self.gate.wait(0.02) and not request.gone.is_set():
                pass
            yield Answer(request.question, request.question, "not_found")
        finally:
            with self.lock:
                self.answering -= 1


@dataclass(frozen=True)
class Program:
    url: str
    service: Service
    chain: SlowChain


@contextmanager
def serving(data: Path, paged: bool = False) -> Iterator[Program]:
    """The routes for programs on a port, and the page, with a default executor of six threads, as on two cores."""
    chain: Any = SlowChain()
    service = Service(read_settings(data=data), chain)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> Any:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(6))
        with app.state.closing:
            async with tools.session_manager.run():
                yield

    app = FastAPI(lifespan=lifespan)
    app.state.closing = ExitStack()  # `mount` leaves there what ends with the page
    add_routes(app, service, "t")
    tools = add_tools(app, service, About("Many", "", ()))

    async def serve() -> None:  # with a loop running, Gradio makes none that it would not close
        whole = mount(app, service, About("Many", "", ("What is Hefei for?",))) if paged else app
        server.config = uvicorn.Config(whole, log_level="warning", timeout_graceful_shutdown=1)
        await server.serve(sockets=[listener])

    server = uvicorn.Server(uvicorn.Config(app))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = threading.Thread(target=asyncio.run, args=(serve(),))
        running.start()
        yield Program(f"http://127.0.0.1:{listener.getsockname()[1]}", service, chain)
        chain.gate.set()
        server.should_exit = True
        running.join(PATIENCE)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    with serving(tmp_path) as served:
        yield served


def completion(streamed: bool) -> Callable[[httpx.AsyncClient, str], Any]:
    async def ask(client: httpx.AsyncClient, question: str) -> tuple[int, bool, str]:
        body = {"messages": [{"role": "user", "content": question}], "stream": streamed}
        response = await client.post("/v1/chat/completions", json=body)
        return response.status_code, "retry-after" in response.headers, response.text

    return ask


async def v1_ask(client: httpx.AsyncClient, question: str) -> tuple[int, bool, str]:
    response = await client.post("/v1/ask", json={"question": question}, headers=TOKEN)
    return response.status_code, "retry-after" in response.headers, response.text


async def tool(client: httpx.AsyncClient, question: str) -> tuple[int, bool, str]:
    """By MCP a refusal is an answer like any other."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=PATIENCE))
        read, write, _ = await stack.enter_async_context(streamable_http_client(f"{client.base_url}/mcp", http_client=http))
        session = await stack.enter_async_context(ClientSession(read, write))
        await session.initialize()
        content: Any = (await session.call_tool("ask", {"question": question})).content[0]
        answer = json.loads(content.text)
    return (503, True, answer["error"]) if "error" in answer else (200, False, content.text)


WAYS = {"ask": v1_ask, "chat": completion(False), "chat streamed": completion(True), "mcp": tool}


@pytest.mark.parametrize("way", WAYS)
def test_of_too_many_at_once_six_are_told_that_it_is_full_and_then_one_more_is_answered(program: Program, way: str) -> None:
    asyncio.run(_many(program, way))


async def _many(program: Program, way: str) -> None:
    ask = WAYS[way]
    async with httpx.AsyncClient(
        base_url=program.url, timeout=PATIENCE, limits=httpx.Limits(max_connections=MANY)
    ) as client:
        program.chain.gate.clear()  # nobody is answered before all have come
        asking = [asyncio.create_task(ask(client, f"question {n}")) for n in range(MANY)]
        surplus = MANY - MAX_RUNNING - MAX_QUEUED
        while sum(t.done() for t in asking) < surplus:
            await asyncio.sleep(0.05)
        program.chain.gate.set()
        results = await asyncio.gather(*asking)
        assert sorted(status for status, _, _ in results) == [200] * (MANY - surplus) + [503] * surplus
        for status, later, text in results:
            assert status == 200 or (later and f"{MAX_QUEUED} questions are waiting already" in text)
        assert (await ask(client, "one more"))[0] == 200
        assert (await client.get("/health")).json()["status"] == "ready"


def test_who_has_taken_all_places_keeps_nobody_else_out(program: Program) -> None:
    asyncio.run(_greedy(program))


async def _greedy(program: Program) -> None:
    cookie = {"Cookie": f"{COOKIE}={'a' * 32}"}
    async with httpx.AsyncClient(
        base_url=program.url, timeout=PATIENCE, limits=httpx.Limits(max_connections=MANY)
    ) as client:
        program.chain.gate.clear()
        greedy = [asyncio.create_task(v1_ask(client, f"question {n}")) for n in range(MAX_RUNNING + MAX_QUEUED)]
        while program.service.queue.length < MAX_RUNNING + MAX_QUEUED:
            await asyncio.sleep(0.05)
        other = asyncio.create_task(client.post("/v1/ask", json={"question": "What is Hefei for?"}, headers=cookie))
        while not any(task.done() for task in greedy):  # one place was given up
            await asyncio.sleep(0.05)
        refused = await v1_ask(client, "one more")
        program.chain.gate.set()
        assert (await other).status_code == 200
        statuses = [status for status, _, _ in await asyncio.gather(*greedy)]
    assert (statuses.count(200), statuses.count(503)) == (MAX_RUNNING + MAX_QUEUED - 1, 1)
    assert refused[:2] == (503, True)
    assert f"{MAX_RUNNING + MAX_QUEUED - 1} of your questions are waiting, and so are other visitors." in refused[2]


def test_many_threads_at_once(program: Program) -> None:
    answered, full = [], []

    def ask(number: int) -> None:
        try:
            answered.append(program.service.ask(f"question {number}"))
        except QueueFull as error:
            full.append(error.sentence())

    program.chain.gate.clear()
    with ThreadPoolExecutor(MANY) as threads:
        for number in range(MANY):
            threads.submit(ask, number)
        while len(full) < MANY - MAX_RUNNING - MAX_QUEUED:
            time.sleep(0.02)
        program.chain.gate.set()
    assert (len(answered), len(full)) == (MAX_RUNNING + MAX_QUEUED, MANY - MAX_RUNNING - MAX_QUEUED)
    assert program.service.ask("one more").status == "not_found"


@pytest.mark.hostile
@pytest.mark.timeout(900)  # a minute and a half on an idle machine
def test_many_pages_at_once_and_those_that_are_closed_meanwhile(tmp_path: Path) -> None:
    with serving(tmp_path, paged=True) as program, ThreadPoolExecutor(MANY) as threads:
        page = Visitor(program.url)
        program.chain.gate.clear()
        asking = [threads.submit(page.ask, f"question {n}") for n in range(MANY)]
        waited_for(lambda: program.service.queue.length == MAX_RUNNING + MAX_QUEUED)
        assert httpx.get(f"{program.url}/health").json()["status"] == "ready"
        program.chain.gate.set()
        assert all(a.result().right for a in asking)  # those who found no place came again when told
        program.chain.gate.clear()
        for number in range(MAX_RUNNING + 2):
            _ask_and_close(page, f"s{number}")
        waited_for(lambda: program.service.queue.idle)
        program.chain.gate.set()
        assert page.ask("one more").right


def _ask_and_close(page: Visitor, session: str) -> None:
    """A question of a browser whose window is closed once the answer is under way or waits."""
    body = {"data": ["question", [], None, *page.rest], "fn_index": page.event["id"], "session_hash": session,
            "trigger_id": page.box, "event_data": None}  # fmt: skip
    page.http.post("/gradio_api/queue/join", json=body).raise_for_status()
    with page.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as events:
        for line in events.iter_lines():
            if "process_generating" in line:
                return


@pytest.mark.parametrize("way", WAYS)
def test_clients_that_go_away_free_their_places_soon(program: Program, way: str) -> None:
    """Those that are being answered, and those that wait."""
    asyncio.run(_gone(program, way))


async def _gone(program: Program, way: str) -> None:
    program.chain.gate.clear()
    async with httpx.AsyncClient(
        base_url=program.url, timeout=PATIENCE, limits=httpx.Limits(max_connections=MANY)
    ) as client:
        asking = [asyncio.create_task(WAYS[way](client, f"question {n}")) for n in range(MAX_RUNNING + 6)]
        while program.service.queue.length < MAX_RUNNING + 6:
            await asyncio.sleep(0.05)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    while not program.service.queue.idle:
        await asyncio.sleep(0.05)


def test_health_says_where_the_queue_does_not_move(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.service.MAX_SILENCE", 0.2 - program.service.settings.llm_seconds)
    program.chain.gate.clear()
    with ThreadPoolExecutor(MAX_RUNNING + 1) as threads:
        for number in range(MAX_RUNNING + 1):
            threads.submit(program.service.ask, f"question {number}")
        waited_for(lambda: httpx.get(f"{program.url}/health").json()["status"] == "stuck")
        health = httpx.get(f"{program.url}/health").json()
        program.chain.gate.set()
    assert "while others wait" in health["message"]
    assert httpx.get(f"{program.url}/health").json()["status"] == "ready"
