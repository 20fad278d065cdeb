"""The lines of the documentation that begin with `curl`, each tried with the real program at a real page."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.app.conftest import Page
from tests.servers import PATIENCE, waited_for

PAGE = Path(__file__).resolve().parents[3] / "docs" / "programs.md"
LINES = re.findall(r"(?m)^curl .+$", PAGE.read_text(encoding="utf-8"))

pytestmark = [pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here"), pytest.mark.timeout(420)]


@pytest.fixture(scope="module")
def url(page_server: Page) -> str:
    waited_for(lambda: httpx.get(f"{page_server.url}/ready").status_code == 200)
    return page_server.url


def test_there_are_lines_for_every_way_in() -> None:
    for path in ("/v1/ask", "/v1/ask?stream", "/v1/search", "/v1/documents", "/v1/openapi.json", "/ready", "/metrics"):
        assert any(path in line for line in LINES)


@pytest.mark.parametrize("line", LINES)
def test_a_line_does_what_it_says(line: str, url: str, page_server: Page) -> None:
    token = (page_server.settings.data / "token").read_text(encoding="utf-8")
    written = re.sub(r"http://[\w.]+:7860", url, line.replace("$TOKEN", token))
    done = subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "--fail-with-body", *shlex.split(written)[1:]],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    if "?stream" in line:
        assert done.stdout.rstrip().split("\n\n")[-1].startswith("event: answer\ndata: {")
    elif "/metrics" in line:
        assert "ask_ready 1.0" in done.stdout
    else:
        reply = json.loads(done.stdout)
        assert "error" not in reply
        assert "/v1/ask" not in line or reply["version"] == 1
