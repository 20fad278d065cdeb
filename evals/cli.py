"""`ask-the-plan eval`: our own cases, a user's folder, and the comparison of two runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.errors import AskError, require_extra
from app.progress import sync_bar

if TYPE_CHECKING:
    from evals.cases import Case
    from evals.folder import OpenedFolder
    from evals.run import Judge, Run


class RunByDefault(click.Group):
    """`eval FOLDER` is short for `eval run FOLDER`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` in front of the arguments if they name no command."""
        if not args or args[0] not in (*self.commands, "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=RunByDefault, name="eval")
def evaluate() -> None:
    """Measure the answers: our own cases, or FOLDER/docs with FOLDER/questions.jsonl."""
    require_extra("eval")


_FILE = click.Path(dir_okay=False, path_type=Path)


@evaluate.command("run")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--cases", "cases_file", type=_FILE, help="Other cases on the corpus, as `feedback --cases` writes them.")
@click.option("--category", help="Only cases of this category.")
@click.option("--case", "case_id", metavar="ID", help="Everything about one case: hits, scores, draft and verdict.")
@click.option("--split", type=click.Choice(["tune", "report"]), help="Only this half of the cases.")
@click.option("--sample", "size", type=click.IntRange(1), metavar="N", help="Only N cases, drawn by chance.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the sample.")
@click.option("--no-abstain", is_flag=True, help="Answer every question: threshold 0.")
@click.option("--out", type=_FILE, help="Write the answers, one JSON object a line.")
@click.option("--json", "json_file", type=_FILE, help="Write results and summary as JSON, for `eval compare`.")
@click.option("--markdown", "markdown_file", type=_FILE, help="Write the tables as Markdown, for a pull request.")
@click.option(
    "--baselines", is_flag=True, help="The same cases to simpler programs too: full text, dense, hybrid, plain LangChain."
)
@click.option(
    "--gate", is_flag=True, help="Exit 1 where evals/gate.toml or the committed baseline says that answers got worse."
)
@click.option(
    "--write-baseline", is_flag=True, help="Make this run the baseline of the gate and the report that the page comes with."
)
@click.pass_context
def run_command(
    ctx: click.Context,
    /,
    folder: Path | None,
    cases_file: Path | None,
    category: str | None,
    case_id: str | None,
    split: str | None,
    size: int | None,
    seed: int,
    no_abstain: bool,
    **output: Any,
) -> None:
    """Answer the cases and print how well; without FOLDER our own cases on the corpus, both halves."""
    from app.cli.asking import settings_of
    from app.store.quality import SHIPPED, for_page
    from evals.cases import own_cases, read_cases
    from evals.explain import show_case
    from evals.folder import judge, open_with_bar, sample
    from evals.gate import BASELINE, baseline_json, check, read_baseline, read_rules
    from evals.judge import PlanJudge
    from evals.report import comparison_rows, folder_parts, plan_parts, publish, write

    settings = settings_of(ctx)
    file = folder / "questions.jsonl" if folder else cases_file
    all_cases = read_cases(file) if file else own_cases()
    cases = sample(_select_cases(all_cases, category, case_id, split), size, seed)
    opened = open_with_bar(folder / "docs" if folder else settings.corpus, settings)
    threshold = 0.0 if no_abstain else settings.threshold
    case_judge: Judge = judge if folder else PlanJudge(opened.chain.index)
    if case_id is not None:
        show_case(opened, cases[0], case_judge, threshold)
        return
    selection = {"cases": cases_file, "sample": size, "seed": seed if size else None, "category": category, "split": split}
    selection = {name: str(value) for name, value in selection.items() if value is not None}
    run = _run(opened, cases, case_judge, threshold, selection)
    write(output["out"], "".join(json.dumps(r.answer, ensure_ascii=False) + "\n" for r in run.results))
    write(output["json_file"], run.to_json())
    if folder is not None:
        publish(run, folder_parts(run.results, no_abstain), output["markdown_file"])
        return
    baseline_runs = _baselines(opened, cases, case_judge) if output["baselines"] else {}
    comparison = comparison_rows({"Ask the Plan": run, **baseline_runs}) if baseline_runs else None
    publish(run, plan_parts(run, comparison), output["markdown_file"])
    if output["write_baseline"]:
        write(BASELINE, baseline_json(run))
        write(SHIPPED, for_page(json.loads(run.to_json())))
    if output["gate"]:
        failures = [str(f) for f in check(run, read_baseline(), read_rules(), whole=not selection)]
        click.echo("\n".join(["The gate is closed:", *failures]) if failures else "The gate is open.")
        ctx.exit(1 if failures else 0)


@evaluate.command("compare")
@click.argument("first", type=_FILE)
@click.argument("second", type=_FILE)
def compare_command(first: Path, second: Path) -> None:
    """Two runs written by --json, case by case: what changed, and whether by more than chance."""
    from app.cli.asking import console
    from evals.report import changed_rows, common, compare, paired_rows, table
    from evals.run import read_run

    a, b = common(read_run(first), read_run(second))
    console().print(table(f"{second.name} against {first.name}", *paired_rows(compare(a, b))))
    head, rows = changed_rows(a, b)
    console().print(table(f"Cases whose verdict changed: {len(rows)} of {len(a)}", head, rows))


@evaluate.command("blind")
@click.option("--llm", metavar="PROVIDER:MODEL", help="The model that writes turns, answers beside the program and judges.")
@click.option("--llm-url", metavar="URL", help="Address of its endpoint, if it is not the provider's own.")
@click.option("--turns", type=click.IntRange(1), default=60, show_default=True, help="Turns, of four kinds of people.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("blind"),
    show_default=True,
    help="Folder of all turns, answers and verdicts. A second run goes on from there.",
)
@click.pass_context
def blind_command(ctx: click.Context, /, llm: str | None, llm_url: str | None, turns: int, keep: Path) -> None:
    """Strangers' turns on the corpus, answered by the program and by a model with all documents, judged by that model.

    The model is sent the documents, and called a little more than twice a turn; the program itself answers as the
    settings say.
    """
    from app.cli.asking import console, settings_of
    from app.llm.composing import folder_description
    from app.llm.provider import load_writer
    from evals.folder import open_with_bar
    from evals.own_model import BlindRun, worst
    from evals.report import table
    from evals.visitors import table as verdict_table

    settings = settings_of(ctx)
    overrides = {"llm": llm, "llm_url": llm_url or ""} if llm else {}
    model_settings = settings.model_copy(update=overrides)
    if not model_settings.llm:
        raise AskError("No language model is named.", "Add --llm PROVIDER:MODEL, for instance openai:gpt-4.1-mini.")
    writer = load_writer(model_settings)
    chain = open_with_bar(settings.corpus, settings).chain
    with sync_bar() as step:
        answers, verdicts = BlindRun(chain, writer, keep, folder_description(settings.corpus)).run(turns, step)
    ceiling = [{**v, "verdict": v["ceiling"]} for v in verdicts]
    for title, lines in (("Ask the Plan", verdicts), (f"{model_settings.llm} with the documents", ceiling)):
        console().print(verdict_table(answers, lines, title))
    head = ["turn", "verdict", "reason", "answer"]
    console().print(table("The worst answers", head, worst(answers, verdicts)))


# --- parts of `eval run`


def _select_cases(cases: Sequence[Case], category: str | None, case_id: str | None, split: str | None) -> list[Case]:
    """Return the cases with this category, id and half; None stands for any.

    Raises:
        CaseError: No case matches.
    """
    from evals.cases import CaseError

    selected = [c for c in cases if case_id in (None, c.id) and category in (None, c.category) and split in (None, c.split)]
    if not selected:
        categories = ", ".join(dict.fromkeys(c.category for c in cases if c.category))
        raise CaseError("No case fits.", f"Categories: {categories or 'none'}. Ids stand in the file of cases.")
    return selected


def _run(opened: OpenedFolder, cases: Sequence[Case], case_judge: Judge, threshold: float, selection: dict[str, Any]) -> Run:
    from evals.folder import limits
    from evals.run import Run, run_cases, state

    chain = opened.chain
    document_ids = limits(opened.documents)
    for case in cases:
        document_ids(case)  # a name that is no document is said before hours of work, not after
    with sync_bar() as step:
        results = run_cases(chain.answer, cases, case_judge, threshold, document_ids, partial(step, "Answering"))
    models = {"embedding": chain.embedder.fingerprint, "reranker": chain.reranker.fingerprint}
    return Run(results, {"threshold": threshold, **models, **state(), **selection})


def _baselines(opened: OpenedFolder, cases: Sequence[Case], case_judge: Judge) -> dict[str, Run]:
    import tempfile

    from evals.run import Run, run_cases

    try:
        from evals.baselines import baselines
    except ImportError as error:
        raise AskError(f"The baselines need {error.name}.", "Run: make install-dev") from error
    runs = {}
    with tempfile.TemporaryDirectory() as folder, sync_bar() as step:
        for name, baseline in baselines(opened.chain.index, opened.chain.embedder, Path(folder)).items():
            results = run_cases(baseline.answer, cases, case_judge, progress=partial(step, name))
            runs[name] = Run(results, {"baseline": name})
    return runs
