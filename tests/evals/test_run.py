"""Cases through the real chain on a small real corpus, and what planted faults do to the numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.pipeline.chain import Chain
from evals.cases import Case, CaseError, own_cases
from evals.judge import EVIDENCE_MEASURES, PlanJudge
from evals.metrics import MEASURES
from evals.report import changed, common, compare, tables_of
from evals.run import Run, read_run, run_cases, summary
from ingest.index import Index
from ingest.models.load import Embedder

pytestmark = pytest.mark.evals


@pytest.fixture(scope="module")
def cases(chain: Chain) -> list[Case]:
    """A few of our own cases that the small corpus can answer, and two that nothing can."""
    files = {Path(origin).stem for origin in chain.index.catalogue.origins()}
    own = own_cases()
    far = [c for c in own if c.category == "unanswerable far"]
    single = [c for c in own if c.answerable and c.group in files and {g.document[:-3] for g in c.evidence} <= files]
    return single[:6] + far[:2]


@pytest.fixture(scope="module")
def run(chain: Chain, cases: list[Case]) -> Run:
    return Run(run_cases(chain.answer, cases, PlanJudge(chain.index)), {"threshold": chain.settings.threshold})


def test_every_case_has_every_measure_that_applies(run: Run, cases: list[Case]) -> None:
    assert [r.id for r in run.results] == [c.id for c in cases]
    for case, result in zip(cases, run.results, strict=True):
        others = {"accuracy", "over_refusal", *EVIDENCE_MEASURES} if case.answerable else {"hallucination"}
        assert set(result.scores) == {"correct", "quotes_exact", "citations_support", *others}
        assert all(0.0 <= v <= 1.0 for v in result.scores.values())
        assert result.answer["id"] == case.id
        assert bool(result.reason) == (result.scores["correct"] == 0.0)


def test_the_chain_finds_some_gold_sentences(run: Run) -> None:
    measures = summary(run.results)
    assert measures["recall@5"].value > 0.3
    assert measures["citation_recall"].value > 0.0
    assert measures["auroc"].value > 0.5


def test_always_and_never_answering_are_seen(chain: Chain, cases: list[Case]) -> None:
    always = summary(run_cases(chain.answer, cases, PlanJudge(chain.index), threshold=0.0))
    assert (always["hallucination"].value, always["over_refusal"].value) == (1.0, 0.0)
    never = summary(run_cases(chain.answer, cases, PlanJudge(chain.index), threshold=1.1))
    assert (never["hallucination"].value, never["over_refusal"].value, never["accuracy"].value) == (0.0, 1.0, 0.0)
    assert never["citation_precision"].value == 0.0
    assert always["balanced_accuracy"].value == never["balanced_accuracy"].value == 0.5


class BrokenEngine:
    """An engine that fails."""

    def draft(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("out of order")


def test_a_crash_has_the_worst_of_each_measure(index: Index, embedder: Embedder, chain: Chain, cases: list[Case]) -> None:
    broken = Chain(index, embedder, chain.reranker, chain.settings)
    broken.drafting = BrokenEngine()  # type: ignore[assignment]
    results = run_cases(broken.answer, cases, PlanJudge(broken.index))
    for result in results:
        assert result.crashed
        assert "out of order" in result.reason
        assert all(v == MEASURES[n].worst for n, v in result.scores.items())
    measures = summary(results)
    assert measures["correct"].value == measures["balanced_accuracy"].value == measures["auroc"].value == 0.0


def test_a_question_that_cannot_be_asked_does_not_stop_the_others(chain: Chain, cases: list[Case]) -> None:
    results = run_cases(chain.answer, [replace(cases[0], question="?!"), cases[1]], PlanJudge(chain.index))
    assert "The question is empty." in results[0].reason
    assert results[0].scores["correct"] == 0.0
    assert not results[1].crashed


def test_a_run_is_read_back_as_it_was_written(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(run.to_json(), encoding="utf-8")
    assert read_run(file) == run
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(CaseError, match="not a run"):
        read_run(file)


def test_two_runs_are_compared_case_by_case(chain: Chain, run: Run, cases: list[Case]) -> None:
    same = compare(run.results, run.results)
    assert all(t.p == 1.0 and t.difference.value == 0.0 for t in same.values())
    assert changed(run.results, run.results).rows == []
    silent = Run(run_cases(chain.answer, cases, PlanJudge(chain.index), threshold=1.1), {})
    a, b = common(run, silent)
    assert compare(a, b)["over_refusal"].difference.value > 0
    lost = {r.id for r in run.results if r.answerable and not r.reason}
    assert {row[0] for row in changed(a, b).rows if row[2] == "right -> wrong"} == lost
    with pytest.raises(CaseError, match="share no case"):
        common(run, Run((), {}))


def test_markdown_names_what_is_wrong(run: Run) -> None:
    text = "\n".join(table.markdown() for table in tables_of(Run(run.half("report").results, {})))
    assert all(r.id in text for r in run.half("report").results if r.reason)
    assert "| answer accuracy |" in text
