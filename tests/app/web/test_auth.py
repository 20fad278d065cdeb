"""Who may come in, over HTTP, around the whole page."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.web.visitors import visitor
from tests.app.web.conftest import HERE, Open

FOREIGN = ({"Origin": "https://evil.example"}, {"Origin": "http://127.0.0.1:3000"}, {"Sec-Fetch-Site": "cross-site"})
PATHS = ("/", "/health", "/config", "/gradio_api/info", "/assets/index.js", "/v1/models", "/nothing")


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_not_there_under_a_name_that_it_does_not_know(page: TestClient, path: str) -> None:
    answer = page.get(path, headers={"Host": "evil.example:7860"})
    assert answer.status_code == 421
    assert "ASK_HOSTS" in answer.text


@pytest.mark.parametrize(
    "path",
    ["/v1/ask", "/v1/chat/completions", "/gradio_api/queue/join", "/gradio_api/run/ask", "/gradio_api/upload", "/login"],
)
@pytest.mark.parametrize("headers", FOREIGN)
def test_pages_of_other_sites_change_nothing(page: TestClient, path: str, headers: dict[str, str]) -> None:
    answer = page.post(path, json={}, headers=headers)
    assert answer.status_code == 403
    assert "other sites" in answer.text
    ours = page.post(path, json={}, headers={"Origin": HERE, "Sec-Fetch-Site": "same-origin"})
    assert "other sites" not in ours.text


def test_an_attacker_s_name_for_this_machine_plants_and_reads_nothing(page: TestClient) -> None:
    headers = {"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}
    for path in ("/gradio_api/upload", "/gradio_api/queue/join", "/v1/chat/completions"):
        assert page.post(path, json={}, headers=headers).status_code == 421


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}])
def test_sockets_are_refused_in_the_same_way(page: TestClient, headers: dict[str, str]) -> None:
    with pytest.raises(WebSocketDisconnect) as caught, page.websocket_connect("/queue", headers=headers):
        pass
    assert caught.value.code == 1008


def test_a_proxy_s_name_is_let_in_where_the_setting_names_it(guarded_page: TestClient) -> None:
    headers = {"Host": "plan.example.org", "Origin": "https://plan.example.org"}
    assert guarded_page.get("/health", headers=headers).status_code == 200
    login = guarded_page.post("/login", data={"username": "ann", "password": "secret"}, headers=headers)
    assert login.status_code == 200
    assert guarded_page.get("/health", headers={"Host": "192.0.2.7:7860"}).status_code == 200
    assert guarded_page.get("/health", headers={"Host": "evil.example"}).status_code == 421


def test_no_other_origin_may_read_what_a_login_may(guarded_page: TestClient) -> None:
    assert guarded_page.post("/login", data={"username": "ann", "password": "secret"}).status_code == 200
    for origin in ("http://localhost:3000", "http://127.0.0.1:3000", "https://evil.example", "null"):
        for path in ("/", "/config", "/gradio_api/info", "/health"):
            answer = guarded_page.get(path, headers={"Origin": origin})
            assert answer.status_code == 200
            assert not [h for h in answer.headers if h.startswith("access-control-")]
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        assert "access-control-allow-origin" not in guarded_page.options("/gradio_api/queue/join", headers=headers).headers


def test_the_login_s_secret_is_not_given_out_and_stays_on_this_site(guarded_page: TestClient) -> None:
    answer = guarded_page.post("/login", data={"username": "ann", "password": "secret"})
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all("HttpOnly" in c and "SameSite=Lax" in c and "none" not in c.lower() for c in cookies)
    secrets = {c.split(";")[0].split("=")[-1] for c in cookies}
    for path in ("/gradio_api/token", "/gradio_api/token/"):
        reply = guarded_page.get(path)
        assert reply.status_code == 404
        assert not [s for s in secrets if s in reply.text]


def test_over_https_cookies_are_secure(unloaded: Open) -> None:
    page = unloaded(max_file_bytes=300_000)
    page.base_url = page.base_url.copy_with(scheme="https")
    cookies = page.get("/").headers.get_list("set-cookie")
    assert cookies
    assert all("Secure" in c for c in cookies)


@pytest.mark.parametrize(
    "path",
    ["deep_link?session_hash=x", "dev/reload", "proxy=https://a.hf.space/", "runs", "run-history/records", "vibe-code/"],
)
def test_what_the_page_does_not_need_of_gradio_is_closed(page: TestClient, path: str) -> None:
    assert page.get(f"/gradio_api/{path}").status_code == 404


@pytest.mark.parametrize("path", ["/", "/health", "/theme.css", "/gradio_api/token"])
def test_answers_tell_browsers_to_be_careful(page: TestClient, path: str) -> None:
    headers = page.get(path).headers
    policy = headers["content-security-policy"]
    directives = ("frame-ancestors 'self'", "object-src 'none'", "base-uri 'self'", "connect-src 'self'")
    assert all(part in policy for part in directives)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_only_the_page_names_a_browser_and_nothing_that_proxies_keep(page: TestClient) -> None:
    assert visitor(page.get("/").headers["set-cookie"].split(";")[0])
    page.cookies.clear()
    for path in ("/theme.css", "/health", "/static/img/logo.svg"):
        assert "set-cookie" not in page.get(path).headers
    assert "set-cookie" in page.get("/", headers={"Cookie": "ask_visitor=ann"}).headers  # not one that we made


def test_uploads_are_taken_only_where_visitors_may_add(page: TestClient, guarded_page: TestClient, unloaded: Open) -> None:
    files = {"files": ("a.txt", b"hello")}
    assert page.post("/gradio_api/upload", files=files).status_code == 200
    guarded_page.post("/login", data={"username": "ann", "password": "secret"})
    for closed in (guarded_page, unloaded(page_changes="no")):
        answer = closed.post("/gradio_api/upload", files=files)
        assert answer.status_code == 403
        assert "cannot change" in answer.text


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "Via", "X-Real-IP", "CF-Ray"])
def test_what_a_proxy_passed_on_is_not_this_machine_s_own(page: TestClient, unloaded: Open, header: str) -> None:
    files = {"files": ("a.txt", b"hello")}
    assert page.post("/gradio_api/upload", files=files, headers={header: "x"}).status_code == 403
    everybody = unloaded(page_changes="yes")
    assert everybody.post("/gradio_api/upload", files=files, headers={header: "x"}).status_code == 200


def test_there_is_no_stream_on_which_a_server_of_tools_says_nothing(page: TestClient) -> None:
    answer = page.get("/mcp", headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_adding_is_offered_only_where_visitors_may_add(unloaded: Open) -> None:
    for options, offered in (({}, True), ({"page_changes": "no"}, False)):
        components = unloaded(**options).get("/config").json()["components"]
        shown = {c["props"]["elem_id"]: c["props"]["visible"] for c in components if c["props"].get("elem_id")}
        assert (shown["attach"], shown["adding"]) == (offered, offered)


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions", "/mcp"])
@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}])
def test_with_a_login_programs_send_the_token(guarded_page: TestClient, path: str, header: dict[str, str]) -> None:
    answer = guarded_page.post(path, json={"question": "What is tea?"}, headers=header)
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert "token" in (error if isinstance(error, str) else error["message"])


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions"])
def test_without_a_login_programs_send_none(page: TestClient, path: str) -> None:
    assert page.post(path, json={}).status_code == 400  # it is the body that is wrong
