"""Passwords: whether one fits, and how fast they may be tried."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import FastAPI, Form
from fastapi.responses import JSONResponse
from starlette.testclient import TestClient

from app.web import logins as module
from app.web.logins import Attempts, checked

PAIRS = [("ann", "secret"), ("bob", "hush"), ("李", "密码")]


class Clock:
    """Sleeps without sleeping, and remembers how long."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0.05 if seconds else 0)


def tried(clock: Clock) -> Attempts:
    app = FastAPI()

    @app.post("/login")
    def login(password: str = Form()) -> JSONResponse:
        return JSONResponse({}, 200 if password == "right" else 400)

    return Attempts(app, clock)


def test_a_name_and_its_password_fit_and_no_others() -> None:
    fits = checked(PAIRS)
    assert all(fits(*pair) for pair in PAIRS)
    assert not any(
        fits(*p) for p in [("ann", "hush"), ("bob", ""), ("", ""), ("eve", "secret"), ("ann", "secre"), ("\ud800", "x")]
    )


def test_after_some_wrong_passwords_each_waits_longer() -> None:
    clock = Clock()
    client = TestClient(tried(clock))
    answers = [client.post("/login", data={"password": "wrong"}).status_code for _ in range(12)]
    assert answers == [400] * 12
    assert clock.slept == [0, 0, 0, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert client.post("/login", data={"password": "right"}).status_code == 200
    client.post("/login", data={"password": "wrong"})
    assert clock.slept[-2:] == [30, 0]


def test_trying_side_by_side_is_no_faster() -> None:
    clock = Clock()

    async def run() -> list[int]:
        app = tried(clock)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            for _ in range(module.FREE):
                await client.post("/login", data={"password": "wrong"})
            answers = await asyncio.gather(*(client.post("/login", data={"password": f"{n}"}) for n in range(300)))
            full = next(a for a in answers if a.status_code == 429)
            assert full.headers["retry-after"] == "60"
            assert "Too many passwords" in full.json()["error"]
            return [a.status_code for a in answers]

    answers = asyncio.run(run())
    assert answers.count(400) == module.AT_ONCE
    assert answers.count(429) == 300 - module.AT_ONCE
    assert sum(clock.slept) == 0.5 + 1 + 2 + 4


def test_each_address_waits_for_its_own_passwords_only() -> None:
    clock = Clock()
    app = tried(clock)
    for host in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"):
        client = TestClient(app, client=(host, 1))
        for _ in range(3):
            client.post("/login", data={"password": "wrong"})
    assert clock.slept == [0] * 9 + [0.5, 1, 2]  # of IPv6 the network counts


def test_the_page_s_own_login_is_held_back(guarded_page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FREE", 0)
    monkeypatch.setattr(module, "FIRST_WAIT", 0.0)
    wrong = guarded_page.post("/login", data={"username": "ann", "password": "hush"})
    assert wrong.status_code == 400
    right = guarded_page.post("/login", data={"username": "ann", "password": "secret"})
    assert right.status_code == 200
