"""A real page in a process of its own, over a few real documents, one that means harm and one with a table."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from app.pipeline.chain import Chain
from app.settings import Settings, read_settings
from tests.browsing import launch, leave, visit
from tests.scripted import ScriptedModel, scripted_model, worded_by
from tests.servers import PATIENCE

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
DOCUMENTS = ("hefei.md", "outline-indicators.md", "outline-innovation.md")

HOSTILE = """---
title: 'Zorgon <script>window.hacked=1</script><img src=x onerror="window.hacked=2">'
date: 2021-03-05
language: en
sources:
  evil:
    title: '<b onmouseover="window.hacked=4">Bold</b>'
    publisher: "</section><svg onload='window.hacked=3'><script>window.hacked=5</script>"
    url: javascript:window.hacked=6
    where: '<iframe srcdoc="<script>parent.hacked=7</script>"></iframe>'
---

## Zorgon's heading <img src=x onerror="window.hacked=8">

The Zorgon reactor of Quuxville makes 42 megawatts <img src=x onerror="window.hacked=9"> ${window.hacked=10} {{7*7}} \
![picture](https://example.org/spy.png) **bold** https://example.org/auto <script>window.hacked=11</script>.[^evil]
"""

TABLE = """# Blimp works of Fredonia

| Year | Blimps launched | Cost in crowns |
|---|---|---|
| 2031 | 17 | 905 |
| 2032 | 23 | 1,204 |
"""


@dataclass(frozen=True)
class Page:
    url: str
    settings: Settings


@pytest.fixture(scope="session")
def page_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page on a small corpus, for all tests of a process."""
    with small_page(tmp_path_factory) as page:
        yield page


@contextmanager
def small_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page on a small corpus, as soon as it prints its address: the models are still loading."""
    corpus, data = tmp_path_factory.mktemp("page_corpus"), tmp_path_factory.mktemp("page_data")
    for name in DOCUMENTS:
        shutil.copy(CORPUS / name, corpus / name)
    (corpus / "hostile.md").write_text(HOSTILE, encoding="utf-8")
    (corpus / "table.md").write_text(TABLE, encoding="utf-8")
    (corpus / "_page.yaml").write_text(
        'title: "A test <b>page</b>"\nexamples: ["What is Hefei for?", "Who is <i>Nobody</i>?"]\n', encoding="utf-8"
    )
    with running_page(corpus, data) as page:
        yield page


@contextmanager
def running_page(corpus: Path, data: Path, *flags: str, index: Path | None = None) -> Iterator[Page]:
    """The page in a process of its own, as soon as it prints its address."""
    code = "from app.cli.main import main; main()"
    where = ["--corpus", str(corpus), "--data", str(data), *(["--index", str(index)] if index else [])]
    command = [sys.executable, "-c", code, *where, "chat", "--port", "0", *flags]
    log = data / "server.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, f"no address in {line!r}: {log.read_text()}"
        try:
            yield Page(found[0], read_settings(corpus=corpus, data=data))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)
            process.stdout.close()


@pytest.fixture(scope="module")  # while Playwright runs, its event loop does: no test beside these could start one
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = launch(playwright)
        yield found
        found.close()


@pytest.fixture
def visited(browser: Browser, page_server: Page) -> Iterator[Any]:
    """The page as a new visitor finds it."""
    found = visit(browser, page_server.url)
    yield found
    leave(found)


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with scripted_model() as found:
        yield found


@pytest.fixture
def worded(chain: Chain, reranker, model: ScriptedModel) -> Chain:
    """The shared chain, with a language model as the settings ask for it, of which nobody knows anything yet."""
    return worded_by(chain, reranker, llm="openai:scripted", llm_url=model.url)
