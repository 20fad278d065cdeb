"""Paths, methods and headers that nobody means well."""

from __future__ import annotations

import socket

import httpx
import pytest

from tests.hostile.conftest import Page

FILES = (
    "/gradio_api/file=/etc/passwd", "/gradio_api/file=../../etc/passwd", "/gradio_api/file/etc/passwd",
    "/gradio_api/file=%2fetc%2fpasswd", "/gradio_api/file=file:///etc/passwd", "/gradio_api/file=http://127.0.0.1:9/x",
    "/static/../../../../etc/passwd", "/static/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fetc/passwd",
    "/theme.css/../../etc/passwd", "/gradio_api/file=/proc/self/environ", "/svelte/..%2f..%2f..%2fetc/passwd",
)  # fmt: skip
CLOSED = (
    "token", "dev/reload", "proxy=http://127.0.0.1:9/", "runs", "run-history/records", "vibe-code/", "component_server",
    "component_server/", "process_recording", "deep_link", "stream/x", "profiling/traces",
)  # fmt: skip
RAW = {
    "nothing": b"\r\n\r\n\r\n", "noise": bytes(range(256)) * 8,
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 500,
    "http/0.9": b"GET /\r\n\r\n", "http/9": b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
    "http/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "no host": b"GET /live HTTP/1.1\r\n\r\n",
    "two lengths": b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "minus": b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    "huge length": b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    "large length": b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999999999999\r\n\r\n",
    "length and chunks": b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bad chunk": b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "huge chunk": b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    "socket": b"GET /queue HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
              b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    "connect": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "elsewhere": b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "trace": b"TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=secret\r\n\r\n",
    "line in header": b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\rb\r\n\r\n",
    "nul in header": b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\x00b\r\n\r\n",
    "nul in path": b"GET /v1/documents/a%00b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "half a percent": b"GET /v1/documents/%zz%a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "many headers": b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: a\r\n" * 5_000 + b"\r\n",
    "long header": b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 500_000 + b"\r\n\r\n",
    "long path": b"GET /" + b"a" * 500_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "many cookies": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: " + b"a=b; " * 10_000 + b"\r\n\r\n",
    "pipelined": b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 500,
}  # fmt: skip
METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PROPFIND", "ASK")
PROXIES = (
    "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Server",
    "X-Forwarded-Prefix", "Via", "X-Real-IP", "CF-Connecting-IP", "CF-Ray", "CF-Visitor",
)  # fmt: skip


@pytest.mark.parametrize("path", FILES)
def test_no_file_of_this_machine_is_given_out(attacked: Page, path: str) -> None:
    reply = httpx.get(attacked.url + path, timeout=60)
    assert reply.status_code >= 400 or "root:" not in reply.text
    assert "root:" not in reply.text
    assert "Traceback" not in reply.text


@pytest.mark.parametrize("path", CLOSED)
def test_what_the_page_does_not_need_is_closed(attacked: Page, path: str) -> None:
    for method in ("GET", "POST"):
        assert httpx.request(method, f"{attacked.url}/gradio_api/{path}", timeout=60).status_code == 404


@pytest.mark.parametrize("kind", RAW)
def test_what_is_no_request(attacked: Page, kind: str) -> None:
    """It gets an answer that is none of the program's insides, or none; the page goes on."""
    with socket.create_connection(("127.0.0.1", attacked.port), timeout=60) as client:
        client.sendall(RAW[kind])
        client.shutdown(socket.SHUT_WR)
        said = b""
        try:
            while part := client.recv(65_536):
                said += part
        except ConnectionResetError:
            pass
    assert b"Traceback" not in said
    assert b"500 Internal" not in said
    assert b"a=secret" not in said
    assert attacked.is_well()


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/documents", "/mcp", "/live", "/", "/gradio_api/queue/join"])
def test_other_methods(attacked: Page, path: str) -> None:
    for method in METHODS:
        assert httpx.request(method, attacked.url + path, timeout=60).status_code < 500, method


@pytest.mark.parametrize("header", PROXIES)
def test_what_a_proxy_passed_on_changes_nothing(attacked: Page, header: str) -> None:
    for value in ("", "127.0.0.1", "for=127.0.0.1", "x" * 5_000):
        passed = {header: value}
        assert httpx.get(f"{attacked.url}/metrics", headers=passed).status_code == 401
        files = {"files": ("a.txt", b"hello")}
        assert httpx.post(f"{attacked.url}/gradio_api/upload", files=files, headers=passed).status_code == 403
