"""`make crowd`: fifty people ask the real page at once for five minutes, by the requests that their browsers send.

Says the time of a single question before and after, the answers, errors, places in line that were shown, how long the first
sentence took to come, and beside it the chain's own time; how much longer than most anybody waited. Who finds no place comes
again when told, and has waited since the first time. With `--compared` they ask for comparisons alone.
`python -m benchmarks.crowd [PEOPLE] [MINUTES] [--compared]`.
"""

from __future__ import annotations

import html
import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import httpx

ROOT = Path(__file__).resolve().parent.parent
MAX_RATIO = 5  # times as long as most wait, at most, anybody may
COMPARISONS = (
    "How do Shanghai and Shenzhen differ in the chip industry?", "How do Beijing and Shanghai compare in R&D intensity?",
    "北京和上海的研发强度有什么不同？", "Compare phase II and phase III of the Big Fund.",
)  # fmt: skip
QUESTIONS = (
    "When was the comprehensive national science centre in Hefei approved?", "What is Hefei for?",
    "Which seven frontier fields of science and technology does the Outline name?", "How much is R&D spending to grow?",
    "What does the Big Fund pay for?", "How do Shanghai and Shenzhen differ in the chip industry?",
)  # fmt: skip


@dataclass(frozen=True)
class AnswerSeen:
    """One question as its visitor saw it: seconds from asking, by their own clock."""

    first: float
    """Until the first sentence."""
    whole: float
    chain: float
    """The seconds that the answer itself gives."""
    waited: bool
    """A place in line was shown."""
    right: bool


class Visitor:
    """One browser: a session, and the event that its question box starts."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=120)
        config = self.http.get("/config").json()
        box = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == "question")
        self.event = next(
            d for d in config["dependencies"] if [box, "submit"] in d["targets"] and d["backend_fn"] and d["js"]
        )
        values = {c["id"]: c["props"].get("value") for c in config["components"]}
        self.rest = [values[i] for i in self.event["inputs"]][3:]
        self.box = box

    def ask(self, question: str) -> AnswerSeen:
        """Ask in a conversation of its own; if there is no room, wait as long as the page says and ask again."""
        started = time.perf_counter()
        while isinstance(result := self._ask_once(question, started), int):
            time.sleep(result)
        return result

    def _ask_once(self, question: str, started: float) -> AnswerSeen | int:
        """Return what is seen of the question, or after how many seconds to come again."""
        session = secrets.token_hex(6)
        body = {"data": [question, [], None, *self.rest], "fn_index": self.event["id"], "session_hash": session,
                "trigger_id": self.box, "event_data": None}  # fmt: skip
        self.http.post("/gradio_api/queue/join", json=body).raise_for_status()
        first_sentence, waited, last_text = 0.0, False, ""
        for text in self._event_texts(session):
            waited = waited or "Waiting:" in text
            if not first_sentence and ("cite" in text or "reply done" in text):
                first_sentence = time.perf_counter() - started
            last_text = text
        if retry := re.search(r"are waiting.* Try again in (a|\d+) second", last_text):
            return int(retry[1]) if retry[1].isdecimal() else 1
        whole = time.perf_counter() - started
        duration = re.search(r"([\d.]+) s<", last_text)
        chain = float(duration[1]) if duration else float("nan")
        return AnswerSeen(first_sentence, whole, chain, waited, first_sentence > 0 and "reply done error" not in last_text)

    def _event_texts(self, session: str) -> Iterator[str]:
        """Yield what the events of a question bring, until it is over."""
        with self.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as events:
            for line in events.iter_lines():
                event = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if event.get("msg") in ("process_generating", "process_completed"):
                    text = html.unescape(json.dumps(event["output"].get("data", [])[:1], ensure_ascii=False))
                    if "reply" in text or "busy" in text or "Waiting" in text:
                        yield text
                    if event["msg"] == "process_completed":
                        return


def crowd(url: str, people: int, seconds: float, questions: Sequence[str] = QUESTIONS) -> list[AnswerSeen]:
    """Everybody asks one question after another until the time is over."""
    answers: list[AnswerSeen] = []
    deadline = time.monotonic() + seconds

    def visit(number: int) -> None:
        visitor, position = Visitor(url), number
        while time.monotonic() < deadline:
            try:
                answers.append(visitor.ask(questions[position % len(questions)]))
            except (httpx.HTTPError, ValueError, KeyError) as error:
                _print(f"error: {error!r}")
                answers.append(AnswerSeen(0, 0, float("nan"), False, False))
            position += 1

    threads = [threading.Thread(target=visit, args=(n,)) for n in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def report(name: str, answers: list[AnswerSeen]) -> None:
    """One line of what was seen."""
    right = [s for s in answers if s.right] or [AnswerSeen(0, 0, 0, False, False)]
    delays = [s.first - s.chain for s in right if s.chain == s.chain] or [float("nan")]
    _print(
        f"{name}: {len(answers)} answers, {sum(not s.right for s in answers)} wrong, "
        f"whole {_quantiles([s.whole for s in right])}, first sentence behind the chain's own time {_quantiles(delays)}, "
        f"place in line shown to {sum(s.waited for s in answers)}"
    )


def _quantiles(values: list[float]) -> str:
    ordered = sorted(values)
    return f"median {statistics.median(ordered):.2f} s, p95 {ordered[int(0.95 * (len(ordered) - 1))]:.2f} s"


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201


@contextmanager
def serving() -> Iterator[tuple[str, int]]:
    """Start a page, and yield its address and process id when it is ready to answer."""
    with tempfile.TemporaryDirectory() as place, (Path(place) / "log").open("w") as log:
        command = [sys.executable, "-m", "app", "--data", place, "chat", "--port", "0"]
        page: Any = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
        with page:
            url = re.search(r"http://\S+", page.stdout.readline())[0]  # type: ignore[index]
            try:
                while httpx.get(f"{url}/health", timeout=60).json()["status"] == "loading":
                    time.sleep(0.5)
                yield url, page.pid
            finally:
                page.terminate()


@click.command()
@click.argument("people", type=int, default=50)
@click.argument("minutes", type=float, default=5.0)
@click.option("--compared", is_flag=True, help="Ask for comparisons alone.")
def main(people: int, minutes: float, compared: bool) -> None:
    """Let one ask, then everybody, then one again."""
    with serving() as (url, _):
        crowd(url, 1, 5)
        before = crowd(url, 1, 30)
        crowded = crowd(url, people, minutes * 60, COMPARISONS if compared else QUESTIONS)
        after = crowd(url, 1, 30)
    report("one alone, before", before)
    report(f"{people} at once for {minutes:g} minutes", crowded)
    report("one alone, after", after)
    single_median = statistics.median(s.whole for s in before + after)
    p95 = sorted(s.whole for s in crowded)[int(0.95 * (len(crowded) - 1))]
    limit = 1.5 * people * single_median
    verdict = "met" if p95 <= limit else "NOT met"
    _print(f"p95 {p95:.1f} s, asked at most 1.5 x {people} x {single_median:.2f} s = {limit:.1f} s: {verdict}")

    waits = [s.whole for s in crowded]
    ratio = max(waits) / statistics.median(waits)
    verdict = "met" if ratio <= MAX_RATIO else "NOT met"
    _print(f"longest wait {max(waits):.1f} s, {ratio:.2f} times the median, asked at most {MAX_RATIO}: {verdict}")


if __name__ == "__main__":
    main()
