"""A run as one HTML file that stands alone: plain words, plots, and each wrong case opened to the passages considered."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader

from evals.intervals import Interval
from evals.metrics import risk_coverage
from evals.report import LABELS, Rows, category_rows, shown
from evals.run import Result, Run, by_category, summary

INK, GOOD, BAD = "#1f2a37", "#2a6f97", "#b4532a"
TILES = {
    "accuracy": ("Right answers", "of the questions that the documents answer"),
    "over_refusal": ("Wrongly refused", "of the questions that the documents answer"),
    "hallucination": ("Wrongly answered", "of the questions that the documents do not answer"),
    "quotes_exact": ("Exact quotes", "of all answers"),
}


def html_report(run: Run, title: str, brings: tuple[Sequence[str], Rows] | None = None) -> str:
    """A run -> its report, on the cases that are reported; `brings` is a table of this run beside the baselines."""
    run = run.reported()
    results, found = run.results, summary(run.results)
    environment = Environment(loader=PackageLoader("evals", "templates"), autoescape=True)
    return environment.get_template("report.html.j2").render(
        title=title,
        settings=run.settings,
        cases=len(results),
        tiles=[(*TILES[n], found[n]) for n in TILES if n in found],
        measures=[(LABELS[n], shown(found[n]), found[n].cases) for n in LABELS if n in found],
        categories=category_rows(results),
        brings=brings,
        plots=_plots(run, found),
        wrong=sorted((r for r in results if r.reason), key=lambda r: -abs(r.confidence - r.answerable)),
        right=sum(not r.reason for r in results),
    )


def _plots(run: Run, found: Mapping[str, Interval]) -> list[tuple[str, str, str]]:
    """(heading, what it shows, SVG)."""
    results = run.results
    plots = [
        ("Right by category", "The bar is the share of right cases, the line its 95 % interval.", _by_category(results))
    ]
    if "risk_coverage_area" in found:
        text = (
            "Cases by confidence, most sure first: how many of those answered would be wrong if only so many were answered. "
            "The dot is where the threshold stands."
        )
        plots.append(("Risk and coverage", text, _risk(results, float(run.settings.get("threshold", 0.0)))))
    return [*plots, ("Time", "Seconds for an answer.", _times(results))]


def _axes(height: float) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10, "svg.hashsalt": "ask"})
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)
    return figure, axes


def _svg(figure: Any) -> str:
    file = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(file, format="svg", metadata=nothing, transparent=True)
    text = file.getvalue()
    return text[text.index("<svg") :]


def _by_category(results: Sequence[Result]) -> str:
    groups = by_category(results)
    values = {name: summary(part)["correct"] for name, part in groups.items() if "correct" in part[0].scores}
    order = sorted(values, key=lambda n: values[n].value)
    figure, axes = _axes(0.5 + 0.32 * max(3, len(order)))
    middle = np.array([values[n].value for n in order])
    spread = np.array([[values[n].value - values[n].low, values[n].high - values[n].value] for n in order]).T
    axes.barh([f"{n} ({values[n].cases})" for n in order], middle, color=GOOD, alpha=0.85, height=0.62)
    if order:
        axes.errorbar(middle, range(len(order)), xerr=spread, fmt="none", ecolor=INK, capsize=3, lw=1)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
    return _svg(figure)


def _risk(results: Sequence[Result], threshold: float) -> str:
    confidence = np.array([r.confidence for r in results])
    wrong = np.array([r.scores["wrong_if_answered"] for r in results])
    coverage, risk = risk_coverage(confidence, wrong)
    figure, axes = _axes(3.2)
    axes.plot(coverage, risk, color=GOOD, lw=2)
    at = int((confidence >= threshold).sum())
    if at:
        axes.plot(coverage[at - 1], risk[at - 1], "o", color=BAD, ms=8)
    axes.set_xlabel("share of cases answered", color=INK)
    axes.set_ylabel("share of these wrong", color=INK)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, max(0.05, float(risk.max()) * 1.08))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda x, _: f"{x:.0%}")
    return _svg(figure)


def _times(results: Sequence[Result]) -> str:
    seconds = np.array([r.seconds for r in results])
    figure, axes = _axes(2.4)
    axes.hist(seconds, bins=30, color=GOOD, alpha=0.85)
    for share, name in ((50, "p50"), (95, "p95")):
        value = float(np.percentile(seconds, share))
        axes.axvline(value, color=BAD, lw=1, ls="--")
        axes.text(value, axes.get_ylim()[1], f" {name} {value:.1f} s", va="top", color=BAD)
    axes.set_xlabel("seconds", color=INK)
    axes.set_ylabel("cases", color=INK)
    return _svg(figure)
