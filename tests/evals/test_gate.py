"""Planted regressions close the gate and name what is at fault; a change that changes nothing never does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.answers import Answer
from app.pipeline.chain import Chain
from app.settings import read_settings
from evals.cases import Case, CaseError, own_cases
from evals.gate import GateRules, baseline_json, check, read_baseline, read_rules
from evals.judge import PlanJudge
from evals.run import Ask, Run, run_cases
from ingest.index import Index
from ingest.models.load import Embedder, Reranker
from ingest.sync import sync

pytestmark = pytest.mark.evals
CORPUS = Path(__file__).resolve().parents[2] / "corpus"
REMOVED = "hefei.md"


class Remembering:
    """The real reranker; what was scored once is not scored again."""

    def __init__(self, reranker: Reranker) -> None:
        self.reranker, self.fingerprint = reranker, reranker.fingerprint
        self.known: dict[tuple[str, str], float] = {}

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        missing = [t for t in texts if (question, t) not in self.known]
        self.known |= {(question, t): s for t, s in zip(missing, self.reranker.scores(question, missing), strict=True)}
        return [self.known[question, t] for t in texts]

    def judged(self, question: str, texts: Sequence[str]) -> list[float]:
        return self.reranker.judged(question, texts)


class Off:
    """A reranker that finds everything alike."""

    fingerprint = "off"

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        return [0.0] * len(texts)

    def judged(self, question: str, texts: Sequence[str]) -> list[float]:
        return [0.0] * len(texts)


def shifted(answer: Answer) -> Answer:
    """Every quote one character late."""
    return replace(answer, citations=tuple(replace(c, start=c.start + 1, end=c.end + 1) for c in answer.citations))


def swapped(answer: Answer) -> Answer:
    """Each sentence with its neighbour's citation."""
    sentences = answer.sentences
    return replace(
        answer, sentences=tuple(replace(s, citations=sentences[i - 1].citations) for i, s in enumerate(sentences))
    )


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Some of each kind, in English; those on the document that will be removed among them."""
    own = [c for c in own_cases() if c.language == "en" and not c.history]
    about = [c for c in own if c.answerable and any(g.document == REMOVED for g in c.evidence) and len(c.evidence) == 1]
    checks = (
        about[:3] + [c for c in own if c.answerable and c not in about][::16] + [c for c in own if not c.answerable][::12]
    )
    assert len(about) >= 2
    return checks


@pytest.fixture(scope="module")
def whole(embedder: Embedder, reader: Reranker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """The chain over the whole corpus."""
    settings = read_settings(corpus=CORPUS, data=tmp_path_factory.mktemp("whole"))
    index = Index(settings.index_folder)
    sync([CORPUS], index, embedder)
    yield Chain(index, embedder, Remembering(reader), settings)
    index.close()


def run(ask: Ask, index: Index, cases: list[Case], threshold: float | None = None) -> Run:
    return Run(run_cases(ask, cases, PlanJudge(index), threshold), {})


@pytest.fixture(scope="module")
def answer(whole: Chain) -> Ask:
    """What the chain answers; no question is asked twice."""
    return cache(whole.answer)


@pytest.fixture(scope="module")
def before(
    whole: Chain, answer: Ask, cases: list[Case], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, float]]:
    file = tmp_path_factory.mktemp("baseline") / "baseline.json"
    file.write_text(baseline_json(run(answer, whole.index, cases)), encoding="utf-8")
    return read_baseline(file)


@pytest.fixture(scope="module")
def rules() -> GateRules:
    return read_rules()


def causes(now: Run, before: dict[str, dict[str, float]], rules: GateRules) -> set[str]:
    failures = check(now, before, rules, whole=False)
    assert all(f.cases and set(f.cases) <= {r.id for r in now.results} for f in failures)
    assert all(f.measure in str(f) and f.cases[0] in str(f) for f in failures)
    return {f.cause for f in failures}


def test_a_change_that_changes_nothing_passes(whole: Chain, cases: list[Case], before: Any, rules: GateRules) -> None:
    assert check(run(whole.answer, whole.index, cases), before, rules, whole=False) == []


def test_reranker_off(whole: Chain, embedder: Embedder, cases: list[Case], before: Any, rules: GateRules) -> None:
    off = Chain(whole.index, embedder, Off(), whole.settings)
    assert "retrieval" in causes(run(off.answer, off.index, cases), before, rules)


@pytest.mark.parametrize("threshold", [0.0, 0.999], ids=["always answers", "threshold moved"])
def test_threshold_moved(whole: Chain, cases: list[Case], before: Any, rules: GateRules, threshold: float) -> None:
    assert "abstention" in causes(run(whole.answer, whole.index, cases, threshold), before, rules)


@pytest.mark.parametrize("spoil", [shifted, swapped])
def test_citations_spoiled(
    whole: Chain, answer: Ask, cases: list[Case], before: Any, rules: GateRules, spoil: Callable[[Answer], Answer]
) -> None:
    now = run(lambda request: spoil(answer(request)), whole.index, cases)
    assert causes(now, before, rules) & {"quotes", "citations"}


def test_a_document_removed(
    whole: Chain, embedder: Embedder, cases: list[Case], before: Any, rules: GateRules, tmp_path: Path
) -> None:
    shutil.copytree(CORPUS, tmp_path / "corpus")
    (tmp_path / "corpus" / REMOVED).unlink()
    shutil.copytree(whole.settings.index_folder, tmp_path / "index")
    index = Index(tmp_path / "index")
    sync([tmp_path / "corpus"], index, embedder)
    less = Chain(index, embedder, whole.reranker, whole.settings)
    assert "corpus" in causes(run(less.answer, index, cases), before, rules)
    index.close()


def test_limits_of_a_whole_run(whole: Chain, answer: Ask, cases: list[Case], before: Any, rules: GateRules) -> None:
    now = run(answer, whole.index, cases)
    strict = replace(rules, limits_whole={"accuracy": 1.01, "over_refusal": -0.01})
    assert check(now, before, strict, whole=False) == []
    assert {f.measure for f in check(now, before, strict, whole=True)} == {"accuracy", "over_refusal"}


def test_files_that_are_not_what_they_should_be(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("floors = 3")
    for read in (read_rules, read_baseline):
        with pytest.raises(CaseError):
            read(tmp_path / "a")
        with pytest.raises(CaseError):
            read(tmp_path / "missing")
