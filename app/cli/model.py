"""`ask-the-plan model` and `compile`: the exam of a language model, and the known questions that it writes.

Nothing heavy is imported at the top.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from app.cli.asking import announce, open_index, resync, say, say_table, settings_of
from app.cli.corpus import NAME
from app.errors import AskError
from app.llm.exam_results import ExamResult, all_results, save_result, sentence, table
from app.progress import sync_bar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.authoring.drafts import Target
    from app.authoring.propose import Cost
    from app.llm.client import Writer
    from app.settings import Settings
    from ingest.index import Index

TOKENS_A_SECOND = 50  # as hosted models write


@click.group()
def model() -> None:
    """Test the language model that --llm names, or list what is known of models."""


@model.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Examine the model on statements and questions of our own, and keep what came of it.

    Nothing of your documents is sent.
    """
    from app.llm.provider import load_writer

    settings = settings_of(ctx)
    if not settings.llm:
        raise AskError("No language model is set.", "Name one: ask-the-plan model check --llm PROVIDER:MODEL.")
    result = _examined(load_writer(settings))
    with settings.kept.changing() as data:
        path = save_result(data, result)
    say_table((result.model, ""), table(result))
    say(sentence(result))
    announce(f"Kept in {path}.")


@model.command("list")
@click.pass_context
def list_models(ctx: click.Context) -> None:
    """List the models that were examined, with what came of it."""
    from app.llm.exam import load_exam

    results = all_results(settings_of(ctx).kept.updated())
    if not results:
        say("No model was examined yet.")
        return
    version = load_exam().version
    rows = ((r.model, r.address, r.date, sentence(r) if r.version == version else "To be examined anew.") for r in results)
    say_table(("model", "address", "date", "what it may do"), rows)


def _examined(writer: Writer) -> ExamResult:
    """Run the exam of a model with a progress bar."""
    from app.llm.exam import examine, load_exam

    name = f"{writer.name} at {writer.address}" if writer.address else writer.name
    announce(f"{name} is asked up to {load_exam().calls} times.")
    with sync_bar() as progress:
        return examine(writer, progress)


# --- `ask-the-plan compile`: a language model writes known questions and their answers for documents. Nothing heavy is
# imported at the top.


@click.command("compile")
@click.argument("names", metavar="[DOCUMENT]…", nargs=-1, type=NAME)
@click.option("--all", "everything", is_flag=True, help="Of the corpus folder too, all documents that have none.")
@click.option("--yes", is_flag=True, help="Ask the language model without a further question.")
@click.option("--use", is_flag=True, help="Use the drafts; with --yes those that are written now.")
@click.pass_context
def compile_documents(ctx: click.Context, names: tuple[str, ...], everything: bool, yes: bool, use: bool) -> None:
    """Write questions and answers for DOCUMENTs with the language model that --llm names.

    By default, DOCUMENTs are the added documents that have no known questions. The questions and answers that are kept
    are used later without a model. Each quote is in its document letter for letter. Each statement, in English and
    Chinese, has passed the program's checks and the judge. Unless the model has passed the exam (`model check`),
    an answer may only keep to the words of its quotes. A draft is shown before it is used. If a run ends early, the next
    one continues it, and asks only about what has changed since.
    """
    from app.authoring.drafts import targets

    settings = settings_of(ctx)
    if not settings.llm and not use:
        step = "Name one with --llm PROVIDER:MODEL; docs/models.md says which there are, and how one runs on this machine."
        raise AskError("No language model is set, and one writes the answers.", step)
    index = open_index(settings)
    settings.kept.updated()
    documents = targets(settings, index, names, everything)
    failed: list[str] = []
    if yes or not use:
        failed = _write(settings, index, documents, yes)
    drafted = [t for t in documents if t.draft.is_file()]
    if failed:
        announce("\n".join(dict.fromkeys(failed)))
        announce(f"Not answered: {_number(len(failed), 'section')}. Run the same command again to ask about the rest.")
        ctx.exit(1)
    if use and not drafted:
        raise AskError("There is no draft to use.", "Run the command without --use first.")
    if drafted and (use or _confirms("Use these questions?")):
        _use(settings, index, drafted)
    elif drafted:
        say("The drafts are not used yet. Look them through, then run the same command with --use.")


