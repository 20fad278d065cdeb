"""Statements that answer a turn which no known question asks as a whole: found, read, chosen, verified."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.answering.draft import Draft
from app.known.choosing import SURE, choose
from app.pipeline.chain import Chain
from app.pipeline.values import Request
from app.query.values import Turn

TEA = """# Teas of Anhui

Hefei grew 41 tonnes of green tea in 2024. Keemun grew 17 tonnes of black tea in 2024.

The tea board of Anhui was founded in 1998. Its president is Mei Lan.
"""
QUESTIONS = """
- question: How did the tea harvest of Anhui go in 2024?
  also: [安徽2024年茶叶收成如何？]
  answers: ["Hefei grew 41 tonnes of green tea in 2024."]
  written:
    quotes: ["Hefei grew 41 tonnes of green tea in 2024.", "Keemun grew 17 tonnes of black tea in 2024."]
    short:
      en: "Hefei grew 41 tonnes of green tea and Keemun 17 tonnes of black tea in 2024."
      zh: "2024年合肥产绿茶41吨，祁门产红茶17吨。"
      cites: [1, 2]
    full:
    - {en: "Hefei harvested 41 tonnes of green tea in 2024.", zh: "2024年合肥采收绿茶41吨。", cites: [1]}
    - {en: "Keemun harvested 17 tonnes of black tea in 2024.", zh: "2024年祁门采收红茶17吨。", cites: [2]}
    missing: {en: "The documents do not give the harvest of white tea.", zh: "文件没有给出白茶的收成。"}
- question: Who leads the tea board of Anhui, and since when is there one?
  also: [谁领导安徽茶叶局？]
  answers: ["Its president is Mei Lan."]
  written:
    quotes: ["The tea board of Anhui was founded in 1998.", "Its president is Mei Lan."]
    short:
      en: "Mei Lan leads the tea board of Anhui, which was founded in 1998."
      zh: "梅兰领导成立于1998年的安徽茶叶局。"
      cites: [1, 2]
    full:
    - en: "The tea board of Anhui has existed since 1998."
      zh: "安徽茶叶局成立于1998年。"
      cites: [1]
      alone: {en: "Anhui has had a tea board since 1998.", zh: "安徽1998年起设有茶叶局。"}
    - {en: "Mei Lan is the president of the tea board of Anhui.", zh: "梅兰是安徽茶叶局局长。", cites: [2]}
