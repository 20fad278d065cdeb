"""`ask-the-plan eval`: our own cases, a user's folder, and the comparison of two runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from app.cli.asking import settings_of
from app.errors import require_extra

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


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


@evaluate.command("run")
@click.argument("folder", required=False, type=_FOLDER)
@click.option("--cases", "cases_file", type=_FILE, help="Other cases on the corpus.")
@click.option("--category", help="Only cases of this category.")
@click.option("--case", "case_id", metavar="ID", help="Only the case with this id.")
@click.option("--split", type=click.Choice(["tune", "report"]), help="Only this half of the cases.")
@click.option("--sample", "size", type=click.IntRange(1), metavar="N", help="Only N cases, drawn by chance.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the sample.")
@click.option("--no-abstain", is_flag=True, help="Answer every question: threshold 0.")
@click.option("--out", type=_FILE, help="Write the answers, one JSON object a line.")
@click.option("--json", "json_file", type=_FILE, help="Write results and summary as JSON, for `eval compare`.")
@click.option("--markdown", type=_FILE, help="Write the tables as Markdown, for a pull request.")
@click.option("--gate", is_flag=True, help="Exit 1 if evals/gate.toml or the baseline says that answers got worse.")
@click.option("--write-baseline", is_flag=True, help="Make this run the gate's baseline and the page's shipped report.")
@click.pass_context
def run_command(ctx: click.Context, /, **options: Any) -> None:
    """Answer the cases and print how well; without FOLDER our own cases on the corpus, both halves."""
    from evals.evaluation import evaluation

    ctx.exit(evaluation(settings_of(ctx), **options))


@evaluate.command("compare")
@click.argument("first", type=_FILE)
@click.argument("second", type=_FILE)
def compare_command(first: Path, second: Path) -> None:
    """Two runs written by --json, case by case: what changed, and whether by more than chance."""
    from evals.report import changed, common, compare, differences
    from evals.run import read_run
    from evals.tables import show

    a, b = common(read_run(first), read_run(second))
    show(differences(f"{second.name} against {first.name}", compare(a, b)), changed(a, b))
