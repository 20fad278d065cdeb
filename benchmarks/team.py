"""Several pages, one writer, one database: `python -m benchmarks.team` (five minutes) looks for errors and stale answers.

PostgreSQL and Chroma are started here; two readers, each a process of its own, ask on and on for the one figure that a
writer changes; half-way the database is killed, and started again after a while. Right is: no error but the sentence that
the database does not answer, while it is away and a few seconds after, and no answer that was out of date for five seconds.
With `--pages` the readers are real pages and the writer is the command line; else both go by the index alone.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import click
import httpx

from app.web.record import latest_record
from ingest.database.catalogue import Vector
from ingest.errors import AskError, DatabaseDown
from ingest.index import Index
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder
from tests.servers import Chroma, Postgres, waited_for

ROOT = Path(__file__).resolve().parents[1]
STALE = 5.0  # seconds after which everybody has to see what was written
AWAY = 4.0  # seconds that the database is away
AFTER = 10.0  # seconds after which everything has to work again
QUESTION = "Which number does the harbour report that is in force have?"
REPORT = "# Harbour report\n\nThe harbour report that is in force has the number {number}.\n"


@dataclass(slots=True)
class AnswerSeen:
    """One answer to a reader: when it asked, when it was answered, and the number in the answer, or why there was none."""

    began: float
    ended: float
    number: int = 0
    error: str = ""


@dataclass(slots=True)
class TeamRun:
    """Everything that happened: what readers saw, when each number was written, between when the database was away."""

    seen: list[AnswerSeen] = field(default_factory=list)
    written: list[tuple[float, int]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # to the writer
    away: tuple[float, float] = (0.0, 0.0)

    def wrong(self) -> list[str]:
        """Return a sentence for each thing that should not have happened."""
        problems = []
        for answer in self.seen:
            expected = max((number for at, number in self.written if at < answer.began - STALE), default=0)
            if answer.error and not (self._excused(answer) and "does not answer" in answer.error):
                problems.append(f"at {answer.began - self.away[0]:+.1f} s: {answer.error}")
            elif not answer.error and answer.number < expected:
                problems.append(f"answered with {answer.number} when {expected} had been there for {STALE:.0f} s")
        return problems + [message for message in self.refused if "does not answer" not in message]

    def _excused(self, answer: AnswerSeen) -> bool:
        return answer.ended >= self.away[0] and answer.began <= self.away[1] + AFTER

    def summary(self) -> str:
        """One line of figures."""
        answers = [s for s in self.seen if not s.error]
        times = sorted(s.ended - s.began for s in answers) or [0.0]
        recovery = min((s.ended for s in answers if s.began > self.away[1]), default=self.away[1]) - self.away[1]
        return (
            f"{len(answers)} answers (median {times[len(times) // 2]:.3f} s, p95 {times[int(len(times) * 0.95)]:.3f} s), "
            f"{len(self.seen) - len(answers)} told that the database is away, {len(self.written)} changes; "
            f"answers again {recovery:.1f} s after the database"
        )


# --- by the index alone


def reader() -> None:
    """Ask an index until the process is killed, and print a line of JSON for each answer."""
    folder, database, chroma = sys.argv[1:4]
    index, embedder = Index(Path(folder), chroma, database=database), HashEmbedder()
    vector = embedder.queries(["Harbour report. " + REPORT.format(number=0).split("\n\n")[1]])[0]
    while True:
        began, number, error = time.time(), 0, ""
        try:
            index.open(embedder)
            number = next(filter(None, (_number(index, vector) for _ in range(3))), 0)
        except AskError as problem:
            error = problem.sentence()
        except Exception as problem:
            error = repr(problem)
        print(json.dumps([began, time.time(), number, error]), flush=True)  # noqa: T201
        time.sleep(0.02)


def _number(index: Index, vector: Vector) -> int:
    """Return the highest number that a search finds, 0 if there is none.

    There is none if the document was replaced between the search and the reading.
    """
    hits = [*index.words(QUESTION, 3), *index.dense(vector, 3)]
    texts = (d.text for h in hits if (d := index.document(h.chunk.document_id)))
    return max((int(n) for text in texts for n in re.findall(r"the number (\d+)", text)), default=0)


@contextmanager
def by_index(place: Path, database: str, chroma: str, run: TeamRun) -> Iterator[Callable[[int], None]]:
    """Start two readers of the index and yield a function that writes a number."""
    corpus = place / "corpus"
    corpus.mkdir()
    for number in range(50):
        (corpus / f"{number}.md").write_text(f"# Region {number}\n\nRegion {number} grew barley.\n")
    index = Index(place / "index", chroma, database=database)

    def write(number: int) -> None:
        (corpus / "report.md").write_text(REPORT.format(number=number))
        sync([corpus], index, HashEmbedder())

    write(1)
    command = [sys.executable, "-W", "ignore", "-c", "from benchmarks.team import reader; reader()"]
    with ExitStack() as ends:
        ends.callback(index.close)
        for name in ("one", "other"):
            words = [str(place / name / "index"), database, chroma]
            process = subprocess.Popen([*command, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)
            ends.enter_context(process)
            thread = Thread(target=_lines_of, args=(process, run))
            thread.start()
            ends.callback(thread.join)
            ends.callback(process.kill)
        waited_for(lambda: len(run.seen) > 10)
        yield write


def _lines_of(process: subprocess.Popen[str], run: TeamRun) -> None:
    assert process.stdout
    for line in process.stdout:
        if line.endswith("\n"):
            run.seen.append(AnswerSeen(*json.loads(line)))


# --- real pages


@contextmanager
def by_pages(place: Path, database: str, chroma: str, run: TeamRun) -> Iterator[Callable[[int], None]]:
    """Start two pages, ask them on and on, and yield a function that writes a number."""
    corpus, report = place / "corpus", place / "report.md"
    corpus.mkdir()
    for name in ("hefei.md", "chip-policy.md", "science-centres.md"):
        (corpus / name).write_bytes((ROOT / "corpus" / name).read_bytes())
    shared = os.environ | {"ASK_DATABASE": database, "CHROMA_URL": chroma, "ASK_CORPUS": str(corpus)}
    ask = [sys.executable, "-W", "ignore", "-m", "app"]

    def write(number: int) -> None:
        report.write_text(REPORT.format(number=number))
        done = subprocess.run(
            [*ask, "--data", str(place / "writer"), "add", str(report)], env=shared, cwd=ROOT, capture_output=True, text=True
        )
        if done.returncode:
            raise DatabaseDown(done.stderr.strip().splitlines()[-1])

    write(1)
    with ExitStack() as ends:
        stop: list[bool] = []
        for name in ("one", "other"):
            words = ["--data", str(place / name), "chat", "--port", "0"]
            log = ends.enter_context((place / f"{name}.log").open("w"))
            process = subprocess.Popen([*ask, *words], env=shared, cwd=ROOT, stdout=log, stderr=log)
            ends.callback(process.wait)
            ends.callback(process.send_signal, signal.SIGTERM)
            server_data: dict[str, Any] = {}

            def ready(data: Path = place / name, server_data: dict[str, Any] = server_data) -> bool:
                server_data.update(latest_record(data))
                return bool(server_data)

            waited_for(ready)
            thread = Thread(target=_ask_page, args=(server_data["url"], run, stop))
            thread.start()
            ends.callback(thread.join)
        ends.callback(stop.append, True)
        waited_for(lambda: len(run.seen) > 4)
        yield write


def _ask_page(url: str, run: TeamRun, stop: list[bool]) -> None:
    while not stop:
        began, number, error = time.time(), 0, ""
        try:
            reply = httpx.post(f"{url}/v1/ask", json={"question": QUESTION}, timeout=120, trust_env=False)
            text = reply.text
            if reply.status_code == 200:
                number = max(map(int, re.findall(r"has the number (\d+)", text)), default=0)
            else:
                error = text if reply.status_code == 503 else f"status {reply.status_code}: {text}"
        except httpx.HTTPError as problem:
            error = repr(problem)
        run.seen.append(AnswerSeen(began, time.time(), number, error))
        time.sleep(0.2)


# --- the run


def load(seconds: float, pages: bool, pause: float, postgres: Postgres, chroma: Chroma) -> TeamRun:
    """Let readers ask while numbers are written, with the database killed half-way.

    Args:
        seconds: The length of the run.
        pages: True if the readers are pages, False if they read the index.
        pause: The seconds between two changes.
        postgres: The database server.
        chroma: The Chroma server.
    """
    run, number = TeamRun(), 1
    with tempfile.TemporaryDirectory() as place:
        start = by_pages if pages else by_index
        with start(Path(place), postgres.database(), chroma.url, run) as write:
            began = time.time()
            run.written.append((began, 1))
            kill = began + seconds / 2
            while time.time() < began + seconds:
                if time.time() > kill and not run.away[0]:
                    run.away = (time.time(), 0.0)
                    restart = Thread(target=_away, args=(postgres, run))
                    restart.start()
                    time.sleep(0.5)
                try:
                    write(number + 1)
                    number += 1
                    run.written.append((time.time(), number))
                except AskError as error:
                    run.refused.append(error.sentence())
                time.sleep(pause)
            restart.join()
            time.sleep(STALE + 1)
    return run


def _away(postgres: Postgres, run: TeamRun) -> None:
    postgres.kill()
    time.sleep(AWAY)
    postgres.start()
    run.away = (run.away[0], time.time())


@click.command()
@click.option("--seconds", default=300.0, show_default=True)
@click.option("--pages", is_flag=True, help="Real pages, which load the models.")
@click.option("--pause", default=1.0, show_default=True, help="Seconds between two changes.")
def main(seconds: float, pages: bool, pause: float) -> None:
    """Let readers ask while writers change documents, and count what was wrong."""
    postgres, chroma = Postgres(), Chroma()
    try:
        run = load(seconds, pages, pause, postgres, chroma)
    finally:
        from ingest.database.postgres import close_all

        close_all()
        postgres.stop()
        chroma.stop()
    click.echo(run.summary())
    for line in (wrong := run.wrong()):
        click.echo(f"WRONG {line}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
