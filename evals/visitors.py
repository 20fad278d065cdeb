"""Visitors' turns in conversations, asked one after another: `python -m evals.visitors TURNS --out ANSWERS`.

A blind set is written by someone who has read the source article and neither the corpus nor its known questions, run once,
and judged by someone else against the documents (evals/blind/README.md). A line of TURNS is
`{id, conversation, persona, kind, question}`; turns of one conversation follow each other, each with those before as its
history. ANSWERS holds what the visitor sees; with `--judged` the verdicts are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import click
from rich.progress import track

from app.answers import Answer
from app.pipeline.chain import Chain
from app.query.values import Turn, turns_of
from app.store.records import public
from evals.cases import Line, json_lines, read_lines
from evals.folder import corpus_chain
from evals.intervals import mean_interval
from evals.report import write
from evals.tables import Table, show
from ingest.documents import guess_language

VERDICTS = ("GOOD", "PARTIAL", "BAD")
SURE_CONFIDENCE = 0.9
HELD = ("yes", "partly")
GROUPS: dict[str, Callable[[Line], bool]] = {
    "all": bool,
    "held": lambda t: t["held"] in HELD,
    "held in part": lambda t: t["held"] == "partly",
    "not held": lambda t: t["held"] == "no",
    "about the program": lambda t: t["held"] == "about",
    "in Chinese": lambda t: guess_language(t["question"]) == "zh",
    "answers written beforehand": lambda t: t.get("written", False),
    "follow-ups": lambda t: t["follow_up"],
    "follow-ups, held": lambda t: t["follow_up"] and t["held"] in HELD,
    f"answered at {SURE_CONFIDENCE} or more": lambda t: t["status"] != "not_found" and t["confidence"] >= SURE_CONFIDENCE,
}
"""Turns that are counted together, each with its verdict."""


def answered(chain: Chain, turns: Sequence[Line]) -> Iterator[Line]:
    """Ask the turns, each in its conversation, and yield what the visitor sees of each."""
    history: list[Turn] = []
    before = None
    for turn in turns:
        if turn["conversation"] is None or turn["conversation"] != before:
            history = []
        before = turn["conversation"]
        answer = chain.ask(turn["question"], history)
        history += turns_of(answer)
        yield {**turn, **visible_answer(answer)}


def visible_answer(answer: Answer) -> Line:
    """Return the part of the public answer that a reader looks at."""
    fields = public(answer)
    names = ("status", "read_as", "note", "text", "confidence", "seconds", "written")
    nearest = [f"{c['title']}: {c['quote']}" for c in fields["nearest"]]
    return {name: fields[name] for name in names if name in fields} | {"nearest": nearest}


def groups(turns: Sequence[Line], judged: Mapping[str, Line]) -> dict[str, list[Line]]:
    """Group the turns with their verdicts, by what is held and by persona; `judged` has the verdicts by id."""
    follow_ups = {b["id"] for a, b in pairwise(turns) if a["conversation"] == b["conversation"] is not None}
    lines = [t | judged[t["id"]] | {"follow_up": t["id"] in follow_ups} for t in turns]
    result = {name: [t for t in lines if is_member(t)] for name, is_member in GROUPS.items()}
    for persona in dict.fromkeys(t["persona"] for t in turns):
        result[f"{persona}, held"] = [t for t in result["held"] if t["persona"] == persona]
    return result


def verdict_table(turns: Sequence[Line], verdicts: Sequence[Line], title: str) -> Table:
    """Return the shares of GOOD, PARTIAL and BAD with their intervals, by group and by persona."""
    grouped = groups(turns, {v["id"]: v for v in verdicts})
    rows = [
        [name, str(len(group)), *(f"{mean_interval([float(t['verdict'] == v) for t in group]):.2f}" for v in VERDICTS)]
        for name, group in grouped.items()
        if group
    ]
    return Table(title, ["turns", "n", *VERDICTS], rows)


@click.command()
@click.argument("turns", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write what visitors see, for a judge.")
@click.option("--judged", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Count these verdicts.")
def main(turns: Path, out: Path | None, judged: Path | None) -> None:
    """Ask the turns, or count a judge's verdicts on the answers in TURNS."""
    if judged:
        show(verdict_table(read_lines(turns), read_lines(judged), f"{turns.name}, with 95 % intervals"))
        return
    with corpus_chain() as chain:
        text = json_lines(answered(chain, list(track(read_lines(turns), "Asking"))))
    if out:
        write(out, text)
    else:
        click.echo(text, nl=False)


if __name__ == "__main__":
    main()
