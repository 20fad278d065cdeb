"""What is altered is one thing, the same each time; the checker is as good as the log says; a fit finds what separates."""

import difflib
import json
from collections import Counter

import numpy as np
import pytest

from app.groundedness.checker import ClaimChecker
from evals.altered import KINDS, altered, paraphrases
from evals.claims import fit, main_table, own_claims, public_claims

CASES = paraphrases()


def test_two_hundred_passages_of_all_documents_in_both_languages():
    assert len({c.evidence for c in CASES}) == 200
    assert len({c.document for c in CASES}) == 40
    assert len({c.id for c in CASES}) == len(CASES)
    assert sum(not c.claim.isascii() and "。" in c.claim for c in CASES) >= 15
    assert min(Counter(c.half for c in CASES).values()) >= 75


def test_each_change_is_in_one_place_and_drawn_alike_each_time():
    changed = altered(CASES)
    assert changed == altered(CASES)
    for one in changed:
        runs = [
            op
            for op in difflib.SequenceMatcher(None, one.of.claim.split(), one.claim.split()).get_opcodes()
            if op[0] != "equal"
        ]
        assert runs, one
        assert max(op[2] for op in runs) - min(op[1] for op in runs) <= 8, one


@pytest.mark.parametrize(("kind", "least"), [(k, 30 if k in ("direction",) else 40) for k in KINDS])
def test_the_reported_half_has_enough_of_each_kind(kind, least):
    assert sum(a.kind == kind and a.of.half == "report" for a in altered(CASES)) >= least


@pytest.mark.slow
def test_the_checker_catches_what_it_is_said_to_catch():
    """Without the cross-encoder, which costs a minute and decides few of them."""
    checker = ClaimChecker(None)
    cases = [c for c in CASES if c.half == "report"]
    assert np.mean([not checker.check(c.claim, [c.evidence]).supported for c in cases]) <= 0.10
    for kind in KINDS:
        caught = [not checker.check(a.claim, [a.of.evidence]).supported for a in altered(cases) if a.kind == kind]
        assert np.mean(caught) >= (0.90 if kind in ("number", "unit", "date", "name") else 0.75), kind


def test_the_table_has_a_row_for_each_kind():
    table = main_table(ClaimChecker(None), CASES[:10])
    assert len(table.rows) == len(KINDS) + 2


def test_a_wrong_passage_is_another_one_of_the_same_document():
    for right, wrong in zip(*[iter(own_claims(CASES[:50]))] * 2, strict=True):
        assert right.supported
        assert not wrong.supported
        assert right.evidence != wrong.evidence


def test_a_public_set_is_read(tmp_path):
    file = tmp_path / "claims.jsonl"
    file.write_text(json.dumps({"id": "a", "claim": "It rose.", "evidence": ["It rose."], "label": "supported"}) + "\n")
    assert public_claims(file)[0].supported


def test_the_fit_weighs_what_separates_and_counts_each_group_alike():
    draw = np.random.default_rng(0)
    label = np.array([True, False] * 100)
    features = np.column_stack([label + draw.normal(0, 0.3, 200), draw.normal(size=200)])
    weights = fit(features, label, ["a"] * 150 + ["b"] * 50)
    assert weights[1] > 5 * abs(weights[2])
