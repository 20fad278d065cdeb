"""The claim checker on true sentences about the corpus, the same with one thing changed, and claims of a public set:
`python -m evals.claims`.

`--statements FILE` reads labelled statements with the words that they rest on, and tells what of each kind passes. All other
tables are of the reported half.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from app.groundedness.checker import LEAST, ClaimChecker, objection, plain
from app.groundedness.support import content, covered
from app.store.quality import Share
from evals.altered import CAUSE, KINDS, Paraphrase, altered, paraphrases
from evals.halves import balanced_accuracy, best_threshold, half_of
from evals.intervals import interval
from evals.metrics import auroc
from ingest.models.load import Reranker, load_reranker


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with evidence that supports it or does not."""

    id: str
    claim: str
    evidence: tuple[str, ...]
    supported: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """What a model could write, with the words that it rests on and what stands above them. `label`: supported, conclusion
    (it follows, though it is not said) or wrong."""

    claim: str
    evidence: tuple[str, ...]
    breadcrumb: str
    label: str
    kind: str
    language: str


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
    for kind in (*KINDS, CAUSE):
        refused = [not checker.check(a.claim, a.evidence).supported for a in changed if a.kind == kind]
        _row(table, f"{kind} changed" if kind != CAUSE else "cause invented", refused)
    wrong = [e for e in own_claims(cases) if not e.supported]
    _row(table, "true, over the wrong passage", [not checker.check(e.claim, e.evidence).supported for e in wrong])
    return table


def _row(table: Table, name: str, hits: Sequence[bool]) -> None:
    share = Share(sum(hits), len(hits))
    low, high = share.interval
    table.add_row(name, str(share.hits), str(share.cases), f"{share.value:.3f}", f"{low:.3f} to {high:.3f}")


def public_table(scorer: Reranker, examples: Sequence[Example]) -> Table:
    """A public set -> balanced accuracy and AUROC on the reported half of it; the other half gives the
    baselines' thresholds."""
    tune = np.array([half_of(e.id) == "tune" for e in examples])
    label = np.array([e.supported for e in examples])
    overlap = np.array([_overlap(e) for e in examples])
    scores = np.array([max(scorer.scores(e.claim, _likely(e)), default=0.0) for e in examples])
    held = np.array([covered(plain(e.claim), plain("\n".join(e.evidence))) for e in examples])
    strict = np.array([not objection(plain(e.claim), [plain(t) for t in e.evidence]) for e in examples])
    table = Table("on the reported half", "balanced accuracy", "95 % interval", "AUROC")
    for name, values, threshold in (
        ("word overlap", overlap, best_threshold(overlap[tune], label[tune])),
        ("cross-encoder", scores, best_threshold(scores[tune], label[tune])),
        ("words held", held, LEAST),
        ("strict rules", strict.astype(float), 0.5),
        ("whole checker", held * strict, LEAST),
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


def statements(file: Path) -> list[Statement]:
    """A file with a JSON list of statements -> the statements."""
    return [Statement(**{**raw, "evidence": tuple(raw["evidence"])}) for raw in json.loads(file.read_text(encoding="utf-8"))]


def statement_table(checker: ClaimChecker, found: Sequence[Statement]) -> Table:
    """A checker and labelled statements -> what passes by label, kind and language, with 95 % intervals (Wilson)."""
    passed = {s: checker.check(s.claim, s.evidence, s.breadcrumb).supported for s in found}
    table = Table("statements", "passed", "of", "share", "95 % interval")
    for label in dict.fromkeys(s.label for s in found):
        mine = [s for s in found if s.label == label]
        _row(table, label, [passed[s] for s in mine])
        for kind in sorted({s.kind for s in mine}):
            _row(table, f"  {kind}", [passed[s] for s in mine if s.kind == kind])
        _row(table, "  in Chinese", [passed[s] for s in mine if s.language == "zh"])
    return table


@click.command("claims")
@click.option(
    "--wice", type=click.Path(dir_okay=False, exists=True, path_type=Path), help="Claims of a public set, one a line."
)
@click.option(
    "--statements",
    "labelled",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Labelled statements with their evidence, a JSON list.",
)
@click.option("--half", type=click.Choice(["report", "tune"]), default="report", show_default=True)
def claims_command(wice: Path | None, labelled: Path | None, half: str) -> None:
    """The claim checker on our own sentences, or on labelled statements; with a public set also on that."""
    console, checker = Console(width=110), ClaimChecker()
    if labelled:
        console.print(statement_table(checker, statements(labelled)))
        return
    console.print(main_table(checker, [p for p in paraphrases() if p.half == half]))
    if wice:
        console.print(public_table(load_reranker(), public_claims(wice)))


if __name__ == "__main__":
    claims_command()
