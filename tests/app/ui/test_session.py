"""The sessions that are held: those with an open page, and the latest of the others."""

from __future__ import annotations

import asyncio
from pathlib import Path

import gradio as gr
import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.settings import read_settings
from app.ui import session
from app.ui.mount import mount
from app.ui.session import Heartbeats, HeldSessions, holding
from app.web.server import make_app


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> HeldSessions:
    monkeypatch.setattr(session, "OTHERS", 2)

    async def made() -> HeldSessions:  # with a loop running, Gradio makes none that it would not close
        with gr.Blocks() as page:
            gr.State("")
        return HeldSessions(page)

    return asyncio.run(made())


def test_of_sessions_without_a_page_the_latest_are_held(held: HeldSessions) -> None:
    for name in ("a", "b", "a", "c"):
        assert held[name]
    assert list(held.session_data) == ["a", "c"]
    assert set(held.time_last_used) == {"a", "c"}


def test_a_session_whose_page_is_open_is_held_until_it_is_closed(held: HeldSessions) -> None:
    async def streaming(_: Scope, __: Receive, ___: Send) -> None:
        for name in ("a", "b", "c", "d"):
            assert held[name]
        assert list(held.session_data) == ["a", "c", "d"]

    async def nothing() -> dict[str, str]:
        return {}

    async def send(_: object) -> None:
        pass

    scope = {"type": "http", "path": "/gradio_api/heartbeat/a"}
    asyncio.run(Heartbeats(streaming, held)(scope, nothing, send))
    assert list(held.session_data) == ["c", "d"]
    assert not held.open


def test_one_of_two_pages_is_closed(held: HeldSessions) -> None:
    held.opened("a")
    held.opened("a")
    held.closed("a")
    for name in ("a", "b", "c", "d"):
        assert held[name]
    assert "a" in held


def test_the_page_holds_its_sessions_so(tmp_path: Path) -> None:
    (tmp_path / "tea.md").write_text("# Tea\n\nTea is green.\n", encoding="utf-8")

    async def made() -> FastAPI:
        return make_app(read_settings(corpus=tmp_path, data=tmp_path / "own"), "http://127.0.0.1:7860", mount)

    assert isinstance(holding(asyncio.run(made())).state_holder, HeldSessions)
