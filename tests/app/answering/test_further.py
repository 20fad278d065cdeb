"""What is looked up with what the first answer names."""

from dataclasses import replace

import pytest

from app.answering.further import QUOTES, Further, further, with_further
from app.answers import Draft, DraftSentence, Evidence, Hit
from app.query.understand import understand
from ingest.documents import Document
from ingest.split import split

BOOK, BAND, OTHER = (
    Document(f"# {title}\n\n{text}", title, f"{title}.md", True)
    for title, text in (
        ("Tin Whistles", "Tin Whistles is the authorised biography of the English rock band Marrow."),
        ("Marrow (band)", "Marrow were formed in the city of Leeds in 1989."),
        ("Leeds", "Leeds is a city where other bands were formed."),
    )
)
EVIDENCE = [
    Evidence(f"S{n}", document, chunk.passages[-1], chunk.passages[-1].read(document.text))
    for n, document in enumerate((BOOK, BAND, OTHER), 1)
    for chunk in split(document)[-1:]
]
DRAFT = Draft((DraftSentence(EVIDENCE[0].text, ("S1",)),), (0.5,))
ASKED = "Tin Whistles is the biography of a rock band formed in what city?"


def looked_up(question: str, draft: Draft = DRAFT) -> Further | None:
    return further(understand(question), draft, EVIDENCE)


def test_the_words_that_no_quote_has_are_searched_for_with_what_the_first_names() -> None:
    step = looked_up(ASKED)
    assert step
    assert step.text == "formed city? English Marrow"
    assert step.missing == {"forme", "city"}


@pytest.mark.parametrize(
    "question",
    [
        "Tin Whistles is the biography of which English rock band?",  # all of it is quoted
        "Tin Whistles is the biography of the English rock band Marrow, formed in what city?",  # the quote names nothing new
        "Tin Whistles est la biographie de quel groupe de rock, et dans quelle ville a-t-il été formé ?",
    ],
)
def test_nothing_is_looked_up_where_no_second_step_is_seen(question: str) -> None:
    assert looked_up(question) is None


def test_a_passage_elsewhere_that_has_a_name_and_missing_words_says_it_where_it_answers() -> None:
    step = looked_up(ASKED)
    assert step
    hits = [Hit(e.passage, n, rerank_score=5.0 - n) for n, e in enumerate(EVIDENCE, 1)]
    assert step.best([hits[2], hits[0], hits[1]], [EVIDENCE[2], EVIDENCE[0], EVIDENCE[1]]) == hits[1]
    assert step.best([replace(hits[1], rerank_score=-2.0)], EVIDENCE[1:2]) is None


def test_one_more_quote_stands_behind_the_others_and_never_more_than_may_be() -> None:
    said = with_further(DRAFT, EVIDENCE[1], EVIDENCE)
    assert [s.keys for s in said.sentences] == [("S1",), ("S2",)]
    assert said.confidences == DRAFT.confidences
    full = replace(DRAFT, sentences=DRAFT.sentences * QUOTES)
    assert len(with_further(full, EVIDENCE[1], EVIDENCE).sentences) <= QUOTES
