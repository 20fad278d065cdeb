"""Fits which figure, date or name was asked for in an answer: `python -m evals.training.highlight [--write]` (minutes).

The turns of `highlight.jsonl` are asked. A reader judged strictly which words of an answer's first sentence say what was
asked for: none if a note denies it, if several things are asked for or named, or if they are of something else. A turn whose
answer has another first sentence by now is left out. Every tenth turn is held out, and the table is of these.
"""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.progress import track

from app.answering import highlight
from app.answering.highlight import Features, best_span, probability, setting_of
from app.pipeline.chain import Chain
from app.query.understand import understand
from evals.cases import Line, read_lines
from evals.folder import corpus_chain
from evals.tables import Table, show
from evals.training.match import fit

TURNS = Path(__file__).with_name("highlight.jsonl")
WEIGHTS = Path(highlight.__file__).with_name("highlight.json")
Judged = tuple[Features, bool]


def judged(chain: Chain, line: Line) -> Judged | None:
    """Return what is seen of the likeliest span of a turn's answer, and whether it is what was asked for."""
    query, answer = understand(line["question"], (), chain.folder), chain.ask(line["question"])
    if query.answer_type is None or not answer.sentences or answer.sentences[0].text != line["sentence"]:
        return None
    setting = setting_of(query.answer_type, answer.sentences, answer.status == "partial")
    best = best_span(query.standalone, line["sentence"], query.answer_type, setting)
    return (best[1], line["sentence"][slice(*best[0])] == line["asked"]) if best else None


def report(weights: Features, turns: list[Judged]) -> Table:
    """Return how many spans are marked, and how many of them are right, by the probability from which they are."""
    found = [(probability(features, weights), right) for features, right in turns]
    rows = []
    for least in (0.5, 0.6, 0.7, 0.75, 0.8, 0.9):
        marked = [right for p, right in found if p >= least]
        rows.append([str(least), str(len(marked)), str(sum(marked))])
    return Table(f"{len(turns)} turns that nothing was fitted on", ["least", "marked", "right"], rows)


@click.command()
@click.option("--write", is_flag=True, help=f"Write the weights into {WEIGHTS.name}.")
def main(write: bool) -> None:
    """Fit the weights, and print what they are worth."""
    with corpus_chain() as chain:
        turns = list(filter(None, (judged(chain, line) for line in track(read_lines(TURNS), "Asking"))))
    taught = [turn for n, turn in enumerate(turns) if n % 10]
    weights = fit([features for features, _ in taught], [float(right) for _, right in taught])
    show(report(weights, turns[::10]))
    if write:
        WEIGHTS.write_text(json.dumps(weights) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
