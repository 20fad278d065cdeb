"""`python -m benchmarks.choice`: how well statements are read, and how likely the best one answers (three minutes).

The held-out turns of `evals/training/choices.jsonl` that are searched, and our own cases. A best statement is right if the
judge of the turn chose it or called it right as well; for one of our own cases, if it holds an answer of the case. The
weights of `app.known.choosing` are a logistic regression on the held-out turns and the tuning half, those that are printed
for the reported half are measured alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import click
import numpy as np
from sklearn.linear_model import LogisticRegression

from app.answering.confidence import confidence
from app.known.choosing import Chooser
from app.known.match import turn_text
from app.known.statements import KnownStatement
from app.pipeline.chain import Chain
from app.pipeline.values import Request
from app.query.values import Turn
from app.settings import read_settings
from evals.cases import Case, Line, own_cases, read_lines
from evals.folder import corpus_chain
from evals.metrics import auroc
from evals.tables import Table, show
from evals.training.train_statements import CHOICES, HELD_OUT, texts_of
from ingest.models.load import PairScorer
from ingest.questions.known import all_questions

SHOWN = 0.5  # the probability from which statements are counted as shown


@dataclass(frozen=True, slots=True)
class Best:
    """The best statement of a turn: its score, the log-odds of the search's confidence, whether it is right."""

    group: str
    score: float
    odds: float
    right: bool


def best(
    chain: Chain, chooser: Chooser, group: str, request: Request, is_right: Callable[[KnownStatement], bool]
) -> Best | None:
    """Return the best statement of a turn, None if a known question answers it or no statement is read."""
    ranked = chain.find(request)
    decision = ranked.matched.decision
    if decision.match or decision.parts or decision.is_settled or not decision.query.asks:
        return None
    for item, score in chooser.read(decision.query, ranked.hits):
        if not item.is_absence:
            found = max(map(confidence, ranked.rankings), default=0.0)
            kept = min(max(found, 0.01), 0.99)
            return Best(group, score, math.log(kept / (1 - kept)), is_right(item))
    return None


def judged(line: Line) -> tuple[Request, Callable[[KnownStatement], bool]]:
    """Return a judged turn, after those before it, and which statements are right."""
    history = tuple(turn for text in line["before"] for turn in (Turn("user", text), Turn("assistant", "")))
    return Request(line["turn"], history), lambda item: item.id in (*line["pick"], *line["ok"])


def answered(case: Case) -> tuple[Request, Callable[[KnownStatement], bool]]:
    """Return one of our own cases, and which statements are right."""
    parts = [part.lower() for group in case.answer_groups for part in group]
    holds = (lambda item: any(part in item.read.lower() for part in parts)) if parts else (lambda _: True)
    return Request(case.question, case.history), lambda item: case.answerable and holds(item)


def reading(reader: PairScorer) -> list[list[str]]:
    """Return how often the judged statements of the held-out turns come first, and their average precision."""
    texts = texts_of(all_questions(read_settings().corpus))
    rows = []
    for line in read_lines(CHOICES)[::HELD_OUT]:
        ids = [i for i in line["candidates"] if i in texts]
        picked = [i for i in line["pick"] if i in ids]
        if picked:
            scores = reader.scores(turn_text(line["turn"], tuple(line["before"])), [texts[i] for i in ids])
            order = [ids[n] for n in np.argsort(-np.array(scores), kind="stable")]
            places = np.flatnonzero([i in picked for i in order]) + 1
            precision = float(np.mean(np.arange(1, len(places) + 1) / places))
            rows.append((order[0] in picked, order[0] in (*picked, *line["ok"]), precision))
    return [[str(len(rows)), *(f"{share:.3f}" for share in np.mean(rows, axis=0))]]


def turns() -> Iterator[tuple[str, Request, Callable[[KnownStatement], bool]]]:
    """Yield all turns, each with the name of what it belongs to."""
    for line in read_lines(CHOICES)[::HELD_OUT]:
        yield "held out", *judged(line)
    for case in own_cases():
        yield case.split, *answered(case)


def measures(name: str, found: Sequence[Best], model: LogisticRegression) -> list[str]:
    """Return a row of the table: turns, AUC of the score alone and of the probability, and what would be shown."""
    right = np.array([b.right for b in found])
    likely = model.predict_proba([[b.score, b.odds] for b in found])[:, 1]
    aucs = [f"{auroc(column, right):.3f}" for column in (np.array([b.score for b in found]), likely)]
    shown = likely >= SHOWN
    return [name, str(len(found)), *aucs, str(sum(shown & right)), str(sum(shown & ~right)), str(sum(~shown & right))]


@click.command()
def main() -> None:
    """Print the weights, and how well they part right statements from wrong ones."""
    with corpus_chain() as chain:
        assert chain.chooser
        read = reading(chain.chooser.reader)
        found = [b for group, request, right in turns() if (b := best(chain, chain.chooser, group, request, right))]
    fitted = [b for b in found if b.group != "report"]
    model = LogisticRegression(C=1).fit([[b.score, b.odds] for b in fitted], [b.right for b in fitted])
    groups = {"fitted on": fitted, "of these, held-out turns": [b for b in fitted if b.group == "held out"]}
    groups["reported half of our own cases"] = [b for b in found if b.group == "report"]
    heads = ["", "turns", "AUC, score", "AUC, probability", "shown, right", "shown, wrong", "right, not shown"]
    show(Table("Held-out turns", ["turns", "first chosen", "or right as well", "average precision"], read), "")
    weights = [round(float(w), 2) for w in (*model.coef_[0], *model.intercept_)]
    rows = [measures(name, sub, model) for name, sub in groups.items()]
    show(Table("The best statement", heads, rows), f"score, confidence, intercept: {weights}")


if __name__ == "__main__":
    main()
