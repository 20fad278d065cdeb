"""The endpoints `/v1/ask`, `/v1/search` and `/v1/documents`, and OpenAI's `/v1/chat/completions`.

They give other programs the public object, passages and documents.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from app.answers import Answer
from app.errors import AskError, QuestionError
from app.query.values import Turn, read_turns
from app.sentences import Sentence, VerifiedSentence, sentence_text
from app.store.records import public
from app.web import contract
from app.web.bodies import JsonRoute
from app.web.functions import found_passages, no_document, whole_document
from app.web.queue import QueueStatus
from app.web.replies import FAILED, problem, visible
from app.web.service import AnswerPreferences, Service
from app.web.shelf import Filter, fitting
from app.web.visitors import asker, while_connected
from app.web.watching import Event

log = logging.getLogger(__name__)


EVENTS = "text/event-stream"
UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
STREAM = {
    "description": "The answer object; as a stream `waiting`, `step`, `sentence` and at the end `answer` (or `error`).",
    "content": {EVENTS: {"schema": {"type": "string"}, "example": 'event: step\ndata: {"name": "searching"}\n\n'}},
}
MODEL = "ask-the-plan"


def _problem_response(description: str) -> dict[str, Any]:
    return {"model": contract.Problem, "description": description}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: _problem_response("It cannot be asked: what is wrong, and what to send."),
    401: _problem_response("The page asks for a login, and the token was not sent."),
    503: _problem_response("Too many wait already (with `Retry-After`), or the page could not load."),
    "default": _problem_response("Anything else that is wrong: the same form."),
}


def add_api(app: FastAPI, service: Service) -> None:
    """Add `/v1/ask`, `/v1/search` and `/v1/documents`, documented at `/v1/openapi.json`."""
    router = APIRouter(route_class=JsonRoute, tags=["documents"], responses=PROBLEMS)

    @router.post("/v1/ask", response_model=contract.AnswerObject, responses={200: STREAM}, summary="Answer a question")
    async def ask(item: contract.Question, request: Request) -> Any:
        """Answer a question with sentences that each rest on the words of a document.

        A citation names the document and the sources on which that document is based. The status is `not_found` if no
        document answers the question.
        """
        preferences = AnswerPreferences(within=await _existing_ids(service, item.documents))
        history = read_turns([turn.model_dump() for turn in item.history or ()])
        number = None if item.id is None else str(item.id)
        arguments = (item.question, history, preferences, asker(request))
        if item.stream or _wants_stream(request):
            events = service.astream(*arguments)
            first = await while_connected(request, anext(events))  # what cannot be asked is said with its status
            return StreamingResponse(_streamed(first, events, number), media_type=EVENTS, headers=UNBUFFERED)
        answer = await while_connected(request, service.aask(*arguments))
        return JSONResponse(public(answer, number) if answer else None)  # nobody is there to read it

    @router.post("/v1/search", response_model=contract.FoundPassages, summary="Find passages")
    async def search(item: contract.Wanted, request: Request) -> Any:
        """Find the passages that match some words best, without an answer."""
        within = await _existing_ids(service, item.documents)
        hits = await while_connected(request, service.search(item.words, item.limit, within, asker(request)))
        return JSONResponse({"passages": found_passages(hits or ())})

    @router.get("/v1/documents", response_model=contract.ListedDocuments, summary="List the documents")
    def documents(
        words: Annotated[str, Query(max_length=1_000, description="words in title, publisher or file name")] = "",
        offset: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> Any:
        """By title, so many at once."""
        listed = fitting(service.index.catalogue.listing(), Filter(words=words))
        items = [{n: getattr(d, n) for n in contract.ListedDocument.model_fields} for d in listed[offset : offset + limit]]
        return JSONResponse({"documents": items, "total": len(listed)})

    @router.get("/v1/documents/{document_id}", response_model=contract.WholeDocument, summary="Read a document",
                responses={404: _problem_response("There is none with this id.")})  # fmt: skip
    def document(document_id: str) -> Any:
        """Its whole text, in which the `start` and `end` of citations count."""
        return JSONResponse(whole_document(service, document_id))

    app.include_router(router)


def add_rest(app: FastAPI) -> None:
    """Add the route that answers unknown paths below `/v1` in JSON instead of with the page.

    It comes after all other routes.
    """

    @app.api_route("/v1/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    def nothing(request: Request) -> JSONResponse:
        message = f"There is nothing here for {request.method}. `/v1/openapi.json` lists what there is."
        return problem(request.url.path, message, 404)


async def _existing_ids(service: Service, documents: list[str] | None) -> tuple[str, ...] | None:
    """Ids of documents, all of which are there, each once.

    Raises:
        NotFound: one is not.
        AskError: the index is not loaded or cannot be read.
    """
    if not documents:
        return None
    ids = tuple(dict.fromkeys(documents))
    existing = await asyncio.to_thread(service.index.catalogue.known_documents, ids)
    for document_id in ids:
        if document_id not in existing:
            raise no_document(document_id)
    return ids


# --- as Server-Sent Events


def _wants_stream(request: Request) -> bool:
    stream = request.query_params.get("stream")
    return EVENTS in request.headers.get("accept", "") if stream is None else stream.lower() not in ("0", "false", "no")


async def with_all_sentences(first: Event | None, events: AsyncGenerator[Event, None]) -> AsyncIterator[Event | str]:
    """Events as they happen, every sentence of the answer before it; what goes wrong is a sentence at the end."""
    sent = 0
    try:
        async with aclosing(events):
            event = first
            while event is not None:
                sent += isinstance(event, VerifiedSentence)
                if isinstance(event, Answer):
                    for sentence in event.sentences[sent:]:
                        yield VerifiedSentence(sentence, tuple(c for c in event.citations if c.number in sentence.citations))
                yield event
                event = await anext(events, None)
    except AskError as error:
        yield visible(error)
    except Exception:  # the program hears of it, and the log has the rest
        log.exception("a question failed")
        yield FAILED


async def _streamed(first: Event | None, events: AsyncGenerator[Event, None], answer_id: str | None) -> AsyncIterator[str]:
    async for event in with_all_sentences(first, events):
        yield _event_text(event, answer_id)


def _event_text(event: Event | str, answer_id: str | None) -> str:
    if isinstance(event, str):
        return _event("error", {"error": event})
    if isinstance(event, Answer):
        return _event("answer", public(event, answer_id))
    if isinstance(event, VerifiedSentence):
        return _event("sentence", public(event.sentence) | {"quotes": [public(c) for c in event.citations]})
    if isinstance(event, QueueStatus):
        if event == QueueStatus():
            return ": nothing new\n\n"
        return _event("waiting", {"before": event.before, **({"message": event.message} if event.message else {})})
    return _event("step", {"name": event.name} | ({"what": event.what} if event.what else {}))


def _event(name: str, value: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n"


# --- `/v1/chat/completions` and `/v1/models`, as OpenAI's clients speak, with the citations beside the choices.


class ChatMessage(BaseModel):
    """A message as OpenAI's clients send it: a text, or a list of parts."""

    role: str = ""
    content: Any = None


