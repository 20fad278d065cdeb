"""No quote lies in another: same place, same words, an item beside its list, a sentence before one that points back."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.answering.extract import QuotingEngine
from app.answering.repetition import word_string
from app.answering.verify import verify
from app.answers import Evidence, Hit
from app.known.answers import known_draft
from app.known.match import Match
from app.query.understand import understand
from ingest.documents import Document, PassageLocation
from ingest.questions.store import ResolvedQuestion
from ingest.split import split
from tests.drafts import texts
from tests.strategies import markdown_texts

QUESTIONS = [
    "Which plans name Hefei?",
    "Was the first phase larger than the third?",
    "Do sources agree on the size of the fund?",
    "What is quantum, and who funds it?",
    "Where is the chip?",
]


def evidence_of(*texts):
    documents = [Document(f"# T{n}\n\n{text}\n", f"T{n}", f"t{n}.md", True) for n, text in enumerate(texts)]
    documents = list({d.id: d for d in documents}.values())
    passages = [(d, p) for d in documents for chunk in split(d) for p in chunk.passages]
    return [Evidence(f"S{n}", d, p, p.read(d.text)) for n, (d, p) in enumerate(passages, 1)]


def drafted(evidence, *rankings, text="What did it do?", most=5):
    """The draft in which is quoted, if the evidence of these numbers is ranked for each part, a tenth of a logit apart."""
    question = replace(
        understand(text), parts=tuple(understand(f"part {n}") for n, _ in enumerate(rankings)) if rankings[1:] else ()
    )
    ranked = [
        [Hit(evidence[at].passage, n, rerank_score=best - n / 10) for n, at in enumerate(order, 1)]
        for best, order in rankings
    ]
    draft = QuotingEngine(most).draft(question, ranked, evidence, 0.0)
    assert len(verify(draft, evidence).sentences) == len(draft.statements), "each stands"
    return texts(draft)


BACK = "The fund began in 2014. It raised 138 billion. It is based in Beijing. Tea is grown in Anhui."


@pytest.mark.parametrize(
    ("order", "quoted"),
    [
        ([0, 1], ["The fund began in 2014. It raised 138 billion."]),
        ([1, 0], ["The fund began in 2014. It raised 138 billion."]),
        ([2, 0], ["It raised 138 billion. It is based in Beijing.", "The fund began in 2014."]),
        ([0, 2], ["The fund began in 2014.", "It raised 138 billion. It is based in Beijing."]),
        ([2, 1], ["The fund began in 2014. It raised 138 billion. It is based in Beijing."]),
        ([0, 2, 1], ["The fund began in 2014. It raised 138 billion. It is based in Beijing."]),
    ],
)
def test_a_sentence_and_one_that_points_back_to_it_are_one_quote(order, quoted):
    assert drafted(evidence_of(BACK), (3.0, order)) == quoted


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_a_known_answer_is_not_said_twice_either(order):
    evidence = evidence_of(BACK)
    places = tuple(PassageLocation(evidence[n].document.id, evidence[n].passage.start) for n in order)
    match = Match(0, ResolvedQuestion("When did it begin?", "", {}, places), "When did it begin?", 0.9)
    draft = known_draft(match, understand("When did it begin?"), evidence, 0.0)
    assert texts(draft) == ["The fund began in 2014. It raised 138 billion."]


ITEMS = "Three cities make chips:\n\n- Wuhan\n- Hefei\n- Wuxi"


@pytest.mark.parametrize(("first", "second"), [(3.0, 1.0), (1.0, 3.0)])
def test_an_item_of_a_list_that_another_part_quotes_whole_is_not_said_again(first, second):
    evidence = evidence_of(ITEMS)
    sentences = drafted(evidence, (first, [0, 1, 2, 3]), (second, [2]), text="Which cities make chips, and where is Hefei?")
    assert sentences == ["Three cities make chips:", "Wuhan", "Hefei", "Wuxi"]


def test_one_list_that_two_parts_ask_for_is_quoted_once():
    sentences = drafted(evidence_of(ITEMS), (3.0, [0, 1, 2, 3]), (3.5, [1, 0, 2, 3]), text="Which cities and which towns?")
    assert sentences == ["Three cities make chips:", "Wuhan", "Hefei", "Wuxi"]


@pytest.mark.parametrize(
    ("one", "other", "quoted"),
    [
        ("The fund began in 2014.", "Tea is grown.\n\nThe fund began in  2014.", ["The fund began in 2014."]),
        ("The fund began in 2014.", "As was said, the fund began in 2014.", ["As was said, the fund began in 2014."]),
        ("As was said, the fund began in 2014.", "The fund began in 2014.", ["As was said, the fund began in 2014."]),
        ("The fund began in 2014.", "The fund began in 2014 or later.", ["The fund began in 2014 or later."]),
        ("The fund began in 2014.", "The fund began in 20145.", ["The fund began in 2014.", "The fund began in 20145."]),
        ("研发经费增长百分之七。", "据统计，研发经费增长百分之七。", ["据统计，研发经费增长百分之七。"]),
        ("- one\n- two\n- two halves", "Nothing.", ["one", "two", "two halves"]),
    ],
    ids=["two documents", "inside, later", "inside, before", "longer", "another word", "Chinese", "items of one list"],
)
def test_what_says_the_same_words_is_said_once_in_the_place_of_the_better(one, other, quoted):
    evidence = evidence_of(one, other)
    order = [n for n, e in enumerate(evidence) if "Tea" not in e.text and "Nothing" not in e.text]
    assert drafted(evidence, (3.0, order), text="Which were it?") == quoted


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(markdown_texts(), min_size=1, max_size=2),
    st.sampled_from(QUESTIONS),
    st.integers(1, 3),
    st.integers(1, 8),
    st.randoms(use_true_random=False),
)
def test_no_quote_lies_in_another_whatever_the_hits_are(texts, asked, parts, most, random):
    evidence = evidence_of(*texts, texts[0] + "\n\nOnce more.")
    question = replace(understand(asked), parts=tuple(understand(f"part {n}") for n in range(parts)) if parts > 1 else ())
    rankings = []
    for _ in range(parts):
        found = random.sample(evidence, random.randint(0, len(evidence)))
        scores = sorted((random.uniform(-3, 6) for _ in found), reverse=True)
        rankings.append([Hit(e.passage, n, rerank_score=s) for n, (e, s) in enumerate(zip(found, scores, strict=True), 1)])
    check(verify(QuotingEngine(most).draft(question, rankings, evidence, 0.0), evidence), evidence)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(markdown_texts(), min_size=1, max_size=2), st.integers(1, 8), st.randoms(use_true_random=False))
def test_nor_does_it_in_a_known_answer(texts, most, random):
    evidence = evidence_of(*texts, texts[0] + "\n\nOnce more.")
    named = random.sample(evidence, min(most, len(evidence)))
    places = tuple(PassageLocation(e.document.id, e.passage.start) for e in named)
    match = Match(0, ResolvedQuestion("When did it begin?", "", {}, places), "When did it begin?", 0.9)
    question = understand("When did it begin?")
    answer = verify(known_draft(match, question, evidence, 0.0), evidence)
    assert answer.sentences
    check(answer, evidence)


def check(answer, evidence):
    """No quote of an answer lies in another, but for items of one list and rows of one table."""
    kinds = {(e.document.id, e.passage.start): e.passage for e in evidence}
    for (one, a), (other, b) in combinations(zip(answer.sentences, answer.citations, strict=True), 2):
        assert a.document_id != b.document_id or a.end <= b.start or b.end <= a.start
        first, second = word_string(one.text), word_string(other.text)
        assert first != second
        places = [kinds[c.document_id, c.start] for c in (a, b)]
        if len({(p.document_id, p.block, p.kind) for p in places}) > 1 or places[0].kind == "sentence":
            assert first not in second
            assert second not in first
