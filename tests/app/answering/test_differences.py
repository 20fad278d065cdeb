"""Quotes that contradict each other are told from those that speak of another thing, time or measure."""

from __future__ import annotations

import pytest

from app.answering.differences import differences
from app.answering.notes import differing
from app.answers import Difference
from app.query.understand import understand
from app.sentences import Citation, Sentence
from ingest.documents import Source


def told(question: str, *quotes: str, documents: str = "ab") -> tuple[Difference, ...]:
    sentences = [Sentence(q, (n,)) for n, q in enumerate(quotes, 1)]
    citations = [Citation(n, documents[n - 1], "T", "", q, 0, len(q), "en", ()) for n, q in enumerate(quotes, 1)]
    return differences(understand(question), sentences, citations)


@pytest.mark.parametrize(
    ("question", "one", "other", "values"),
    [
        ("How much tea did Fredonia grow in 2024?", "Fredonia grew 40 tonnes of tea in 2024.",
         "In 2024, the tea that Fredonia grew came to 45 tonnes.", ("40 tonnes", "45 tonnes")),
        ("上海有多少人口？", "上海2020年人口为2487万人。", "2020年上海人口为2428万。", ("2487万", "2428万")),
        ("In which year did the tea house open?", "The tea house opened in 1999.", "The tea house opened in 2001.",
         ("1999", "2001")),
    ],
)  # fmt: skip
def test_another_value_for_the_same_thing_differs(question: str, one: str, other: str, values: tuple[str, str]) -> None:
    assert told(question, one, other) == (Difference((1, 2), values),)
    assert told(question, one, other, documents="aa") == ()


@pytest.mark.parametrize(
    ("why", "one", "other"),
    [
        ("year", "Fredonia grew 40 tonnes of tea in 2024.", "Fredonia grew 45 tonnes of tea in 2023."),
        ("target", "Fredonia grew 40 tonnes of tea in 2024.", "Fredonia's target for 2024 was to grow 45 tonnes of tea."),
        ("subject", "Fredonia grew 40 tonnes of tea in 2024.", "Sylvania grew 45 tonnes of tea in 2024."),
        ("rounding", "Fredonia grew 40 tonnes of tea in 2024.", "Fredonia grew 40.3 tonnes of tea in 2024."),
        ("bound", "Fredonia grew 45 tonnes of tea in 2024.", "Fredonia grew more than 40 tonnes of tea in 2024."),
        ("unit", "Fredonia grew 2.5 billion yuan of tea in 2024.", "Fredonia grew 2,500 million yuan of tea in 2024."),
        ("thing", "Fredonia grew 40 tonnes of tea in 2024.",
         "In 2024 the harbour of Fredonia shipped 45 tonnes of coffee abroad."),
    ],
)  # fmt: skip
def test_what_may_both_be_true_does_not(why: str, one: str, other: str) -> None:
    assert told("How much tea did Fredonia grow in 2024?", one, other) == (), why


def test_sources_that_differ_are_named_and_not_the_summaries_of_them() -> None:
    cited = [
        Citation(n, name, f"{name} in brief", "", "q", 0, 1, "en", (Source("s", name, "Office"),), authorship="summary")
        for n, name in enumerate(("Clocks", "Halls"), 1)
    ]
    (note,) = differing(understand("When was it opened?"), [Difference((1, 2), ("2017", "2011"))], cited)
    assert note == "The sources differ: 2017 (Clocks, Office) [1], 2011 (Halls, Office) [2]."
