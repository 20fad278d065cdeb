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
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.pipeline.chain import Chain
from app.query.understand import understand
from app.query.values import Turn
from app.retrieval.retriever import WEIGHTS, passage_features
from evals.cases import read_cases, read_lines
from evals.folder import corpus_chain
from evals.training.reader_data import HELD_OUT
from ingest.documents import contextualised_texts

PENALTY = 3e-3
COLUMNS = ("read", "found", *WEIGHTS)
START = np.array([1.0, 1.0, *([0.0] * len(WEIGHTS))])
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question and the passages that answer it, as they read alone; `document` is what it is about."""

    question: str
    history: tuple[Turn, ...]
    right: frozenset[str]
    document: str


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


def questions() -> list[LabelledQuestion]:
    """Return the questions with an answer of `heldout.jsonl`, of the visitors' cases and of those on several things."""
    lines = [line for line in read_lines(HELD_OUT) if line["kind"] == "answerable"]
    questions = [LabelledQuestion(line["question"], (), frozenset(line["quotes"]), line["document"]) for line in lines]
    for name in ("visitors_heldout", "several_heldout"):
        for case in read_cases(HELD_OUT.with_name(f"{name}.jsonl")):
            if case.answerable:
                right = frozenset(gold.quote for gold in (*case.evidence, *case.alternative_evidence))
                questions.append(LabelledQuestion(case.question, case.history, right, f"{case.group}.md"))
    return questions


def ranked(chain: Chain, labelled: LabelledQuestion) -> Ranked | None:
    """Return the passages that the chain ranks for a question.

    Returns:
        The passages, or None if the question has several parts: these are ranked separately.
    """
    retriever = chain.retriever
    question = understand(labelled.question, labelled.history, chain.folder)
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
    rerank, retrieval = [h.rerank_score for h in hits], [h.retrieval_score for h in hits]
    passages = np.column_stack([rerank, retrieval, lexical])
    return Ranked(passages, np.array([text in labelled.right for text in texts]), labelled.document)


def softmax_weights(groups: Sequence[tuple[Matrix, NDArray[np.bool_]]], start: Matrix, penalty: float) -> Matrix:
    """Fit the weights of the columns, so that the right rows of each group are together the likeliest.

    The likelihood is a softmax over the rows of a group. An L2 penalty holds the weights near `start`.

    Args:
        groups: The rows of each group, and which of them are right.
        start: The weights to begin with.
        penalty: The strength of the L2 penalty.
    """
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        total, gradient = 0.0, np.zeros_like(weights)
        for columns, right in groups:
            scores = columns @ weights
            shares = np.exp(scores - scores.max())
            right_shares = np.where(right, shares, 0.0)
            total -= float(np.log(max(right_shares.sum() / shares.sum(), 1e-12)))
            gradient -= (right_shares / max(right_shares.sum(), 1e-300) - shares / shares.sum()) @ columns
        distance = weights - start
        return total / len(groups) + penalty * float(distance @ distance), gradient / len(groups) + 2 * penalty * distance

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
    chain = corpus_chain()
    rankings = [r for labelled in track(questions(), "Asking") if (r := ranked(chain, labelled))]
    table = Table("ranked by", "first", "among three", "reciprocal rank")
    table.add_row("the reranker and the searches", *rank_measures([q.place(START) for q in rankings]))
    fold_weights = {d: fit([q for q in rankings if q.document != d]) for d in {q.document for q in rankings}}
    held_out = [q.place(fold_weights[q.document]) for q in rankings]
    table.add_row("these weights, fitted on other documents", *rank_measures(held_out))
    current = np.array([1.0, 1.0, *WEIGHTS.values()])
    table.add_row("the weights in use", *rank_measures([q.place(current) for q in rankings]))
    weights = fit(rankings)
    console = Console(width=120)
    console.print(f"{len(rankings)} questions", table)
    console.print({name: round(float(w / weights[0]), 2) for name, w in zip(COLUMNS, weights, strict=True)})


if __name__ == "__main__":
    main()
