"""The report stands alone, shows each wrong case, and holds no markup of a question."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from evals.html import html_report
from evals.report import brings_rows
from evals.run import Result, Run


def result(name: str, right: bool, confidence: float) -> Result:
    answer = {"question": name, "status": "answered", "text": "<b>Said</b> [1]", "confidence": confidence, "read_as": "x"}
    scores = {"correct": float(right), "accuracy": float(right), "wrong_if_answered": float(not right), "quotes_exact": 1.0}
    shown = ({"document": "d.md", "text": "A <i>passage</i>", "score": 1.5},)
    reason = "" if right else "missing: 5"
    return Result(
        name, "figure", True, "report", f"<script>{name}</script>?", answer, scores, 0.5, reason, False, "5", shown
    )


def test_the_report_is_one_file_with_everything_in_it() -> None:
    run = Run(tuple(result(f"case-{n}", n % 3 > 0, n / 10) for n in range(9)), {"threshold": 0.5})
    text = html_report(run, "A report", brings_rows({"this": run, "that": run}))
    HTMLParser().feed(text)
    assert text.count("<svg") == 3
    assert not re.search(r'(src|href)="(?!#)', text), "nothing is fetched"
    assert text.count("<details>") == 3
    assert all(f"--case case-{n}" in text for n in (0, 3, 6))
    assert "<script" not in text
    assert "<i>passage" not in text
    assert "A &lt;i&gt;passage" in text
    assert html_report(run, "A report") == html_report(run, "A report")
