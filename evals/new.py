"""A case made from a question that was just asked: "this answer was wrong: make it a case"."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evals.cases import CaseError, read_cases
from evals.matching import missing_groups
from ingest.documents import content_id, guess_language

if TYPE_CHECKING:
    from app.answers import Answer, Evidence
    from app.pipeline.chain import Chain

OFFERED = 10
FIRST_HAND = "by a user, from a question asked of the running program"


def offered(chain: Chain, answer: Answer) -> tuple[Evidence, ...]:
    """An answer -> the passages that were considered, best first, to choose the gold sentences from."""
    return chain.retriever.evidence(answer.hits[:OFFERED])


def make_case(question: str, passages: Sequence[Evidence], answers: Sequence[str], category: str) -> dict[str, Any]:
    """A question -> the case as a line of a file; without passages the question is not answerable.

    Raises:
        CaseError: an answer stands in none of the passages, or there is one without the other.
    """
    groups = [[text.strip() for text in answer.split("|") if text.strip()] for answer in answers]
    groups = [group for group in groups if group]
    if bool(passages) != bool(groups):
        raise CaseError("A case needs both passages and answers, or neither.", "Give --passage and --answer.")
    text = " ".join(p.text for p in passages)
    if missing := missing_groups(text, groups):
        raise CaseError(f"{' or '.join(missing[0])!r} stands in none of these passages.", "Write it as they write it.")
    found: dict[str, Any] = {
        "id": f"new-{content_id(question)[:8]}",
        "category": category,
        "language": guess_language(question),
        "question": question,
        "answerable": bool(passages),
    }
    if passages:
        gold = [{"document": p.document.origin, "quote": p.text} for p in passages]
        found |= {"answer_groups": groups, "evidence": gold, "evidence_mode": "all"}
    group = Path(passages[0].document.origin).stem if passages else found["id"]
    return found | {"difficulty": "medium", "group": group, "written_by": FIRST_HAND}


def add_case(case: dict[str, Any], file: Path) -> None:
    """Append the case to a file of cases, which is made where it is missing.

    Raises:
        CaseError: the file is not one of cases, cannot be written, or holds a case of this id; it stays as it was.
    """
    if file.exists() and case["id"] in {c.id for c in read_cases(file)}:
        raise CaseError(f"{file} holds this question already ({case['id']}).", "Edit it there.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(case, ensure_ascii=False) + "\n")
    except OSError as error:
        raise CaseError(f"{file} cannot be written ({error.strerror}).", "Give another --file.") from error


_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("new")
@click.argument("question")
@click.option("--passage", "numbers", type=int, multiple=True, help="Number of a passage that answers it; may be repeated.")
@click.option("--answer", "answers", multiple=True, help="What a right answer holds, alternatives as A|B; may be repeated.")
@click.option("--unanswerable", is_flag=True, help="The documents do not hold the answer.")
@click.option("--category", default="from a user", show_default=True)
@click.option("--file", type=_FILE, help="Where to add it (default: DATA/cases.jsonl).")
@click.pass_context
def new_command(
    ctx: click.Context,
    /,
    question: str,
    numbers: tuple[int, ...],
    answers: tuple[str, ...],
    unanswerable: bool,
    category: str,
    file: Path | None,
) -> None:
    """Make a case of QUESTION: shows the answer and the passages considered, and asks which of them answer it."""
    from app.cli.asking import settings_of
    from evals.opening import open_with_bar

    settings = settings_of(ctx)
    chain = open_with_bar(settings.corpus, settings).chain
    answer = chain.ask(question)
    passages = offered(chain, answer)
    click.echo(answer.text or answer.note)
    for number, item in enumerate(passages, 1):
        click.echo(f"{number:3}  {item.document.origin}: {item.text}")
    if not unanswerable and not numbers:
        said = click.prompt("Which of these passages answer it? (numbers, 0 for none)", default="0")
        numbers = tuple(int(n) for n in said.replace(",", " ").split() if n.isdigit() and n != "0")
        if numbers and not answers:
            answers = tuple(
                click.prompt("What must a right answer hold? (A|B for alternatives; ; between parts)").split(";")
            )
    if wrong := [n for n in numbers if not 1 <= n <= len(passages)]:
        raise CaseError(f"There is no passage {wrong[0]}.", f"Give numbers from 1 to {len(passages)}.")
    file = file or settings.data / "cases.jsonl"
    add_case(make_case(question, [passages[n - 1] for n in numbers], answers, category), file)
    click.echo(f"Added to {file}. Run it: ask-the-plan eval --cases {file}")
