"""Fits what makes one scale of every way a passage is read.

`python -m evals.training.calibrate` shows what the two numbers of `app.answering.verify` would be on our own tuning
questions; those that count are fitted on strangers' (`evals.training.match`).
`python -m evals.training.calibrate FOLDER` fits the lines of `app.retrieval.scale` beneath them, on FOLDER's questions about
its Chinese documents and on our own, which those documents surely do not answer (two minutes, half of it for vectors that
are kept). `--also FILE` has the same questions in English, by id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from app.answering.verify import INTERCEPT, WEIGHT, read_score
from app.pipeline.chain import Chain
from app.query.understand import understand
from app.retrieval.scale import Line, pair
from app.settings import read_settings
from evals.cases import Case, own_cases, read_cases
from evals.folder import same_sentence, sample
from evals.metrics import auroc
from evals.opening import corpus_chain, open_with_bar

Column = NDArray[np.float64]
Flags = NDArray[np.bool_]
NOTHING = -10.0  # where nothing was found
THRESHOLDS = tuple(round(0.05 * n, 2) for n in range(1, 20))
SAMPLE = 150  # questions of a file
FOREIGN = 60  # of our own in each language
PENALTY = 500.0  # the inverse of the L2 penalty's weight; the passages of all questions together weigh 1
ROUNDS = 5  # which passage is the best depends on the line, and the line on which is the best


# --- the confidence, on our own questions


def read_scores(chain: Chain, cases: Sequence[Case]) -> Column:
    """Cases -> each case's score, of the best passage and its paragraph."""
    scores = []
    for case in cases:
        hits = chain.ask(case.question, case.history).hits
        scores.append(read_score(hits) if hits else NOTHING)
    return np.array(scores, dtype=float)


def fit(scores: Column, answerable: Flags) -> tuple[float, float]:
    """Scores -> intercept and weight of an L2 logistic regression; both kinds of case weigh the same."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    model: Any = LogisticRegression(class_weight="balanced").fit(scores[:, None], answerable)
    return float(model.intercept_[0]), float(model.coef_[0, 0])


def curve(confidence: Column, answerable: Flags) -> list[tuple[float, float, float]]:
    """Confidences -> (threshold, hallucination rate, over-refusal rate)."""
    no, yes = confidence[~answerable], confidence[answerable]
    return [(t, float((no >= t).mean()), float((yes < t).mean())) for t in THRESHOLDS]


def confidence_of_own_cases() -> None:
    """Print INTERCEPT, WEIGHT and what each threshold costs, on both halves of the cases; only the tuning half is fitted."""
    chain = corpus_chain()
    halves = {"tune": own_cases("tune"), "report": own_cases("report")}
    read = {n: (read_scores(chain, cases), np.array([c.answerable for c in cases])) for n, cases in halves.items()}
    intercept, weight = fit(*read["tune"])
    click.echo(f"INTERCEPT = {intercept:.3f}\nWEIGHT = {weight:.3f}")
    for name, (values, answerable) in read.items():
        confidence = 1.0 / (1.0 + np.exp(-(intercept + values * weight)))
        area = auroc(confidence, answerable)
        click.echo(f"\n{name}: {len(answerable)} cases, {answerable.sum()} answerable, AUROC {area:.3f}")
        click.echo("threshold  hallucination  over-refusal")
        for threshold, hallucination, refusal in curve(confidence, answerable):
            click.echo(f"{threshold:9.2f}  {hallucination:13.3f}  {refusal:12.3f}")


# --- the lines, on a folder of Chinese documents


@dataclass(frozen=True, slots=True)
class Looked:
    """A question and the passages that were looked at: two measures a row, what they are ranked by besides, which hold the
    answer, and whether any document does."""

    measures: Column
    besides: Column
    right: Flags
    answerable: bool
    pair: str
    half: str

    def best(self, line: Line) -> int:
        """The passage that is ranked first."""
        return int(np.argmax(line.logits(self.measures) + self.besides))


def looked_at(chain: Chain, case: Case) -> Looked | None:
    """A case -> what the chain looks at for it; None where nothing was found, or what the reranker reads."""
    retriever = chain.retriever
    question = understand(case.question, (), chain.folder).subqueries()[0]
    candidates = [c for c in retriever.search(question) if c.common]
    if not candidates:
        return None
    rows = np.concatenate([retriever.scale.measures(question, c.document.language, c.cosines, c.common) for c in candidates])
    at = {(p.document_id, p.start): n for n, p in enumerate(p for c in candidates for p in c.chunk.passages)}
    hits = retriever.rank(question, candidates)
    right = [any(same_sentence(e.text, gold.quote) for gold in case.evidence) for e in retriever.evidence(hits)]
    return Looked(
        rows[[at[h.passage.document_id, h.passage.start] for h in hits]],
        np.array([h.retrieval_score + h.feature_score for h in hits]),
        np.array(right),
        case.answerable,
        pair(question.tongue, candidates[0].document.language),
        case.split,
    )


def fit_line(questions: Sequence[Looked]) -> Line:
    """Questions -> what tells passages that answer from all others, stretched until the best passage's logit gives, through
    the confidence's two numbers, the chance that there is an answer."""
    steps = direction(questions)
    answerable = np.array([q.answerable for q in questions])
    line = Line(0.0, *steps.tolist())
    for _ in range(ROUNDS):
        scores = np.array([q.measures[q.best(line)] @ steps for q in questions])
        middle, spread = scores.mean(), scores.std()
        intercept, weight = fit((scores - middle) / spread, answerable)
        bias = (intercept - weight * middle / spread - INTERCEPT) / WEIGHT
        line = Line(float(bias), *(steps * weight / spread / WEIGHT).tolist())
    return line