class Completion(BaseModel):
    """A conversation, a question at its end. Other fields (temperature, max_tokens, …) change nothing: answers quote."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"model": MODEL, "messages": [{"role": "user", "content": "What is Hefei for?"}]}]}
    )
    messages: list[ChatMessage] = Field(max_length=contract.TURNS)
    stream: bool | None = None


def add_openai(app: FastAPI, service: Service) -> None:
    """Add `/v1/models` and `/v1/chat/completions`, for OpenAI's clients."""
    router = APIRouter(route_class=JsonRoute, tags=["openai"], responses={"default": {"description": "What is wrong."}})

    @router.get("/v1/models", summary="List the one model")
    def models() -> dict[str, Any]:
        """As OpenAI's clients ask for it."""
        return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}]}

    @router.post("/v1/chat/completions", response_model=None, summary="Answer as a chat")
    async def completions(item: Completion, request: Request) -> JSONResponse | StreamingResponse:
        """Answer the last message of a conversation.

        The fields of the answer object are beside `choices`.
        """
        question, history = read_messages(item)
        header = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": MODEL}
        if item.stream:
            events = service.astream(question, history, asker=asker(request))
            first = await while_connected(request, _next(events))  # what cannot be asked is said with its status
            return StreamingResponse(_chunks(first, events, header), media_type=EVENTS, headers=UNBUFFERED)
        answer = await while_connected(request, service.aask(question, history, asker=asker(request)))
        if answer is None:
            return JSONResponse(None)  # nobody is there to read it
        choice = {"index": 0, "message": {"role": "assistant", "content": answer.text_and_note}, "finish_reason": "stop"}
        prompt, reply = (answer.model.input_tokens, answer.model.output_tokens) if answer.model else (0, 0)
        usage = {"prompt_tokens": prompt, "completion_tokens": reply, "total_tokens": prompt + reply}
        completion = {**header, "object": "chat.completion", "choices": [choice], "usage": usage}
        return JSONResponse(completion | answer_fields(answer))

    app.include_router(router)


