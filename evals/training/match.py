"""Fits which known question asks the same as a first question: `python -m evals.training.match` (minutes).

The turns of burnt blind sets that nothing was asked before are asked, and what came near is right where its first passage is
one that the judge wanted, a known gap where nothing is held, the program's own words where it is asked. The weights are
those of a softmax over the candidates of a turn, by which the right ones together are to be likeliest. The table is of sets
that a model was not fitted on. Follow-ups: `evals.training.follow`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.answering.repetition import words
from app.known.match import Candidate, Matcher
from app.known.match_features import FEATURES, Row
from app.pipeline.chain import Chain
from app.query.understand import understand
from app.query.values import Turn
from evals.opening import corpus_chain
from evals.visitors import Line, read, says

BLIND = Path(__file__).resolve().parents[1] / "blind"
SETS = "bcdefg"  # of which all verdicts name what was wanted
PENALTY = 1e-3
ORDERED = tuple(name for name in FEATURES if name != "Chinese")  # which all candidates of a turn have in common
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A turn: its set, what is held, its candidates' values, a row each, which of them are right, and what it counts."""

    set: str
    held: str
    rows: Matrix
    right: NDArray[np.bool_]
    weight: float = 1.0


class Known:
    """The known questions of a chain, by what a judge wanted."""

    def __init__(self, matcher: Matcher) -> None:
        self.wordings, _ = matcher.known
        self._first = [set(words(matcher.read(q.held[0])).split()) if q.held else set() for q in self.wordings.questions]

    def wanted(self, verdict: Line) -> frozenset[int]:
        """Those whose first passage says what a judge wanted, the gaps where nothing is held, or those about the program."""
        if verdict["held"] in ("no", "about"):
            gaps = verdict["held"] == "no"
            found = (n for n, q in enumerate(self.wordings.questions) if (q.gap and not q.partial if gaps else q.about))
            return frozenset(found)
        return frozenset(n for n, said in enumerate(self._first) if says(said, verdict))

    def alike(self, question: str) -> frozenset[int]:
        """Those that are answered like the one of these words."""
        keys = {q.key for q in self.wordings.questions if q.question == question}
        return frozenset(n for n, q in enumerate(self.wordings.questions) if q.key in keys)


def burnt(name: str) -> Iterator[tuple[Line, tuple[Turn, ...], Line]]:
    """A burnt set -> its turns, each with those before it in its conversation and its verdict."""
    answers = BLIND / f"{name}.answers.jsonl"
    said = {line["id"]: line["text"] or line.get("note", "") for line in read(answers)} if answers.exists() else {}
    verdicts = {line["id"]: line for line in read(BLIND / f"{name}.judged.jsonl")}
    history: list[Turn] = []
    before = None
    for turn in read(BLIND / f"{name}.jsonl"):
        if turn["conversation"] is None or turn["conversation"] != before:
            history = []
        before = turn["conversation"]
        yield turn, tuple(history), verdicts[turn["id"]]
        history += [Turn("user", turn["question"]), Turn("assistant", said.get(turn["id"], ""))]


def asked(chain: Chain, known: Known, name: str) -> Iterator[Asked]:
    """A burnt set -> its first questions that something came near to."""
    assert chain.matcher
    for turn, history, verdict in track(list(burnt(name)), f"Set {name}"):
        near = () if history else chain.matcher.candidates(understand(turn["question"], (), chain.folder))
        if near:
            wanted = known.wanted(verdict)
            right = np.array([c.number in wanted for c in near])
            yield Asked(name, verdict["held"], rows_of(near, ORDERED), right)


def rows_of(near: Sequence[Candidate], names: Sequence[str]) -> Matrix:
    """Candidates -> their features of these names, a row each."""
    return np.array([[c.row[name] for name in names] for c in near])


def fit(turns: Sequence[Asked], names: Sequence[str] = ORDERED, penalty: float = PENALTY) -> Row:
    """Turns -> a weight a feature, with an L2 penalty on features of equal spread."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    spreads = np.maximum(np.concatenate([t.rows for t in turns]).std(0), 1e-6)
    told = [(t.rows / spreads, t.right, t.weight) for t in turns if t.right.any()]
    whole = sum(weight for *_, weight in told)

    def loss(w: Matrix) -> tuple[float, Matrix]:
        total, slope = penalty * float(w @ w), 2 * penalty * w
        for rows, right, weight in told:
            z = rows @ w
            p = np.exp(z - z.max())
            p /= p.sum()
            share = max(float(p[right].sum()), 1e-12)
            total -= weight * float(np.log(share)) / whole
            slope += rows.T @ (p - p * right / share) * weight / whole
        return total, slope

    w = minimize(loss, np.zeros(len(spreads)), jac=True, method="L-BFGS-B").x / spreads
    return {name: round(float(weight), 4) for name, weight in zip(names, w, strict=True)}


def report(turns: Sequence[Asked], model_of: dict[str, Row]) -> Table:
    """Turns -> how often the candidate that is ordered first is right, by what is held."""
    table = Table("held", "turns", "first right", "one of three right", "any right")
    for held in dict.fromkeys(t.held for t in turns):
        own = [t for t in turns if t.held == held]
        order = [np.argsort(-(t.rows @ np.array(list(model_of[t.set].values())))) for t in own]
        found = [[t.right[o[:n]].any() for t, o in zip(own, order, strict=True)] for n in (1, 3, len(own[0].right) + 999)]
        table.add_row(held, str(len(own)), *(f"{np.mean(column):.3f}" for column in found))
    return table


@click.command()
@click.option("--write", is_flag=True, help="Write the weights into app/known/match.json.")
def main(write: bool) -> None:
    """Print how often the right known question is put first, and the weights."""
    chain = corpus_chain()
    assert chain.matcher
    known = Known(chain.matcher)
    turns = [t for name in SETS for t in asked(chain, known, name)]
    console = Console(width=120)
    console.print(report(turns, {name: fit([t for t in turns if t.set != name]) for name in SETS}))
    weights = fit(turns)
    console.print(dict(weights))
    if write:
        path = Path(str(resources.files("app.known") / "match.json"))
        given = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(given | {"first": given["first"] | {"order": weights}}) + "\n", encoding="utf-8")
    chain.index.close()


if __name__ == "__main__":
    main()
