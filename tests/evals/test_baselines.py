"""Baselines answer as the chain does: exact quotes, their own hits, the same judge."""

from __future__ import annotations

import pytest

from evals.baselines import baselines
from evals.cases import Case, Gold
from evals.judge import PlanJudge
from evals.run import run_cases, summary

CASE = Case(
    "a", "When was the comprehensive national science centre in Hefei approved?", True, "hefei", "report",
    answer_groups=(("10 January 2017",),),
    evidence=(Gold("science-centres.md", "| Hefei (合肥) | Hefei in Anhui | 10 January 2017 |"),),
)  # fmt: skip


@pytest.mark.parametrize("name", ["full text", "dense", "hybrid", "plain LangChain"])
def test_a_baseline_quotes_and_is_judged(name, index, embedder, tmp_path):
    baseline = baselines(index, embedder, tmp_path)[name]
    nothing = Case("b", "Who won the chess final of 1921?", False, "b", "tune")
    results = run_cases(baseline.answer, [CASE, nothing], PlanJudge(index))
    measures = summary(results)
    assert not any(r.crashed for r in results)
    assert measures["quotes_exact"].value == 1.0
    assert measures["evidence_exists"].value == 1.0
    assert measures["hallucination"].value == float(name != "full text"), "it never abstains where it finds anything"
    assert measures["over_refusal"].value == 0.0
    assert results[0].answer["citations"]
    if name == "hybrid":
        assert measures["accuracy"].value == measures["recall@5"].value == 1.0
