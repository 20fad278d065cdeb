"""What programs are told when something is not done: a status and one sentence, in the form that the path's clients read."""

from __future__ import annotations

from starlette.responses import JSONResponse

from app.errors import AskError
from app.web.loading import NotLoaded
from app.web.queue import QueueFull
from app.web.visible import INSIDE, visible
from ingest.errors import DatabaseDown

OPENAI = ("/v1/chat/", "/v1/models")
FAILED = "Something went wrong inside the program; its log says more."
SOON, AGAIN = {"Retry-After": "30"}, {"Retry-After": "5"}


class NotThere(AskError):
    """What was asked for by its id is not there."""


def problem(path: str, said: str, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    """A sentence -> `{"error": "…"}`, or an object with the sentence where OpenAI's clients look for one."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    error = {"message": said, "type": kind} if path.startswith(OPENAI) else said
    return JSONResponse({"error": error}, status, headers)


def refused(path: str, error: AskError, failed: bool) -> JSONResponse:
    """An error -> the reply to a question that is not answered: 503 where the page is full, loads, could not (`failed`) or
    cannot use its index or database just now, 404 where there is no such thing, else 400."""
    if isinstance(error, QueueFull):
        return problem(path, visible(error), 503, {"Retry-After": str(error.seconds)})
    if isinstance(error, NotLoaded) and not failed:
        return problem(path, visible(error), 503, SOON)
    if isinstance(error, DatabaseDown):
        return problem(path, visible(error), 503, AGAIN)
    if isinstance(error, NotThere):
        return problem(path, visible(error), 404)
    return problem(path, visible(error), 503 if failed or isinstance(error, INSIDE) else 400)
