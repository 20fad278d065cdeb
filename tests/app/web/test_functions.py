"""Other programs ask: OpenAI's own client, an MCP client and gradio_client, with and without a login."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from openai import AuthenticationError, BadRequestError, OpenAI
from pydantic import ValidationError

from app.errors import QuestionError, ServerError, SettingsError
from app.settings import read_settings
from app.ui.mount import mount
from app.web.api import Completion, read_messages
from app.web.auth import logins
from app.web.server import serve
from app.web.visitors import is_loopback, visitor
from tests.app.conftest import Page, running_page

QUESTION = "What is Hefei for?"
FAR = "Who won the World Cup final of 1998?"

pytestmark = [
    pytest.mark.timeout(420),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # of the clients: they leave their sockets to the collector
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def guarded(page_server: Page, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The same documents behind a login, on the index that stands already."""
    data = tmp_path_factory.mktemp("guarded")
    with running_page(
        page_server.settings.corpus, data, "--auth", "ann:secret", index=page_server.settings.index_folder
    ) as page:
        yield page


def token(page: Page) -> str:
    return (page.settings.data / "token").read_text()


# --- OpenAI


def test_openai_s_client_gets_an_answer_with_citations(page_server: Page) -> None:
    client = OpenAI(base_url=f"{page_server.url}/v1", api_key="any", max_retries=0)
    assert [m.id for m in client.models.list()] == ["ask-the-plan"]
    done = client.chat.completions.create(
        model="ask-the-plan", messages=[{"role": "user", "content": QUESTION}], timeout=120
    )
    text = done.choices[0].message.content or ""
    assert "Hefei" in text
    assert "[1]" in text
    assert done.choices[0].finish_reason == "stop"
    extra = done.model_extra or {}
    assert extra["status"] == "answered"
    assert extra["citations"][0]["quote"]


def test_openai_s_client_streams(page_server: Page) -> None:
    client = OpenAI(base_url=f"{page_server.url}/v1", api_key="any", max_retries=0)
    turns: Any = [
        {"role": "system", "content": "Invent something."},
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": "It is …"},
        {"role": "user", "content": [{"type": "text", "text": "And when was its quantum satellite launched?"}]},
    ]
    chunks = list(client.chat.completions.create(model="ask-the-plan", messages=turns, stream=True, timeout=120))
    text = "".join(c.choices[0].delta.content or "" for c in chunks)
    assert "16 August 2016" in text
    assert (chunks[-1].model_extra or {})["citations"]


def test_what_is_not_there_is_not_made_up_for_a_program_either(page_server: Page) -> None:
    client = OpenAI(base_url=f"{page_server.url}/v1", api_key="any", max_retries=0)
    done = client.chat.completions.create(model="ask-the-plan", messages=[{"role": "user", "content": FAR}], timeout=120)
    extra = done.model_extra or {}
    assert (extra["status"], extra["citations"]) == ("not_found", [])
    assert "No answer to this was found" in (done.choices[0].message.content or "")


def test_a_bad_request_is_told_as_openai_tells_it(page_server: Page) -> None:
    client = OpenAI(base_url=f"{page_server.url}/v1", api_key="any", max_retries=0)
    with pytest.raises(BadRequestError, match="empty"):
        client.chat.completions.create(model="ask-the-plan", messages=[{"role": "user", "content": " "}])


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"messages": []}', b'{"messages": [5]}', b'{"messages": [{"role": "assistant"}]}']
)
def test_a_body_without_a_question_is_refused(body: bytes) -> None:
    with pytest.raises((QuestionError, ValidationError)):
        read_messages(Completion.model_validate_json(body))


