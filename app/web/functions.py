"""The program's functions for other programs: endpoints for `gradio_client` and tools for MCP."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from app.errors import AskError
from app.web.service import Service


def functions(service: Service) -> tuple[Callable[..., str], ...]:
    """`ask`, `search` and `get_document`, each of which gives JSON; a problem is `{"error": "…"}`."""

    def ask(question: str) -> str:
        """Answer a question with the exact sentences of the documents, each with its citation and original source.

        Args:
            question: The question, in English or Chinese.

        Returns:
            JSON: status (answered, partial or not_found), text, sentences, citations, nearest, confidence.
        """
        return _json(lambda: service.ask(question).to_dict())

    def search(words: str, limit: int = 10) -> str:
        """Find the passages of the documents that fit some words best, without an answer.

        Args:
            words: What to look for.
            limit: The most passages to return, 1 to 12.

        Returns:
            JSON: a list of {document_id, title, heading, text, start, end, score}, best first.
        """
        return _json(lambda: service.search(words, max(1, min(12, int(limit)))))

    def get_document(document_id: str) -> str:
        """Read a whole document.

        Args:
            document_id: The id that a citation or a search result names.

        Returns:
            JSON: {id, title, publisher, date, language, origin, text}; a citation's start and end count in text.
        """
        return _json(lambda: _document(service, document_id))

    return ask, search, get_document


def _document(service: Service, document_id: str) -> dict[str, Any]:
    found = service.index.document(document_id)
    if found is None:
        raise AskError(f"There is no document with the id {document_id[:40]!r}.", "Take one from a citation.")
    names = ("id", "title", "publisher", "date", "language", "origin", "text")
    return {name: getattr(found, name) for name in names}


def _json(work: Callable[[], Any]) -> str:
    try:
        found = work()
    except AskError as error:
        found = {"error": error.sentence()}
    return json.dumps(found, ensure_ascii=False)
