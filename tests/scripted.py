"""A scripted language model behind a real OpenAI-compatible server on loopback: it does what a test wants, faults too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from app.llm.provider import load_writer
from app.llm.writing import Writing
from app.pipeline.chain import Chain
from app.settings import read_settings
from ingest.models.load import Reranker
from tests.in_json import in_json
from tests.servers import PATIENCE, serving

Reply = Callable[[dict[str, Any]], Response]
"""A request's body -> what the server answers."""

QUESTION = "When was the comprehensive national science centre in Hefei approved?"
FACT = "10 January 2017"
TRUE = f"The Hefei comprehensive national science centre was approved on {FACT}."


class ScriptedModel:
    """`url` is what `llm_url` takes; `names` are the models that it lists; `reply` may be changed between questions;
    `requests` are the bodies that came. As an Ollama it downloads the models of `pulled` by `pull`."""

    def __init__(self, address: str) -> None:
        self.url = f"{address}/v1"
        self.names = ["scripted"]
        self.reply: Reply = says("Nothing.")
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.pull: Reply = pulls({"status": "success"})
        self.pulled: list[str] = []

    @property
    def prompt(self) -> str:
        """All that the last request said."""
        return "\n".join(m["content"] for m in self.requests[-1]["messages"])


@contextmanager
def scripted_model(port: int = 0) -> Iterator[ScriptedModel]:
    app = FastAPI()

    @app.get("/v1/models")
    def models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": name, "object": "model"} for name in model.names]}

    @app.get("/api/tags")
    def tags() -> dict[str, Any]:
        return {"models": [{"name": name, "model": name, "size": 1} for name in model.names]}

    @app.post("/api/chat", response_model=None)
    async def chat(request: Request) -> Response:
        body = await request.json()
        model.requests.append(body)
        model.headers.append(dict(request.headers))
        reply = model.reply(body)
        return (
            reply
            if isinstance(reply, JSONResponse)
            else StreamingResponse(_as_ollama(reply), media_type="application/x-ndjson")
        )

    @app.post("/api/pull", response_model=None)
    async def pull(request: Request) -> Response:
        body = await request.json()
        model.pulled.append(body["model"])
        return model.pull(body)

    @app.post("/v1/messages", response_model=None)  # Anthropic's
    @app.post("/v1/chat/completions", response_model=None)
    async def completions(request: Request) -> Response:
        body = await request.json()
        model.requests.append(body)
        model.headers.append(dict(request.headers))
        return model.reply(body)

    with serving(lambda: app, port) as url:
        model = ScriptedModel(url)
        yield model


async def _as_ollama(reply: Response) -> AsyncIterator[str]:
    """What is said in OpenAI's form, in Ollama's."""
    assert isinstance(reply, StreamingResponse)
    async for line in reply.body_iterator:
        data = str(line).removeprefix("data: ").strip()
        if data and data != "[DONE]" and (choices := json.loads(data)["choices"]):
            piece = {"role": "assistant", "content": choices[0]["delta"].get("content", "")}
            yield (
                json.dumps({"model": "scripted", "created_at": "2026-01-01T00:00:00Z", "message": piece, "done": False})
                + "\n"
            )
    last = {"model": "scripted", "created_at": "2026-01-01T00:00:00Z", "message": {"role": "assistant", "content": ""}}
    counts = {"prompt_eval_count": 321, "eval_count": 45}
    yield json.dumps(last | {"done": True, "done_reason": "stop"} | counts) + "\n"


def pulls(*events: dict[str, Any], silent: float = 0, cut: bool = False) -> Reply:
    """What Ollama says while it downloads, line by line; then it is silent for so many seconds, or the line is cut."""

    def reply(body: dict[str, Any]) -> Response:
        async def stream() -> AsyncIterator[str]:
            for one in events:
                yield json.dumps(one) + "\n"
                await asyncio.sleep(0)
            await asyncio.sleep(silent)
            if cut:
                raise ConnectionError("cut on purpose")

        return StreamingResponse(stream(), media_type="application/x-ndjson")

    return reply


def layer(done: int, total: int = 4_700, digest: str = "sha256:1") -> dict[str, Any]:
    """How far a layer is, in megabytes."""
    return {"status": f"pulling {digest}", "digest": digest, "total": total * 1_000_000, "completed": done * 1_000_000}


def event(piece: str = "", finish: str | None = None, usage: dict[str, int] | None = None) -> str:
    delta = {"role": "assistant", "content": piece} if piece else {}
    choices = [] if usage else [{"index": 0, "delta": delta, "finish_reason": finish}]
    chunk = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "scripted", "choices": choices}
    return f"data: {json.dumps(chunk | ({'usage': usage} if usage else {}))}\n\n"


