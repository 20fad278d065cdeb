"""Which sentences are quoted beside the best one."""

from dataclasses import replace

import pytest

from app.answering.extract import MULTIPART_MARGIN, NEW_WORDS_MARGIN, QuotingEngine
from app.answering.lists import QUOTE_MARGIN
from app.answering.verify import verify
from app.answers import Evidence, Hit
from app.query.understand import understand
from ingest.documents import Document
from ingest.split import split
from tests.drafts import keys, texts

DOCUMENT = Document(
    "# T\n\nPhase one raised 138 billion yuan. Phase three has 344 billion yuan. Tea is grown in Anhui.", "T", "t.md", True
)
PASSAGES = [p for chunk in split(DOCUMENT) for p in chunk.passages]
EVIDENCE = [Evidence(f"S{n}", DOCUMENT, p, p.read(DOCUMENT.text)) for n, p in enumerate(PASSAGES, 1)]


def quoted(question, scores, rankings=1, passages=PASSAGES, evidence=EVIDENCE, most=3):
    best_first = sorted(zip(passages, scores, strict=True), key=lambda pair: -pair[1])
    hits = [Hit(p, n, rerank_score=score) for n, (p, score) in enumerate(best_first, 1)]
    return keys(QuotingEngine(most).draft(question, [hits] * rankings, evidence, 0.0), evidence)


@pytest.mark.parametrize(
    ("below", "also"), [(QUOTE_MARGIN - 0.1, True), (QUOTE_MARGIN + 0.1, False), (2 * QUOTE_MARGIN - 0.1, False)]
)
def test_a_further_sentence_is_quoted_where_it_comes_close_to_the_best(below, also):
    question = understand("What did phase one raise, beside phase three?")
    assert quoted(question, [3.0, 3.0 - below, -9.0]) == ([("S1",), ("S2",)] if also else [("S1",)])


@pytest.mark.parametrize(("below", "also"), [(MULTIPART_MARGIN - 0.1, True), (MULTIPART_MARGIN + 0.1, False)])
def test_where_several_things_are_asked_for_a_further_sentence_may_stand_further_off(below, also):
    text = "Was it larger than the first?"  # which brings no word that is missing
    assert MULTIPART_MARGIN > QUOTE_MARGIN
    assert quoted(understand(text), [3.0, 3.0 - below, -9.0]) == ([("S1",), ("S2",)] if also else [("S1",)])


@pytest.mark.parametrize(("below", "also"), [(NEW_WORDS_MARGIN - 0.1, True), (NEW_WORDS_MARGIN + 0.1, False)])
def test_of_several_things_the_other_side_may_stand_further_off_where_it_brings_a_missing_word(below, also):
    text = "Did phase one raise more than phase three?"
    question = replace(understand(text), parts=(understand(text), understand(text)))
    assert quoted(question, [3.0, 3.0 - below, 3.0 - below], 2) == ([("S1",), ("S2",)] if also else [("S1",)])


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
    draft = QuotingEngine(3).draft(replace(parts[0], parts=parts), rankings, EVIDENCE, 0.5)
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
        ("What does Hefei do?", [1.0, 2.2, 3.0, 2.1], 2),
        ("What does Hefei do?", [1.0, 1.9, 3.0, 1.5], 1),
        ("Does Hefei do more than Wuhan?", [1.0, 2.0, 3.0, 1.5], 3),
    ],
)
def test_where_a_list_is_asked_for_the_rows_of_a_table_that_answer_are_all_quoted_in_its_order(text, scores, rows):
    passages, evidence = chapter(TABLE)
    found = quoted(understand(text), scores, 1, passages, evidence)
    assert len(found) == rows
    if text.startswith("Which"):
        assert found == sorted(found)


def test_of_a_table_rows_about_the_same_are_quoted_beside_the_best_also_further_off():
    passages, evidence = chapter("| Year | Robots |\n|---|---|\n| 2023 | 5 |\n| 2024 | 6, first |\n| 2024 | 7, final |")
    question = understand("How many robots were there in 2024?")
    assert quoted(question, [1.8, 3.0, 1.5], 1, passages, evidence) == [("S2",), ("S3",)]


