"""The server without a browser: sockets, the page's own words, the routes, and the record for the command line."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.testclient import TestClient

from app.errors import AskError, ServerError, SettingsError
from app.settings import Settings, comparable, read_settings
from app.ui.escape import literal
from app.ui.mount import mount
from app.ui.titles import is_web_address
from app.web.about import read_about
from app.web.auth import AuthMiddleware
from app.web.queue import QueueStatus
from app.web.record import latest_record, read_records
from app.web.server import _cannot_bind, add_routes, address, listen, make_app, serve, server_config
from app.web.service import Service
from app.web.token import proof
from ingest.errors import CorpusError
from tests.servers import PATIENCE, waited_for

TOKEN = "a-token"


# --- the port


def test_a_port_in_use_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=f"Port {port} on 127.0.0.1 is in use") as caught:
            serve(read_settings(port=port, corpus=tmp_path, data=tmp_path), lambda *_: pytest.fail("the page is made"))
    assert "`ask-the-plan chat --port 0` or `make run PORT=0`" in caught.value.next_step


def test_a_reserved_port_is_told_with_what_works_under_make_too() -> None:
    error = _cannot_bind("127.0.0.1", 80, PermissionError(13, "Permission denied"))
    assert error.sentence().startswith("Port 80 is reserved. Choose one above 1023")
    assert "`make run PORT=" in error.next_step


@pytest.mark.parametrize("host", ["203.0.113.7", "not an address"])
def test_an_address_that_is_not_here_is_told(host: str) -> None:
    with pytest.raises(ServerError, match="is not an address of this machine"):
        listen(host, 0)


def test_a_socket_listens_at_once_and_knows_its_address() -> None:
    with listen("127.0.0.1", 0) as listener:
        url = address(listener)
        assert url == f"http://127.0.0.1:{listener.getsockname()[1]}"
        with socket.create_connection(listener.getsockname(), timeout=PATIENCE):
            pass


def test_a_missing_corpus_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="does not exist"):
        serve(read_settings(port=0, corpus=tmp_path / "none", data=tmp_path), mount)


# --- the page's own words


def test_words_come_from_the_folder(tmp_path: Path) -> None:
    (tmp_path / "_page.yaml").write_text('title: Tea\nintro: All about it.\nexamples: ["What is tea?"]\n')
    about = read_about(tmp_path)
    assert (about.title, about.intro, about.examples) == ("Tea", "All about it.", ("What is tea?",))


def test_words_are_made_where_the_folder_has_none(tmp_path: Path) -> None:
    folder = tmp_path / "tea_and-coffee"
    folder.mkdir()
    (folder / "a.md").write_text("# Green tea\n\nIt is green.\n")
    (folder / "b.md").write_text("# 红茶\n\n红茶是一种茶叶。\n", encoding="utf-8")
    about = read_about(folder)
    assert about.title == "Tea and coffee"
    assert about.examples == ("What is the “Green tea” document about?", "什么是红茶？")


@pytest.mark.parametrize("text", ["title: [", "- a list", "title: 5", "examples: What?", "examples: [1]"])
def test_words_that_are_not_what_they_should_be_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "_page.yaml").write_text(text)
    with pytest.raises(CorpusError, match=r"_page\.yaml"):
        read_about(tmp_path)


# --- texts


def test_no_sign_is_left_for_html_or_markdown() -> None:
    assert not set(literal("<a href='x'>*_`[]()#!$~|\\{}&\"")) & set("<>'\"*_`[]()!$~|\\{}")


def test_only_web_addresses_are_links() -> None:
    assert is_web_address("https://example.org/a")
    bad = ("javascript:alert(1)", "data:text/html,x", "//example.org", "http:", "file:///etc/passwd", "http://[")
    assert not any(is_web_address(u) for u in bad)


# --- the routes


@pytest.fixture(scope="module")
def client(settings: Settings, index: Any) -> Iterator[TestClient]:
    """The whole application, loading included."""

    async def made() -> FastAPI:  # with a loop running, Gradio makes none that it would not close
        return make_app(settings, "http://127.0.0.1:1", mount)

    with TestClient(asyncio.run(made()), base_url="http://127.0.0.1") as test_client:
        wait_for(test_client, "ready")
        yield test_client
    assert not list(read_records(settings.data))


def wait_for(client: TestClient, status: str) -> dict[str, Any]:
    health: dict[str, Any] = {}

    def loaded() -> bool:
        health.update(client.get("/health").json())
        return health["status"] != "loading"

    waited_for(loaded)
    assert health["status"] == status
    return health


def token(settings: Settings) -> dict[str, str]:
    record = latest_record(settings.data)
    return {"Authorization": f"Bearer {record['token']}"}


def test_the_record_is_for_its_owner_alone(client: TestClient, settings: Settings) -> None:
    ((path, _),) = read_records(settings.data)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    record = json.loads(path.read_text())
    health = client.get("/health").json()
    assert record["fingerprint"] == health["fingerprint"]
    assert health["documents"] == len(list(settings.corpus.glob("*.md")))
    assert record["token"] not in json.dumps(health)


@pytest.mark.parametrize("proxies", ["*", "plan.example.org", "10.0.0.1/8", "127.0.0.1;"])
def test_proxies_are_named_by_addresses(proxies: str) -> None:
    with pytest.raises(SettingsError, match="write addresses or networks"):
        read_settings(proxies=proxies)


@pytest.mark.parametrize(
    ("proxies", "address"), [("", "127.0.0.1"), ("127.0.0.1", "192.0.2.7"), ("10.0.0.0/8", "127.0.0.1")]
)
def test_only_a_proxy_that_is_named_is_believed(proxies: str, address: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await JSONResponse([scope["client"][0], scope["scheme"]])(scope, receive, send)

    config = server_config(app, read_settings(proxies=proxies))  # type: ignore[arg-type]
    config.load()
    client = TestClient(config.loaded_app, client=("127.0.0.1", 5))
    headers = {"X-Forwarded-For": "6.6.6.6, 192.0.2.7", "X-Forwarded-Proto": "https"}
    scheme = "https" if address == "192.0.2.7" else "http"
    assert client.get("/", headers=headers).json() == [address, scheme]


# --- what goes wrong


def breaking(error: BaseException, begun: bool = False) -> TestClient:
    """An application whose answer ends in an error, before or after it began."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise error

    guarded = AuthMiddleware(app, read_settings(host="127.0.0.1"), TOKEN)
    return TestClient(guarded, base_url="http://127.0.0.1", raise_server_exceptions=False)


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions", "/mcp", "/", "/gradio_api/run/ask"])
def test_no_exception_s_text_reaches_a_visitor(path: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = breaking(IndexError("string index out of /home/ann/plan")).post(path, json={})
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "index" not in answer.text
    assert "/home/ann/plan" in caplog.text


def test_who_asks_while_the_server_stops_is_told_so(caplog: pytest.LogCaptureFixture) -> None:
    answer = breaking(asyncio.CancelledError()).post("/v1/ask", json={})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert "is being stopped" in answer.json()["error"]
    assert "Traceback" not in caplog.text


def test_an_answer_keeps_the_contract(client: TestClient, settings: Settings) -> None:
    item = {"question": "What is it for?", "history": [{"role": "user", "content": "Where is Hefei?"}], "id": 7}
    response = client.post("/v1/ask", json=item, headers=token(settings))
    answer = response.json()
    assert response.status_code == 200
    assert answer["id"] == "7"
    assert answer["status"] == "answered"
    assert "Hefei" in answer["read_as"]
    numbers = {c["number"] for c in answer["citations"]}
    assert answer["sentences"]
    assert all(s["citations"] and set(s["citations"]) <= numbers for s in answer["sentences"])


def test_on_one_s_own_machine_no_token_is_asked_for(client: TestClient) -> None:
    answer = client.post("/v1/ask", json={"question": "What is Hefei for?"})
    assert (answer.status_code, answer.json()["status"]) == (200, "answered")


def test_chat_completions_bring_the_rest_of_the_answer_object(client: TestClient) -> None:
    turns = [{"role": "user", "content": "Where is Hefei?"}, {"role": "assistant", "content": "In Anhui."}]
    question = "What is it for?"
    chat = client.post("/v1/chat/completions", json={"messages": [*turns, {"role": "user", "content": question}]}).json()
    alone = client.post("/v1/ask", json={"question": question, "history": turns}).json()
    assert "Hefei" in chat["read_as"]
    assert {n: chat[n] for n in alone if n != "seconds"} == {n: v for n, v in alone.items() if n != "seconds"}
    far = {"question": "Who won the World Cup final of 1998?"}
    reply = client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": far["question"]}]}).json()
    assert reply["note"] == client.post("/v1/ask", json=far).json()["note"]


def test_health_proves_who_it_is_without_the_token(client: TestClient, settings: Settings) -> None:
    record = latest_record(settings.data)
    reply = client.get("/health", params={"nonce": "n1"}).json()
    assert reply["proof"] == proof(record["token"], "n1")
    assert record["token"] not in json.dumps(reply)
    assert "proof" not in client.get("/health").json()


def test_a_bad_question_is_told_with_400(client: TestClient, settings: Settings) -> None:
    for body, words in (
        (b'{"question": " "}', "empty"),
        (b"{", "not JSON"),
        (b'{"question": "%s"}' % (b"a" * 3000), "3,000"),
    ):
        response = client.post("/v1/ask", content=body, headers=token(settings))
        assert response.status_code == 400
        assert words in response.json()["error"]


def test_the_page_itself_is_served(client: TestClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert "gradio" in response.text


@pytest.mark.slow
def test_failing_to_load_is_told_by_health_and_by_questions_and_why_by_the_log(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    service = Service(settings.model_copy(update={"embedding_model": "/no/such/model"}))
    app = FastAPI()
    add_routes(app, service, TOKEN)
    client = TestClient(app)
    assert client.get("/health").json()["status"] == "loading"
    service.start()
    health = wait_for(client, "failed")
    assert "could not load" in health["message"]
    response = client.post("/v1/ask", json={"question": "q"}, headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 503
    assert response.json()["error"] == health["message"]
    assert "/no/such/model" not in response.text
    assert "/no/such/model" in caplog.text


def test_an_early_question_waits_and_says_so(settings: Settings) -> None:
    service = Service(settings.model_copy(update={"embedding_model": "/no/such/model"}))
    events = service.stream("What is Hefei for?")
    assert next(events) == QueueStatus("Loading the models")
    service.start()
    with pytest.raises(AskError, match="could not load"):
        list(events)


# --- the command line beside a running page


def test_the_record_leads_the_command_line_to_the_page(page_server: Any) -> None:
    waited_for(lambda: httpx.get(f"{page_server.url}/health").json()["status"] != "loading")
    health = httpx.get(f"{page_server.url}/health").json()
    record = latest_record(page_server.settings.data)
    assert record["url"] == page_server.url
    assert record["fingerprint"] == health["fingerprint"]
    assert record["settings"] == comparable(page_server.settings)
    item = {"question": "What is Hefei for?", "id": "a"}
    answer = httpx.post(f"{record['url']}/v1/ask", json=item, headers=token(page_server.settings), timeout=PATIENCE).json()
    assert (answer["id"], answer["status"]) == ("a", "answered")
