"""`make pace`: how fast documents come in, and what asking feels like meanwhile, in one run.

The first sync beside a plain LangChain + Chroma pipeline with the same model and texts; the second sync; eight clients
that ask a page while another process adds 300 documents, beside the same clients alone.
"""

from __future__ import annotations

import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import click
import httpx

from app.web.record import latest_record
from benchmarks.ingest import measure
from benchmarks.soak import ROOT, text
from ingest.models.load import load_embedder

CLIENTS = 8
QUESTIONS = (
    "When was the Hefei comprehensive national science centre approved?", "What is Hefei for?",
    "Which frontier fields does the Outline name?", "How much is R&D spending to grow?", "What does the Big Fund pay for?",
)  # fmt: skip


def first_syncs(corpus: Path, place: Path) -> None:
    """Time to bring a folder in, beside a plain pipeline with the same model."""
    result = measure(corpus, load_embedder(), place)
    pace_values = [result.passages / seconds for seconds in (result.ours, result.plain)]
    paces = f"{pace_values[0]:.2f} a second, plain pipeline {pace_values[1]:.2f}: {result.share:.3f} of its pace"
    _say(f"first sync of {result.documents} documents, {result.passages} passages: {paces}")
    durations = f"{result.again * 1e3:.0f} ms of {result.ours:.1f} s"
    _say(f"second sync: {result.again / result.ours:.3%} of the first ({durations})")


def clients(corpus: Path, place: Path) -> None:
    """Measure how long eight clients wait for answers while documents come in."""
    where = ["--corpus", str(corpus), "--data", str(place / "data")]
    inbox, rng = place / "inbox", random.Random(1)
    inbox.mkdir()
    for n in range(300):
        (inbox / f"{n}.md").write_text(text(rng, 1), encoding="utf-8")
    command = [sys.executable, "-m", "app", *where]
    with (place / "log").open("w") as log:
        page: Any = subprocess.Popen(
            [*command, "chat", "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        with page:
            url = re.search(r"http://\S+", page.stdout.readline())[0]  # type: ignore[index]
            while httpx.get(f"{url}/health").json()["status"] == "loading":
                time.sleep(0.5)
            token = latest_record(place / "data")["token"]
            alone = _ask(url, token, lambda: False, 60)
            adding = subprocess.Popen([*command, "add", str(inbox)], cwd=ROOT, stdout=log, stderr=log)
            during = _ask(url, token, lambda: adding.poll() is not None, 400)
            adding.wait()
            page.terminate()
    for name, rows in (("alone", alone), ("while 300 documents are added", during)):
        wrong = sum(not right for _, right in rows)
        _say(f"{CLIENTS} clients {name}: {len(rows)} answers, {wrong} wrong, median {_median(rows):.2f} s")
    _say(f"median {_median(during) / _median(alone):.2f} times; add ended with {adding.returncode}")


def _ask(url: str, token: str, is_over: Any, limit: int) -> list[tuple[float, bool]]:
    """Seconds and rightness of each answer: the same sentences as the first time."""
    rows: list[tuple[float, bool]] = []
    expected: dict[str, str] = {}
    for question in QUESTIONS:
        expected[question] = _answer(url, token, question)[0]

    def work(number: int) -> None:
        position = number
        while not is_over() and len(rows) < limit:
            question = QUESTIONS[position % len(QUESTIONS)]
            position += 1
            started = time.perf_counter()
            text, status = _answer(url, token, question)
            rows.append((time.perf_counter() - started, status == 200 and text == expected[question]))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return rows


def _answer(url: str, token: str, question: str) -> tuple[str, int]:
    headers = {"Authorization": f"Bearer {token}"}
    response = httpx.post(f"{url}/v1/ask", json={"question": question}, headers=headers, timeout=120)
    return response.json().get("text", response.text), response.status_code


def _median(rows: list[tuple[float, bool]]) -> float:
    return statistics.median(seconds for seconds, _ in rows)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


@click.command()
def main() -> None:
    """Measure the pace of syncs, and what clients wait meanwhile."""
    with tempfile.TemporaryDirectory() as place:
        corpus = Path(place, "corpus")
        corpus.mkdir()
        names = "hefei chip-policy outline-innovation science-centres outline-indicators shanghai companies"
        for name in names.split():
            (corpus / f"{name}.md").write_bytes((ROOT / "corpus" / f"{name}.md").read_bytes())
        first_syncs(corpus, Path(place))
        clients(corpus, Path(place))


if __name__ == "__main__":
    main()
