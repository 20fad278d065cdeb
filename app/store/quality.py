"""The results of the blind test and of the latest eval report, for the page.

`ask-the-plan eval --json` writes a report. The program ships with one (`report.json`, reduced to what the page shows), which
is used if no other exists. This module gives only numbers.
"""

from __future__ import annotations

import json
import math
import statistics
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.errors import AskError

SHIPPED = Path(__file__).with_name("report.json")
PAGE_FIELDS = ("question", "category", "answerable", "split", "seconds", "reason", "crashed", "missing")
"""The fields of a result that the page tells, beside the status and confidence of its answer."""


class ReportError(AskError):
    """There is a report, and it cannot be read."""


def percent(share: float) -> str:
    """Return a share in whole percent, a half rounded up.

    >>> percent(9 / 40)
    '23%'
    """
    return f"{math.floor(100 * share + 0.5 + 1e-9)}%"


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `cases`, with the 95 % interval of Wilson."""

    hits: int
    cases: int

    @property
    def value(self) -> float:
        """0..1; 0 without cases."""
        return self.hits / self.cases if self.cases else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Low and high; (0, 1) without cases."""
        if not self.cases:
            return 0.0, 1.0
        z, n, p = 1.96, self.cases, self.value
        middle, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        scale = 1 + z * z / n
        return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """One test question and what became of it; `reason` is '' if it was handled rightly."""

    question: str
    category: str
    answerable: bool
    answered: bool
    confidence: float
    seconds: float
    reason: str
    missing: tuple[str, ...] = ()
    crashed: bool = False

    @property
    def corrected(self) -> bool:
        """Not answerable as it was asked, and rightly met by what is so instead."""
        return not self.answerable and self.answered and not self.reason


@dataclass(frozen=True, slots=True)
class Quality:
    """The results of an eval report.

    Attributes:
        asked: The test questions on which nothing was fitted; all questions if the report does not tell them apart.
        threshold: The confidence below which nothing was answered.
        written: The day on which the questions were asked.
        state: The program that answered them, '' if the report does not say.
    """

    asked: tuple[QuestionResult, ...]
    threshold: float
    written: str
    state: str = ""

    @property
    def right(self) -> Share:
        """Answerable ones that were answered rightly."""
        return _share([not a.reason for a in self.asked if a.answerable])

    @property
    def refused(self) -> Share:
        """Answerable ones that were refused."""
        return _share([not a.answered for a in self.asked if a.answerable])

    @property
    def invented(self) -> Share:
        """Others that were answered, and not by what corrects them."""
        return _share([a.answered and not a.corrected for a in self.asked if not a.answerable])

    @property
    def seconds(self) -> float:
        """Median time of an answer."""
        return statistics.median(a.seconds for a in self.asked)

    def by_category(self) -> tuple[tuple[str, Share], ...]:
        """Return the share of each category that was handled correctly, best first."""
        names = dict.fromkeys(a.category for a in self.asked)
        shares = [(n, _share([not a.reason for a in self.asked if a.category == n])) for n in names]
        return tuple(sorted(shares, key=lambda pair: -pair[1].value))


@dataclass(frozen=True, slots=True)
class Strangers:
    """The results of strangers who used the program, counted in turns of conversations.

    Attributes:
        good: The share of good turns, with its interval.
        partly: The share of turns that were partly good.
        bad: The share of bad turns.
        with_model: The share of good turns of the program with a strong language model.
        ceiling: The share of good turns of a language model that had all documents before it.
        groups: The good turns of each group, which is a key of the page's words.
    """

    month: str
    good: Share
    partly: float
    bad: float
    with_model: float
    ceiling: float
    groups: tuple[tuple[str, Share], ...]


def read_strangers() -> Strangers:
    """Read the results of strangers that come with the program."""
    config = tomllib.loads(Path(__file__).with_name("strangers.toml").read_text(encoding="utf-8"))
    groups = tuple((name, Share(*counts)) for name, counts in config.pop("groups").items())
    return Strangers(good=Share(config.pop("good"), config.pop("turns")), groups=groups, **config)


def _share(hits: Sequence[bool]) -> Share:
    return Share(sum(hits), len(hits))


def latest_report(data: Path) -> Path:
    """Return the path of the latest eval report.

    It is `reports/eval.json` in the data folder if that exists, else the report that comes with the program.
    """
    own = data / "reports" / "eval.json"
    return own if own.is_file() else SHIPPED


def for_page(report: dict[str, Any]) -> str:
    """Return the part of a report that the page shows, as JSON with one result a line."""
    results = [r for r in report["results"] if r["split"] == "report"]
    rows = (
        {name: r[name] for name in PAGE_FIELDS}
        | {"seconds": round(r["seconds"], 3), "answer": {name: r["answer"][name] for name in ("status", "confidence")}}
        for r in results
    )
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f'{{"settings": {json.dumps(report["settings"])},\n"results": [\n{lines}\n]}}\n'


def read_quality(file: Path) -> Quality:
    """Read an eval report from its file.

    Raises:
        ReportError: The file is missing, is something else, or holds no results.
    """
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        results = [r for r in raw["results"] if r["split"] == "report"] or raw["results"]
        asked = tuple(_question_result(r) for r in results)
        settings = raw["settings"]
        threshold, state = float(settings.get("threshold", 0.5)), str(settings.get("state", ""))
        written = str(settings.get("date") or datetime.fromtimestamp(file.stat().st_mtime, UTC).date().isoformat())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReportError("{file} is not a report of the evals.", "Run `make eval`.", file) from error
    if not asked:
        raise ReportError("{file} holds no results.", "Run `make eval`.", file)
    return Quality(asked, threshold, written, state)


def _question_result(result: dict[str, Any]) -> QuestionResult:
    answer, answerable = result["answer"], bool(result["answerable"])
    crashed = bool(result.get("crashed"))
    return QuestionResult(
        question=str(result["question"]),
        category=str(result["category"]),
        answerable=answerable,
        answered=not answerable if crashed else answer["status"] != "not_found",
        confidence=float(not answerable) if crashed else float(answer["confidence"]),
        seconds=float(result["seconds"]),
        reason=str(result["reason"]),
        missing=tuple(result.get("missing", ())),
        crashed=crashed,
    )
