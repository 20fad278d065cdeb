"""The sessions that Gradio holds: all that a browser has open, and of the others the latest.

A session is 0.3 MB once something was asked in it. Gradio itself holds ten thousand, long after their pages were closed."""

from __future__ import annotations

from collections import Counter

import gradio as gr
from fastapi import FastAPI
from gradio.routes import App
from gradio.state_holder import StateHolder
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.bodies import HEARTBEAT

OTHERS = 100  # sessions without an open page: of programs, and of browsers that may come back after they were asleep


class HeldSessions(StateHolder):
    """Takes the place of Gradio's own holder."""

    def __init__(self, page: gr.Blocks) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.set_blocks(page)
        self.open: Counter[str] = Counter()

    def update(self, session_id: str) -> None:
        """Called with each use of a session: it is the latest now, and the oldest go that are too many."""
        with self.lock:
            if session_id in self.session_data:
                self.session_data.move_to_end(session_id)
            self._let_go()

    def opened(self, session_id: str) -> None:
        """A page of it is open; there may be several, since the loss of a connection is noticed after the next has begun."""
        with self.lock:
            self.open[session_id] += 1

    def closed(self, session_id: str) -> None:
        """A page of it is closed."""
        with self.lock:
            self.open[session_id] -= 1
            if not self.open[session_id]:
                del self.open[session_id]
            self._let_go()

    def _let_go(self) -> None:
        others = [name for name in self.session_data if name not in self.open]
        for name in others[: max(0, len(others) - OTHERS)]:
            del self.session_data[name]
            self.time_last_used.pop(name, None)


class Heartbeats:
    """Stands around the application and tells which sessions have an open page: its browser keeps one request all the
    while."""

    def __init__(self, app: ASGIApp, held: HeldSessions) -> None:
        self.app, self.held = app, held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or not scope["path"].startswith(HEARTBEAT):
            await self.app(scope, receive, send)
            return
        session = scope["path"].removeprefix(HEARTBEAT).strip("/")
        self.held.opened(session)
        try:
            await self.app(scope, receive, send)
        finally:
            self.held.closed(session)


def holding(mounted: FastAPI) -> App:
    """An application -> Gradio's own within it, which holds the sessions."""
    return next(r.app for r in mounted.routes if isinstance(r, Mount) and isinstance(r.app, App))
