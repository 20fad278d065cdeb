"""`make memory`: the page's memory while 2,000 mixed questions are asked, with a plot in docs/.

Half of them come by `/v1/ask`, half by the requests that browsers send, each visitor with a session that nobody ends. They
are all questions of our own sets and of the blind ones, English and Chinese, held and not, in one random order.
`python -m benchmarks.memory [--questions 2000] [--plot FILE]`.
"""

from __future__ import annotations

import json
import random
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import click
import httpx
import psutil

from benchmarks.crowd import ROOT, Visitor, serving

CLIENTS = 4  # as many as are answered at once
LOOK_INTERVAL = 10  # questions between two looks
MB = 1e6
Look = tuple[int, float]
"""The number of questions answered, and the bytes of memory then."""


def questions(count: int) -> list[str]:
    """So many of our own and of the blind sets, mixed."""
    files = [*sorted((ROOT / "evals" / "data").glob("*.jsonl")), *sorted((ROOT / "evals" / "blind").glob("?.jsonl"))]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    questions = list(dict.fromkeys(str(json.loads(line)["question"]) for line in lines))
    random.Random(0).shuffle(questions)
    return list(islice(cycle(questions), count))


class Measured:
    """The memory of a process after every few answers. Safe to share between threads."""

    def __init__(self, pid: int) -> None:
        self._process, self._lock = psutil.Process(pid), threading.Lock()
        self.looks: list[Look] = [(0, self._process.memory_info().rss)]
        self.answered = self.failed = 0

    def one_more(self, right: bool) -> None:
        """Count a question, which was answered or, if not `right`, failed."""
        with self._lock:
            self.answered += 1
            self.failed += not right
            if self.answered % LOOK_INTERVAL == 0:
                self.looks.append((self.answered, self._process.memory_info().rss))
            if self.answered % 100 == 0:
                held = f"{self._process.num_threads()} threads, {self._process.num_fds()} descriptors"
                click.echo(f"{self.answered}: {self.looks[-1][1] / MB:,.0f} MB, {held}")


def ask_all(url: str, questions: Iterator[str], measured: Measured, by_page: bool) -> None:
    """Ask what is left, one question after the other, until nothing is."""
    visitor = Visitor(url)
    for question in questions:
        try:
            if by_page:
                right = visitor.ask(question).right
            else:
                right = visitor.http.post("/v1/ask", json={"question": question}).status_code == 200
        except (httpx.HTTPError, ValueError, KeyError):
            right = False
        measured.one_more(right)


class Shared:
    """One iterator for several threads."""

    def __init__(self, items: Sequence[str]) -> None:
        self._items, self._lock = iter(items), threading.Lock()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        with self._lock:
            return next(self._items)


def plot(looks: Sequence[Look], path: Path) -> None:
    """Memory over the questions."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
    axes.plot([n for n, _ in looks], [memory / MB for _, memory in looks])
    axes.set(xlabel="questions answered", ylabel="resident memory, MB", ylim=(0, None))
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=150)


@click.command()
@click.option("--questions", "count", default=2_000, help="How many are asked.")
@click.option("--plot", "picture", type=click.Path(path_type=Path), help="Where the picture goes.")
@click.option("--looks", "file", type=click.Path(path_type=Path), help="Where what was measured goes, as JSON.")
def main(count: int, picture: Path | None, file: Path | None) -> None:
    """Start the page, ask everything, say how its memory went."""
    started = time.monotonic()
    with serving() as (url, pid), ThreadPoolExecutor(CLIENTS) as clients:
        measured, shared = Measured(pid), Shared(questions(count))
        for number in range(CLIENTS):
            clients.submit(ask_all, url, shared, measured, number % 2 == 0)
        clients.shutdown()
    looks = measured.looks
    if file:
        file.write_text(json.dumps(looks), encoding="utf-8")
    if picture:
        plot(looks, picture)
    late_looks = [memory for n, memory in looks if n >= 500] or [looks[-1][1]]
    at_500, last = late_looks[0], statistics.median(late_looks[-10:])
    click.echo(
        f"{measured.answered} questions in {time.monotonic() - started:.0f} s, {measured.failed} failed: "
        f"{looks[0][1] / MB:,.0f} MB at first, {at_500 / MB:,.0f} after 500, {last / MB:,.0f} at the end "
        f"({last / at_500 - 1:+.1%}), at most {max(late_looks) / MB:,.0f}"
    )


if __name__ == "__main__":
    main()
