"""More ask at once than can be answered or may wait, by every way in; then one more is answered, and nobody is held up."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
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
from app.pipeline.steps import Request, Step
from app.settings import read_settings
from app.web.mcp import add_tools
from app.web.openai import add_openai
from app.web.queue import QueueFull
from app.web.server import add_routes
from app.web.service import AT_ONCE, LONGEST, Service

MANY = 40
TOKEN = {"Authorization": "Bearer t"}
pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class SlowChain:
    """Takes a while for an answer, as long as it is told to; models have no part in it."""

    def __init__(self) -> None:
        self.gate, self.lock, self.answering = threading.Event(), threading.Lock(), 0
        self.embedder = self.index = self.catalogue = self
        self.fingerprint = "none"
        self.gate.set()

    def counts(self) -> dict[str, int]:
        return {"documents": 1}

    def newest(self) -> str:
        return ""

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


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The routes for programs on a port, with a default executor of six threads, as on a machine of two cores."""
    chain: Any = SlowChain()
    service = Service(read_settings(data=tmp_path), chain)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> Any:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(6))
        async with tools.session_manager.run():
            yield

    app = FastAPI(lifespan=lifespan)
    add_routes(app, service, "t")
    add_openai(app, service)
    tools = add_tools(app, service, "Many")
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        running.start()
        yield Program(f"http://127.0.0.1:{listener.getsockname()[1]}", service, chain)
        chain.gate.set()
        server.should_exit = True
        running.join(10)


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
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=30))
        read, write, _ = await stack.enter_async_context(streamable_http_client(f"{client.base_url}/mcp", http_client=http))
        session = await stack.enter_async_context(ClientSession(read, write))
        await session.initialize()
        said: Any = (await session.call_tool("ask", {"question": question})).content[0]
        found = json.loads(said.text)
    return (503, True, found["error"]) if "error" in found else (200, False, said.text)


WAYS = {"ask": v1_ask, "chat": completion(False), "chat streamed": completion(True), "mcp": tool}


@pytest.mark.parametrize("way", WAYS)
def test_of_forty_at_once_six_are_told_that_it_is_full_and_then_one_more_is_answered(program: Program, way: str) -> None:
    asyncio.run(_forty(program, way))


async def _forty(program: Program, way: str) -> None:
    ask = WAYS[way]
    async with httpx.AsyncClient(base_url=program.url, timeout=30, limits=httpx.Limits(max_connections=MANY)) as client:
        program.chain.gate.clear()  # nobody is answered before all have come
        asking = [asyncio.create_task(ask(client, f"question {n}")) for n in range(MANY)]
        surplus = MANY - AT_ONCE - LONGEST
        while sum(t.done() for t in asking) < surplus:
            await asyncio.sleep(0.05)
        program.chain.gate.set()
        found = await asyncio.gather(*asking)
        assert sorted(status for status, _, _ in found) == [200] * (MANY - surplus) + [503] * surplus
        for status, later, said in found:
            assert status == 200 or (later and "30 questions are waiting already" in said)
        assert (await ask(client, "one more"))[0] == 200
        assert (await client.get("/health")).json()["status"] == "ready"


def test_forty_pages_at_once(program: Program) -> None:
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
        while len(full) < MANY - AT_ONCE - LONGEST:
            time.sleep(0.02)
        program.chain.gate.set()
    assert (len(answered), len(full)) == (AT_ONCE + LONGEST, MANY - AT_ONCE - LONGEST)
    assert program.service.ask("one more").status == "not_found"


@pytest.mark.parametrize("way", WAYS)
def test_clients_that_go_away_free_their_places_soon(program: Program, way: str) -> None:
    """Those that are being answered, and those that wait."""
    asyncio.run(_gone(program, way))


async def _gone(program: Program, way: str) -> None:
    program.chain.gate.clear()
    async with httpx.AsyncClient(base_url=program.url, timeout=30, limits=httpx.Limits(max_connections=MANY)) as client:
        asking = [asyncio.create_task(WAYS[way](client, f"question {n}")) for n in range(AT_ONCE + 6)]
        await asyncio.sleep(1)
        assert program.chain.answering == AT_ONCE
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    deadline = time.monotonic() + 2
    while not program.service.queue.idle and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    assert program.service.queue.idle


def test_health_says_where_the_queue_does_not_move(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.service.SILENCE", 0.2 - program.service.settings.llm_seconds)
    program.chain.gate.clear()
    with ThreadPoolExecutor(AT_ONCE + 1) as threads:
        for number in range(AT_ONCE + 1):
            threads.submit(program.service.ask, f"question {number}")
        time.sleep(0.6)
        health = httpx.get(f"{program.url}/health").json()
        program.chain.gate.set()
    assert health["status"] == "stuck"
    assert "while others wait" in health["message"]
    assert httpx.get(f"{program.url}/health").json()["status"] == "ready"
