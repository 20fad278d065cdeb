"""A run as a reader sees it: how good it was, where, and what changed against another."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from evals.cases import CaseError
from evals.intervals import NO_VALUE, Paired, paired
from evals.metrics import MEASURES
from evals.run import Result, Run, summary
from evals.tables import Table, show
from ingest.errors import AskError

BY_CATEGORY = ("correct", "citation_precision", "citation_recall", "hallucination", "over_refusal")
ABSTENTION = ("hallucination", "over_refusal", "balanced_accuracy")


def measures(title: str, parts: Mapping[str, Sequence[Result]], left_out: Sequence[str] = ()) -> Table:
    """Return one row for each measure that is not left out, with one column for each part of the set that has cases.

    The last column holds the number of cases of the first part.
    """
    columns = {name: summary(results) for name, results in parts.items() if results}
    first = next(iter(columns.values()))
    names = [n for n in MEASURES if n not in left_out and any(n in c for c in columns.values())]
    rows = [
        [MEASURES[n].label, *(f"{c.get(n, NO_VALUE):.3f}" for c in columns.values()), str(first.get(n, NO_VALUE).cases)]
        for n in names
    ]
    return Table(title, ["measure", *columns, "cases"], rows)


def by_group(title: str, kind: str, groups: Mapping[str, Sequence[Result]], names: Sequence[str]) -> Table:
    """Return one row for each group of results, with these measures, the median time and the median length of an answer."""
    rows = []
    for group, results in groups.items():
        values = summary(results)
        words = [len(r.answer["text"].split()) for r in results if r.answered]
        length = f"{statistics.median(words):.0f}" if words else "–"
        shares = (f"{values.get(n, NO_VALUE):.2f}" for n in names)
        rows.append([group or "all", str(len(results)), *shares, f"{values['seconds_p50'].value:.2f}", length])
    return Table(title, [kind, "cases", *(n.replace("_", " ") for n in names), "s p50", "words"], rows)


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
    pairs = {
        n: [(x.scores[n], y.scores[n]) for x, y in zip(a, b, strict=True) if n in x.scores and n in y.scores]
        for n in MEASURES
    }
    return {name: paired(*zip(*scores, strict=True)) for name, scores in pairs.items() if scores}


def differences(title: str, tests: Mapping[str, Paired]) -> Table:
    """Return one row for each measure, with the mean difference on the same cases and its p-value."""
    rows = [[MEASURES[n].label, f"{t.difference:.3f}", f"{t.p:.3f}", str(t.difference.cases)] for n, t in tests.items()]
    return Table(title, ["measure", "second minus first", "p", "cases"], rows)


def changed(a: Sequence[Result], b: Sequence[Result]) -> Table:
    """Return one row for each case whose verdict differs between two runs of the same cases."""
    rows = [
        [new.id, new.category, "right -> wrong" if new.reason else "wrong -> right", new.reason or old.reason]
        for old, new in zip(a, b, strict=True)
        if bool(old.reason) != bool(new.reason)
    ]
    return Table(f"Cases whose verdict changed: {len(rows)} of {len(a)}", ["case", "category", "change", "why"], rows)


def tables_of(run: Run) -> list[Table]:
    """Return the tables of a run of our own cases.

    They are all measures by half, the reported half by category, and the cases of that half that are wrong.
    """
    halves = {"reported half": run.half("report").results, "tuning half": run.half("tune").results}
    reported = run.reported().results
    categories = {c: [r for r in reported if r.category == c] for c in dict.fromkeys(r.category for r in reported)}
    wrong = [[r.id, r.category, r.question, r.reason] for r in reported if r.reason]
    return [
        measures(f"{len(run.results)} cases, with 95 % intervals", halves),
        by_group(f"By category, {len(reported)} cases", "category", categories, BY_CATEGORY),
        *([Table("Not right", ["case", "category", "question", "why"], wrong)] if wrong else []),
    ]


def folder_table(run: Run, abstains: bool) -> Table:
    """Return the table of a run on a user's folder; measures of abstention are left out unless it `abstains`."""
    parts = {"all": run.results} | {half: run.half(half).results for half in ("report", "tune")}
    return measures(f"{len(run.results)} questions, with 95 % intervals", parts, () if abstains else ABSTENTION)


def write(file: Path | None, text: str) -> None:
    """Write a file; nothing without one.

    Raises:
        AskError: The file cannot be written.
    """
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AskError("{file} cannot be written ({why}).", "Give another file.", file, error.strerror) from error
    click.echo(f"wrote {file}", err=True)


def publish(run: Run, tables: Sequence[Table], markdown_file: Path | None) -> None:
    """Print the tables of a run on the terminal, and write them as Markdown if a file is given."""
    show(*tables)
    settings = ", ".join(f"{name} {value}" for name, value in run.settings.items())
    text = "\n".join(table.markdown() for table in tables)
    write(markdown_file, f"# Evals\n\n{len(run.results)} cases; {settings}\n\n{text}")