def test_what_introduces_a_list_is_not_quoted_beside_another_sentence_nor_an_item_below_it():
    passages, evidence = chapter(f"Chips are made in three cities.\n\n{ITEMS}")
    question = understand("Are chips made in a city?")
    assert quoted(question, [3.0, 2.0, 1.5, -3.0, -3.0], 1, passages, evidence) == [("S1",)]
    assert quoted(question, [3.0, 1.5, 2.0, -3.0, -3.0], 1, passages, evidence) == [("S1",), ("S3",)]


FEES = "Fees were as follows (in thousands):\n\n| Quay | Fees |\n|---|---|\n| North | 5 |\n| South | 7 |"


def test_what_only_announces_a_table_gives_its_place_to_the_best_row():
    passages, evidence = chapter(f"Ships pay.\n\n{FEES}")
    order = [1.0, 3.0, -1.0, 0.5]  # the announcement answers best, then the first sentence
    assert quoted(understand("What are the fees of quays?"), order, 1, passages, evidence) == [("S4",), ("S1",)]
    counted, more = chapter(FEES.replace("Fees", "Fees of 12 quays"))
    assert quoted(understand("How many quays are there?"), [3.0, -1.0, 0.5], 1, counted, more) == [("S1",)]


@pytest.mark.parametrize(
    ("heading", "below", "first"),
    [
        ("Fees of quays", 1.0, "S2"),
        ("Fees of quays", MULTIPART_MARGIN + 0.1, "S1"),
        ("Fees of the old quays in Zornburg", 1.0, "S1"),
        ("Fees of quays.", 1.0, "S1"),
    ],
    ids=["a heading", "nothing else comes close", "says more", "a sentence"],
)
def test_a_heading_is_no_answer_where_a_sentence_is(heading, below, first):
    passages, evidence = chapter(f"{heading}\n\nShips pay five crowns.")
    assert quoted(understand("What are the fees of quays?"), [3.0, 3.0 - below], 1, passages, evidence)[0] == (first,)


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
        ("Where to go for chips?", [-3.0, 3.0, 1.5, 3.1 - QUOTE_MARGIN], 4),
        ("Where to go for chips?", [-3.0, 3.0, 1.5, 2.9 - QUOTE_MARGIN], 1),
        ("Who makes chips?", [-3.0, 3.0, 1.5, 3.1 - QUOTE_MARGIN], 1),
    ],
)
def test_a_list_is_quoted_whole_where_it_is_asked_for_announced_counted_or_answers_as_one(text, scores, sentences):
    passages, evidence = chapter(ITEMS)
    assert len(quoted(understand(text), scores, 1, passages, evidence)) == sentences


def test_an_item_alone_is_said_behind_what_introduces_its_list_and_cited_by_itself():
    passages, evidence = chapter(ITEMS)
    question = understand("What city makes chips?")
    hits = [Hit(p, n, rerank_score=3.0 - n) for n, p in enumerate([passages[2], passages[0], passages[1]], 1)]
    draft = QuotingEngine(3).draft(question, [hits], evidence, 0.0)
    assert (texts(draft), keys(draft, evidence)) == (["Three cities make chips: Hefei"], [("S3",)])
    answer = verify(draft, evidence, hits)
    assert [s.text for s in answer.sentences] == ["Three cities make chips: Hefei"]
    assert [c.quote for c in answer.citations] == ["Hefei"]
    assert [s.text[slice(*s.highlight)] for s in answer.sentences if s.highlight] in ([], ["Hefei"])
    longer, more = chapter(f"{ITEMS}\n\nTwo cities make steel:\n\n- Anshan\n- Baotou")
    both = [Hit(longer[n], rank, rerank_score=3.0 - rank / 9) for rank, n in enumerate((2, 5), 1)]
    two = QuotingEngine(3).draft(question, [both], more, 0.0)
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
    draft = QuotingEngine(5).draft(question, rankings, EVIDENCE, 0.3)
    assert keys(draft, EVIDENCE) == [("S1",)], "the other part is below the threshold"
    assert [s.text for s in verify(draft, EVIDENCE).sentences] == [EVIDENCE[0].text]


def test_a_row_is_said_with_its_headings_alone():
    passages, evidence = chapter(f"Four cities work on chips:\n\n{TABLE}")
    row = next(p for p in passages if p.kind == "row")
    question = understand("What does Xi'an do?")
    draft = QuotingEngine(3).draft(question, [[Hit(row, 1, rerank_score=3.0)]], evidence, 0.0)
    assert row.lead is not None
    assert texts(draft) == ["City: Xi'an; Role: Xi'an does chips"]
