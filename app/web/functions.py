"""The program's functions for other programs.

They are endpoints for `gradio_client`, and tools for assistants and editors at `/mcp` (streamable HTTP).
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import FastAPI
from pydantic import validate_call
from starlette.requests import Request

from app.errors import AskError
from app.store.records import Considered, public
from app.web.about import About
from app.web.contract import QUOTED, FoundPassage, WholeDocument
from app.web.queue import NOBODY, Asker
from app.web.replies import FAILED, NotFound, visible
from app.web.service import Service
from app.web.visitors import asker, while_connected

if TYPE_CHECKING:
    from mcp.server.fastmcp import FastMCP

log = logging.getLogger(__name__)
T = TypeVar("T")


def functions(
    service: Service, current_asker: Callable[[], Asker] = lambda: NOBODY
) -> tuple[Callable[..., Coroutine[Any, Any, str]], ...]:
    """Return the functions `ask`, `search` and `get_document` for other programs.

    Each of them returns JSON; a problem is `{"error": "…"}`.

    Args:
        service: The service that answers.
        current_asker: Returns the visitor who makes the current call.
    """

    async def ask(question: str) -> str:
        """Answer a question with quotes of this program's documents, each with its document and the sources behind it.

        Attribute a quote to its document (publisher, title), never to a source: a document whose authorship is "summary" is
        told in its publisher's own words and based on the sources; one that is "original" is quoted as itself.

        Args:
            question: The question, in English or Chinese.

        Returns:
            JSON: status (answered, partial, not_found or about), text, sentences, citations, nearest, confidence.
        """
        return await _json(service.aask(question, asker=current_asker()), public)

    async def search(words: str, limit: int = 10) -> str:
        """Find the passages of the documents that fit some words best, without an answer.

        Args:
            words: What to look for.
            limit: The most passages to return, 1 to 12.

        Returns:
            JSON: a list of {document_id, title, authorship, heading, text, start, end, score}, best first.
        """
        return await _json(service.search(words, max(1, min(12, limit)), asker=current_asker()), found_passages)

    async def get_document(document_id: str) -> str:
        """Read a whole document.

        Args:
            document_id: The id that a citation or a search result names.

        Returns:
            JSON: {id, title, authorship, publisher, date, language, origin, text, title_zh}; a citation's start and
            end count in text.
        """
        return await _json(asyncio.to_thread(whole_document, service, document_id), dict)

    return validate_call(ask), validate_call(search), validate_call(get_document)  # Gradio looks at no types


def found_passages(passages: Iterable[Considered]) -> list[dict[str, Any]]:
    """Return the public form of passages that a search found."""
    return [{name: getattr(c, name) for name in FoundPassage.model_fields} for c in passages]


def whole_document(service: Service, document_id: str) -> dict[str, Any]:
    """Return the public form of a document, with its text.

    Raises:
        NotFound: No document has this id.
        AskError: The index is not loaded.
    """
    document = service.index.document(document_id)
    if document is None:
        raise no_document(document_id)
    return {name: getattr(document, name) for name in WholeDocument.model_fields}


def no_document(document_id: str) -> NotFound:
    """Return the error for an id that no document has."""
    return NotFound("There is no document with the id {id!r}.", "Take one from a citation.", document_id[:40])


async def _json(work: Awaitable[T], to_public: Callable[[T], Any]) -> str:
    try:
        result = to_public(await work)
    except AskError as error:
        result = {"error": visible(error)}
    except Exception:  # the program hears of it, and the log has the rest
        log.exception("a function failed")
        result = {"error": FAILED}
    return json.dumps(result, ensure_ascii=False)


# --- MCP


def add_tools(app: FastAPI, service: Service, about: About) -> FastMCP:
    """Add the route `/mcp` and return its server.

    The server's `session_manager.run()` must be entered while the application runs.
    """
    from mcp.server.fastmcp import FastMCP  # here: it takes half a second to import
    from mcp.server.transport_security import TransportSecuritySettings

    server = FastMCP(
        "ask-the-plan",
        f"{about.title}. {about.intro} {QUOTED} `not_found` means that the documents do not say.",
        stateless_http=True,
        json_response=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # app.web.auth looks
    )
    for function in functions(service, lambda: asker(_request(server))):
        server.add_tool(_for_client(server, function))
    app.router.routes.extend(server.streamable_http_app().routes)
    return server


def _for_client(server: FastMCP, function: Callable[..., Coroutine[Any, Any, str]]) -> Callable[..., Awaitable[str]]:
    """Wrap a function so that it ends early if its client disconnects."""

    @functools.wraps(function)
    async def run(**arguments: object) -> str:
        return await while_connected(_request(server), function(**arguments)) or ""

    return run


def _request(server: FastMCP) -> Request:
    """Return the HTTP request of the current call."""
    request: Request | None = server.get_context().request_context.request
    assert request  # there is one behind every call that comes by HTTP
    return request