def direction(questions: Sequence[Looked]) -> Column:
    """Questions -> the weights of a logistic regression over passages; each question counts once, however many it has."""
    from sklearn.linear_model import LogisticRegression

    rows = np.concatenate([q.measures for q in questions])
    right = np.concatenate([q.right for q in questions])
    share = np.concatenate([np.full(len(q.right), 1 / len(q.right) / len(questions)) for q in questions])
    spread = rows.std(axis=0)
    model: Any = LogisticRegression(C=PENALTY, max_iter=1_000).fit((rows - rows.mean(axis=0)) / spread, right, share)
    return np.asarray(model.coef_[0] / spread)


def cases_for(folder: Path, also: Path | None) -> list[Case]:
    """A folder -> its questions, the same in another language, and our own that it does not answer."""
    asked = read_cases(folder / "questions.jsonl")
    evidence = {c.id: c.evidence for c in asked}
    same = [replace(c, evidence=evidence[c.id]) for c in read_cases(also) if c.id in evidence] if also else []
    own = [replace(c, answerable=False, evidence=()) for c in own_cases() if not c.history]
    foreign = [list(sample([c for c in own if (c.language == "zh") == chinese], FOREIGN, 0)) for chinese in (True, False)]
    return [*sample(asked, SAMPLE, 0), *sample(same, SAMPLE, 1), *foreign[0], *(foreign[1] if also else [])]


def lines_of_folder(folder: Path, also: Path | None) -> None:
    """Print LINES, and on both halves how well they tell; only the tuning half is fitted."""
    settings = read_settings()
    chain = open_with_bar(folder / "docs", settings).chain
    questions = [q for case in cases_for(folder, also) if (q := looked_at(chain, case))]
    for name in dict.fromkeys(q.pair for q in questions):
        halves = {half: [q for q in questions if (q.pair, q.half) == (name, half)] for half in ("tune", "report")}
        line = fit_line(halves["tune"])
        click.echo(f'    "{name}": Line(bias={line.bias:.2f}, near={line.near:.1f}, common={line.common:.1f}),')
        for half, asked in halves.items():
            click.echo(f"{half}: {told(asked, line, settings.threshold)}")
    chain.index.close()


def told(questions: Sequence[Looked], line: Line, threshold: float) -> str:
    """A line -> how well it ranks and tells."""
    best = [q.best(line) for q in questions]
    logits = np.array([line.logits(q.measures)[n] for q, n in zip(questions, best, strict=True)])
    confidence = 1.0 / (1.0 + np.exp(-(INTERCEPT + WEIGHT * logits)))
    answerable = np.array([q.answerable for q in questions])
    first = np.mean([q.right[n] for q, n in zip(questions, best, strict=True) if q.answerable])
    answered = [float((confidence[kind] >= threshold).mean()) for kind in (answerable, ~answerable)]
    return (
        f"{len(questions)} questions, {answerable.sum()} answerable, right passage first {first:.3f}, AUROC "
        f"{auroc(confidence, answerable):.3f}, answered {answered[0]:.3f} and of the foreign ones {answered[1]:.3f}"
    )


@click.command()
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--also", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The same questions in English.")
def main(folder: Path | None, also: Path | None) -> None:
    """Print the numbers of the confidence or, with FOLDER (docs and questions.jsonl), those of the lines."""
    if folder:
        lines_of_folder(folder, also)
    else:
        confidence_of_own_cases()


if __name__ == "__main__":
    main()
