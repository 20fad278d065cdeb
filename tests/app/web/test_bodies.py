"""How much a request may bring."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.web.bodies import MAX_BODY, MAX_LOGIN_BODY, MAX_PAGE_BODY

PART = b"x" * 65_536
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
HEAD = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'


def parts(size: int, head: bytes = b"", seen: list[int] | None = None) -> Iterator[bytes]:
    """A body that does not say how long it is."""
    yield head
    for _ in range(size // len(PART)):
        if seen is not None:
            seen.append(1)
        yield PART


@pytest.mark.parametrize(
    ("path", "largest"),
    [("/v1/ask", MAX_BODY), ("/v1/chat/completions", MAX_BODY), ("/mcp", MAX_BODY), ("/login", MAX_LOGIN_BODY),
     ("/gradio_api/queue/join", MAX_PAGE_BODY), ("/gradio_api/run/ask", MAX_BODY), ("/health", MAX_BODY)],
)  # fmt: skip
def test_a_body_that_is_too_large_is_told_whether_it_says_so_or_not(page: TestClient, path: str, largest: int) -> None:
    for body in (b"x" * (largest + 1), parts(largest + len(PART))):
        answer = page.post(path, content=body)
        assert answer.status_code == 413
        assert f"larger than {largest // 1_000:,} kB" in answer.text


def test_an_upload_ends_at_the_setting_s_limit(page: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for body in (HEAD + PART * 8 + b"\r\n--b--\r\n", parts(5_000_000, HEAD)):
        answer = page.post("/gradio_api/upload", content=body, headers=FORM)
        assert answer.status_code == 413
        assert "ASK_MAX_FILE_BYTES" in answer.text
    assert sum(f.stat().st_size for f in tmp_path.rglob("*") if f.is_file()) <= 500_000


def test_an_upload_within_the_limit_is_taken(page: TestClient) -> None:
    answer = page.post("/gradio_api/upload", content=HEAD + PART * 4 + b"\r\n--b--\r\n", headers=FORM)
    assert answer.status_code == 200
    assert Path(answer.json()[0]).stat().st_size == 4 * len(PART)


def test_uploads_that_nobody_adds_are_deleted_in_time() -> None:
    from app.ui.page import LOOK
    from app.ui.uploads import KEPT

    assert 0 < LOOK <= KEPT <= 24 * 3_600
