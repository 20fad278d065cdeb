"""Which sentences are quoted beside the best one."""

import pytest

from app.answers import Evidence, Hit, Part, Question
from app.quote import WITHIN, QuotingEngine
from ingest.documents import Document
from ingest.split import split

DOCUMENT = Document(
    "# T\n\nPhase one raised 138 billion yuan. Phase three has 344 billion yuan. Tea is grown in Anhui.", "T", "t.md", True
)
PASSAGES = [p for chunk in split(DOCUMENT) for p in chunk.passages]
EVIDENCE = [Evidence(f"S{n}", DOCUMENT, p, p.read(DOCUMENT.text)) for n, p in enumerate(PASSAGES, 1)]


def quoted(question, scores, rankings=1):
    hits = [Hit(p, n, score, 0.0) for n, (p, score) in enumerate(zip(PASSAGES, scores, strict=True), 1)]
    return [s.keys for s in QuotingEngine(3).draft(question, [hits] * rankings, EVIDENCE).sentences]


@pytest.mark.parametrize(("below", "also"), [(WITHIN - 0.1, True), (WITHIN + 0.1, False), (2 * WITHIN - 0.1, False)])
def test_a_further_sentence_is_quoted_where_it_comes_close_to_the_best(below, also):
    question = Question("What did phase one raise, beside phase three?", "What did phase one raise, beside phase three?")
    assert quoted(question, [3.0, 3.0 - below, -9.0]) == ([("S1",), ("S2",)] if also else [("S1",)])


@pytest.mark.parametrize(("below", "also"), [(2 * WITHIN - 0.1, True), (2 * WITHIN + 0.1, False)])
def test_of_several_things_the_other_side_may_stand_further_off_where_it_brings_a_missing_word(below, also):
    text = "Did phase one raise more than phase three?"
    question = Question(text, text, parts=(Part(text), Part(text)))
    assert quoted(question, [3.0, 3.0 - below, 3.0 - below], 2) == ([("S1",), ("S2",)] if also else [("S1",)])
