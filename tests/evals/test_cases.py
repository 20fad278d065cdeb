"""The form of cases, and that our own are right about the corpus."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from app.query.values import Turn
from evals.cases import CaseError, Gold, half_of, own_cases, read_cases
from evals.matching import missing_groups
from ingest.load import load
from ingest.split import split
from ingest.words import STOPWORDS, tokens

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
OWN = own_cases()
ANSWERABLE = [c for c in OWN if c.answerable]


@cache
def passages(name: str) -> set[str]:
    document = load(CORPUS / name, CORPUS)
    passages = [p for chunk in split(document) for p in chunk.passages]
    return {text for p in passages for text in (p.quote(document.text), p.read(document.text))}


def lost(golds: Iterable[Gold]) -> list[Gold]:
    """What is no passage of the corpus."""
    return [g for g in golds if g.quote not in passages(g.document)]


def test_gold_evidence_is_a_passage_of_the_corpus_and_holds_the_answer() -> None:
    for case in ANSWERABLE:
        assert case.evidence, case.id
        assert case.answer_groups, case.id
        assert lost(case.evidence) == [], case.id
        quotes = [g.quote for g in case.evidence]
        for text in quotes if case.evidence_mode == "any" else [" ".join(quotes)]:
            assert missing_groups(text, case.answer_groups) == [], case.id


def test_what_else_states_the_answer_is_another_passage_of_the_corpus() -> None:
    for case in OWN:
        assert lost(case.alternative_evidence) == [], case.id
        for gold in case.alternative_evidence:
            assert gold.parts, case.id
            assert set(gold.parts) <= set(range(1, len(case.answer_groups) + 1)), case.id
            assert (gold.document, gold.quote) not in {(g.document, g.quote) for g in case.evidence}, case.id


def test_a_false_premise_is_contradicted_by_a_passage_of_the_corpus() -> None:
    for case in (c for c in OWN if c.category == "false premise"):
        assert case.contradicted_by, case.id
        assert lost(case.contradicted_by) == [], case.id


def test_questions_are_asked_in_other_words_than_their_evidence() -> None:
    shares = []
    for case in (c for c in ANSWERABLE if c.language == "en"):
        content = {w for w in tokens(case.question) if w not in STOPWORDS}
        shares += [max(len(content & set(tokens(g.quote))) for g in case.evidence) / len(content)] if content else []
    assert len(shares) > 200
    assert sum(shares) / len(shares) <= 1 / 3


def test_our_cases_are_a_set() -> None:
    assert len({c.id for c in OWN}) == len({(c.question, c.history) for c in OWN}) == len(OWN)
    for case in OWN:
        assert case.split == half_of(case.group)
        assert case.written_by
        assert case.difficulty in ("easy", "medium", "hard")
        assert case.answerable or not (case.answer_groups or case.evidence)
        assert bool(case.forbidden) == (case.category == "injection")
        assert bool(case.history) == (case.category == "follow-up")


def test_the_form_of_a_users_folder(tmp_path: Path) -> None:
    lines = [
        {"id": 1, "question": "Who?", "answers": ["A", "B"], "doc_ids": ["d"], "evidence": ["A did."], "lang": "en",
         "history": [{"role": "user", "content": "When?"}], "scope": ["d"], "pool": None, "answerable": True,
         "also": [{"document": "d.md", "quote": "B did.", "parts": [1]}]},
        {"id": "2", "question": "谁？", "answer_groups": [["A"], [""]], "answers": ["C"], "evidence_mode": "any"},
        {"id": "3", "question": "Why?", "answerable": False, "answers": [], "pool": ["d", "e"]},
    ]  # fmt: skip
    file = tmp_path / "questions.jsonl"
    file.write_text("\n\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    one, two, three = read_cases(file)
    assert one.id == "1"
    assert one.answer_groups == (("A", "B"),)
    assert one.evidence == (Gold("", "A did."),)
    assert one.alternative_evidence == (Gold("d.md", "B did.", (1,)),)
    assert one.history == (Turn("user", "When?"),)
    assert (one.scope, one.pool, one.group) == (("d",), None, "d")
    assert (two.language, two.answer_groups, two.evidence_mode, two.answerable) == ("zh", (("A",),), "any", True)
    assert (three.answerable, three.answer_groups, three.pool) == (False, (), ("d", "e"))


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"id": "2"}',
        '{"question": "Who?"}',
        '{"id": "2", "question": null}',
        '{"id": "2", "question": "Who?", "answerable": "no"}',
        '{"id": "2", "question": "Who?", "answers": "A"}',
        '{"id": "2", "question": "Who?", "answer_groups": ["A"]}',
        '{"id": "2", "question": "Who?", "evidence": [{"quote": "A"}]}',
        '{"id": "2", "question": "Who?", "evidence_mode": "some"}',
        '{"id": "2", "question": "Who?", "also": [{"document": "d", "quote": "A", "parts": [0]}]}',
        '{"id": "2", "question": "Who?", "also": [{"document": "d", "quote": "A", "parts": 1}]}',
        '{"id": "2", "question": "Who?", "history": [{"role": "robot", "content": "x"}]}',
        '{"id": "2", "question": "Who?", "split": "test"}',
        '{"id": "2", "question": "Who?", "pool": [1]}',
        '{"id": "1", "question": "Who?"}',
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": "1", "question": "Who?"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(CaseError) as raised:
        read_cases(file)
    assert f"{file}, line 2: " in str(raised.value)
    assert raised.value.next_step


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for name, content in (("empty.jsonl", b"\n"), ("latin.jsonl", b"\xe9")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CaseError, match=name):
            read_cases(tmp_path / name)
    with pytest.raises(CaseError, match="cannot be read"):
        read_cases(tmp_path / "missing.jsonl")


def test_what_a_question_belongs_to(tmp_path: Path) -> None:
    for value, group in (
        ({"id": 7, "scope": ["report"]}, "report"),
        ({"id": "7", "scope": []}, "7"),
        ({"id": "7", "group": "hefei", "scope": ["report"]}, "hefei"),
    ):
        file = tmp_path / "questions.jsonl"
        file.write_text(json.dumps(value | {"question": "Who?"}), encoding="utf-8")
        assert read_cases(file)[0].group == group


def test_the_half_is_the_first_digit_of_the_hash() -> None:
    for name in map(str, range(64)):
        first = int(hashlib.sha256(name.encode()).hexdigest()[0], 16)
        assert half_of(name) == ("tune" if first < 8 else "report")