"""
COFFEE = "# Coffee\n\nThe coffee house of Lu'an roasted 900 kilograms of beans in 2023.\n"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tea(made) -> Chain:
    return made({"tea.md": TEA}, QUESTIONS, {"coffee.md": COFFEE})


def found(chain: Chain, question: str, within: tuple[str, ...] | None = None) -> list[str]:
    ranked = chain.find(Request(question, within=within))
    assert chain.chooser
    assert chain.matcher
    matches = chain.matcher.matches(ranked.matched.query, 12)
    return [s.statement.text["en"] for s in chain.chooser.candidates(ranked.matched.query, matches, ranked.hits)]


def test_candidates_are_the_statements_near_the_turn_each_once(tea: Chain) -> None:
    texts = found(tea, "black tea keemun tonnes")
    assert len(texts) == len(set(texts)) == 7
    assert "The documents do not give the harvest of white tea." in texts


def test_a_limit_to_documents_holds_for_statements(tea: Chain) -> None:
    coffee = next(key for origin, (_, key) in tea.index.catalogue.origins().items() if "coffee" in origin)
    assert found(tea, "black tea keemun tonnes", (coffee,)) == []


def test_what_is_asked_is_said_and_cited_and_what_stands_beside_it_is_not(tea: Chain) -> None:
    draft = tea.chooser and tea.chooser.draft(*_asked(tea, "keemun black tea how many tonnes 2024"), 0.2, 0.9)
    assert draft
    assert draft.statements[0].text["en"].startswith(("Keemun", "Hefei grew"))
    assert not any("Mei Lan" in s.text["en"] for s in draft.statements)
    assert draft.written
    assert draft.composed


def test_a_statement_outside_its_answer_reads_as_it_does_by_itself(tea: Chain) -> None:
    draft = tea.chooser and tea.chooser.draft(*_asked(tea, "since when does the tea board of Anhui exist"), 0.0, 0.9)
    assert draft
    said = [(s.text["en"], s.text["zh"]) for s in draft.statements]
    assert ("Anhui has had a tea board since 1998.", "安徽1998年起设有茶叶局。") in said
    whole = tea.ask("Who leads the tea board of Anhui, and since when is there one?")
    assert whole.sentences[0].text == "The tea board of Anhui has existed since 1998."


@pytest.mark.parametrize(("confidence", "offers"), [(0.49, True), (0.51, False)])
def test_other_questions_are_offered_beside_an_answer_that_is_likelier_wrong_than_right(tea, confidence, offers) -> None:
    decision = replace(tea.find(Request("who leads the tea board of Anhui")).matched.decision, match=None)
    assert decision.matches
    draft = Draft(decision.query, "answered", confidence=confidence)
    assert bool(tea.drafting._with_suggestions(decision, draft).suggestions) is offers


def test_a_document_of_which_nothing_is_written_is_quoted(tea: Chain) -> None:
    answer = tea.ask("How many kilograms of beans did the coffee house of Lu'an roast in 2023?")
    assert [s.text for s in answer.sentences] == ["The coffee house of Lu'an roasted 900 kilograms of beans in 2023."]
    assert not answer.written


def test_raw_passages_do_not_answer_where_statements_are_written(tea: Chain) -> None:
    answer = tea.ask("What is the phone number of the harbour master of Rotterdam?")
    assert answer.status == "not_found"


def test_a_chinese_turn_is_not_read_by_a_reader_that_knows_english_only(tea: Chain) -> None:
    query, hits = _asked(tea, "祁门产了多少吨红茶？")
    assert tea.chooser
    assert tea.chooser.draft(query, hits, 0.0, 0.9) is None


def test_an_answer_needs_the_confidence_that_is_set(tea: Chain) -> None:
    query, hits = _asked(tea, "keemun black tea how many tonnes 2024")
    assert tea.chooser
    assert tea.chooser.draft(query, hits, 0.2, 0.9)
    assert tea.chooser.draft(query, hits, 0.999, 0.9) is None


def test_a_search_that_is_surer_makes_a_statement_likelier(tea: Chain) -> None:
    query, hits = _asked(tea, "keemun black tea how many tonnes 2024")
    assert tea.chooser
    unsure, sure = (tea.chooser.draft(query, hits, 0.0, confidence) for confidence in (0.5, 0.9))
    assert unsure
    assert sure
    assert unsure.confidence < sure.confidence


@pytest.mark.parametrize(
    ("absence", "statement", "confidence", "chosen"),
    [
        (2.0, 1.5, 0.5, ["absence", "statement"]),  # an absence that is sure comes first, what is held stands beside it
        (2.0, 0.5, 0.5, ["absence"]),
        (1.1, 0.5, 0.5, ["statement", "absence"]),  # below its bar it gives way to a statement that likely answers
        (0.5, 0.0, 0.5, ["statement"]),
        (0.5, 0.0, 0.1, []),  # the same score is too little if the search found nothing
        (0.5, -3.0, 0.5, []),
    ],
)
def test_how_likely_the_best_answers_decides(tea: Chain, absence, statement, confidence, chosen) -> None:
    assert tea.chooser
    read = [item for item, _ in tea.chooser.read(*_asked(tea, "keemun black tea how many tonnes 2024"))]
    items = {kind: next(i for i in read if i.is_absence == (kind == "absence")) for kind in ("absence", "statement")}
    ranked = sorted([(items["absence"], absence), (items["statement"], statement)], key=lambda pair: -pair[1])
    names = {item.id: kind for kind, item in items.items()}
    assert [names[item.id] for item in choose(tuple(ranked), confidence, 5).statements] == chosen


def test_what_has_the_same_words_is_said_once_and_other_figures_are_other_statements(tea: Chain) -> None:
    assert tea.chooser
    read = [item for item, _ in tea.chooser.read(*_asked(tea, "keemun black tea how many tonnes 2024"))]
    harvest = [item for item in read if "harvest" in item.known.question and not item.is_absence]
    short, first, second = sorted(harvest, key=lambda item: item.order)
    orders = ((short, first, second), (first, short, second), (first, second, short))
    chosen = [[item.order for item in choose([(i, 2.0) for i in order], 0.9, 5).statements] for order in orders]
    assert chosen == [[-1], [0, 1], [0, 1]]


def test_a_follow_up_that_is_answered_with_doubt_says_so_first(tea: Chain) -> None:
    query, hits = _asked(tea, "keemun black tea how many tonnes 2024")
    assert tea.chooser
    first = tea.chooser.draft(query, hits, 0.0, 0.5)
    follow_up = tea.chooser.draft(replace(query, earlier=("tea of anhui",)), hits, 0.0, 0.5)
    assert first
    assert follow_up
    assert first.confidence < SURE
    assert [first.declines, follow_up.declines, follow_up.status] == [False, True, "partial"]


def test_every_chosen_answer_is_verified(tea: Chain) -> None:
    for question in ("keemun tonnes 2024?", "the board's founding year please", "who is Mei Lan"):
        answer = tea.answer(Request(question, (Turn("user", "tea of anhui"), Turn("assistant", "…"))))
        assert answer.status in ("answered", "partial", "not_found")
        assert all(sentence.citations for sentence in answer.sentences)


def _asked(chain: Chain, question: str):
    ranked = chain.find(Request(question))
    return ranked.matched.query, ranked.hits
