"""Passwords: whether one fits, and how fast they may be tried."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import FastAPI, Form
from fastapi.responses import JSONResponse
from starlette.testclient import TestClient

from app.web import auth as module
from app.web.auth import Attempts, password_check

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

    return Attempts(app, clock, frozenset({"ann", "bob"}))


def test_a_name_and_its_password_fit_and_no_others() -> None:
    fits = password_check(PAIRS)
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
            for _ in range(module.FREE_TRIES):
                await client.post("/login", data={"password": "wrong"})
            answers = await asyncio.gather(*(client.post("/login", data={"password": f"{n}"}) for n in range(300)))
            full = next(a for a in answers if a.status_code == 429)
            assert full.headers["retry-after"] == "60"
            assert "Too many passwords" in full.json()["error"]
            return [a.status_code for a in answers]

    answers = asyncio.run(run())
    assert answers.count(400) == module.MAX_WAITING
    assert answers.count(429) == 300 - module.MAX_WAITING
    assert sum(clock.slept) == 0.5 + 1 + 2 + 4


def test_each_address_waits_for_its_own_passwords_only() -> None:
    clock = Clock()
    app = tried(clock)
    for host in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"):
        client = TestClient(app, client=(host, 1))
        for _ in range(3):
            client.post("/login", data={"password": "wrong"})
    assert clock.slept == [0] * 9 + [0.5, 1, 2]  # of IPv6 the network counts


def test_nobody_waits_for_the_passwords_that_others_try() -> None:
    """Neither for another name's from the same address, a proxy's, nor for those from another address."""
    clock = Clock()
    app = tried(clock)
    there, elsewhere = TestClient(app, client=("192.0.2.1", 1)), TestClient(app, client=("192.0.2.2", 1))
    for name in ["ann"] * 12 + [f"nobody {n}" for n in range(12)]:
        there.post("/login", data={"username": name, "password": "wrong"})
    assert clock.slept == [0, 0, 0, 0.5, 1, 2, 4, 8, 16, 30, 30, 30] * 2  # all names that are none are one
    for client, name in ((there, "bob"), (elsewhere, "ann"), (elsewhere, "nobody")):
        assert client.post("/login", data={"username": f" {name} ", "password": "right"}).status_code == 200
    assert clock.slept[24:] == [0, 0, 0]


def test_a_browser_that_has_logged_in_does_not_wait_for_others_at_its_address() -> None:
    clock = Clock()
    client = TestClient(tried(clock))
    ann = {"Cookie": f"ask_visitor={'a' * 32}"}
    assert client.post("/login", data={"username": "ann", "password": "right"}, headers=ann).status_code == 200
    for number in range(9):  # whoever tries may take a cookie each time
        eve = {"Cookie": f"ask_visitor={number}{'e' * 31}"}
        client.post("/login", data={"username": "ann", "password": "wrong"}, headers=eve)
    assert clock.slept[-1] > 8
    assert client.post("/login", data={"username": "ann", "password": "right"}, headers=ann).status_code == 200
    assert clock.slept[-1] == 0
    client.post("/login", data={"username": "bob", "password": "wrong"}, headers=ann)
    for _ in range(5):  # a cookie that came in as ann is nothing for bob
        client.post("/login", data={"username": "bob", "password": "wrong"}, headers=ann)
    assert clock.slept[-1] > 0


@pytest.mark.parametrize("body", [b"", b"\xff", b"--x", b"username=ann&username=bob", b"a" * 5_000])
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "multipart/form-data", "application/json", ""])
def test_a_form_that_is_none_counts_as_well(body: bytes, kind: str) -> None:
    clock = Clock()
    client = TestClient(tried(clock))
    for _ in range(5):
        assert client.post("/login", content=body, headers={"Content-Type": kind}).status_code >= 400
    assert clock.slept == [0, 0, 0, 0.5, 1]


def test_the_page_s_own_login_is_held_back(guarded_page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FREE_TRIES", 0)
    monkeypatch.setattr(module, "FIRST_WAIT", 0.0)
    wrong = guarded_page.post("/login", data={"username": "ann", "password": "hush"})
    assert wrong.status_code == 400
    right = guarded_page.post("/login", data={"username": "ann", "password": "secret"})
    assert right.status_code == 200
