"""Verification refuses whatever is not exactly the evidence; generated answers keep every promise of the type."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.answering.extract import QuotingEngine
from app.answering.verify import verify
from app.answers import Draft, DraftSentence, Evidence, Hit
from app.query.understand import understand
from app.query.values import Turn
from ingest.documents import Document, Source
from ingest.split import split
from tests.strategies import markdown_texts

TEXT = "# T\n\nOne grew by 14 days. It held 41 days. Three is last.\n\nAnother paragraph."
DOCUMENT = Document(TEXT, "T", "t.md", True, sources=(Source("a", "Original", url="https://example.org"),))
QUESTION = understand("How long?")


def evidence_of(document):
    passages = [p for c in split(document) for p in c.passages]
    return [Evidence(f"S{n}", document, p, p.read(document.text)) for n, p in enumerate(passages, 1)]


EVIDENCE = evidence_of(DOCUMENT)


def verified(*sentences, confidence=1.0, threshold=0.5):
    draft = Draft(tuple(DraftSentence(t, k) for t, k in sentences), (confidence,), ("S1", "S4"))
    return verify(QUESTION, draft, EVIDENCE, [], threshold)


def test_a_true_quote_stands_with_its_span():
    answer = verified(("One grew by 14 days.", ("S1",)))
    (citation,) = answer.citations
    assert answer.status == "answered"
    assert citation.quote == TEXT[citation.start : citation.end] == "One grew by 14 days."
    assert answer.text == "One grew by 14 days. [1]"


@pytest.mark.parametrize(("text", "note"), [("Says who?", "Sources: T."), ("来源呢？", "来源：T。")])
def test_the_sources_are_named_where_they_are_asked_for(text, note):
    question = understand(text, [Turn("user", "How long?")])
    draft = Draft((DraftSentence("One grew by 14 days.", ("S1",)),), (1.0,))
    assert verify(question, draft, EVIDENCE, [], 0.5).note == note
    assert "Sources:" not in verified(("One grew by 14 days.", ("S1",))).note


def test_a_neighbour_widens_the_quote_to_one_span():
    answer = verified(("One grew by 14 days. It held 41 days.", ("S1", "S2")))
    assert [c.quote for c in answer.citations] == ["One grew by 14 days. It held 41 days."]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("One grew by 41 days.", ("S1",)),
        ("One grew by 14 days", ("S1",)),
        ("One did not grow by 14 days.", ("S1",)),
        ("One grew by 14 days.", ("S2",)),
        ("One grew by 14 days.", ("S9",)),
        ("One grew by 14 days.", ()),
        ("One grew by 14 days. Three is last.", ("S1", "S3")),
    ],
    ids=["figure", "full stop", "negation", "other key", "unknown key", "no key", "not contiguous"],
)
def test_anything_else_is_refused_and_not_repaired(text, keys):
    alone = verified((text, keys))
    assert (alone.status, alone.sentences, alone.citations) == ("not_found", (), ())
    beside = verified((text, keys), ("Three is last.", ("S3",)))
    assert beside.status == "partial"
    assert [s.text for s in beside.sentences] == ["Three is last."]
    assert beside.note


def test_below_the_threshold_nothing_is_said_and_the_nearest_is_shown():
    answer = verified(("Three is last.", ("S3",)), confidence=0.49)
    assert (answer.status, answer.sentences, answer.citations) == ("not_found", (), ())
    assert [c.quote for c in answer.closest] == ["One grew by 14 days.", "Another paragraph."]


def test_equal_keys_are_a_programming_error():
    with pytest.raises(ValueError, match="unique"):
        verify(QUESTION, Draft((), (1.0,)), [EVIDENCE[0], replace(EVIDENCE[1], key="S1")], [], 0.5)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(markdown_texts(), st.randoms(use_true_random=False), st.integers(1, 5))
def test_what_the_engine_drafts_over_any_document_passes_whole(text, random, most):
    document = Document(text, "T", "t.md", True)
    evidence = evidence_of(document)
    random.shuffle(evidence)
    scores = sorted((random.uniform(-10, 10) for _ in evidence), reverse=True)
    hits = [
        Hit(e.passage, n, rerank_score=s, retrieval_score=s)
        for n, (e, s) in enumerate(zip(evidence, scores, strict=True), 1)
    ]
    question = understand("Which plans name Hefei?")
    draft = QuotingEngine(most).draft(question, [hits], evidence)
    answer = verify(question, draft, evidence, hits, 0.0)
    assert answer.status == ("answered" if evidence else "not_found")
    assert len(answer.sentences) == len(draft.sentences)
    numbers = [c.number for c in answer.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    for sentence in answer.sentences:
        assert sentence.citations
        assert set(sentence.citations) <= set(numbers)
    for citation in answer.citations:
        assert citation.quote == text[citation.start : citation.end]
        assert citation.sources
