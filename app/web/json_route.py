"""Routes that take and give JSON: what is wrong with a request is one sentence, in the form that the path's clients read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ClassVar

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from app.errors import AskError, QuestionError
from app.web.json_body import read_json
from app.web.replies import refused

ELSEWHERE = "docs/programs.md shows what to send."
_KINDS = {"string": "a text", "int": "a whole number", "bool": "true or false", "list": "a list", "model": "an object"}


class JsonRoute(APIRoute):
    """A route of FastAPI's. `SHAPES` says of a path how its body is to look. Programs need not name its kind."""

    SHAPES: ClassVar[dict[str, str]] = {}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        answer, shape = super().get_route_handler(), self.SHAPES.get(self.path, ELSEWHERE)

        async def handle(request: Request) -> Response:
            try:
                if request.method == "POST":
                    request = _as_json(request, read_json(await request.body(), shape))
                return await answer(request)
            except RequestValidationError as error:
                return refused(request.url.path, QuestionError(_said(error.errors()[0]), shape), failed=False)
            except AskError as error:
                return refused(request.url.path, error, failed=False)

        return handle


def _as_json(request: Request, value: Any) -> Request:
    """The request, its body called what it is, and not parsed again."""
    headers = [(n, v) for n, v in request.scope["headers"] if n != b"content-type"]
    scope = {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}
    called = Request(scope, request.receive)
    called._body, called._json = request._body, value
    return called


def _said(error: Mapping[str, Any]) -> str:
    """What is wrong with a request, as pydantic has it -> the same in words."""
    where, kind = [str(part) for part in error["loc"][1:]], str(error["type"])
    if not where:
        return "The body is not a JSON object."
    if kind == "missing":
        return f"The body has no {where[-1]}." if len(where) == 1 else f"The {where[0]} lacks a {where[-1]}."
    if kind == "too_long":
        return f"The {where[0]} are more than {error['ctx']['max_length']:,}."
    wanted = _KINDS.get(kind.split("_")[0])
    if where[0] == "id":
        return "The id is not a text or a whole number."
    problem = f"is not {wanted}" if wanted and kind.endswith(("_type", "_parsing")) else f"cannot be so ({error['msg']})"
    which = "One of the" if where[-1].isdigit() else "The"
    return f"{which} {' '.join(p for p in where if not p.isdigit())} {problem}."
