"""A question is told from a similar one, and matched with what was written beforehand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.known.features import FEATURE_NAMES, numbers_of, words_of
from app.known.match import Match, Weights, is_in_scope, likely_answers, shipped_model
from app.query.understand import understand
from app.query.values import Turn
from app.retrieval.retriever import MATCH_BOOST
from app.store.records import public
from app.web.shelf import Shelf
from ingest.documents import PassageLocation
from ingest.questions.store import ResolvedQuestion

TEA = """---
title: Teas of Fredonia
language: en
---

## Oolong

Fredonia grew 40 tonnes of oolong in 2024. Oolong is half oxidised, as the growers like it.

## Green tea

Fredonia grew 70 tonnes of green tea in 2023. The target for 2025 is 90 tonnes of green tea.
"""
QUESTIONS = """
- question: How much oolong did Fredonia grow in 2024?
  also: [oolong harvest 2024, how many tonnes of oolong were picked, 2024年收了多少乌龙茶？]
  answers: [Fredonia grew 40 tonnes of oolong in 2024.]
- question: How much green tea is to be grown by 2025?
  also: [green tea target 2025, what does Fredonia want to harvest in green tea, 绿茶的目标是多少？]
  answers: [The target for 2025 is 90 tonnes of green tea.]
- question: What does oolong cost?
  also: [oolong price, how expensive is oolong, what does it cost, 乌龙茶多少钱？]
  gap: The documents name no prices of tea.
  gap_zh: 文件没有给出茶的价格。
  nearest: ["Oolong is half oxidised, as the growers like it."]
- question: How much green tea did Fredonia and Sylvania grow?
  also: [fredonia sylvania green tea, compare green tea of fredonia and sylvania, 两国的绿茶产量是多少？]
  answers: [Fredonia grew 70 tonnes of green tea in 2023.]
  gap: The documents name no harvest of Sylvania.
