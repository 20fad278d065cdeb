"""A small report of the evals, as `ask-the-plan eval --json` writes one."""

from __future__ import annotations

import json
from pathlib import Path

from evals.run import Result, Run

KINDS = ("figure", "list", "comparison", "date", "near miss", "far")


def results() -> tuple[Result, ...]:
    """Sixty: forty answerable, of which thirty are right; twenty not, of which ten are answered all the same."""
    made = []
    for n in range(60):
        answerable = n < 40
        answered = n < 36 if answerable else n < 50
        answer = {"status": "answered" if answered else "not_found", "confidence": 0.9 - n / 100 if answered else 0.3}
        wrong = "" if (n < 30 or n >= 50) else "the answer lacks '246' <b>"
        kind = KINDS[n % 4] if answerable else KINDS[4 + n % 2]
        made.append(
            Result(
                f"c{n}", kind, answerable, "report", f"Question {n} <i>?", answer, {"correct": float(not wrong)}, 1.2, wrong
            )
        )
    return tuple(made)


def write_report(data: Path) -> Path:
    """In the place where the page looks for it."""
    file = data / "reports" / "eval.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [{name: getattr(r, name) for name in Result.__dataclass_fields__} for r in results()]
    file.write_text(json.dumps({"settings": {"threshold": 0.5}, "summary": {}, "results": rows}), encoding="utf-8")
    return file


def whole_run() -> Run:
    """The same as the evals' own value."""
    return Run(results(), {"threshold": 0.5})
