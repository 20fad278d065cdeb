"""`/v1/chat/completions` and `/v1/models`, as OpenAI's clients speak, with the citations beside the choices."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from app.answers import Answer
from app.errors import QuestionError
from app.query.values import Turn, read_turns
from app.sentences import Sentence, VerifiedSentence, said_text
from app.store.records import public
from app.web.api import EVENTS, UNBUFFERED, spoken
from app.web.bodies import JsonRoute
from app.web.contract import SHAPES, TURNS
from app.web.service import Service
from app.web.visitors import asker, while_connected
from app.web.watching import Event

MODEL = "ask-the-plan"


class ChatMessage(BaseModel):
    """A message as OpenAI's clients send it: a text, or a list of parts."""

    role: str = ""
    content: Any = None


class Completion(BaseModel):
    """A conversation, a question at its end. Other fields (temperature, max_tokens, …) change nothing: answers quote."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"model": MODEL, "messages": [{"role": "user", "content": "What is Hefei for?"}]}]}
    )
    messages: list[ChatMessage] = Field(max_length=TURNS)
    stream: bool | None = None


def add_openai(app: FastAPI, service: Service) -> None:
    """The two routes."""
    router = APIRouter(route_class=JsonRoute, tags=["openai"], responses={"default": {"description": "What is wrong."}})

    @router.get("/v1/models", summary="List the one model")
    def models() -> dict[str, Any]:
        """As OpenAI's clients ask for it."""
        return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}]}

    @router.post("/v1/chat/completions", response_model=None, summary="Answer as a chat")
    async def completions(item: Completion, request: Request) -> JSONResponse | StreamingResponse:
        """The last message is the question; the fields of the answer object stand beside `choices`."""
        question, history = read_messages(item)
        about = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": MODEL}
        if item.stream:
            events = service.astream(question, history, asker=asker(request))
            first = await while_connected(request, _next(events))  # what cannot be asked is said with its status
            return StreamingResponse(_chunks(first, events, about), media_type=EVENTS, headers=UNBUFFERED)
        whole = await while_connected(request, service.aask(question, history, asker=asker(request)))
        if whole is None:
            return JSONResponse(None)  # nobody is there to read it
        said = {"index": 0, "message": {"role": "assistant", "content": whole.text_and_note}, "finish_reason": "stop"}
        read, wrote = (whole.model.input_tokens, whole.model.output_tokens) if whole.model else (0, 0)
        usage = {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote}
        return JSONResponse({**about, "object": "chat.completion", "choices": [said], "usage": usage, **beside(whole)})

    app.include_router(router)


def read_messages(item: Completion) -> tuple[str, tuple[Turn, ...]]:
    """A request's body -> (the last message, the turns before it). System messages are not read: nothing is generated.

    Raises:
        QuestionError: there is no question at the end.
    """
    said = [{"role": m.role, "content": _text(m.content)} for m in item.messages if m.role in ("user", "assistant")]
    if not said or said[-1]["role"] != "user":
        raise QuestionError("The last message is not a user's.", SHAPES["/v1/chat/completions"])
    return said[-1]["content"], read_turns(said[:-1])


def _text(content: object) -> str:
    """A text, or the text parts of a list."""
    parts = content if isinstance(content, list) else [content]
    texts = [str(p.get("text", "")) if isinstance(p, dict) else p for p in parts if isinstance(p, str | dict)]
    return " ".join(texts)


def beside(answer: Answer) -> dict[str, Any]:
    """An answer -> the fields beside the choices: the answer object; `model` is another thing there."""
    found = public(answer)
    used = {"language_model": found.pop("model")} if "model" in found else {}
    return found | used


async def _next(events: AsyncIterator[Any]) -> VerifiedSentence | Answer:
    """The next event that says something."""
    async for event in events:
        if isinstance(event, VerifiedSentence | Answer):
            return event
    raise AssertionError("the answer comes last")


async def _chunks(first: Event | None, events: AsyncGenerator[Event], about: dict[str, Any]) -> AsyncIterator[str]:
    """A sentence a chunk, each as soon as it is verified; the citations come with the last one."""
    yield _chunk(about, {"role": "assistant", "content": ""})
    line = ""
    before: Sentence | None = None
    async for event in spoken(first, events):
        if isinstance(event, str):
            yield _event({"error": {"message": event, "type": "server_error"}})
        elif isinstance(event, VerifiedSentence):
            yield _chunk(about, {"content": line + said_text(event.sentence, before)})
            line, before = "\n", event.sentence
        elif isinstance(event, Answer):
            if event.note:
                yield _chunk(about, {"content": line + event.note})
            yield _chunk(about, {}, "stop", **beside(event))
    yield "data: [DONE]\n\n"


def _chunk(about: dict[str, Any], delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _event({**about, "object": "chat.completion.chunk", "choices": [choice], **more})


def _event(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
