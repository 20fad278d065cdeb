"""Fits which known question a follow-up asks, and what that is worth: `python -m evals.training.follow` (15 minutes).

Three kinds of turns are asked behind others: follow-ups of burnt blind sets, right as `evals.training.match` says; first
questions of these sets behind another first question, which are changes of subject; and `follow_ups.jsonl`, conversations
that were written for known questions (by runs of a language model that saw the questions and the beginnings of their
answers and nothing else of the program), of which each turn names the one that it asks. First the maps of
`evals.training.behind` are trained, then the order of the candidates is fitted like that of first questions, then what the
first of them are worth, by a logistic regression; each on what the step before it was not trained on. The tables are of
sets and writers that nothing was fitted on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from app.known.alike import Behind
from app.known.match import READ_FIRST, Candidate, Matcher, Weights
from app.known.match_features import FOLLOWED, Row
from app.pipeline.chain import Chain
from app.query.understand import understand
from app.query.values import Query, Turn
from evals.opening import corpus_chain
from evals.training import behind, decide
from evals.training.match import Asked, Known, burnt, fit, report, rows_of
from evals.visitors import read

HERE = Path(__file__).resolve().parent
SETS = "bcdefghijklm"
FOLDS = 6
ORDERED = tuple(name for name in FOLLOWED if name != "Chinese")
JUDGED = (*FOLLOWED, "order", "reader", "unread")
PENALTY = 1e-2
STRANGERS = 3.0  # what a stranger's follow-up counts beside one that was written for a known question
APART = 7  # turns between a first question and the one that it is asked behind
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Told:
    """A follow-up: the set or writer that it is of, what is held, the numbers of the known questions that it may mean, and
    what it counts."""

    query: Query
    set: str
    held: str
    right: frozenset[int]
    weight: float


def strangers(chain: Chain, known: Known, name: str) -> Iterator[Told]:
    """A burnt set -> its follow-ups, and its first questions as changes of subject."""
    turns = list(burnt(name))
    first = [turn["question"] for turn, history, _ in turns if not history]
    for n, (turn, history, verdict) in enumerate(turns):
        before = history or (Turn("user", first[(n + APART) % len(first)]), Turn("assistant", ""))
        held = verdict["held"] if history else "another subject"
        query = understand(turn["question"], before, chain.folder)
        yield Told(query, name, held, known.wanted(verdict), STRANGERS if history else 1.0)


def written(chain: Chain, known: Known) -> Iterator[Told]:
    """The follow-ups that were written for known questions."""
    for line in read(HERE / "follow_ups.jsonl"):
        history: list[Turn] = []
        for turn in line["turns"]:
            query = understand(turn["typed"], history, chain.folder)
            if history:
                yield Told(query, line["conversation"][2], "written", known.alike(turn["known"]), 1.0)
            history += [Turn("user", turn["typed"]), Turn("assistant", "")]


def maps(turns: Sequence[Told], matcher: Matcher, known: Known) -> Behind:
    """Follow-ups -> the maps that are trained on them. Gaps are learnt from those that name one: that nothing is held is no
    place."""
    wordings = known.wordings
    told = [t for t in turns if 0 < len(t.right) < len(wordings.questions) // 10]
    examples = []
    for turn in told:
        texts = (turn.query.text, turn.query.before, f"{turn.query.before} {turn.query.text}")
        examples.append(behind.Example(matcher.embedder.queries(texts), tuple(turn.right), turn.weight))
    centres = behind.centres(wordings.vectors, wordings.owner, len(wordings.questions))
    return behind.train(examples, centres, matcher.model.alike)


def with_maps(matcher: Matcher, found: Behind) -> Matcher:
    """The same matcher with other maps."""
    return Matcher(matcher.store, matcher.embedder, replace(matcher.model, behind=found), matcher.reader, matcher.read)


def near(turns: Sequence[Told], matcher: Matcher) -> list[tuple[Told, tuple[Candidate, ...], Asked]]:
    """Follow-ups that something came near to, with what did, and as the fit of an order wants them."""
    found = []
    for turn in track(turns, "Asking"):
        if candidates := matcher.candidates(turn.query):
            right = np.array([c.number in turn.right for c in candidates])
            asked = Asked(turn.set, turn.held, rows_of(candidates, ORDERED), right, turn.weight)
            found.append((turn, candidates, asked))
    return found


def worth(
    turn: Told, candidates: Sequence[Candidate], order: Row, matcher: Matcher
) -> tuple[list[list[float]], list[float]]:
    """A follow-up's first candidates in an order -> rows in the order of `JUDGED`, and which are right."""
    weights = Weights(order, {})
    best = sorted(candidates, key=lambda c: -weights.score(c.row))[:READ_FIRST]
    read = matcher.readings(turn.query.standalone, [c.known for c in best])
    rows = [weights.judged(c.row, logit) for c, logit in zip(best, read, strict=True)]
    return [[row[name] for name in JUDGED] for row in rows], [float(c.number in turn.right) for c in best]


@click.command()
@click.option("--write", is_flag=True, help="Write match.json and behind.npz of app/retrieval.")
def main(write: bool) -> None:
    """Print how often the right known question is put first, said against true, and the weights."""
    console, chain = Console(width=120), corpus_chain()
    matcher = chain.matcher
    assert matcher
    known = Known(matcher)
    turns = [t for name in SETS for t in strangers(chain, known, name)] + list(written(chain, known))
    turns = [t for t in turns if t.query.before]
    fold = {name: n % FOLDS for n, name in enumerate(dict.fromkeys(t.set for t in turns))}
    found = []
    for k in range(FOLDS):
        own = with_maps(matcher, maps([t for t in turns if fold[t.set] != k], matcher, known))
        found += near([t for t in turns if fold[t.set] == k], own)
    orders = {k: fit([a for t, _, a in found if fold[t.set] != k], ORDERED, PENALTY) for k in range(FOLDS)}
    console.print(report([a for *_, a in found], {name: orders[k] for name, k in fold.items()}))
    judged = [worth(t, c, orders[fold[t.set]], matcher) for t, c, _ in track(found, "Reading")]
    rows, good = (np.array([x for j in judged for x in j[side]]) for side in (0, 1))
    of = [t for (t, *_), j in zip(found, judged, strict=True) for _ in j[1]]
    said = decide.held_out(rows, good, [str(fold[t.set]) for t in of])
    for kind, members in {"strangers'": ("yes", "partly", "no", "about"), "another subject": ("another subject",)}.items():
        shown = np.array([t.held in members for t in of])
        console.print(decide.report(kind, said[shown], good[shown]))
    weights, bias = decide.fit(rows, good)
    follow = {
        "order": dict(fit([a for *_, a in found], ORDERED, PENALTY)),
        "good": {n: round(float(w), 4) for n, w in zip(JUDGED, weights, strict=True)} | {"bias": round(bias, 4)},
    }
    console.print(follow)
    if write:
        path = Path(str(resources.files("app.known") / "match.json"))
        path.write_text(
            json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"follow": follow}) + "\n", encoding="utf-8"
        )
        maps(turns, matcher, known).save(path.with_name("behind.npz"))
    chain.index.close()


if __name__ == "__main__":
    main()
