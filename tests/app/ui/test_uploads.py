"""Files that visitors upload: so many at once and in an hour, and so many that nobody has added."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.settings import read_settings
from app.ui import uploads
from app.ui.mount import mount
from app.ui.uploads import AT_ONCE, Uploads, Waiting
from app.web.server import make_app

HERE = "http://127.0.0.1:7860"
UPLOAD = "/gradio_api/upload"
WALKED: list[str] = []
"""The folders that are listed while a test listens."""
LISTENING: list[str] = []


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if LISTENING and event in ("os.scandir", "os.listdir") and str(arguments[0]).startswith(LISTENING[0]):
        WALKED.append(str(arguments[0]))


sys.addaudithook(_listen)


def made(corpus: Path, data: Path, **options: Any) -> FastAPI:
    """A page that loads nothing."""
    (corpus / "tea.md").write_text("# Tea\n\nTea is green.\n", encoding="utf-8")
    settings = read_settings(corpus=corpus, data=data, page_changes="yes", **options)

    async def make() -> FastAPI:  # with a loop running, Gradio makes none that it would not close
        return make_app(settings, HERE, mount)

    return asyncio.run(make())


@pytest.fixture
def page(tmp_path: Path) -> Callable[..., TestClient]:
    """Whole pages; each is asked by a browser with a cookie of its own."""
    apps: list[FastAPI] = []

    def browser(cookie: str = "a", address: str = "192.0.2.1", **options: Any) -> TestClient:
        if not apps:
            apps.append(made(tmp_path, tmp_path / "data", **options))
        headers = {"cookie": f"ask_visitor={cookie * 32}"}
        return TestClient(apps[0], base_url=HERE, client=(address, 1), headers=headers)

    return browser


def waiting_of(client: TestClient) -> Waiting:
    found = next(m for m in client.app.user_middleware if m.cls is Uploads)  # type: ignore[attr-defined]
    return found.kwargs["waiting"]  # type: ignore[return-value]


def files(number: int, begin: int = 0) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", (f"{n}.md", b"%d" % n)) for n in range(begin, begin + number)]


def left(client: TestClient) -> int:
    """The files that lie in the folder of uploads."""
    return sum(p.is_file() for p in waiting_of(client).folder.rglob("*"))


def test_an_upload_costs_the_same_however_many_files_wait(page: Callable[..., TestClient]) -> None:
    client = page(max_uploads_hour=1_000)
    folder = waiting_of(client).folder
    for n in range(20_000):
        (folder / f"{n}").touch()
    WALKED.clear()
    LISTENING.append(str(folder))
    try:
        for n in range(10):
            assert client.post(UPLOAD, files=files(2, n * 2)).status_code == 200
            assert client.get("/live").status_code == 200
    finally:
        LISTENING.clear()
    assert not WALKED


def test_of_one_upload_so_many_files_are_taken(page: Callable[..., TestClient]) -> None:
    client = page(max_uploads_hour=1_000)
    many = client.post(UPLOAD, files=files(AT_ONCE + 1), headers={"accept-language": "zh"})
    assert (many.status_code, many.json()["error"]) == (413, f"一次最多可上传 {AT_ONCE} 个文件。请少选一些文件。")
    assert left(client) == 0, "nothing of it is kept"
    assert len(client.post(UPLOAD, files=files(AT_ONCE)).json()) == AT_ONCE
    assert left(client) == AT_ONCE


def test_the_hour_s_limit_counts_files_of_a_cookie_and_of_a_network(page: Callable[..., TestClient]) -> None:
    client = page(max_uploads_hour=10)
    assert client.post(UPLOAD, files=files(8)).status_code == 200
    other = page("b")
    often = other.post(UPLOAD, files=files(3, 10))
    assert (often.status_code, often.headers["retry-after"]) == (429, "3600")
    assert "may add up to 10 files an hour. Try again in 60 min." in often.json()["error"]
    assert left(client) == 8
    elsewhere = page("b", "2001:db8::1")
    assert elsewhere.post(UPLOAD, files=files(3, 10)).status_code == 200
    assert page("c", "2001:db8::2").post(UPLOAD, files=files(8, 20)).status_code == 429, "of the same /64"


def test_only_so_many_files_and_bytes_wait(page: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "WAITING", 6)
    client = page(max_added_bytes=20_000, max_uploads_hour=1_000)
    first = client.post(UPLOAD, files=files(4)).json()
    full = client.post(UPLOAD, files=files(3, 10), headers={"accept-language": "zh"})
    assert (full.status_code, full.json()["error"]) == (507, "上传空间已满。请明天再试。")
    assert client.post(UPLOAD, files=[("files", ("x.md", b"x" * 20_000))]).status_code == 507
    assert left(client) == 4
    waiting_of(client).remove(first[0])
    assert client.post(UPLOAD, files=files(3, 10)).status_code == 200
    assert client.post(UPLOAD, files=files(1, 30)).status_code == 507
    monkeypatch.setattr(uploads, "KEPT", -1)  # all of them are too old
    assert client.post(UPLOAD, files=files(1, 30)).status_code == 200


@pytest.mark.parametrize("name", ["..", "a/..", "files"])
def test_nothing_stays_of_an_upload_that_fails(page: Callable[..., TestClient], name: str) -> None:
    client = page()
    field = "other" if name == "files" else "files"
    client.post(UPLOAD, files=[(field, (name, b"x" * 1_000))])
    assert left(client) == 0
    assert waiting_of(client).has_room()


def test_each_page_has_a_folder_of_uploads_that_goes_with_it(tmp_path: Path) -> None:
    pages = [made(tmp_path, tmp_path / name) for name in "ab"]
    one, other = (waiting_of(TestClient(p)).folder for p in pages)
    assert one != other
    with pages[0].state.closing:
        assert one.is_dir()
    assert not one.exists()
    assert other.is_dir()
