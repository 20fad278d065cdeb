"""Pages that are attacked, each in a process of its own, and somebody who looks whether they still answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers import PATIENCE, waited_for

ANSWERS = 1.0  # seconds within which `/live` is to answer, whatever is sent meanwhile
TRIES = 6  # a busy machine may itself be late; what is held up by a body is late every time
WIDE = 1_000_000  # characters of a document that is there


@dataclass(frozen=True)
class Page:
    url: str
    log: Path
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def is_well(self) -> bool:
        return httpx.get(f"{self.url}/live", timeout=PATIENCE).status_code == 200

    def tracebacks(self) -> int:
        return self.log.read_text(encoding="utf-8", errors="replace").count("Traceback (most recent call last)")


@contextmanager
def running(folder: Path, limit: int | None = None, wide: int = 0, **settings: Any) -> Iterator[Page]:
    """A page with such settings; `limit` is the most descriptors that it may have, `wide` the length of its longest
    document."""
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "tea.md").write_text("# Tea\n\nTea is green.\n", encoding="utf-8")
    words = "Coffee is a drink made of roasted beans. "
    (corpus / "wide.txt").write_text("\n\n".join([words * 40] * (1 + wide // len(words) // 40)), encoding="utf-8")
    given = json.dumps({"corpus": str(corpus), "data": str(folder / "data"), "port": 0, **settings})
    command = [sys.executable, "-m", "tests.hostile.served", given]
    if limit:
        command = ["sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh", *command]
    log = folder / "log"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "HF_HUB_OFFLINE": "1"}
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
    assert process.stdout
    line = process.stdout.readline()
    found = re.search(r"http://\S+", line)
    assert found, f"no address in {line!r}: {log.read_text()}"
    try:
        page = Page(found[0], log, process)
        waited_for(lambda: httpx.get(f"{page.url}/health", timeout=PATIENCE).json()["status"] != "loading")
        assert httpx.get(f"{page.url}/health", timeout=PATIENCE).json()["status"] == "ready", log.read_text()
        yield page
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()


@pytest.fixture(scope="session")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """This machine's own."""
    with running(tmp_path_factory.mktemp("own"), wide=WIDE) as page:
        yield page


@pytest.fixture(scope="session")
def walled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """With a login."""
    with running(tmp_path_factory.mktemp("walled"), auth="ann:secret,bob:hush") as page:
        yield page


class Looking:
    """Asks `/live` again and again while something else is done; the longest wait."""

    def __init__(self, page: Page) -> None:
        self.page, self.longest = page, 0.0

    def __enter__(self) -> Looking:
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(PATIENCE)

    def _look(self) -> None:
        with httpx.Client(base_url=self.page.url, timeout=PATIENCE) as client:
            while not self._done.is_set():
                began = time.perf_counter()
                client.get("/live")
                self.longest = max(self.longest, time.perf_counter() - began)
                self._done.wait(0.02)


def answers_meanwhile(page: Page, attack: Callable[[], object]) -> None:
    """Fails where the page is held up by the attack every time."""
    waits = []
    for _ in range(TRIES):
        with Looking(page) as looking:
            attack()
        waits.append(looking.longest)
        if waits[-1] <= ANSWERS:
            return
    raise AssertionError(f"/live waited {', '.join(f'{w:.1f}' for w in waits)} s")