def pieces(text: str, size: int = 7) -> Iterator[str]:
    for at in range(0, len(text), size):
        yield event(text[at : at + size])


def says(text: str | Callable[[dict[str, Any]], str]) -> Reply:
    """A text, or what it makes of the request, streamed in small pieces."""

    def reply(body: dict[str, Any]) -> Response:
        said = text if isinstance(text, str) else text(body)

        def stream() -> Iterator[str]:
            yield from pieces(said)
            yield event(finish="stop")
            yield event(usage={"prompt_tokens": 321, "completion_tokens": 45, "total_tokens": 366})
            yield "data: [DONE]\n\n"

        return StreamingResponse(stream(), media_type="text/event-stream")

    return reply


def writes(text: str | Callable[[dict[str, Any]], str]) -> Reply:
    """The same as the JSON of an answer; see `tests.in_json`."""
    return says(lambda body: in_json(text if isinstance(text, str) else text(body)))


def fails(status: int, message: str = "no", code: str = "", **headers: str) -> Reply:
    def reply(body: dict[str, Any]) -> Response:
        return JSONResponse({"error": {"message": message, "type": "error", "code": code}}, status, headers)

    return reply


def first(*replies: Reply) -> Reply:
    """Each once, the last one ever after."""
    left = list(replies)

    def reply(body: dict[str, Any]) -> Response:
        return (left.pop(0) if len(left) > 1 else left[0])(body)

    return reply


def cut(text: str) -> Reply:
    """The connection breaks in the middle of the stream."""

    def reply(body: dict[str, Any]) -> Response:
        def stream() -> Iterator[str]:
            yield from pieces(text)
            raise ConnectionError("cut on purpose")

        return StreamingResponse(stream(), media_type="text/event-stream")

    return reply


def hangs(text: str = "") -> Reply:
    """Says a text and then nothing more, until the other side goes away."""

    def reply(body: dict[str, Any]) -> Response:
        async def stream() -> AsyncIterator[str]:
            for piece in pieces(text):
                yield piece
            await asyncio.Event().wait()

        return StreamingResponse(stream(), media_type="text/event-stream")

    return reply


def endless(text: str, before: str = "") -> Reply:
    """Says it over and over with a number, without an end."""

    def reply(body: dict[str, Any]) -> Response:
        async def stream() -> AsyncIterator[str]:
            yield event(before)
            for n in range(1_000_000):
                yield event(text.format(n=n))
                await asyncio.sleep(0)

        return StreamingResponse(stream(), media_type="text/event-stream")

    return reply


def raw(text: str, kind: str = "text/event-stream") -> Reply:
    def reply(body: dict[str, Any]) -> Response:
        return Response(text, media_type=kind)

    return reply


def key_of(body: dict[str, Any], words: str) -> str:
    """The key under which the prompt shows a piece of evidence with these words."""
    evidence = body["messages"][-1]["content"].split("</evidence>")[0]
    block = next(b for b in evidence.split("\n\n") if words in b)
    return block[block.index("[") : block.index("]") + 1]


def quoting(body: dict[str, Any], text: str, words: str) -> str:
    """A statement behind which stand the key and the exact words that it rests on."""
    return f'{text} {key_of(body, words)[:-1]} "{words}"]'


def at_each_step(
    answer: Callable[[dict[str, Any]], str], verdicts: str = "1: yes", again: str = "", question: str = QUESTION
) -> Reply:
    """What the model writes for an answer, what it judges of it, what it says to statements that failed, and which question
    it reads in a follow-up."""

    def said(body: dict[str, Any]) -> str:
        if body["messages"][0]["content"].startswith("A turn of a conversation"):
            return json.dumps({"last_answer": False, "questions": [question], "form": "", "searches": []})
        if body["messages"][0]["content"].startswith("You check the statements"):
            return verdicts
        return in_json(again if "could not be verified" in body["messages"][0]["content"] else answer(body))

    return says(said)


def true_fact(body: dict[str, Any]) -> str:
    """The answer to QUESTION with the key of what it rests on."""
    return f"{TRUE} {key_of(body, FACT)}"


def worded_by(chain: Chain, reranker: Reranker, judges: bool = False, **settings: Any) -> Chain:
    """The chain with the scripted model behind it; `settings` say where it is. It writes and, if it `judges`, is asked about
    what it wrote."""
    given = {"corpus": chain.settings.corpus, "data": chain.settings.data, "engine": "model", "llm_seconds": PATIENCE}
    chosen = read_settings(**given | settings)
    writing = Writing(load_writer(chosen), judges=judges)
    return Chain(chain.index, chain.embedder, chain.reranker, chosen, writing)
