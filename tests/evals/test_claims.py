"""What is altered is one thing, the same each time; the checker is as good as the log says; a fit finds what separates."""

import difflib
import json
from collections import Counter
from statistics import mean

import pytest

from app.groundedness.checker import ClaimChecker
from evals.altered import CAUSE, KINDS, altered, paraphrases
from evals.claims import main_table, own_claims, public_claims, statement_table, statements

CASES = paraphrases()
FEWER = {"direction": 30, "swap": 20, "year": 15, "status": 10, "general": 5, "plan": 20}


def test_two_hundred_passages_of_all_documents_in_both_languages():
    assert len({c.evidence for c in CASES}) == 200
    assert len({c.document for c in CASES}) == 40
    assert len({c.id for c in CASES}) == len(CASES)
    assert sum(not c.claim.isascii() and "。" in c.claim for c in CASES) >= 15
    assert min(Counter(c.half for c in CASES).values()) >= 75


def test_each_change_is_in_one_place_and_drawn_alike_each_time():
    changed = altered(CASES)
    assert changed == altered(CASES)
    for one in (c for c in changed if c.kind not in ("swap", CAUSE)):  # which change two places, and join two sentences
        runs = [
            op
            for op in difflib.SequenceMatcher(None, one.of.claim.split(), one.claim.split()).get_opcodes()
            if op[0] != "equal"
        ]
        assert runs, one
        assert max(op[2] for op in runs) - min(op[1] for op in runs) <= 8, one


@pytest.mark.parametrize(("kind", "least"), [(k, FEWER.get(k, 40)) for k in (*KINDS, CAUSE)])
def test_the_reported_half_has_enough_of_each_kind(kind, least):
    assert sum(a.kind == kind and a.of.half == "report" for a in altered(CASES)) >= least


@pytest.mark.slow
def test_the_checker_catches_what_it_is_said_to_catch():
    """Without the cross-encoder, which costs a minute and decides few of them."""
    checker = ClaimChecker()
    cases = [c for c in CASES if c.half == "report"]
    assert mean([not checker.check(c.claim, [c.evidence]).supported for c in cases]) <= 0.10
    caught = {
        kind: [not checker.check(a.claim, a.evidence).supported for a in altered(cases) if a.kind == kind]
        for kind in (*KINDS, CAUSE)
    }
    subtle = ("swap", "year", "status", "general", "plan", "direction", CAUSE)  # bound or turned: a judge comes after
    for kind in KINDS:
        if kind not in subtle:
            assert mean(caught[kind]) >= (0.90 if kind in ("number", "unit", "date", "name") else 0.75), kind
    assert mean(hit for kind in subtle for hit in caught[kind]) >= 0.75


def test_the_table_has_a_row_for_each_kind():
    table = main_table(ClaimChecker(), CASES[:10])
    assert len(table.rows) == len(KINDS) + 3


def test_a_wrong_passage_is_another_one_of_the_same_document():
    for right, wrong in zip(*[iter(own_claims(CASES[:50]))] * 2, strict=True):
        assert right.supported
        assert not wrong.supported
        assert right.evidence != wrong.evidence


def test_a_public_set_is_read(tmp_path):
    file = tmp_path / "claims.jsonl"
    file.write_text(json.dumps({"id": "a", "claim": "It rose.", "evidence": ["It rose."], "label": "supported"}) + "\n")
    assert public_claims(file)[0].supported


def test_labelled_statements_are_told_by_label_and_kind(tmp_path):
    raw = {"claim": "It rose.", "evidence": ["It rose."], "breadcrumb": "T", "label": "supported", "kind": "paraphrase"}
    file = tmp_path / "statements.json"
    file.write_text(json.dumps([raw | {"language": "en"}, raw | {"label": "wrong", "kind": "swap", "language": "zh"}]))
    table = statement_table(ClaimChecker(), statements(file))
    assert list(table.columns[0].cells) == ["supported", "  paraphrase", "  in Chinese", "wrong", "  swap", "  in Chinese"]
    assert list(table.columns[1].cells) == ["1", "1", "0", "1", "1", "1"]
