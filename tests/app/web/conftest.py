"""Whole pages that answer over HTTP before their models are loaded: who may come in needs none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.settings import read_settings
from app.ui.mount import mount
from app.web.server import make_app

HERE = "http://127.0.0.1:7860"
Open = Callable[..., TestClient]


@pytest.fixture(scope="session")
def unloaded(tmp_path_factory: pytest.TempPathFactory) -> Open:
    """A page with some settings, asked under its own address."""
    corpus = tmp_path_factory.mktemp("one")
    (corpus / "tea.md").write_text("# Tea\n\nTea is green.\n", encoding="utf-8")
    arguments: dict[str, Any] = {}

    def open_page(**options: Any) -> TestClient:
        settings = read_settings(corpus=corpus, data=tmp_path_factory.mktemp("own"), **options)

        async def make() -> FastAPI:  # with a loop running, Gradio makes none that it would not close
            return make_app(settings, HERE, mount)

        if repr(options) not in arguments:
            arguments[repr(options)] = asyncio.run(make())
        return TestClient(arguments[repr(options)], base_url=HERE)

    return open_page


@pytest.fixture
def page(unloaded: Open) -> TestClient:
    """Without a login, on this machine; with little room for uploads."""
    return unloaded(max_file_bytes=300_000)


@pytest.fixture
def guarded_page(unloaded: Open) -> TestClient:
    """With two logins, for everybody."""
    return unloaded(host="0.0.0.0", auth="ann:secret,bob:hush", hosts="plan.example.org")
