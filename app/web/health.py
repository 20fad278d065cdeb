"""How the page is: `/live` for whoever would start it anew, `/ready` for whoever sends questions, `/health` for the command
line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from app.errors import AskError
from app.web.service import Service
from app.web.token import proof
from app.web.visible import visible

FRESH = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Condition:
    """What a page can do just now, and in a sentence why it cannot do more.

    `unreadable`: the models are there, and the index cannot be read. `stuck`: an answer does not move while others wait.
    """

    status: Literal["loading", "ready", "failed", "unreadable", "stuck"]
    message: str = ""

    @property
    def ready(self) -> bool:
        """Whether it answers questions."""
        return self.status == "ready"


def condition(service: Service) -> Condition:
    """A service -> how it is. The index is looked at, not remembered."""
    if service.status != "ready":
        return Condition(service.status, service.message)
    if why := service.stuck():
        return Condition("stuck", why)
    if why := unreadable(service):
        return Condition("unreadable", why)
    return Condition("ready")


def unreadable(service: Service) -> str:
    """A service -> a sentence where its index cannot be read just now; else ''."""
    try:
        index = service.index
        if not index.catalogue.exists:
            return "The index is not there any more. Stop the page and start it again."
        index.catalogue.document("")
    except AskError as error:
        return visible(error)
    return ""


def add_health(app: FastAPI, service: Service, token: str) -> None:
    """The three routes. None asks for a login: what they say holds nothing of the documents."""

    @app.get("/live", tags=["health"], summary="Whether it need not be started anew")
    async def live() -> JSONResponse:
        """200, or 503 with the reason where only another start would help: an answer does not move while others wait."""
        return _said("live", "stuck" if (why := service.stuck()) else "", why)

    @app.get("/ready", tags=["health"], summary="Whether it answers questions")
    def ready() -> JSONResponse:
        """200, or 503 with the reason: it loads, could not, cannot read its index, or is stuck."""
        found = condition(service)
        return _said("ready", "" if found.ready else found.status, found.message)

    @app.get("/health", tags=["health"], summary="How far it is")
    def health(nonce: str = "") -> dict[str, Any]:
        """Always 200: `loading`, `ready`, `failed`, `unreadable` or `stuck`; proves to a `nonce` that it has the token."""
        proved = {"proof": proof(token, nonce)} if nonce else {}
        found = condition(service)
        if not found.ready:
            return {"status": found.status, "message": found.message, **proved}
        held = {"documents": service.shelf.holdings()[0], "lacking": service.shelf.lacking()[0]}
        return {"status": "ready", "fingerprint": service.fingerprint, **held, **proved}


def _said(good: str, wrong: str, message: str) -> JSONResponse:
    if not wrong:
        return JSONResponse({"status": good}, headers=FRESH)
    return JSONResponse({"status": wrong, "message": message}, 503, FRESH | {"Retry-After": "5"})
