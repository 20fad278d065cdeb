"""Many addresses, politely: one request at a time a host with a pause between, and only what its robots.txt lets programs
fetch. What breaks off goes on the next time.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from ingest.errors import LoadError
from ingest.fetch import USER_AGENT, Fetched, FetchError, Partial, fetch, receive
from ingest.limits import Limits
from ingest.progress import Progress, quiet
from ingest.storage import private_folder

HOSTS = 4  # that are asked at the same time
PAUSE = 1.0  # seconds between two requests to a host, unless its robots.txt asks for more
LONGEST_PAUSE = 30.0
Downloaded = Fetched | LoadError


@dataclass(slots=True)
class _Host:
    """A host that is asked: its rules, once they are known, and when it was asked last."""

    limits: Limits
    pause: float
    rules: dict[str, RobotFileParser] = field(default_factory=dict)
    last: float = 0.0

    async def allowed(self, url: str) -> None:
        """Wait until it may be asked again, and refuse what its rules refuse."""
        rules = await self._rules(url)
        if not rules.can_fetch(USER_AGENT, url):
            said = f"The robots.txt of {urlsplit(url).hostname} does not let programs fetch {url}, or cannot be read."
            raise FetchError(said, "Open it in a browser, save it as a file and give that.", "blocked")
        pause = min(max(self.pause, float(rules.crawl_delay(USER_AGENT) or 0)), LONGEST_PAUSE)
        await self._wait(pause)

    async def _wait(self, pause: float) -> None:
        await asyncio.sleep(max(0.0, self.last + pause - time.monotonic()))
        self.last = time.monotonic()

    async def _rules(self, url: str) -> RobotFileParser:
        """The rules of an address's server. Without a robots.txt all may be fetched; while it cannot be read, nothing."""
        parts = urlsplit(url)
        server = f"{parts.scheme}://{parts.netloc}"
        if server not in self.rules:
            rules = RobotFileParser()
            await self._wait(self.pause)
            try:
                page = await receive(f"{server}/robots.txt", self.limits)
                rules.parse(page.raw.decode("utf-8", "replace").splitlines())
            except FetchError as error:
                if error.failure == "private address":
                    raise
                rules.parse([] if error.failure == "gone" else ["User-agent: *", "Disallow: /"])
            self.rules[server] = rules
        return self.rules[server]


def download(
    urls: Sequence[str], folder: Path, limits: Limits, progress: Progress = quiet, pause: float = PAUSE
) -> dict[str, Downloaded]:
    """Fetch addresses; each gives what stands there or why not.

    Args:
        urls, limits: The addresses, and how much each may bring.
        folder: What breaks off is kept there.
        progress: It is told of each that is done, from several threads.
        pause: Seconds between two requests to a host.
    """
    private_folder(folder)
    urls, done = list(dict.fromkeys(urls)), count(1)
    progress("Fetching", 0, len(urls))
    by_host: defaultdict[str, list[str]] = defaultdict(list)
    for url in urls:
        by_host[urlsplit(url).netloc].append(url)

    def fetched_from(host: list[str]) -> list[tuple[str, Downloaded]]:
        at, found = _Host(limits, pause), []
        for url in host:
            found.append((url, _fetched(url, folder, limits, at)))
            progress("Fetching", next(done), len(urls))
        return found

    with ThreadPoolExecutor(HOSTS) as pool:
        return dict(pair for pairs in pool.map(fetched_from, by_host.values()) for pair in pairs)


def _fetched(url: str, folder: Path, limits: Limits, host: _Host) -> Downloaded:
    try:
        return fetch(url, limits, Partial(folder / hashlib.sha256(url.encode()).hexdigest()[:24]), host.allowed)
    except LoadError as error:
        return error
