"""The program's functions for other programs: endpoints for `gradio_client` and tools for MCP."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from app.errors import AskError
from app.web.replies import NotThere
from app.web.service import Service

log = logging.getLogger(__name__)
FAILED = "Something went wrong inside the program; its log says more."


def functions(service: Service) -> tuple[Callable[..., Coroutine[Any, Any, str]], ...]:
    """The service -> `ask`, `search` and `get_document`, each of which gives JSON; a problem is `{"error": "…"}`."""

    async def ask(question: str) -> str:
        """Answer a question with the exact sentences of the documents, each with its citation and original source.

        Args:
            question: The question, in English or Chinese.

        Returns:
            JSON: status (answered, partial, not_found or about), text, sentences, citations, nearest, confidence.
        """
        return await _json(_answer(service, question))

    async def search(words: str, limit: int = 10) -> str:
        """Find the passages of the documents that fit some words best, without an answer.

        Args:
            words: What to look for.
            limit: The most passages to return, 1 to 12.

        Returns:
            JSON: a list of {document_id, title, heading, text, start, end, score}, best first.
        """
        return await _json(_passages(service, words, max(1, min(12, int(limit)))))

    async def get_document(document_id: str) -> str:
        """Read a whole document.

        Args:
            document_id: The id that a citation or a search result names.

        Returns:
            JSON: {id, title, publisher, date, language, origin, text, title_zh}; a citation's start and end count in text.
        """
        return await _json(asyncio.to_thread(whole_document, service, document_id))

    return ask, search, get_document


async def _answer(service: Service, question: str) -> dict[str, Any]:
    return (await service.aask(question)).to_dict()


async def _passages(service: Service, words: str, limit: int) -> list[dict[str, Any]]:
    names = ("document_id", "title", "heading", "text", "start", "end", "score")
    return [{name: getattr(c, name) for name in names} for c in await service.search(words, limit)]


def whole_document(service: Service, document_id: str) -> dict[str, Any]:
    """The id of a document -> the document with its text.

    Raises:
        NotThere: there is none.
        AskError: the index is not loaded.
    """
    found = service.index.document(document_id)
    if found is None:
        raise NotThere(f"There is no document with the id {document_id[:40]!r}.", "Take one from a citation.")
    names = ("id", "title", "publisher", "date", "language", "origin", "text", "title_zh")
    return {name: getattr(found, name) for name in names}


async def _json(work: Awaitable[Any]) -> str:
    try:
        found = await work
    except AskError as error:
        found = {"error": error.sentence()}
    except Exception:  # the program hears of it, and the log has the rest
        log.exception("a function failed")
        found = {"error": FAILED}
    return json.dumps(found, ensure_ascii=False)
