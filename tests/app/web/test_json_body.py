"""Bodies that are JSON for a parser and not for a program."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

DEEP = b'{"question": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"
MANY = b'{"question": [' + b"1," * 210_000 + b"1]}"
HALF = b'{"question": "\\ud800", "messages": [{"role": "user", "content": "\\ud800"}], "data": ["\\ud800"]}'


@pytest.mark.parametrize(
    "path", ["/v1/ask", "/v1/chat/completions", "/gradio_api/run/ask", "/gradio_api/queue/join", "/mcp"]
)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (DEEP, "too deeply"),
        (MANY, "too many values"),
        (HALF, "half of a character"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 9, "not JSON"),
    ],
)
def test_a_body_that_no_program_can_read_is_told(page: TestClient, path: str, body: bytes, words: str) -> None:
    answer = page.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert words in answer.text


@pytest.mark.parametrize("value", ["[]", "{}", "true", "1.5"])
def test_an_id_of_another_kind_is_told(page: TestClient, value: str) -> None:
    answer = page.post("/v1/ask", content=f'{{"question": "What is tea?", "id": {value}}}')
    assert answer.status_code == 400
    assert "id is not" in answer.json()["error"]
