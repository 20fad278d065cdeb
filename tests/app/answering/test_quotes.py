"""The engine quotes passages close to the best one, and no quote says what another says."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.answering.lists import QUOTE_MARGIN
from app.answering.quotes import SEVERAL_MARGIN, _words, draft_quotes, quote
from app.answering.quotes import quoted as quoted_draft
from app.answering.verify import verify
from app.answers import Evidence, Hit
from app.known.answers import known_draft
from app.known.match import Match
from app.query.understand import understand
from ingest.documents import Document, PassageLocation
from ingest.questions.store import ResolvedQuestion
from ingest.split import split
from tests.drafts import keys, text_of, texts
from tests.strategies import markdown_texts

DOCUMENT = Document(
    "# T\n\nPhase one raised 138 billion yuan. Phase three has 344 billion yuan. Tea is grown in Anhui.", "T", "t.md", True
)
PASSAGES = [p for chunk in split(DOCUMENT) for p in chunk.passages]
EVIDENCE = [Evidence(f"S{n}", DOCUMENT, p, p.read(DOCUMENT.text)) for n, p in enumerate(PASSAGES, 1)]


def quoted(question, scores, rankings=1, passages=PASSAGES, evidence=EVIDENCE, most=3):
    best_first = sorted(zip(passages, scores, strict=True), key=lambda pair: -pair[1])
    hits = [Hit(p, n, rerank_score=score) for n, (p, score) in enumerate(best_first, 1)]
    return keys(draft_quotes(question, [hits] * rankings, evidence, 0.0, most), evidence)


@pytest.mark.parametrize(
    ("below", "also"), [(QUOTE_MARGIN - 0.1, True), (QUOTE_MARGIN + 0.1, False), (2 * QUOTE_MARGIN - 0.1, False)]
)
def test_a_further_sentence_is_quoted_where_it_comes_close_to_the_best(below, also):
    question = understand("What did phase one raise, beside phase three?")
    assert quoted(question, [3.0, 3.0 - below, -9.0]) == ([("S1",), ("S2",)] if also else [("S1",)])


@pytest.mark.parametrize(("below", "also"), [(SEVERAL_MARGIN - 0.1, True), (SEVERAL_MARGIN + 0.1, False)])
def test_where_several_things_are_asked_for_a_further_sentence_may_stand_further_off(below, also):
    text = "Was it larger than the first?"  # which brings no word that is missing
    assert SEVERAL_MARGIN > QUOTE_MARGIN
    assert quoted(understand(text), [3.0, 3.0 - below, -9.0]) == ([("S1",), ("S2",)] if also else [("S1",)])


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("Was the first phase larger than the third?", True),
        ("What did phase one raise?", False),
        ("Who runs phase one and where?", False),
    ],
)
def test_what_asks_for_several_things_may_be_quoted_for_more_and_from_further_off(text, several):
    question = replace(understand(text), parts=())
    passages, evidence = chapter(
        "\n\n".join(f"Sentence {word} on a phase." for word in ("one", "two", "three", "four", "five", "six"))
    )
    scores = [3.0 - 0.1 * n for n in range(6)]
    assert len(quoted(question, scores, 1, passages, evidence, 5)) == (5 if several else 3)
    assert len(quoted(question, scores, 1, passages, evidence, 2)) == 2


@pytest.mark.parametrize(
    ("score", "answered", "status"), [(2.0, [("S1",), ("S2",)], "answered"), (-2.0, [("S1",)], "partial")]
)
def test_a_part_below_the_threshold_is_not_answered(score, answered, status):
    parts = (understand("What did phase one raise?"), understand("What does phase three have?"))
    rankings = [[Hit(PASSAGES[0], 1, rerank_score=3.0)], [Hit(PASSAGES[1], 1, rerank_score=score)]]
    draft = draft_quotes(replace(parts[0], parts=parts), rankings, EVIDENCE, 0.5, 3)
    assert (keys(draft, EVIDENCE), draft.status) == (answered, status)


TABLE = "| City | Role |\n|---|---|\n" + "\n".join(
    f"| {city} | {city} does chips |" for city in ("Xi'an", "Wuhan", "Hefei", "Wuxi")
)


@pytest.mark.parametrize(
    ("text", "scores", "rows"),
    [
        ("Which cities make chips?", [3.0, 2.5, 2.0, 1.5], 4),
        ("Which cities make chips?", [1.5, 2.0, 2.5, 3.0], 4),
        ("Which cities make chips?", [3.0, 2.5, 2.0, 2.9 - QUOTE_MARGIN], 3),
        ("What does Hefei do?", [1.0, 2.2, 3.0, 0.5], 2),
    ],
)
def test_where_a_list_is_asked_for_the_rows_of_a_table_that_answer_are_all_quoted_in_its_order(text, scores, rows):
    passages, evidence = chapter(TABLE)
    found = quoted(understand(text), scores, 1, passages, evidence)
    assert len(found) == rows
    if text.startswith("Which"):
        assert found == sorted(found)


def test_what_introduces_a_list_is_not_quoted_beside_another_sentence():
    passages, evidence = chapter(f"Chips are made in three cities.\n\n{ITEMS}")
    question = understand("Are chips made in a city?")
    assert quoted(question, [3.0, 2.0, 1.0, -3.0, -3.0], 1, passages, evidence) == [("S1",)]
    assert quoted(question, [3.0, 1.5, 2.0, -3.0, -3.0], 1, passages, evidence) == [("S1",), ("S3",)]


@pytest.mark.parametrize(
    ("heading", "first"),
    [("Fees of quays", "S2"), ("Fees of the old quays in Zornburg", "S1"), ("Fees of quays.", "S1")],
    ids=["a heading", "says more", "a sentence"],
)
def test_a_heading_in_words_of_the_question_is_no_answer(heading, first):
    passages, evidence = chapter(f"{heading}\n\nShips pay five crowns.")
    assert quoted(understand("What are the fees of quays?"), [3.0, 2.0], 1, passages, evidence)[0] == (first,)


def chapter(text):
    document = Document(f"# T\n\n{text}\n", "T", "t.md", True)
    passages = [p for chunk in split(document) for p in chunk.passages]
    return passages, [Evidence(f"S{n}", document, p, p.read(document.text)) for n, p in enumerate(passages, 1)]


ITEMS = "Three cities make chips:\n\n- Wuhan\n- Hefei\n- Wuxi"


@pytest.mark.parametrize(
    ("text", "scores", "sentences"),
    [
        ("Which cities make chips?", [1.0, 3.0, 2.0, 0.0], 4),
        ("Which three cities make chips?", [1.0, 3.0, 2.0, 0.0], 4),
        ("Which seven cities make chips?", [1.0, 3.0, -3.0, -3.0], 1),
        ("What city makes chips?", [-1.0, 3.0, -3.0, -3.0], 1),
        ("What do they make?", [3.0, 1.0, 1.0, 1.0], 4),
        ("How many cities make chips?", [3.0, 1.0, 1.0, 1.0], 1),
        ("Where are the three chip cities?", [-3.0, 3.0, -3.0, -3.0], 4),
        ("Where are the four chip cities?", [-3.0, 3.0, -3.0, -3.0], 1),
        ("Who makes chips?", [-3.0, 3.0, 1.5, 3.1 - QUOTE_MARGIN], 1),
    ],
)
def test_a_list_is_quoted_whole_where_it_is_asked_for_announced_or_counted(text, scores, sentences):
    passages, evidence = chapter(ITEMS)
    assert len(quoted(understand(text), scores, 1, passages, evidence)) == sentences


def test_an_item_alone_is_said_behind_what_introduces_its_list_and_cited_by_itself():
    passages, evidence = chapter(ITEMS)
    question = understand("What city makes chips?")
    hits = [Hit(p, n, rerank_score=3.0 - n) for n, p in enumerate([passages[2], passages[0], passages[1]], 1)]
    draft = draft_quotes(question, [hits], evidence, 0.0, 3)
    assert (texts(draft), keys(draft, evidence)) == (["Three cities make chips: Hefei"], [("S3",)])
    answer = verify(draft, evidence, hits)
    assert [s.text for s in answer.sentences] == ["Three cities make chips: Hefei"]
    assert [c.quote for c in answer.citations] == ["Hefei"]
    assert [s.text[slice(*s.highlight)] for s in answer.sentences if s.highlight] in ([], ["Hefei"])
    longer, more = chapter(f"{ITEMS}\n\nTwo cities make steel:\n\n- Anshan\n- Baotou")
    both = [Hit(longer[n], rank, rerank_score=3.0 - rank / 9) for rank, n in enumerate((2, 5), 1)]
    two = draft_quotes(question, [both], more, 0.0, 3)
    assert texts(two) == ["Three cities make chips: Hefei", "Two cities make steel: Anshan"]
    for wrong in (
        "Four cities make chips: Hefei",
        "Three cities make chips: Wuhan",
        "Three cities make chips:",
        "chips: Hefei",
    ):
        altered = replace(draft, statements=(replace(draft.statements[0], text={"en": wrong}),))
        assert verify(altered, evidence, hits).sentences == ()


def test_a_sentence_that_two_parts_share_belongs_to_the_one_that_is_surer():
    text = "Is it larger than the other?"
    question = replace(understand(text), parts=(understand("one"), understand("two")))
    rankings = [[Hit(PASSAGES[0], 1, rerank_score=score)] for score in (-4.0, 3.0)]
    draft = draft_quotes(question, rankings, EVIDENCE, 0.3, 5)
    assert keys(draft, EVIDENCE) == [("S1",)], "the other part is below the threshold"
    assert [s.text for s in verify(draft, EVIDENCE).sentences] == [EVIDENCE[0].text]


def test_a_row_is_said_with_its_headings_alone():
    passages, evidence = chapter(f"Four cities work on chips:\n\n{TABLE}")
    row = next(p for p in passages if p.kind == "row")
    question = understand("What does Xi'an do?")
    draft = draft_quotes(question, [[Hit(row, 1, rerank_score=3.0)]], evidence, 0.0, 3)
    assert row.lead is not None
    assert texts(draft) == ["City: Xi'an; Role: Xi'an does chips"]


# --- what is set in bold

ROBOTS, PANEL = "China made 556,000 robots in 2024.", "Xi Jinping headed the panel from March 2020."


def test_of_each_part_the_first_quote_has_in_bold_what_is_asked_for():
    evidence = evidence_of(ROBOTS, PANEL, "China made 300,000 robots in 2021.")
    parts = understand("How many robots were made?"), understand("Who headed the panel?")
    quotes = [quote(item, (), part) for item, part in zip(evidence, (0, 1, 0), strict=True)]
    draft = quoted_draft(replace(parts[0], parts=parts), quotes, (0.9, 0.9), 0.0, ())
    spans = [s.highlight and text_of(s)[slice(*s.highlight)] for s in draft.statements]
    assert spans == ["556,000", "Xi Jinping", None]


@pytest.mark.parametrize(
    ("asked", "bold"),
    [("from 2020 to 2021", ["2,439 billion yuan", "2,790 billion yuan"]), ("in 2020", ["2,439 billion yuan", None])],
)
def test_of_a_series_each_year_has_its_figure_in_bold(asked, bold):
    evidence = evidence_of("R&D spending was 2,439 billion yuan in 2020.", "R&D spending was 2,790 billion yuan in 2021.")
    question = understand(f"How much was spent on R&D {asked}?")
    draft = quoted_draft(question, [quote(item, ()) for item in evidence], (0.9,), 0.0, ())
    assert [s.highlight and text_of(s)[slice(*s.highlight)] for s in draft.statements] == bold


# --- said once

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
    draft = draft_quotes(question, ranked, evidence, 0.0, most)
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
        ([2, 1], ["It raised 138 billion. It is based in Beijing."]),
        ([0, 2, 1], ["The fund began in 2014.", "It raised 138 billion. It is based in Beijing."]),
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
    assert drafted(evidence, (3.0, order), text="Which things were there?") == quoted


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
    check(verify(draft_quotes(question, rankings, evidence, 0.0, most), evidence), evidence)


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
        first, second = _words(one.text), _words(other.text)
        assert first != second
        places = [kinds[c.document_id, c.start] for c in (a, b)]
        if len({(p.document_id, p.block, p.kind) for p in places}) > 1 or places[0].kind == "sentence":
            assert first not in second
            assert second not in first
