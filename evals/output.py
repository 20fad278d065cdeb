"""What a run leaves behind: tables, files, the gate's verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from app.progress import sync_bar
from app.settings import Settings
from evals.folder import Opened, cross_fitted, halves, open_folder
from evals.gate import BASELINE, baseline_json, check, read_baseline, read_rules
from evals.report import Part, brings_rows, console, markdown, metric_rows, plan_parts, shown, table
from evals.run import Result, Run
from ingest.errors import AskError

ABSTENTION = ("hallucination", "over_refusal", "balanced_accuracy")


def open_shown(folder: Path, settings: Settings) -> Opened:
    """A folder's chain, indexed with a progress bar; files that could not be read are named on stderr."""
    with sync_bar() as step:
        opened = open_folder(folder, settings, step)
    for name, reason in opened.report.failed:
        click.echo(f"not read: {name}: {reason}", err=True)
    return opened


def write(file: Path | None, text: str) -> None:
    """Raises AskError where the file cannot be written; nothing without a file."""
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AskError(f"{file} cannot be written ({error.strerror}).", "Give another file.") from error
    click.echo(f"wrote {file}", err=True)


def publish(run: Run, others: Mapping[str, Run], markdown_file: Path | None, html_file: Path | None) -> None:
    """A run of our own cases: to the terminal, as Markdown, as HTML; `others` are baselines on the same cases."""
    parts = plan_parts(run)
    brings = brings_rows({"Ask the Plan": run, **others}) if others else None
    if brings:
        parts.insert(1, ("What each part brings (reported half)", *brings))
    for part in parts:
        console().print(table(*part))
    if markdown_file is not None:
        settings = ", ".join(f"{k} {v}" for k, v in run.settings.items())
        text = "\n".join(markdown(*part) for part in parts)
        write(markdown_file, f"# Evals\n\n{len(run.results)} cases; {settings}\n\n{text}")
    if html_file is not None:
        from evals.html import html_report

        reported = run.half("report") if run.half("report").results else run
        write(html_file, html_report(reported, "Ask the Plan: how good are the answers?", brings))


def print_folder(run: Run, no_abstain: bool, markdown_file: Path | None) -> None:
    """A run of a user's folder: to the terminal and as Markdown."""
    parts = _folder_parts(run.results, no_abstain)
    for part in parts:
        console().print(table(*part))
    write(markdown_file, "\n".join(markdown(*part) for part in parts))


def _folder_parts(results: Sequence[Result], no_abstain: bool) -> list[Part]:
    """The tables of a folder: both halves, and abstention by thresholds that were chosen on the other half."""
    columns = halves(results)
    if no_abstain:
        columns = {n: {k: v for k, v in c.items() if k not in ABSTENTION} for n, c in columns.items()}
    parts: list[Part] = [(f"{len(results)} questions, with 95 % intervals", *metric_rows(columns))]
    if fit := cross_fitted(results):
        fitted, value = fit
        text = [[shown(value), f"{fitted.from_tune:.4f}", f"{fitted.from_report:.4f}", str(value.cases)]]
        head = ["balanced accuracy, cross-fitted", "threshold from tune", "threshold from report", "cases"]
        parts.append(("Abstention, each half by the threshold that is best on the other", head, text))
    return parts


def write_baseline(run: Run) -> None:
    """Make the run what the gate compares with."""
    write(BASELINE, baseline_json(run))


def failures(run: Run, whole: bool) -> list[str]:
    """What the gate says against the run, one line a reason; `whole` when every case was asked."""
    return [str(f) for f in check(run, read_baseline(), read_rules(), whole)]
