"""Files that a visitor uploads: so many in an hour, and so many bytes in all that nobody has added."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.settings import read_settings
from app.ui.document_actions import Uploads


async def _taken(_: object) -> JSONResponse:
    return JSONResponse(["a path"])


@pytest.mark.parametrize(
    ("language", "often", "full"),
    [
        ("en", "may add up to 2 files an hour. Try again in 60 min.", "There is no room for more uploads."),
        ("zh-CN", "每位访客每小时最多可添加 2 个文件。请 60 分钟后再试。", "上传空间已满。"),
    ],
)
def test_what_is_too_much_is_not_received(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, often: str, full: str
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    (tmp_path / "0123").mkdir()
    (tmp_path / "0123" / "before.md").write_bytes(b"x" * 900)
    app = Starlette(routes=[Route("/gradio_api/upload", _taken, methods=["POST"])])
    app.add_middleware(Uploads, settings=read_settings(data=tmp_path, max_uploads_hour=2, max_added_bytes=1_000))

    async def sent(*sizes: int) -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=app, client=("192.0.2.1", 1))
        headers = {"Accept-Language": language}
        async with httpx.AsyncClient(transport=transport, base_url="http://here", headers=headers) as client:
            return [await client.post("/gradio_api/upload", content=b"x" * size) for size in sizes]

    there, no_room, too_often = asyncio.run(sent(10, 200, 10))
    assert there.json() == ["a path"]
    assert (no_room.status_code, too_often.status_code) == (507, 429)
    assert full in no_room.json()["error"]
    assert often in too_often.json()["error"]
    assert too_often.headers["retry-after"] == "3600"
