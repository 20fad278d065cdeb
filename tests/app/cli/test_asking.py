"""The token goes to the page of the record and to no other program that listens there now."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.cli.asking import answerer, running_page
from app.errors import AskError
from app.settings import Settings, comparable, read_settings
from app.store.documents import index_of, match
from app.web.token import proof
from ingest.progress import quiet
from tests.hash_embedder import HashEmbedder

TOKEN = "a-secret-token"
READY = {"status": "ready", "fingerprint": "f"}


@contextmanager
def listening(proves: str, reply: tuple[int, Any] = (200, {})) -> Iterator[tuple[str, list[str]]]:
    """A program that answers for a page; what it was sent. `proves`: the token that it holds, '' for none."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(f"{self.path} {self.headers}")
            nonce = parse_qs(urlsplit(self.path).query).get("nonce", [""])[0]
            self._say(200, {**READY, **({"proof": proof(proves, nonce)} if proves else {})})

        def do_POST(self) -> None:
            requests.append(f"{self.path} {self.headers}")
            self.rfile.read(int(self.headers["Content-Length"]))
            self._say(*reply)

        def _say(self, status: int, value: Any) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(value).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        server.server_close()


def recorded(data: Path, url: str, **flags: Any) -> Settings:
    settings = read_settings(data=data, **flags)
    record = {"url": url, "pid": 1, "token": TOKEN, "fingerprint": "f", "settings": comparable(settings)}
    (data / "server.json").write_text(json.dumps(record), encoding="utf-8")
    return settings


@pytest.mark.parametrize("proves", ["", "another token"])
def test_a_program_without_the_token_is_not_asked_and_learns_nothing(proves: str, tmp_path: Path) -> None:
    with listening(proves) as (url, requests):
        assert running_page(recorded(tmp_path, url)) is None
    assert len(requests) == 1
    assert TOKEN not in requests[0]


def test_the_page_of_the_record_is_asked_with_the_token(tmp_path: Path) -> None:
    with listening(TOKEN, (200, {"status": "answered"})) as (url, requests):
        page = running_page(recorded(tmp_path, url))
        assert page is not None
        assert page("What is tea?") == {"status": "answered"}
    assert TOKEN not in requests[0]
    assert f"Bearer {TOKEN}" in requests[1]


def test_each_proof_is_for_one_question_only(tmp_path: Path) -> None:
    with listening(TOKEN) as (url, requests):
        settings = recorded(tmp_path, url)
        running_page(settings)
        running_page(settings)
    assert len({s.split()[0] for s in requests}) == 2


def test_a_full_page_is_told_in_its_sentence(tmp_path: Path) -> None:
    with listening(TOKEN, (503, {"error": "30 questions are waiting already."})) as (url, _):
        page = running_page(recorded(tmp_path, url))
        assert page is not None
        with pytest.raises(AskError, match="30 questions are waiting"):
            page("What is tea?")


def test_a_page_that_answers_from_a_folder_as_it_was_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "docs" / "lamp.md"
    document.parent.mkdir()
    document.write_text("# The lamp\n\nThe lamp was lit by Ada Quux.\n")
    with listening(TOKEN) as (url, _):
        settings = recorded(tmp_path, url, corpus=document.parent)
        match(settings, index_of(settings), HashEmbedder(), quiet)
        answerer(settings, local=False)
        assert capsys.readouterr().err == ""
        document.with_name("_questions").mkdir()
        document.with_name("_questions").joinpath("lamp.yaml").write_text("[]")
        answerer(settings, local=False)
        assert f"`ask-the-plan --corpus {document.parent} sync` updates the page" in capsys.readouterr().err