def _confirms(question: str) -> bool:
    """Ask the person at the terminal; return False if there is none."""
    return sys.stdin.isatty() and click.confirm(question, err=True)


def _announce_cost(settings: Settings, estimate: Cost, documents: int, yes: bool, has_judge: bool) -> None:
    """Say what is left to ask and what it will take, and ask the person at the terminal unless `yes`.

    Raises:
        AskError: The person does not want it.
    """
    if not estimate.sections:
        return
    if not has_judge:
        announce("Nobody judges: no model here has passed the exam (`model check`). Answers keep to their quotes' words.")
    asked_before = f" ({estimate.before} were asked before)" if estimate.before else ""
    model = f"{settings.llm} at {settings.llm_url}" if settings.llm_url else settings.llm
    announce(f"{_number(documents, 'document')}, {_number(estimate.sections, 'section')} to ask about{asked_before}.")
    announce(
        f"About {_number(estimate.calls, 'call')}: some {estimate.sent:,} tokens go to {model}, and"
        f" {estimate.received:,} come back."
    )
    calls, tokens = (n / estimate.pages for n in (estimate.calls, estimate.sent + estimate.received))
    announce(f"That is {calls:.1f} calls and {tokens:,.0f} tokens a page.")
    minutes = max(1, round(estimate.received / TOKENS_A_SECOND / 60))
    announce(f"At {TOKENS_A_SECOND} tokens a second that takes about {minutes} minutes.")
    if not yes and not _confirms("Go on?"):
        raise AskError("Nothing was sent.", "Say yes, or give --yes.")


def _write(settings: Settings, index: Index, documents: Sequence[Target], yes: bool) -> list[str]:
    """Ask what is left, and write and show the drafts; returns why sections failed."""
    from app.authoring.drafts import read_draft, write_draft
    from app.authoring.propose import ask_all, collect_questions, cost, for_questions
    from app.llm.exam import current_result
    from app.llm.provider import load_writer
    from app.pipeline.load import load_chain

    patient = for_questions(settings)
    writer = load_writer(patient)  # a wrong setting is said before any model is loaded
    exam = current_result(settings.kept.updated(), writer.name, writer.address)
    judge = writer if exam and exam.judges else None
    for empty in (t for t in documents if not t.sections):
        announce(f"“{empty.title}” holds nothing that can be asked about.")
    unasked = [t for t in documents if t.unasked_sections()]
    _announce_cost(settings, cost(documents, judged=judge is not None), len(unasked), yes, has_judge=judge is not None)
    unfinished = [t for t in documents if t.sections and (t in unasked or not t.draft.is_file())]
    failed: list[str] = []
    if unfinished:
        chain = load_chain(settings.model_copy(update={"llm": "", "engine": "quotes"}), index)
        with sync_bar() as progress:
            failed = ask_all(unfinished, writer, chain, progress, judge)
        for target in unfinished:
            with sync_bar() as progress:
                result = collect_questions(target, chain, progress)
            with settings.kept.changing():
                write_draft(target, result)
            _report_written(target, len(result.questions), result.dropped)
    for target in documents:
        if target not in unfinished and target.draft.is_file():
            _report_written(target, len(read_draft(target)), {})
    return failed


def _number(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _report_written(target: Target, number: int, dropped: Mapping[str, int]) -> None:
    """Print the draft, the number of its questions, and why others were dropped."""
    from app.authoring.drafts import DROP_REASONS

    if number:
        say(target.draft.read_text(encoding="utf-8"))
    say(f"“{target.title}”: {_number(number, 'question')}" + (f" in {target.draft}." if number else "."))
    for reason, count in dropped.items():
        say(f"  dropped, {count}: {DROP_REASONS[reason]}")


def _use(settings: Settings, index: Index, targets: Sequence[Target]) -> None:
    from app.authoring.drafts import use_draft

    for target in targets:
        with settings.kept.changing():
            used, left_out = use_draft(settings, index, target)
        note = f", {left_out} left out: a quote does not stand there, or it is asked already" if left_out else ""
        say(f"“{target.title}”: {used} known questions more in {target.file}{note}.")
    resync(settings, index)
