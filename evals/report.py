"""A run as a reader sees it: tables for the terminal and Markdown for a pull request."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from app.cli.asking import console
from evals.cases import CaseError, Half
from evals.intervals import Interval, Paired, paired
from evals.run import Result, Run, by_category, summary
from ingest.errors import AskError

LABELS = {
    "correct": "right: answered well, or rightly refused",
    "accuracy": "answer accuracy",
    "quotes_exact": "quotes are the documents' own text",
    "citations_support": "sentences are what their citations say",
    "evidence_exists": "gold sentences stand in the corpus",
    "citation_precision": "citation precision",
    "citation_recall": "citation recall",
    "recall@5": "evidence recall@5",
    "mrr": "evidence MRR",
    "ndcg@10": "evidence nDCG@10",
    "gold_first": "gold sentence quoted first",
    "gold_quoted": "gold sentence among the quoted",
    "answer_first": "answer in the first quoted sentence",
    "answer_quoted": "answer in any quoted sentence",
    "hallucination": "hallucination: unanswerable but answered",
    "over_refusal": "over-refusal: answerable but refused",
    "balanced_accuracy": "balanced accuracy of abstention",
    "auroc": "AUROC of confidence",
    "seconds_p50": "seconds, p50",
    "seconds_p95": "seconds, p95",
}
BY_CATEGORY = ("correct", "citation_precision", "citation_recall", "hallucination", "over_refusal")
Rows = Sequence[Sequence[str]]
Part = tuple[str, list[str], Rows]
"""A table with its title, headings and rows."""
HALVES: Mapping[str, Half] = {"reported half": "report", "tuning half": "tune"}
ABSTENTION = ("hallucination", "over_refusal", "balanced_accuracy")
COMPARED = ("accuracy", "hallucination", "over_refusal", "citation_precision", "citation_recall", "recall@5", "ndcg@10")


def shown(value: Interval | None, digits: int = 3) -> str:
    """Format a value as `0.830 [0.714, 0.921]`, or as a dash if there is nothing to count."""
    if value is None or math.isnan(value.value):
        return "–"
    middle, low, high = (f"{x:.{digits}f}" for x in (value.value, value.low, value.high))
    return f"{middle} [{low}, {high}]"


def metric_rows(columns: Mapping[str, Mapping[str, Interval]]) -> tuple[list[str], Rows]:
    """Return the headings and one row for each measure, with one column for each part of the set.

    The last column holds the number of cases of the first part.
    """
    first = next(iter(columns.values()))
    names = [n for n in LABELS if any(n in c for c in columns.values())]
    head = ["measure", *columns, "cases"]
    rows = [
        [LABELS[n], *(shown(c.get(n)) for c in columns.values()), str(first[n].cases if n in first else 0)] for n in names
    ]
    return head, rows


def category_rows(results: Sequence[Result]) -> tuple[list[str], Rows]:
    """Return the headings and one row for each category."""
    head = ["category", "cases", *(n.replace("_", " ") for n in BY_CATEGORY), "s p50"]
    rows = []
    for category, part in by_category(results).items():
        values_by_name = summary(part)
        values = [shown(values_by_name.get(n), 2) for n in BY_CATEGORY]
        rows.append([category, str(len(part)), *values, f"{values_by_name['seconds_p50'].value:.2f}"])
    return head, rows


def wrong_rows(results: Sequence[Result]) -> tuple[list[str], Rows]:
    """Return the headings and one row for each case that is not right, with the reason."""
    rows = [[r.id, r.category, r.question, r.reason] for r in results if r.reason]
    return ["case", "category", "question", "why"], rows


def common(a: Run, b: Run) -> tuple[tuple[Result, ...], tuple[Result, ...]]:
    """Return the results of both runs on the cases that both have, in the order of the first run.

    Raises:
        CaseError: The runs share no case.
    """
    second = {r.id: r for r in b.results}
    first = tuple(r for r in a.results if r.id in second)
    if not first:
        raise CaseError("The two runs share no case.", "Compare runs of the same set.")
    return first, tuple(second[r.id] for r in first)


def compare(a: Sequence[Result], b: Sequence[Result]) -> dict[str, Paired]:
    """Run a paired test for each measure, over the cases for which both runs have it."""
    tests = {}
    for name in LABELS:
        pairs = [
            (x.scores[name], y.scores[name]) for x, y in zip(a, b, strict=True) if name in x.scores and name in y.scores
        ]
        if pairs:
            tests[name] = paired(*zip(*pairs, strict=True))
    return tests


def changed_rows(a: Sequence[Result], b: Sequence[Result]) -> tuple[list[str], Rows]:
    """Return the headings and one row for each case whose verdict differs between two runs."""
    before = {r.id: r for r in a}
    rows = []
    for new in b:
        old = before.get(new.id)
        if old and verdict(old) != verdict(new):
            rows.append([new.id, new.category, f"{verdict(old)} -> {verdict(new)}", new.reason or old.reason])
    return ["case", "category", "change", "why"], rows


def verdict(result: Result) -> str:
    """Return `right` or `wrong` for a result."""
    return "wrong" if result.reason else "right"


def paired_rows(tests: Mapping[str, Paired]) -> tuple[list[str], Rows]:
    """Return the headings and one row for each measure.

    A row gives the mean difference on the same cases, and its p-value.
    """
    rows = [[LABELS[n], shown(t.difference), f"{t.p:.3f}", str(t.difference.cases)] for n, t in tests.items()]
    return ["measure", "second minus first", "p", "cases"], rows


def table(title: str, head: Sequence[str], rows: Rows) -> Group:
    """For the terminal: the title above, as a narrow table would fold it."""
    grid = Table()
    for name in head:
        grid.add_column(name, overflow="fold", no_wrap=name == "case")
    for row in rows:
        grid.add_row(*(escape(cell) for cell in row))
    return Group(Text(title, style="bold"), grid) if rows else Group(Text(title, style="bold"))


def markdown(title: str, head: Sequence[str], rows: Rows) -> str:
    """Format a table as Markdown, for a pull request."""
    lines = [list(head), ["---"] * len(head), *rows]
    body = ("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines)
    return f"## {title}\n\n" + "\n".join(body) + "\n"


def plan_parts(run: Run, comparison: tuple[list[str], Rows] | None = None) -> list[Part]:
    """Return the tables of a run of our own cases.

    They are all measures by half, `comparison` (what each part of the program brings) if it is given, the reported half by
    category, and the cases of that half that are wrong.
    """
    columns = {name: summary(run.half(half).results) for name, half in HALVES.items() if run.half(half).results}
    reported = run.reported().results
    parts: list[Part] = [(f"{len(run.results)} cases, with 95 % intervals", *metric_rows(columns))]
    parts += [("What each part brings", *comparison)] if comparison else []
    parts.append((f"By category, {len(reported)} cases", *category_rows(reported)))
    if any(r.reason for r in reported):
        parts.append(("Not right", *wrong_rows(reported)))
    return parts


def folder_parts(results: Sequence[Result], no_abstain: bool) -> list[Part]:
    """Return the table of results on a folder, with columns for all of them and for each half.

    With `no_abstain`, the measures of abstention are left out.
    """
    parts = {"all": results} | {half: [r for r in results if r.split == half] for half in HALVES.values()}
    columns = {name: summary(part) for name, part in parts.items() if part}
    if no_abstain:
        columns = {n: {k: v for k, v in c.items() if k not in ABSTENTION} for n, c in columns.items()}
    return [(f"{len(results)} questions, with 95 % intervals", *metric_rows(columns))]


def comparison_rows(runs: Mapping[str, Run]) -> tuple[list[str], Rows]:
    """Return the headings and one row for each program, over the cases that are reported."""
    rows = []
    for name, run in runs.items():
        results = run.reported().results
        values = summary(results)
        words = [len(r.answer["text"].split()) for r in results if r.answered]
        length = f"{statistics.median(words):.0f}" if words else "–"
        rows.append([name, *(shown(values.get(n), 2) for n in COMPARED), length])
    return ["", *(LABELS[n] for n in COMPARED), "words an answer"], rows


def write(file: Path | None, text: str) -> None:
    """Nothing without a file.

    Raises:
        AskError: the file cannot be written.
    """
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AskError(f"{file} cannot be written ({error.strerror}).", "Give another file.") from error
    click.echo(f"wrote {file}", err=True)


def publish(run: Run, parts: Sequence[Part], markdown_file: Path | None) -> None:
    """Print the tables of a run on the terminal, and write them as Markdown if a file is given."""
    for part in parts:
        console().print(table(*part))
    settings = ", ".join(f"{name} {value}" for name, value in run.settings.items())
    text = "\n".join(markdown(*part) for part in parts)
    write(markdown_file, f"# Evals\n\n{len(run.results)} cases; {settings}\n\n{text}")
