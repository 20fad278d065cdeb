"""`/v1/chat/completions` and `/v1/models`, as OpenAI's clients speak, with the citations beside the choices."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse

from app.answers import Answer
from app.errors import AskError, QuestionError
from app.query.history import read_turns
from app.query.values import Turn
from app.sentences import Sentence, VerifiedSentence
from app.web.connected import while_connected
from app.web.contract import TURNS
from app.web.json_body import read_json
from app.web.replies import FAILED, refused
from app.web.service import Service
from app.web.visible import visible
from app.web.visitors import asker

log = logging.getLogger(__name__)

MODEL = "ask-the-plan"
SHAPE = 'Send {"model": "ask-the-plan", "messages": [{"role": "user", "content": "…"}]}.'

TAKES = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["messages"],
                    "properties": {
                        "messages": {"type": "array", "items": {"$ref": "#/components/schemas/SaidBefore"}},
                        "stream": {"type": "boolean", "default": False},
                    },
                },
                "example": {"model": MODEL, "messages": [{"role": "user", "content": "What is Hefei for?"}]},
            }
        },
    }
}
"""Its body, as OpenAPI documents it."""


def add_openai(app: FastAPI, service: Service) -> None:
    """The two routes. Other fields of a request (temperature, max_tokens, …) change nothing: answers are quotes."""

    @app.get("/v1/models", tags=["openai"], summary="List the one model")
    def models() -> dict[str, Any]:
        """As OpenAI's clients ask for it."""
        return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}]}

    @app.post("/v1/chat/completions", response_model=None, tags=["openai"], summary="Answer as a chat", openapi_extra=TAKES)
    async def completions(request: Request) -> JSONResponse | StreamingResponse:
        """The last message is the question; the fields of the answer object stand beside `choices`."""
        try:
            question, history, streamed = read_messages(await request.body())
            events = service.astream(question, history, asker=asker(request))
            first = await while_connected(request, _next(events))  # what cannot be asked is said with its status
            whole = None if streamed or first is None else await while_connected(request, _last(first, events))
        except AskError as error:
            return refused(request.url.path, error, service.status == "failed")
        about = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": MODEL}
        if streamed and first:
            return StreamingResponse(_chunks(first, events, about), media_type="text/event-stream")
        if whole is None:
            return JSONResponse(None)  # nobody is there to read it
        said = {"index": 0, "message": {"role": "assistant", "content": content(whole)}, "finish_reason": "stop"}
        read, wrote = (whole.model.input_tokens, whole.model.output_tokens) if whole.model else (0, 0)
        usage = {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote}
        return JSONResponse({**about, "object": "chat.completion", "choices": [said], "usage": usage, **beside(whole)})


def read_messages(body: bytes) -> tuple[str, tuple[Turn, ...], bool]:
    """A request's body -> (the last message, the turns before it, whether to stream). System messages are not read: nothing
    is generated.

    Raises:
        QuestionError: there is no question at the end.
    """
    given = read_json(body, SHAPE)
    messages = given.get("messages") if isinstance(given, dict) else None
    if not isinstance(messages, list) or not all(isinstance(m, dict) for m in messages):
        raise QuestionError("The body has no messages.", SHAPE)
    if len(messages) > TURNS:
        raise QuestionError(f"The messages are more than {TURNS:,}.", SHAPE)
    said = [m | {"content": _text(m.get("content"))} for m in messages if m.get("role") in ("user", "assistant")]
    if not said or said[-1]["role"] != "user":
        raise QuestionError("The last message is not a user's.", SHAPE)
    return said[-1]["content"], read_turns(said[:-1]), given.get("stream") is True


def _text(content: object) -> str:
    """A text, or the text parts of a list."""
    parts = content if isinstance(content, list) else [content]
    texts = [str(p.get("text", "")) if isinstance(p, dict) else p for p in parts if isinstance(p, str | dict)]
    return " ".join(texts)


def content(answer: Answer) -> str:
    """An answer -> what a chat shows: the sentences with their numbers, then the program's own note."""
    return "\n".join(part for part in (answer.text, answer.note) if part)


def beside(answer: Answer) -> dict[str, Any]:
    """An answer -> the fields beside the choices: the answer object; `model` is another thing there."""
    public = answer.to_dict()
    used = {"language_model": public.pop("model")} if "model" in public else {}
    return public | used


async def _next(events: AsyncIterator[Any]) -> VerifiedSentence | Answer:
    """The next event that says something."""
    async for event in events:
        if isinstance(event, VerifiedSentence | Answer):
            return event
    raise AssertionError("the answer comes last")


async def _last(first: VerifiedSentence | Answer, events: AsyncIterator[Any]) -> Answer:
    """The answer, which comes last."""
    while not isinstance(first, Answer):
        first = await _next(events)
    return first


async def _chunks(
    first: VerifiedSentence | Answer, events: AsyncGenerator[Any], about: dict[str, Any]
) -> AsyncIterator[str]:
    """A sentence a chunk, each as soon as it is verified; the citations come with the last one."""
    yield _chunk(about, {"role": "assistant", "content": ""})
    try:
        async for chunk in _sentences(first, events, about):
            yield chunk
    except AskError as error:
        yield _event({"error": {"message": visible(error), "type": "server_error"}})
    except Exception:
        log.exception("a question failed")
        yield _event({"error": {"message": FAILED, "type": "server_error"}})
    yield "data: [DONE]\n\n"


async def _sentences(
    first: VerifiedSentence | Answer, events: AsyncGenerator[Any], about: dict[str, Any]
) -> AsyncIterator[str]:
    said, event = 0, first
    async with aclosing(events):
        while isinstance(event, VerifiedSentence):
            yield _chunk(about, {"content": ("\n" if said else "") + _marked(event.sentence)})
            said += 1
            event = await _next(events)
    parts = [_marked(s) for s in event.sentences] + ([event.note] if event.note else [])
    for number, part in enumerate(parts[said:], said):
        yield _chunk(about, {"content": ("\n" if number else "") + part})
    yield _chunk(about, {}, "stop", **beside(event))


def _marked(sentence: Sentence) -> str:
    return f"{sentence.text} " + "".join(f"[{n}]" for n in sentence.citations)


def _chunk(about: dict[str, Any], delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _event({**about, "object": "chat.completion.chunk", "choices": [choice], **more})


def _event(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