def test_another_site_s_page_may_not_ask(page_server: Page) -> None:
    body = {"messages": [{"role": "user", "content": QUESTION}]}
    for path in ("/v1/chat/completions", "/mcp"):
        answer = httpx.post(page_server.url + path, json=body, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403


# --- MCP


def mcp(url: str, calls: list[tuple[str, dict[str, Any]]], bearer: str = "") -> tuple[set[str], list[Any]]:
    """The tools' names, and what each call gave."""

    async def run() -> tuple[set[str], list[Any]]:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        async with (
            httpx.AsyncClient(headers=headers, timeout=120) as http,
            streamable_http_client(f"{url}/mcp", http_client=http) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            names = {t.name for t in (await session.list_tools()).tools}
            results = [await session.call_tool(name, arguments) for name, arguments in calls]
            return names, [json.loads(f.content[0].text) for f in results]  # type: ignore[union-attr]

    return asyncio.run(run())


def test_an_mcp_client_asks_searches_and_reads(page_server: Page) -> None:
    calls = [("ask", {"question": QUESTION}), ("search", {"words": "Hefei fusion", "limit": 3}), ("ask", {"question": " "})]
    names, (answer, passages, problem) = mcp(page_server.url, calls)
    assert names == {"ask", "search", "get_document"}
    citation = answer["citations"][0]
    assert len(passages) == 3
    assert "empty" in problem["error"]
    arguments = [{"document_id": citation["document_id"]}, {"document_id": "no"}]
    _, (document, missing) = mcp(page_server.url, [("get_document", w) for w in arguments])
    assert document["text"][citation["start"] : citation["end"]] == citation["quote"]
    assert "no document" in missing["error"]


# --- gradio_client


def test_gradio_client_asks(page_server: Page) -> None:
    client = Client(page_server.url, verbose=False)
    answer = json.loads(client.predict(QUESTION, api_name="/ask"))
    assert answer["status"] == "answered"
    assert answer["citations"][0]["sources"]
    assert len(json.loads(client.predict("Hefei", 2, api_name="/search"))) == 2
    client.close()


def test_only_what_is_meant_for_programs_is_named(page_server: Page) -> None:
    endpoints = httpx.get(f"{page_server.url}/gradio_api/info").json()["named_endpoints"]
    assert set(endpoints) == {"/ask", "/search", "/get_document"}


# --- a login


def test_behind_a_login_programs_need_the_token(guarded: Page) -> None:
    messages: Any = [{"role": "user", "content": QUESTION}]
    stranger = OpenAI(base_url=f"{guarded.url}/v1", api_key="wrong", max_retries=0)
    with pytest.raises(AuthenticationError, match="token"):
        stranger.chat.completions.create(model="ask-the-plan", messages=messages)
    with_token = OpenAI(base_url=f"{guarded.url}/v1", api_key=token(guarded), max_retries=0)
    assert with_token.chat.completions.create(model="ask-the-plan", messages=messages, timeout=120).model_extra
    assert httpx.post(f"{guarded.url}/mcp", json={}).status_code == 401
    _, (answer,) = mcp(guarded.url, [("ask", {"question": QUESTION})], token(guarded))
    assert answer["citations"]


def test_behind_a_login_the_page_asks_for_it(guarded: Page) -> None:
    assert httpx.get(f"{guarded.url}/gradio_api/info").status_code == 401
    with httpx.Client(base_url=guarded.url) as browser:
        wrong = browser.post("/login", data={"username": "ann", "password": "guess"})
        right = browser.post("/login", data={"username": "ann", "password": "secret"})
        assert (wrong.status_code, right.status_code) == (400, 200)
        assert browser.get("/gradio_api/info").status_code == 200


def test_settings_name_the_tokens_file_and_print_no_secret(guarded: Page) -> None:
    command = [sys.executable, "-m", "app", "--data", str(guarded.settings.data), "settings"]
    output = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "ASK_AUTH": "a:hush"}).stdout
    rows = [line.split("│") for line in output.splitlines() if line.count("│") > 1]
    columns = ["".join(cell.strip() for cell in column) for column in zip(*rows, strict=True)]
    assert any("/token" in column for column in columns)  # however long the path is, and wherever its line is broken
    assert token(guarded) not in output
    assert "hush" not in output


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_others_are_let_in_only_with_a_login(host: str, tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="Others could reach") as caught:
        serve(read_settings(host=host, port=0, data=tmp_path), mount)
    assert "--auth" in caught.value.next_step


@pytest.mark.parametrize("auth", ["ann", ":secret", "ann:", "ann:secret,bob"])
def test_a_login_without_a_name_or_a_password_is_refused(auth: str) -> None:
    with pytest.raises(SettingsError):
        logins(auth)


def test_logins_and_addresses_are_read() -> None:
    assert logins("") == []
    assert logins("ann:a:b, bob:c") == [("ann", "a:b"), ("bob", "c")]
    assert [is_loopback(h) for h in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "example.org")] == [True] * 3 + [False] * 2


def test_a_browser_gets_a_name_that_scripts_cannot_read(page_server: Page) -> None:
    cookie = httpx.get(page_server.url).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert len(visitor(cookie.split(";")[0])) >= 32
    again = httpx.get(page_server.url, headers={"Cookie": cookie.split(";")[0]})
    assert "ask_visitor" not in again.headers.get("set-cookie", "")


def test_a_wrong_address_is_a_page_for_a_browser(page_server: Page) -> None:
    page = httpx.get(f"{page_server.url}/nowhere", headers={"Accept": "text/html", "Accept-Language": "zh-CN"})
    assert (page.status_code, "找不到页面" in page.text, "前往首页" in page.text) == (404, True, True)
    assert httpx.get(f"{page_server.url}/nowhere").json() == {"detail": "Not Found"}
