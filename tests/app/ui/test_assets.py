"""Gradio's files are kept once asked for, its scripts are named in the page's head and its style sheets come as one; nothing
of a visitor is kept."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.ui import assets
from app.ui.assets import FOLDER, LISTED, Assets, FirstLoad, read_first_load

PAGE = "<head><style>a</style><style>b</style></head>"


class Site:
    """A page and its files; `asked` are the paths that reached it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def answer(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        if request.url.path == "/":
            compressed = "br" in request.headers.get("accept-encoding", "")
            return HTMLResponse("unreadable" if compressed else PAGE, headers={"set-cookie": "a=1"})
        if request.url.path == "/assets/gone.js":
            return PlainTextResponse("no", 404)
        body = request.headers["accept-encoding"]
        return PlainTextResponse(body, headers={"set-cookie": "secret=1", "content-encoding": "identity"})


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def client(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> httpx.AsyncClient:
    for name in ("a.js", "gone.js", *LISTED.read_text(encoding="utf-8").split()):
        (tmp_path / name).write_text(f".{name.replace('.', '_')} {{ color: red }}", encoding="utf-8")
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    inner = Starlette(routes=[Route("/{path:path}", site.answer, methods=["GET", "POST"])])
    return httpx.AsyncClient(transport=httpx.ASGITransport(Assets(inner)), base_url="http://page")


def get(client: httpx.AsyncClient, path: str, **headers: str) -> httpx.Response:
    return asyncio.run(client.get(path, headers=headers))


def test_the_page_names_its_files_and_is_otherwise_as_it_was(client: httpx.AsyncClient) -> None:
    found, listed = get(client, "/", **{"accept-encoding": "gzip, br"}), read_first_load()
    assert listed.scripts
    sheets = found.text.partition("<style>b</style>")[2].removesuffix("</head>")
    assert found.text == f"<head>{listed.script_links().decode()}<style>a</style><style>b</style>{sheets}</head>"
    assert re.findall('disabled href="./assets/([^"]+)"', sheets) == list(listed.sheets)
    assert found.headers["set-cookie"] == "a=1"
    assert int(found.headers["content-length"]) == len(found.content)


@pytest.mark.parametrize("encoding", ["br", "gzip", ""])
def test_the_style_sheets_come_as_one_in_their_order(client: httpx.AsyncClient, site: Site, encoding: str) -> None:
    listed = read_first_load()
    named = re.search('href="(./assets/first-[^"]+)"', get(client, "/").text)
    assert named
    found = get(client, named[1], **{"accept-encoding": encoding})
    assert found.text == "\n".join(f".{n.replace('.', '_')} {{ color: red }}" for n in listed.sheets)
    assert (found.headers["content-type"], found.headers["cache-control"]) == ("text/css; charset=utf-8", assets.FOREVER)
    assert found.headers.get("content-encoding", "") == encoding
    assert site.asked == ["/"]


def test_a_file_is_fetched_once_for_each_encoding_and_without_its_cookies(client: httpx.AsyncClient, site: Site) -> None:
    accepted = {
        "br": "br",
        "gzip, deflate, br;q=0.9": "br",
        "gzip": "gzip",
        "x-made-up-1": "identity",
        "x-made-up-2": "identity",
    }
    for header, encoding in accepted.items():
        found = get(client, "/assets/a.js", **{"accept-encoding": header})
        assert (found.text, found.headers["cache-control"]) == (encoding, assets.FOREVER)
        assert "set-cookie" not in found.headers
    assert len(site.asked) == 3


def test_what_is_not_there_is_not_kept(client: httpx.AsyncClient, site: Site) -> None:
    assert [get(client, "/assets/gone.js").status_code for _ in range(2)] == [404, 404]
    assert len(site.asked) == 2


def test_everything_else_passes(client: httpx.AsyncClient, site: Site) -> None:
    for path in ("/config", "/assets/other.js", "/assets//a.js"):
        assert [get(client, path).status_code for _ in range(2)] == [200, 200]
    assert len(site.asked) == 6


def test_with_another_gradio_nothing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    assert read_first_load() == FirstLoad()
    assert (read_first_load().script_links(), read_first_load().sheet_links("first.css")) == (b"", b"")
    assert read_first_load(tmp_path / "assets.txt") == FirstLoad()


def test_the_list_is_of_the_pinned_gradio() -> None:
    names = LISTED.read_text(encoding="utf-8").split()
    assert all((FOLDER / name).is_file() for name in names), "run `make load`"
    assert len(names) == len(set(names))
