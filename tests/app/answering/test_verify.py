"""Verification refuses whatever is not exactly the evidence; generated answers keep every promise of the type."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.answering.draft import Draft, Statement, location, run_of
from app.answering.quotes import draft_quotes
from app.answering.verify import verify
from app.answers import Evidence, Hit
from app.query.understand import understand
from app.query.values import Turn
from ingest.documents import Document, PassageLocation, Source
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
    return verify(quotes(QUESTION, *sentences, confidence=confidence, threshold=threshold), EVIDENCE)


def quotes(question, *sentences, confidence=1.0, threshold=0.5):
    """A draft of these texts, each with the keys of the evidence that it claims to quote."""
    places = {e.key: location(e) for e in EVIDENCE}
    statements = tuple(
        Statement({"en": text}, (tuple(places.get(k, PassageLocation("gone", 0)) for k in names),), "passage")
        for text, names in sentences
    )
    closest = tuple(run_of([EVIDENCE[n]]) for n in (0, 3))
    draft = Draft(question, closest=closest, confidence=confidence)
    return replace(draft, status="answered", statements=statements) if confidence >= threshold else draft


def test_a_true_quote_stands_with_its_span():
    answer = verified(("One grew by 14 days.", ("S1",)))
    (citation,) = answer.citations
    assert answer.status == "answered"
    assert citation.quote == TEXT[citation.start : citation.end] == "One grew by 14 days."
    assert answer.text == "One grew by 14 days. [1]"


@pytest.mark.parametrize(("text", "note"), [("Says who?", "Sources: T."), ("来源呢？", "来源：T。")])
def test_the_sources_are_named_where_they_are_asked_for(text, note):
    question = understand(text, [Turn("user", "How long?")])
    assert verify(quotes(question, ("One grew by 14 days.", ("S1",))), EVIDENCE).note == note
    assert "Sources:" not in verified(("One grew by 14 days.", ("S1",))).note


def test_a_neighbour_widens_the_quote_to_one_span():
    answer = verified(("One grew by 14 days. It held 41 days.", ("S1", "S2")))
    (citation,) = answer.citations
    assert citation.quote == TEXT[citation.start : citation.end] == "One grew by 14 days. It held 41 days."


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


def test_two_passages_at_one_place_are_a_programming_error():
    longer = replace(EVIDENCE[0], passage=replace(EVIDENCE[0].passage, end=EVIDENCE[1].passage.end))
    with pytest.raises(ValueError, match="two passages"):
        verify(Draft(QUESTION), [EVIDENCE[0], longer])


def test_a_written_or_worded_statement_needs_all_passages_that_it_rests_on():
    held, gone = location(EVIDENCE[0]), PassageLocation("gone", 0)
    for origin in ("written", "model"):
        statements = (
            Statement({"en": "It grew."}, ((held,),), origin),
            Statement({"en": "It fell."}, ((held,), (gone,)), origin),
        )
        answer = verify(Draft(QUESTION, "answered", statements), EVIDENCE)
        assert (answer.status, [s.text for s in answer.sentences]) == ("partial", ["It grew."])


def test_a_place_that_is_cited_twice_keeps_its_number():
    first, second = ((location(EVIDENCE[n]),) for n in (0, 1))
    statements = tuple(Statement({"en": "It grew."}, runs, "written") for runs in ((first,), (second, first)))
    answer = verify(Draft(QUESTION, "answered", statements), EVIDENCE)
    assert [s.citations for s in answer.sentences] == [(1,), (2, 1)]


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
    draft = draft_quotes(question, [hits], evidence, 0.0, most)
    answer = verify(draft, evidence, hits)
    assert answer.status == ("answered" if evidence else "not_found")
    assert len(answer.sentences) == len(draft.statements)
    numbers = [c.number for c in answer.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    for sentence in answer.sentences:
        assert sentence.citations
        assert set(sentence.citations) <= set(numbers)
    for citation in answer.citations:
        assert citation.quote == text[citation.start : citation.end]
        assert citation.sources
