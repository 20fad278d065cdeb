"""The claim checker on true sentences about the corpus, the same with one thing changed, and claims of a public set:
`python -m evals.claims`.

`--fit` prints the weights of `app.groundedness.checker`, fitted on the tuning half; all tables are of the reported half.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from app.groundedness.checker import ENOUGH, ClaimChecker, objection, plain
from app.groundedness.support import content, support
from app.store.quality import Share
from evals.altered import KINDS, Paraphrase, altered, paraphrases
from evals.halves import balanced_accuracy, best_threshold, half_of
from evals.intervals import interval
from evals.metrics import auroc
from ingest.models import Reranker, load_reranker

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]
FIRM = 1.0  # inverse strength of the penalty on the weights


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with evidence that supports it or does not."""

    id: str
    claim: str
    evidence: tuple[str, ...]
    supported: bool


def public_claims(file: Path) -> list[Example]:
    """A file with one JSON object a line, id, claim, evidence (sentences), label (supported or another word) -> its
    claims."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [Example(r["id"], r["claim"], tuple(r["evidence"]), r["label"] == "supported") for r in rows]


def own_claims(cases: Sequence[Paraphrase]) -> list[Example]:
    """Cases -> each sentence with its passage, which supports it, and with the most similar one of its document, which does
    not."""
    found = []
    for case in cases:
        words = set(content(case.claim))
        others = {c.evidence for c in cases if c.document == case.document and c.evidence != case.evidence}
        wrong = max(sorted(others), key=lambda e: len(words & set(content(e))))
        found += [Example(case.id, case.claim, (case.evidence,), True), Example(case.id, case.claim, (wrong,), False)]
    return found


def main_table(checker: ClaimChecker, cases: Sequence[Paraphrase]) -> Table:
    """A checker and cases -> what is caught by kind of change, and how many true sentences are refused, with 95 % intervals
    (Wilson)."""
    table = Table("sentences", "refused", "of", "share", "95 % interval")
    verdicts = {case: checker.check(case.claim, [case.evidence]) for case in cases}
    _row(table, "true", [not v.supported for v in verdicts.values()])
    changed = altered(cases)
    for kind in KINDS:
        refused = [not checker.check(a.claim, [a.of.evidence]).supported for a in changed if a.kind == kind]
        _row(table, f"{kind} changed", refused)
    wrong = [e for e in own_claims(cases) if not e.supported]
    _row(table, "true, over the wrong passage", [not checker.check(e.claim, e.evidence).supported for e in wrong])
    return table


def _row(table: Table, name: str, refused: Sequence[bool]) -> None:
    share = Share(sum(refused), len(refused))
    low, high = share.interval
    table.add_row(name, str(share.hits), str(share.cases), f"{share.value:.3f}", f"{low:.3f} to {high:.3f}")


def public_table(checker: ClaimChecker, scorer: Reranker, examples: Sequence[Example]) -> Table:
    """A checker and a public set -> balanced accuracy and AUROC on the reported half of it; the other half gives the
    baselines' thresholds."""
    tune = np.array([half_of(e.id) == "tune" for e in examples])
    label = np.array([e.supported for e in examples])
    overlap = np.array([_overlap(e) for e in examples])
    scores = np.array([max(scorer.scores(e.claim, _likely(e)), default=0.0) for e in examples])
    held = np.array([checker.probability(plain(e.claim), [plain(t) for t in e.evidence]) for e in examples])
    strict = np.array([not objection(plain(e.claim), [plain(t) for t in e.evidence]) for e in examples])
    table = Table("on the reported half", "balanced accuracy", "95 % interval", "AUROC")
    for name, values, threshold in (
        ("word overlap", overlap, best_threshold(overlap[tune], label[tune])),
        ("cross-encoder", scores, best_threshold(scores[tune], label[tune])),
        ("support score", held, ENOUGH),
        ("strict rules", strict.astype(float), 0.5),
        ("whole checker", held * strict, ENOUGH),
    ):
        kept, truth = values[~tune] >= threshold, label[~tune]
        found = interval(balanced_accuracy, truth, kept)
        shown = f"{found.low:.3f} to {found.high:.3f}"
        table.add_row(name, f"{found.value:.3f}", shown, f"{auroc(values[~tune], truth):.3f}")
    table.caption = f"{int((~tune).sum())} claims, {int(label[~tune].sum())} of them supported"
    return table


def _overlap(example: Example) -> float:
    words = set(content(example.claim))
    return len(words & set(content(" ".join(example.evidence)))) / max(len(words), 1)


def _likely(example: Example, most: int = 3) -> list[str]:
    words = set(content(example.claim))
    return sorted(example.evidence, key=lambda e: -len(words & set(content(e))))[:most]


def fit(features: Numbers, label: Flags, groups: Sequence[str]) -> list[float]:
    """Features and labels -> constant and weights of a logistic regression; each group of examples counts alike, and in it
    both answers."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    weight = np.zeros(len(label))
    for group in set(groups):
        for answer in (True, False):
            chosen = np.array([g == group for g in groups]) & (label == answer)
            weight[chosen] = len(label) / max(int(chosen.sum()), 1)
    weight *= len(label) / weight.sum()
    spread = features.std(axis=0)
    spread[spread == 0] = 1.0
    model = LogisticRegression(C=FIRM, random_state=0).fit(features / spread, label, sample_weight=weight)
    return [float(model.intercept_[0]), *(float(w) for w in model.coef_[0] / spread)]


def fitted(scorer: Reranker | None, public: Sequence[Example]) -> list[float]:
    """A public set -> the weights from the tuning halves of our own sentences and of it, English alone."""
    own = [e for e in own_claims([p for p in paraphrases() if p.half == "tune"]) if e.claim.isascii()]
    sets = [("own", e) for e in own] + [("public", e) for e in public if half_of(e.id) == "tune"]
    rows = [astuple(support(plain(e.claim), [plain(t) for t in e.evidence], scorer)) for _, e in sets]
    return fit(np.array(rows, dtype=float), np.array([e.supported for _, e in sets]), [name for name, _ in sets])


@click.command("claims")
@click.option(
    "--wice", type=click.Path(dir_okay=False, exists=True, path_type=Path), help="Claims of a public set, one a line."
)
@click.option("--fit", "refit", is_flag=True, help="Print the weights fitted on the tuning half.")
@click.option("--half", type=click.Choice(["report", "tune"]), default="report", show_default=True)
def claims_command(wice: Path | None, refit: bool, half: str) -> None:
    """The claim checker on our own sentences and, with a file, on a public set."""
    console, scorer = Console(width=110), load_reranker()
    public = public_claims(wice) if wice else []
    if refit:
        for name, model in (("WITH_SCORES", scorer), ("WITHOUT", None)):
            console.print(f"{name} = ({', '.join(f'{w:.2f}' for w in fitted(model, public))})")
        return
    checker = ClaimChecker(scorer)
    console.print(main_table(checker, [p for p in paraphrases() if p.half == half]))
    if public:
        console.print(public_table(checker, scorer, public))


if __name__ == "__main__":
    claims_command()