"""


@pytest.fixture(scope="module")
def tea(made):
    chain = made({"tea.md": TEA, "harbour.md": "# The harbour\n\nThe quay is closed in winter.\n"}, QUESTIONS)
    yield chain
    chain.index.close()


@pytest.mark.parametrize(
    ("asked", "said"),
    [("oolong harvest 2024", "40 tonnes of oolong"), ("green tea target 2025?", "90 tonnes of green tea"),
     ("绿茶的目标是多少", "90 tonnes of green tea")],
)  # fmt: skip
def test_a_known_wording_is_answered_with_its_passage_and_nothing_is_searched(tea, asked: str, said: str) -> None:
    answer = tea.ask(asked)
    assert answer.status == "answered"
    assert said in answer.sentences[0].text
    assert answer.hits
    assert not answer.suggestions


def test_beside_a_refusal_the_nearest_questions_with_an_answer_are_offered(tea) -> None:
    english, chinese = Shelf(lambda: tea).near("what does oolong cost?"), Shelf(lambda: tea).near("乌龙茶多少钱？")
    assert english[0] == "How much oolong did Fredonia grow in 2024?"
    assert chinese[0] == "2024年收了多少乌龙茶？"
    assert not {"What does oolong cost?", "乌龙茶多少钱？"} & {*english, *chinese}
    assert Shelf(lambda: None).near("what does oolong cost?") == ()


def test_a_refusal_names_what_no_document_mentions(tea, monkeypatch) -> None:
    monkeypatch.setattr("app.known.features.RARE_SHARE", 9)
    told = "No answer to this was found. The documents do not mention “Zanzibar”."
    assert tea.ask("What is the recipe of Zanzibar?").note == told
    assert tea.ask("世界杯 zanzibar 怎么做？").note == "没有找到答案：文件没有提到“zanzibar”。"


def test_a_known_gap_says_what_is_not_held_and_what_is_nearest(tea) -> None:
    answer = tea.ask("how expensive is oolong?")
    assert answer.status == "not_found"
    assert answer.note == "The documents name no prices of tea."
    assert [c.quote for c in answer.closest] == ["Oolong is half oxidised, as the growers like it."]


def test_what_was_added_is_asked_where_a_known_question_says_that_nothing_is_held(made) -> None:
    prices = "# Prices of tea\n\nOolong costs 31 crowns a kilogram at the quay. Fredonia's tea is shipped in red tins.\n"
    chain = made({"tea.md": TEA}, QUESTIONS, {"added.md": prices})
    index = chain.index
    for question in ("What does oolong cost?", "how expensive is oolong?"):
        answer = chain.ask(question)
        assert (answer.status, "31 crowns" in answer.text, answer.note) == ("answered", True, "")
    assert "40 tonnes" in chain.ask("oolong harvest 2024").text
    tea = [d for d in index.catalogue.document_ids() if d not in index.catalogue.documents_below("added/")]
    said = chain.ask("What does oolong cost?", within=tea).note
    assert said == "The documents name no prices of tea. Searched 1 of 2 documents."
    index.close()


def test_what_an_added_document_is_known_to_lack_is_not_answered_with_its_nearest_passage(made) -> None:
    near = "Oolong costs 31 crowns a kilogram at the quay."
    gap = f"- {{question: What does oolong cost?, gap: No retail price is named., nearest: [added/added.md: {near}]}}"
    chain = made({"tea.md": TEA}, gap, {"added.md": f"# Prices of tea\n\n{near} Tea is shipped in red tins.\n"})
    assert chain.ask("What does oolong cost?").note == "No retail price is named."
    chain.index.close()


@pytest.mark.parametrize(
    ("question", "overruled"),
    [
        ("How was the oolong harvest from 2019 to 2022?", True),
        ("How was the oolong harvest in 2022?", False),
        ("What does Fredonia want to harvest in green tea, 2021-2025?", False),  # the years of a plan
    ],
)
def test_years_overrule_a_known_question_only_where_a_table_has_a_row_for_each(by_year, question, overruled) -> None:
    asked = understand(question)
    known = replace(by_year.matcher.matches(asked)[0], probability=0.7)
    assert by_year.policy.overruled(asked, asked, known, 0.2) == (asked if overruled else None)


def test_years_are_asked_for_behind_another_question_too(by_year) -> None:
    before = [Turn("user", "How much green tea is to be grown by 2025?"), Turn("assistant", "90 tonnes.")]
    for history in ((), before):
        answer = by_year.ask("How was the oolong harvest from 2019 to 2022?", history)
        assert [s.text[:10] for s in answer.sentences] == [f"Year: {year}" for year in range(2019, 2023)]


@pytest.fixture(scope="module")
def by_year(made):
    table = "| Year | Oolong harvest (tonnes) |\n|---|---|\n" + "".join(f"| {y} | {y - 1990} |\n" for y in range(2018, 2024))
    added = {"added.md": "# Nothing\n\nThe harbour is closed.\n"}
    chain = made({"tea.md": f"{TEA}\n## Harvests\n\n{table}"}, QUESTIONS, added)
    yield chain
    chain.index.close()


def test_a_known_gap_is_said_in_chinese_to_who_asks_in_chinese(tea) -> None:
    answer = tea.ask("乌龙茶多少钱？")
    assert (answer.status, answer.note) == ("not_found", "文件没有给出茶的价格。")


def test_what_is_held_in_part_is_answered_and_what_is_missing_said(tea) -> None:
    answer = tea.ask("fredonia sylvania green tea?")
    assert (answer.status, answer.note) == ("partial", "The documents name no harvest of Sylvania.")
    assert [s.text for s in answer.sentences] == ["Fredonia grew 70 tonnes of green tea in 2023."]
    chinese = tea.ask("两国的绿茶产量是多少？")
    assert (chinese.status, chinese.note) == ("partial", "文件只回答了这个问题的一部分。")


def test_what_is_about_the_program_is_answered_in_its_words(tea) -> None:
    english, chinese = tea.ask("who made this?"), tea.ask("你好")
    assert english.status == chinese.status == "about"
    assert "Ask the Plan" in english.note
    assert "提问" in chinese.note
    assert public(english)["citations"] == []


@pytest.mark.parametrize("question", ["who made this?", "作者是谁？"])
def test_a_document_in_hand_is_not_the_program(tea, question: str) -> None:
    within = tuple(tea.index.catalogue.document_ids())
    assert tea.ask(question, within=within).status == "not_found"
    assert tea.ask("who made this website?", within=within).status == "about"


def test_it_is_told_which_reading_was_matched(tea) -> None:
    history = [Turn("user", "How much oolong did Fredonia grow in 2024?"), Turn("assistant", "40 tonnes.")]
    answer = tea.ask("who made this?", history)
    assert answer.status == "about"
    assert answer.standalone_query == "who made this?"


def test_a_follow_up_that_reads_like_a_question_to_the_program_is_not_one(tea) -> None:
    history = [Turn("user", "Is oolong half oxidised?"), Turn("assistant", "Oolong is half oxidised.")]
    assert tea.ask("How does this all work?").status == "about"
    assert tea.ask("How does this all work?", history).status != "about"


def test_words_that_lean_on_the_conversation_are_no_known_question_letter_for_letter(tea) -> None:
    ask = tea.matcher.candidates
    assert ask("how expensive is oolong", "oolong harvest 2024")[0].is_exact
    assert ask("what does it cost", "")[0].is_exact
    assert not ask("what does it cost", "How large is the green tea harvest?")[0].is_exact


def test_a_chinese_conversation_is_about_what_was_asked_in_chinese(tea) -> None:
    subject = tea.matcher._subject
    assert subject("乌龙茶多少钱？", "") == "乌龙茶多少钱？"
    assert subject("目标呢", "2024年收了多少乌龙茶？") == "2024年收了多少乌龙茶？"  # matched, and worded in Chinese
    assert subject("why", "how expensive is oolong") in ("why", "What does oolong cost?")


OOLONG = (Turn("user", "How much oolong did Fredonia grow in 2024?"), Turn("assistant", "40 tonnes."))


@pytest.mark.parametrize(
    ("question", "known"),
    [
        ("and what does it cost?", "What does oolong cost?"),
        ("what about the green tea target for 2025", "How much green tea is to be grown by 2025?"),
        ("那多少钱？", "What does oolong cost?"),
    ],
)
def test_a_follow_up_means_what_was_talked_of(tea, question: str, known: str) -> None:
    assert tea.matcher.matches(understand(question, OOLONG))[0].known.question == known


def test_a_follow_up_is_read_as_the_known_question_that_it_is_taken_for(tea) -> None:
    answer = tea.ask("and what does it cost?", OOLONG)
    assert (answer.status, answer.standalone_query) == ("not_found", "What does oolong cost?")
    chinese = tea.ask("那多少钱？", [Turn("user", "2024年收了多少乌龙茶？"), Turn("assistant", "40 tonnes.")])
    assert chinese.standalone_query == "乌龙茶多少钱？"


def test_a_known_question_typed_letter_for_letter_is_read_as_it_stands(tea) -> None:
    before = (Turn("user", "What is the weather in Paris?"), Turn("assistant", "I couldn't find this."))
    assert tea.ask("what does oolong cost?", before).standalone_query == "what does oolong cost?"


def test_another_number_is_another_question(tea) -> None:
    found = {m.known.question: m.probability for m in tea.matcher.matches(understand("oolong harvest 2024"))}
    other = {m.known.question: m.probability for m in tea.matcher.matches(understand("oolong harvest 1998"))}
    name = "How much oolong did Fredonia grow in 2024?"
    assert other[name] < found[name]


def test_documents_that_are_not_asked_give_no_match(tea) -> None:
    known = ResolvedQuestion("q", "", {}, (PassageLocation("d1", 0),))
    assert is_in_scope(Match(0, known, "q", 0.9), None)
    assert is_in_scope(Match(0, known, "q", 0.9), ("d1",))
    assert not is_in_scope(Match(0, known, "q", 0.9), ("d2",))


def test_a_candidate_has_a_value_a_feature(tea) -> None:
    (gap, *_), (about, *_) = (tea.matcher.candidates(q) for q in ("oolong price", "你好"))
    assert set(gap.features) == {*FEATURE_NAMES, "reader"}
    assert set(about.features) == set(FEATURE_NAMES)  # the pair reader knows English only
    assert [(c.features["gap"], c.features["about"], c.is_exact) for c in (gap, about)] == [(1, 0, True), (0, 1, True)]


def test_the_shipped_weights_are_of_these_features() -> None:
    model = shipped_model()
    for weights, names in ((model.read, {*FEATURE_NAMES, "reader"}), (model.unread, {*FEATURE_NAMES})):
        assert set(weights.order) == names
        assert set(weights.good) == {"bias", "score", "ahead", "follows", "gap", "gap: score", "gap: ahead"}


def test_a_name_alone_in_a_conversation_is_not_taken_letter_for_letter(tea) -> None:
    (alone, *_), (behind, *_) = tea.matcher.candidates("oolong price"), tea.matcher.candidates("oolong price", "Green tea?")
    assert (alone.is_exact, behind.is_exact) == (True, False)
    assert tea.matcher.candidates("What does oolong cost?", "Green tea?")[0].is_exact


def test_words_and_numbers() -> None:
    assert words_of("What was the R&D target for 2025?") >= {"target", "2025"}
    assert numbers_of(words_of("the 14th plan, 5G, 2025 and tea")) == {"14th", "5g", "2025"}


def test_a_probability_is_a_logistic_of_the_weighted_features() -> None:
    model = Weights({"cosine": 2.0}, {"bias": -1.0, "reader": 0.5, "gap": 0.0})
    assert model.probability({"reader": 2.0, "gap": 1.0}) == 0.5
    assert model.score({"cosine": 0.5, "gap": 1.0}) == 1.0


def test_a_folder_without_questions_is_answered_all_the_same(made) -> None:
    chain = made({"tea.md": TEA})
    assert "40 tonnes" in chain.ask("How much oolong did Fredonia grow in 2024?").sentences[0].text
    for far in ("who was Mozart", "how long is the Rhine", "what about the weather in Peru?"):
        assert chain.ask(far, OOLONG).status == "not_found"
    assert chain.ask("what can you do", OOLONG).status == "about"
    chain.index.close()


def test_near_matches_name_their_first_answer() -> None:
    known = ResolvedQuestion("q", "", {}, (PassageLocation("d", 2), PassageLocation("d", 1)))
    assert likely_answers([Match(0, known, "q", 0.6), Match(1, known, "q", 0.4)]) == {("d", 2): 0.6}
    assert likely_answers([Match(0, ResolvedQuestion("q", "Not held.", {}, (PassageLocation("d", 2),)), "q", 0.6)]) == {}


def test_what_answers_a_near_question_stands_higher(tea) -> None:
    question = understand("How much tea did Fredonia grow?")
    found = tea.retriever.search(question)
    ranked = tea.retriever.rank(question, found)
    last = ranked[-1].passage
    lifted = tea.retriever.rank(question, found, boosts={(last.document_id, last.start): 1.0})
    place = next(h for h in lifted if h.passage == last)
    assert place.match_score == MATCH_BOOST
    assert place.score > ranked[-1].score
    assert all(h.match_score == 0 for h in lifted if h.passage != last)


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        ("How much oolong did Fredonia grow in 2024?", "add green tea to it"),
        ("2024年收了多少乌龙茶？", "把绿茶的目标也加进去"),
    ],
)
def test_what_is_added_to_an_answer_is_answered_beside_it(tea, before: str, asked: str) -> None:
    answer = tea.ask(asked, [Turn("user", before), Turn("assistant", "40 tonnes.")])
    assert "40 tonnes of oolong" in answer.text
    assert "green tea" in answer.text
