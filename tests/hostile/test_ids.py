"""Ids that are none, of documents, answers, sessions, events and functions: each is told so, and nothing of the program."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.hostile.conftest import Page

ODD = {
    "nul": "a\x00b", "line": "a\nb", "quote": "' OR 1=1 --", "percent": "%", "wild": "*", "up": "../../../etc/passwd",
    "up escaped": "..%2f..%2fetc%2fpasswd", "absolute": "/etc/passwd", "emoji": "😀", "right to left": "\u202ea",
    "han": "文件", "long": "a" * 8_000, "space": " ", "minus": "-1", "zero": "0", "braces": "{0.__class__}",
    "html": "<script>alert(1)</script>", "dots": "...", "huge": "9" * 400, "combining": "e\u0301" * 50,
}  # fmt: skip
QUICK = ("nul", "quote", "up escaped", "html")


def told(reply: httpx.Response, *statuses: int) -> None:
    """One of these statuses, in words that are no exception's and name no folder of this machine."""
    assert reply.status_code in statuses, (reply.status_code, reply.text[:300])
    assert not [w for w in ("Traceback", "Error(", "/site-packages", "sqlite", "/tmp/") if w in reply.text]


def rare(kinds: Iterable[str]) -> list[Any]:
    """All kinds; `make test-hostile` alone tries those that are not quick."""
    return [pytest.param(kind, marks=[] if kind in QUICK else pytest.mark.hostile) for kind in kinds]


@pytest.mark.parametrize("kind", rare(ODD))
def test_of_documents(attacked: Page, kind: str) -> None:
    odd, safe = ODD[kind], quote(ODD[kind], safe="")
    with httpx.Client(base_url=attacked.url, timeout=60) as client:
        told(client.get(f"/v1/documents/{safe}"), 404)
        told(client.get(f"/a/{safe}"), 404)
        told(client.get(f"/a/{safe}.docx"), 404)
        told(client.get("/v1/documents", params={"words": odd}), 200, 400)
        told(client.post("/v1/search", json={"words": "tea", "documents": [odd]}), 404)
        told(client.post("/v1/ask", json={"question": "tea", "documents": [odd] * 100}), 404)
        told(client.post("/v1/ask", json={"question": odd, "id": odd}), 200, 400)
        told(client.post("/gradio_api/run/get_document", json={"data": [odd]}), 200)
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": {"name": "get_document", "arguments": {"document_id": odd}}}  # fmt: skip
        reply = client.post("/mcp", json=call, headers={"Accept": "application/json, text/event-stream"})
        told(reply, 200)
        assert "There is no document" in reply.text


FUNCTIONS = (-1, 10**9, 10**30, "x", None, [], {}, 1.5, "0x1")


@pytest.mark.parametrize("path", ["queue/join", "run/none", "api/none", "call/none", "call/v2/none"])
def test_of_functions(attacked: Page, path: str) -> None:
    for function in FUNCTIONS:
        body = {"data": [], "fn_index": function, "session_hash": "s"}
        told(httpx.post(f"{attacked.url}/gradio_api/{path}", json=body, timeout=60), 200, 400, 404, 422)


@pytest.mark.parametrize("kind", QUICK)
def test_of_sessions_and_events(attacked: Page, kind: str) -> None:
    odd, safe = ODD[kind], quote(ODD[kind], safe="")
    with httpx.Client(base_url=attacked.url, timeout=60) as client:
        told(client.post("/gradio_api/cancel", json={"session_hash": odd, "fn_index": 0, "event_id": odd}), 200)
        with client.stream("GET", f"/gradio_api/call/ask/{safe}") as events:
            assert events.status_code in (200, 404)
        with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": odd}) as events:
            assert "session_not_found" in next(events.iter_lines())  # then Gradio breaks off
        told(client.get(f"/gradio_api/stream/{safe}/1/1/playlist.m3u8"), 404)


@pytest.mark.hostile
@pytest.mark.parametrize("kind", ODD)
def test_of_heartbeats(attacked: Page, kind: str) -> None:
    told(httpx.get(f"{attacked.url}/gradio_api/heartbeat/other{quote(ODD[kind], safe='')}", timeout=60), 404)


@pytest.mark.parametrize("data", [[], [1], [None], [{}], ["a"] * 100, "x", {"a": 1}, None])
def test_of_what_a_function_takes(attacked: Page, data: object) -> None:
    for name in ("ask", "search", "get_document"):
        reply = httpx.post(f"{attacked.url}/gradio_api/run/{name}", content=json.dumps({"data": data}), timeout=60,
                           headers={"Content-Type": "application/json"})  # fmt: skip
        told(reply, 200, 400, 422, 500)
