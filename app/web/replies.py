"""The replies to visitors and programs if a request fails: a status and one sentence.

They have the form that the path's clients read. If the visitor can fix the problem, the reply has the error's own words. Any
other error gets one fixed sentence, because its words may contain paths of this machine. The log has them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse

from app.errors import AskError, ServerError, SettingsError
from app.web.contract import SHAPES
from app.web.queue import QueueFull
from ingest import errors

log = logging.getLogger(__name__)

INTERNAL = (
    errors.CorpusError, errors.IndexBusy, errors.IndexDamaged, errors.IndexMismatch, errors.IndexMissing, errors.ModelError,
    errors.StorageError, ServerError, SettingsError,
)  # fmt: skip
"""Errors that no visitor can mend."""
DOWN = "The page's database is not responding. Try again in a moment."
BUSY = "The documents are being changed right now. Try again in a moment."
UNUSABLE = "The page cannot use its documents right now. The log has the details."
NOT_LOADED = "The page could not load. The log has the details."
OPENAI = ("/v1/chat/", "/v1/models")
FAILED = "Something went wrong. The log has the details."
DOCS_HINT = "docs/programs.md shows what to send."


def visible(error: AskError) -> str:
    """Return the sentence that visitors see for an error.

    It is the error's own sentence with the next step. For an error that no visitor can mend (`INTERNAL`) it is one of
    three fixed sentences, and the error's own words are logged here.
    """
    if not isinstance(error, INTERNAL):
        return error.sentence()
    log.error("%s", error.sentence())
    if isinstance(error, errors.DatabaseDown):
        return DOWN
    return BUSY if isinstance(error, errors.IndexBusy) else UNUSABLE


class NotFound(AskError):
    """The error for an id that leads to nothing."""


class NotLoaded(AskError):
    """The error if the models are not loaded. They may be in so many `seconds`, 0 for never."""

    seconds = 30


def problem(path: str, message: str, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    """Make the JSON reply for a problem.

    It is `{"error": "…"}`. On the paths of OpenAI's clients, `error` is an object with the sentence as its `message`.
    """
    kind = "server_error" if status >= 500 else "invalid_request_error"
    error = {"message": message, "type": kind} if path.startswith(OPENAI) else message
    return JSONResponse({"error": error}, status, headers)


def refused(path: str, error: AskError) -> JSONResponse:
    """Make the reply for an error.

    The status is 503 if the page is full, is not loaded, or cannot use its index or database now; 404 if there is no
    such thing; else 400. `Retry-After` is set if the error says when to try again.
    """
    seconds = 5 if isinstance(error, errors.DatabaseDown) else getattr(error, "seconds", 0)
    is_unavailable = isinstance(error, (QueueFull, NotLoaded, *INTERNAL))
    status = 404 if isinstance(error, NotFound) else 503 if is_unavailable else 400
    return problem(path, visible(error), status, {"Retry-After": str(seconds)} if seconds else None)


def add_handlers(app: FastAPI) -> None:
    """Errors of all routes become sentences."""

    @app.exception_handler(AskError)
    async def ask_error(request: Request, error: AskError) -> JSONResponse:
        return refused(request.url.path, error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        path = request.url.path
        return problem(path, f"{_sentence(error.errors()[0])} {SHAPES.get(path, DOCS_HINT)}", 400)


def _sentence(error: Mapping[str, Any]) -> str:
    """Turn an error of pydantic's into a sentence that names the field."""
    names = [str(part) for part in error["loc"][1:]]
    if not names:
        return "The body is not a JSON object."
    if names[0] == "id":  # pydantic has a sentence for each kind that it may be
        return "The id is not a text or a whole number."
    if error["type"] == "missing":
        return f"The body has no {'.'.join(names)}."
    return f"The {'.'.join(names)} cannot be so: {error['msg'][:1].lower()}{error['msg'][1:]}."
