"""One evaluation: cases from where they stand, the chain's answers, tables and files, and the gate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from app.pipeline.chain import Chain
from app.progress import sync_bar
from app.settings import Settings
from app.store.quality import SHIPPED, for_page
from evals.cases import Case, json_lines, own_cases, read_cases, sample, select
from evals.folder import documents_of, open_folder
from evals.gate import BASELINE, baseline_json, check, read_baseline, read_rules
from evals.judge import Judge, PlanJudge, text_judge
from evals.report import folder_table, publish, tables_of, write
from evals.run import Run, run_cases, state
from ingest.errors import AskError


def evaluation(
    settings: Settings, folder: Path | None, cases_file: Path | None, case_id: str | None, size: int | None, **options: Any
) -> int:
    """Do what `eval run` says, and return the exit status: 1 if the gate is asked for and closed.

    Args:
        settings: The settings.
        folder: A folder with `docs` and `questions.jsonl`; None for the corpus.
        cases_file: Cases on the corpus; None for our own.
        case_id: The id of the only case to ask.
        size: How many cases to draw.
        options: The other options of the command, by name.
    """
    if options["write_baseline"] and state()["state"].endswith("-dirty"):
        raise AskError(
            "The report would be of a changed tree.", "Commit the changes, run this again and commit what it writes."
        )
    file = folder / "questions.jsonl" if folder else cases_file
    kind = {name: options[name] for name in ("category", "split")}
    cases = sample(select(read_cases(file) if file else own_cases(), case_id, **kind), size, options["seed"])
    chain = open_folder(folder / "docs" if folder else settings.corpus, settings)
    threshold = 0.0 if options["no_abstain"] else settings.threshold
    judge = text_judge if folder else PlanJudge(chain.index)
    selection = {"cases": cases_file, "case": case_id, "sample": size, "seed": options["seed"] if size else None, **kind}
    selection = {name: str(value) for name, value in selection.items() if value is not None}
    run = _asked(chain, cases, judge, threshold, selection)
    write(options["out"], json_lines(r.answer for r in run.results))
    write(options["json_file"], run.to_json())
    if folder:
        publish(run, [folder_table(run, abstains=not options["no_abstain"])], options["markdown"])
        return 0
    publish(run, tables_of(run), options["markdown"])
    if options["write_baseline"]:
        write(BASELINE, baseline_json(run))
        write(SHIPPED, for_page(json.loads(run.to_json())))
    return _gate(run, whole=not selection) if options["gate"] else 0


def _asked(chain: Chain, cases: Sequence[Case], judge: Judge, threshold: float, selection: Mapping[str, str]) -> Run:
    with sync_bar() as step:
        results = run_cases(chain.answer, cases, judge, threshold, documents_of(chain), partial(step, "Answering"))
    models = {"embedding": chain.embedder.fingerprint, "reranker": chain.reranker.fingerprint}
    return Run(results, {"threshold": threshold, **models, **state(), **selection})


def _gate(run: Run, whole: bool) -> int:
    """Print whether the gate is open, and return the exit status."""
    failures = check(run, read_baseline(), read_rules(), whole)
    click.echo("\n".join(["The gate is closed:", *map(str, failures)]) if failures else "The gate is open.")
    return 1 if failures else 0
