"""`ask-the-plan eval`: our own cases, a user's folder, and the comparison of two runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.errors import AskError

if TYPE_CHECKING:
    from app.settings import Settings
    from evals.cases import Case
    from evals.folder import Opened
    from evals.run import Judge, Result, Run


class RunByDefault(click.Group):
    """`eval FOLDER` is short for `eval run FOLDER`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` in front where no command is named."""
        if not args or args[0] not in (*self.commands, "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=RunByDefault, name="eval")
def evaluate() -> None:
    """Measure the answers: our own cases, or FOLDER/docs with FOLDER/questions.jsonl."""


_FILE = click.Path(dir_okay=False, path_type=Path)


@evaluate.command("run")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--category", help="Only cases of this category.")
@click.option("--case", "case_id", metavar="ID", help="Everything about one case: hits, scores, draft and verdict.")
@click.option("--split", type=click.Choice(["tune", "report"]), help="Only this half of the cases.")
@click.option("--sample", "size", type=click.IntRange(1), metavar="N", help="Only N cases, drawn by chance.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the sample.")
@click.option("--no-abstain", is_flag=True, help="Answer every question: threshold 0.")
@click.option("--out", type=_FILE, help="Write the answers, one JSON object a line.")
@click.option("--json", "json_file", type=_FILE, help="Write results and summary as JSON, for `eval compare`.")
@click.option("--markdown", "markdown_file", type=_FILE, help="Write the tables as Markdown.")
@click.pass_context
def run_command(
    ctx: click.Context,
    folder: Path | None,
    category: str | None,
    case_id: str | None,
    split: str | None,
    size: int | None,
    seed: int,
    no_abstain: bool,
    out: Path | None,
    json_file: Path | None,
    markdown_file: Path | None,
) -> None:
    """Answer the cases and print how well; without FOLDER our own cases on the corpus."""
    from app.cli import settings_of
    from evals.cases import own_cases, read_cases
    from evals.folder import sample

    settings = settings_of(ctx)
    every = read_cases(folder / "questions.jsonl") if folder else own_cases()
    cases = sample(_chosen(every, category, case_id, split), size, seed)
    opened = _open(folder / "docs" if folder else settings.corpus, settings)
    threshold = 0.0 if no_abstain else settings.threshold
    if case_id is not None:
        _show_case(opened, cases[0], threshold, own=folder is None)
        return
    chosen = {"sample": size, "seed": seed, "category": category, "split": split}
    run = _run(opened, cases, threshold, folder, {k: v for k, v in chosen.items() if v is not None})
    _write(out, "".join(json.dumps(r.answer, ensure_ascii=False) + "\n" for r in run.results))
    _write(json_file, run.to_json())
    _print(run, folder, no_abstain, markdown_file)


@evaluate.command("compare")
@click.argument("first", type=_FILE)
@click.argument("second", type=_FILE)
def compare_command(first: Path, second: Path) -> None:
    """Two runs written by --json, case by case: what changed, and whether by more than chance."""
    from evals.compare import common, compare
    from evals.report import changed_rows, console, paired_rows, table
    from evals.run import read_run

    a, b = common(read_run(first), read_run(second))
    console().print(table(f"{second.name} against {first.name}", *paired_rows(compare(a, b))))
    head, rows = changed_rows(a, b)
    console().print(table(f"Cases whose verdict changed: {len(rows)} of {len(a)}", head, rows))


# --- parts of `eval run`


def _chosen(cases: Sequence[Case], category: str | None, case_id: str | None, split: str | None) -> list[Case]:
    """The cases asked for.

    Raises:
        CaseError: there is none.
    """
    from evals.cases import CaseError

    kept = [c for c in cases if case_id in (None, c.id) and category in (None, c.category) and split in (None, c.split)]
    if not kept:
        known = ", ".join(dict.fromkeys(c.category for c in cases if c.category))
        raise CaseError("No case fits.", f"Categories: {known or 'none'}. Ids stand in the file of cases.")
    return kept


def _open(folder: Path, settings: Settings) -> Opened:
    from app.progress import sync_bar
    from evals.folder import open_folder

    with sync_bar() as step:
        opened = open_folder(folder, settings, step)
    for name, reason in opened.report.failed:
        click.echo(f"not read: {name}: {reason}", err=True)
    return opened


def _run(opened: Opened, cases: Sequence[Case], threshold: float, folder: Path | None, chosen: dict[str, Any]) -> Run:
    from app.progress import sync_bar
    from evals.folder import judge, limits
    from evals.run import PlanJudge, Run, run_cases

    within = limits(opened.documents)
    for case in cases:
        within(case)  # a name that is no document is said before hours of work, not after
    judged: Judge = judge if folder else PlanJudge(opened.chain)
    with sync_bar() as step:
        results = run_cases(opened.chain, cases, judged, threshold, within, lambda n, of: step("Answering", n, of))
    models = {"embedding": opened.chain.embedder.fingerprint, "reranker": opened.chain.reranker.fingerprint}
    return Run(results, {"threshold": threshold, **models, **chosen})


def _write(file: Path | None, text: str) -> None:
    """Raises AskError where the file cannot be written."""
    if file is None:
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AskError(f"{file} cannot be written ({error.strerror}).", "Give another file.") from error
    click.echo(f"wrote {file}", err=True)


def _print(run: Run, folder: Path | None, no_abstain: bool, markdown_file: Path | None) -> None:
    from evals.report import console, markdown, markdown_report, table, terminal

    if folder is None:
        console().print(terminal(run))
        _write(markdown_file, markdown_report(run))
        return
    parts = _folder_parts(run.results, no_abstain)
    for part in parts:
        console().print(table(*part))
    _write(markdown_file, "\n".join(markdown(*part) for part in parts))


def _folder_parts(results: Sequence[Result], no_abstain: bool) -> list[tuple[str, list[str], list[list[str]]]]:
    """The tables of a folder: both halves, and abstention by thresholds that were chosen on the other half."""
    from evals.folder import cross_fitted, halves
    from evals.report import metric_rows, shown

    columns = halves(results)
    if no_abstain:
        columns = {n: {k: v for k, v in c.items() if k not in _ABSTENTION} for n, c in columns.items()}
    parts = [(f"{len(results)} questions, with 95 % intervals", *metric_rows(columns))]
    if fit := cross_fitted(results):
        fitted, value = fit
        text = [[shown(value), f"{fitted.from_tune:.4f}", f"{fitted.from_report:.4f}", str(value.cases)]]
        head = ["balanced accuracy, cross-fitted", "threshold from tune", "threshold from report", "cases"]
        parts.append(("Abstention, each half by the threshold that is best on the other", head, text))
    return parts


_ABSTENTION = ("hallucination", "over_refusal", "balanced_accuracy")


def _show_case(opened: Opened, case: Case, threshold: float, own: bool) -> None:
    from evals.explain import case_report
    from evals.folder import judge, limits
    from evals.report import console
    from evals.run import PlanJudge

    judged: Judge = PlanJudge(opened.chain) if own else judge
    within = limits(opened.documents)(case)
    console().print(
        case_report(opened.chain, case, judged, within, threshold), markup=False, highlight=False, soft_wrap=True
    )