def read_messages(item: Completion) -> tuple[str, tuple[Turn, ...]]:
    """Return the last message of a request's body and the turns before it.

    Only messages of a user and of the assistant are read; system messages have no effect.

    Raises:
        QuestionError: There is no question at the end.
    """
    messages = [{"role": m.role, "content": _text(m.content)} for m in item.messages if m.role in ("user", "assistant")]
    if not messages or messages[-1]["role"] != "user":
        raise QuestionError("The last message is not a user's.", contract.SHAPES["/v1/chat/completions"])
    return messages[-1]["content"], read_turns(messages[:-1])


def _text(content: object) -> str:
    """Return the content of a message as text; the text parts of a list are joined by spaces."""
    parts = content if isinstance(content, list) else [content]
    texts = [str(p.get("text", "")) if isinstance(p, dict) else p for p in parts if isinstance(p, str | dict)]
    return " ".join(texts)


def answer_fields(answer: Answer) -> dict[str, Any]:
    """Return the fields of the answer object, which stand beside `choices`.

    `model` means something else there, so the object's own `model` becomes `language_model`.
    """
    fields = public(answer)
    language_model = {"language_model": fields.pop("model")} if "model" in fields else {}
    return fields | language_model


async def _next(events: AsyncIterator[Any]) -> VerifiedSentence | Answer:
    """Return the next event that is a verified sentence or the answer, and skip all others."""
    async for event in events:
        if isinstance(event, VerifiedSentence | Answer):
            return event
    raise AssertionError("the answer comes last")


async def _chunks(first: Event | None, events: AsyncGenerator[Event], header: dict[str, Any]) -> AsyncIterator[str]:
    """Yield an answer as chunks, one for each sentence as soon as it is verified.

    The citations come with the last chunk.
    """
    yield _chunk(header, {"role": "assistant", "content": ""})
    line = ""
    previous: Sentence | None = None
    async for event in with_all_sentences(first, events):
        if isinstance(event, str):
            yield _data({"error": {"message": event, "type": "server_error"}})
        elif isinstance(event, VerifiedSentence):
            yield _chunk(header, {"content": line + sentence_text(event.sentence, previous)})
            line, previous = "\n", event.sentence
        elif isinstance(event, Answer):
            if event.note:
                yield _chunk(header, {"content": line + event.note})
            yield _chunk(header, {}, "stop", **answer_fields(event))
    yield "data: [DONE]\n\n"


def _chunk(header: dict[str, Any], delta: dict[str, Any], finish: str | None = None, **fields: Any) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _data({**header, "object": "chat.completion.chunk", "choices": [choice], **fields})


def _data(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
