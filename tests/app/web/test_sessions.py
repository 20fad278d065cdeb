"""Whoever knows the name of another visitor's session does not get in with it."""

from __future__ import annotations

import asyncio

import pytest
from starlette.testclient import TestClient

from app.web import bodies
from app.web.bodies import Sessions
from tests.app.web.conftest import Open

ANN, EVE = "a" * 32, "e" * 32


def cookie(secret: str) -> dict[str, str]:
    return {"Cookie": f"ask_visitor={secret}"} if secret else {}


@pytest.mark.parametrize("other", [EVE, ""])
@pytest.mark.parametrize("path", ["queue/join", "run/answer", "run/ask", "api/ask", "call/ask", "cancel", "reset"])
def test_a_session_is_its_first_visitor_s(page: TestClient, path: str, other: str) -> None:
    body = {"data": [], "fn_index": 0, "session_hash": f"s-{path}-{other}", "event_id": "e"}
    mine = page.post(f"/gradio_api/{path}", json=body, headers=cookie(ANN))
    assert "another visitor" not in mine.text
    theirs = page.post(f"/gradio_api/{path}", json=body, headers=cookie(other))
    assert theirs.status_code == 403
    assert "another visitor's session" in theirs.text


def test_nor_are_its_stream_and_its_heartbeat_another_s(page: TestClient) -> None:
    body = {"data": [], "fn_index": 0, "session_hash": "streamed"}
    page.post("/gradio_api/queue/join", json=body, headers=cookie(ANN))
    for path in (
        "queue/data?session_hash=streamed",
        "heartbeat/streamed",
        "queue/data?session_hash=x&session_hash=streamed",
    ):
        assert page.get(f"/gradio_api/{path}", headers=cookie(EVE)).status_code == 403


def test_a_heartbeat_of_a_session_in_which_nothing_is_sent_ends(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE", 0.0)
    for name in ("unheard", "queue/data", "", "a" * 10_000):
        answer = page.get(f"/gradio_api/heartbeat/{name}", headers=cookie(ANN))
        assert answer.status_code == 404


def test_a_heartbeat_that_comes_before_all_else_waits_for_it() -> None:
    sessions = Sessions()

    async def run() -> tuple[bool, bool]:
        beats = asyncio.create_task(sessions.wait_until_used("/gradio_api/heartbeat/early"))
        await asyncio.sleep(0.01)
        waited = not beats.done()
        sessions._claim("early", ANN)
        return waited, await beats

    assert asyncio.run(run()) == (True, True)


def test_a_stream_of_a_session_that_is_none_leaves_no_traceback(page: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = page.get("/gradio_api/queue/data?session_hash=none", headers=cookie(ANN))
    assert '"session_not_found":true' in answer.text
    assert "Traceback" not in caplog.text


def test_a_name_that_json_writes_otherwise_is_the_same(page: TestClient) -> None:
    page.post("/gradio_api/reset", json={"session_hash": "plain", "fn_index": 0}, headers=cookie(ANN))
    for body in (b'{"session\\u005fhash": "plain", "fn_index": 0}', b'{"session_hash": "b", "session_hash": "pl\\u0061in"}'):
        assert page.post("/gradio_api/reset", content=body, headers=cookie(EVE)).status_code == 403


def test_two_logins_do_not_share_a_session(unloaded: Open) -> None:
    pages = []
    for name, password in (("ann", "secret"), ("bob", "hush")):
        page = unloaded(host="0.0.0.0", auth="ann:secret,bob:hush", hosts="plan.example.org")
        page.get("/")
        assert page.post("/login", data={"username": name, "password": password}).status_code == 200
        pages.append(page)
    body = {"data": [], "fn_index": 0, "session_hash": "of ann", "event_id": "e"}
    assert pages[0].post("/gradio_api/reset", json=body).status_code == 200
    assert pages[1].post("/gradio_api/reset", json=body).status_code == 403


def test_no_more_sessions_are_remembered_than_gradio_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.visitors.MAX_VISITORS", 3)
    sessions = Sessions()
    assert all(sessions._claim(str(n), ANN) for n in range(9))
    assert len(sessions._owners) == 3
    assert not sessions._claim("8", EVE)


@pytest.mark.parametrize("function", [-1, 10**9])
@pytest.mark.parametrize("path", ["queue/join", "run/none", "call/none", "call/v2/none"])
def test_a_function_that_is_none_is_told(page: TestClient, path: str, function: int) -> None:
    body = {"data": [], "fn_index": function, "session_hash": "s"}
    answer = page.post(f"/gradio_api/{path}", json=body, headers=cookie(ANN))
    assert answer.status_code in (400, 404)
    assert "KeyError" not in answer.text
