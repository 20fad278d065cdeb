"""Fits the weights of `app.retrieval.retriever` on questions about documents that the reranker was not trained on.

Run `python -m evals.training.fit_weights` (nine minutes on two cores).

For each question a softmax over its passages, those that answer it together as likely as possible; an L2 penalty holds the
weights near 0, those of the reranker and the searches near 1. One row of the table is cross-validated: each document's
questions are ranked with what the other documents' give. The weights in use have seen them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import click
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from app.pipeline.chain import Chain
from app.query.understand import understand
from app.retrieval.retriever import WEIGHTS, passage_features
from evals.cases import Case, read_cases
from evals.folder import corpus_chain
from evals.tables import Table, show
from evals.training.reader_data import FOLDER
from ingest.documents import contextualised_texts

HELD_OUT = tuple(FOLDER / f"{name}.jsonl" for name in ("heldout", "visitors_heldout", "several_heldout"))
PENALTY = 3e-3
COLUMNS = ("read", "found", *WEIGHTS)
START = np.array([1.0, 1.0, *([0.0] * len(WEIGHTS))])
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A question's passages, one row each, one column a weight, and which of them answer; `document` is its fold."""

    passages: Matrix
    right: NDArray[np.bool_]
    document: str

    def place(self, weights: Matrix) -> int:
        """Rank the passages by `weights` and return the place of the first that answers, from 1; 0 if none does."""
        order = np.argsort(-(self.passages @ weights), kind="stable")
        places = np.flatnonzero(self.right[order])
        return int(places[0]) + 1 if len(places) else 0


def questions() -> list[Case]:
    """Return the held-out questions with an answer: typed by us, by visitors, and on several things."""
    return [case for path in HELD_OUT for case in read_cases(path) if case.answerable]


def ranked(chain: Chain, case: Case) -> Ranked | None:
    """Return the passages that the chain ranks for a question, and which of them answer as they read alone.

    Returns:
        The passages, or None if the question has several parts: these are ranked separately.
    """
    retriever = chain.retriever
    question = understand(case.question, case.history, chain.folder)
    if question.parts:
        return None
    candidates = retriever.search(question)
    context_texts = {
        (p.document_id, p.start): t
        for c in candidates
        for p, t in zip(c.chunk.passages, contextualised_texts(c.chunk, c.document), strict=True)
    }
    hits = retriever.rank(question, candidates)
    evidence = retriever.evidence(hits)
    texts = [e.text for e in evidence]
    contexts = [context_texts[h.passage.document_id, h.passage.start] for h in hits]
    subjects = [e.passage.subject(e.document.text) for e in evidence]
    lexical = passage_features(question.search_words, question.years, texts, contexts, subjects)
    passages = np.column_stack([[h.rerank_score for h in hits], [h.retrieval_score for h in hits], lexical])
    right = {gold.quote for gold in (*case.evidence, *case.alternative_evidence)}
    return Ranked(passages, np.array([text in right for text in texts]), case.group)


def softmax_weights(groups: Sequence[tuple[Matrix, NDArray[np.bool_]]], start: Matrix, penalty: float) -> Matrix:
    """Fit the weights of the columns, so that the right rows of each group are together the likeliest.

    The likelihood is a softmax over the rows of a group. An L2 penalty holds the weights near `start`.

    Args:
        groups: The rows of each group, and which of them are right, at least one.
        start: The weights to begin with.
        penalty: The strength of the L2 penalty.
    """
    from scipy.optimize import minimize  # type: ignore[import-untyped]
    from scipy.special import logsumexp, softmax  # type: ignore[import-untyped]

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        distance = weights - start
        total, gradient = penalty * float(distance @ distance), 2 * penalty * distance
        for columns, right in groups:
            scores = columns @ weights
            total += (logsumexp(scores) - logsumexp(scores[right])) / len(groups)
            gradient += (softmax(scores) @ columns - softmax(scores[right]) @ columns[right]) / len(groups)
        return total, gradient

    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)


def fit(questions: Sequence[Ranked]) -> Matrix:
    """Fit one weight for each column of the questions' passages."""
    groups = [(q.passages, q.right) for q in questions if q.right.any() and not q.right.all()]
    return softmax_weights(groups, START, PENALTY)


def rank_measures(places: Sequence[int]) -> list[str]:
    """Format the share of questions with a right passage first, the share among three, and the MRR.

    `places` holds the place of the first right passage of each question, from 1; 0 if there is none.
    """
    ranks = np.array(places)
    reciprocals = np.where(ranks > 0, 1 / np.maximum(ranks, 1), 0)
    return [f"{share.mean():.3f}" for share in (ranks == 1, (ranks > 0) & (ranks <= 3), reciprocals)]


@click.command()
def main() -> None:
    """Print the weights in the measure of the first, and how well they rank beside none."""
    with corpus_chain() as chain:
        rankings = [r for case in track(questions(), "Asking") if (r := ranked(chain, case))]
    fold_weights = {d: fit([q for q in rankings if q.document != d]) for d in {q.document for q in rankings}}
    current = np.array([1.0, 1.0, *WEIGHTS.values()])
    places = {
        "the reranker and the searches": [q.place(START) for q in rankings],
        "these weights, fitted on other documents": [q.place(fold_weights[q.document]) for q in rankings],
        "the weights in use": [q.place(current) for q in rankings],
    }
    rows = [[name, *rank_measures(ranks)] for name, ranks in places.items()]
    weights = fit(rankings)
    fitted = {name: round(float(w / weights[0]), 2) for name, w in zip(COLUMNS, weights, strict=True)}
    show(Table(f"{len(rankings)} questions", ["ranked by", "first", "among three", "reciprocal rank"], rows), str(fitted))


if __name__ == "__main__":
    main()
