"""Replies of a scripted Anthropic server: its events, with citations of the documents that the request brought."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi.responses import Response, StreamingResponse

from app.llm.client import Writer
from app.llm.provider import load_writer
from app.settings import read_settings
from tests.scripted import Reply, ScriptedModel

NAME = "anthropic:claude-scripted"


@dataclass(frozen=True)
class Said:
    """A block of text; of each of the `words` the whole passage that holds them is cited, before the text or behind it."""

    text: str
    words: tuple[str, ...] = ()
    before: bool = False


def said(text: str, *words: str) -> Said:
    return Said(text, words)


def citing_writer(model: ScriptedModel, **settings: Any) -> Writer:
    """The real client of Anthropic in front of the scripted server."""
    given = {"llm": NAME, "llm_url": model.url.removesuffix("/v1"), "llm_seconds": 20} | settings
    return load_writer(read_settings(**given), key="scripted")


def documents(body: dict[str, Any]) -> list[dict[str, Any]]:
    content = body["messages"][-1]["content"]
    return [] if isinstance(content, str) else [b for b in content if b["type"] == "document"]


def asked(body: dict[str, Any]) -> str:
    """What the user says behind the documents."""
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else content[-1]["text"]


def citation(body: dict[str, Any], words: str) -> dict[str, Any]:
    """Where the documents hold these words."""
    for number, document in enumerate(documents(body)):
        for at, passage in enumerate(document["source"]["content"]):
            if words in passage["text"]:
                place = {"document_index": number, "document_title": document["title"], "file_id": None}
                place |= {"start_block_index": at, "end_block_index": at + 1}
                return {"type": "content_block_location", "cited_text": passage["text"]} | place
    raise AssertionError(f"{words!r} does not stand in the documents")


def _event(kind: str, **data: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n"


def _block(body: dict[str, Any], index: int, block: Said) -> Iterator[str]:
    opening: dict[str, Any] = {"type": "text", "text": ""} | ({"citations": []} if block.words else {})
    cites = [{"type": "citations_delta", "citation": citation(body, words)} for words in block.words]
    texts = [{"type": "text_delta", "text": block.text[at : at + 9]} for at in range(0, len(block.text), 9)]
    yield _event("content_block_start", index=index, content_block=opening)
    for delta in [*cites, *texts] if block.before else [*texts, *cites]:
        yield _event("content_block_delta", index=index, delta=delta)
    yield _event("content_block_stop", index=index)


def events(body: dict[str, Any], blocks: tuple[Said, ...], stop: str = "end_turn") -> Iterator[str]:
    """All that the API sends for a message."""
    usage = {"input_tokens": 321, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "scripted", "usage": usage}
    yield _event("message_start", message=message | {"stop_reason": None, "stop_sequence": None})
    yield _event("ping")
    for index, block in enumerate(blocks):
        yield from _block(body, index, block)
    yield _event("message_delta", delta={"stop_reason": stop, "stop_sequence": None}, usage=usage | {"output_tokens": 45})
    yield _event("message_stop")


def cites(*blocks: Said, stop: str = "end_turn") -> Reply:
    """These blocks, and the end."""
    return cites_as(lambda _: blocks, stop)


def cites_as(blocks: Callable[[dict[str, Any]], tuple[Said, ...]], stop: str = "end_turn") -> Reply:
    """The blocks that are made of the request."""

    def reply(body: dict[str, Any]) -> Response:
        return StreamingResponse(events(body, blocks(body), stop), media_type="text/event-stream")

    return reply


def breaks_after(*blocks: Said, seconds: float = 0.0) -> Reply:
    """These blocks, nothing for some seconds, and then the connection breaks."""

    def reply(body: dict[str, Any]) -> Response:
        async def stream() -> AsyncIterator[str]:
            for event in list(events(body, blocks))[:-2]:
                yield event
            await asyncio.sleep(seconds)
            raise ConnectionError("cut on purpose")

        return StreamingResponse(stream(), media_type="text/event-stream")

    return reply
