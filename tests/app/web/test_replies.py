"""What programs are told when too many ask, or the page could not load."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.errors import AskError, QuestionError
from app.settings import read_settings
from app.web.queue import QueueFull
from app.web.server import add_routes
from app.web.service import Service
from ingest.errors import DatabaseDown, IndexBusy, IndexDamaged, IndexMissing, ModelError, StorageError

BODY = {"question": "What is tea?", "messages": [{"role": "user", "content": "What is tea?"}]}


def answering(error: AskError, data: Path) -> TestClient:
    class Failing(Service):
        async def astream(self, *_: Any, **__: Any) -> AsyncGenerator[Any, None]:
            raise error
            yield

    app, service = FastAPI(), Failing(read_settings(data=data))
    add_routes(app, service, "token")
    return TestClient(app)


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions"])
def test_a_full_line_is_told_with_when_to_try_again(path: str, tmp_path: Path) -> None:
    full = QueueFull("30 questions are waiting already.", 16.2)
    for body in (BODY, BODY | {"stream": True}):
        answer = answering(full, tmp_path).post(path, json=body)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "17"
        assert "30 questions are waiting already. Try again in 17 seconds." in answer.text


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions"])
def test_a_question_that_cannot_be_asked_is_the_asker_s(path: str, tmp_path: Path) -> None:
    answer = answering(QuestionError("The question is empty.", "Type a question."), tmp_path).post(path, json=BODY)
    assert answer.status_code == 400
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions"])
@pytest.mark.parametrize("kind", [IndexMissing, IndexDamaged, IndexBusy, StorageError, DatabaseDown, ModelError])
def test_what_is_wrong_inside_is_503_and_its_words_are_for_the_log(
    path: str, kind: type[AskError], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    error = kind("The index in /home/ann/.ask is gone (host db.internal).", "Run `ask-the-plan sync`.")
    for body in (BODY, BODY | {"stream": True}):
        answer = answering(error, tmp_path).post(path, json=body)
        assert answer.status_code == 503
        assert ("is not responding" if kind is DatabaseDown else "right now") in answer.text
        assert not {w for w in ("/home/ann", "db.internal", "sync") if w in answer.text}
    assert "/home/ann" in caplog.text
