"""Answers in prose, written beforehand, through the real chain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.answers import Answer
from app.authoring.statements import check_written
from app.pipeline.chain import Chain
from app.query.values import Turn, turns_of
from app.store.records import make_record, program_quotes, read_record
from app.store.revalidate import revalidate

TEA = """---
title: Teas of Fredonia
language: en
---

## Oolong

Fredonia grew 40 tonnes of oolong in 2024. Oolong is half oxidised, as the growers like it.
"""
WEATHER = """---
title: Weather of Fredonia
language: en
---

The first frost of 2022 came to the tea gardens on 3 October.
"""
GREEN = """---
title: Green tea
language: en
---

Fredonia grew 70 tonnes of green tea in 2023.
"""
QUESTIONS = """
- question: How much tea does Fredonia grow?
  also: [fredonia tea harvest, 弗里多尼亚产多少茶？]
  answers: [Fredonia grew 40 tonnes of oolong in 2024.]
  written:
    quotes: [Fredonia grew 40 tonnes of oolong in 2024., {green.md: Fredonia grew 70 tonnes of green tea in 2023.}]
    short: {en: 40 tonnes of oolong in 2024., zh: 2024年产乌龙茶40吨。, cites: [1]}
    form: list
    full:
    - {en: Fredonia grew 40 tonnes of oolong in 2024., zh: 弗里多尼亚2024年产乌龙茶40吨。, cites: [1]}
    - {en: 'Green tea: 70 tonnes in 2023.', zh: 绿茶：2023年70吨。, cites: [2]}
    missing: {en: The documents do not give the harvest of black tea., zh: 文件没有给出红茶的产量。}
- question: How is oolong made?
  also: [how do they make oolong]
  answers: ["Oolong is half oxidised, as the growers like it."]
  written:
    quotes: ["Oolong is half oxidised, as the growers like it.", Fredonia grew 40 tonnes of oolong in 2024.]
    short: {en: Half oxidised., zh: 半发酵。, cites: [1]}
    full:
    - {en: It is half oxidised., zh: 半发酵而成。, cites: [1], alone: {en: Oolong is half oxidised., zh: 乌龙茶为半发酵。}}
    - {en: 'Fredonia grew 40 tonnes of oolong in 2024.', zh: 弗里多尼亚2024年产乌龙茶40吨。, cites: [2]}
- question: Who drinks oolong?
  gap: The documents do not say who drinks it.
  gap_zh: 文件没有说谁喝。
- question: How much oolong does Fredonia sell abroad?
  also: [fredonia oolong exports]
  gap: The documents do not give the exports of oolong.
  gap_zh: 文件没有给出乌龙茶的出口量。
  nearest: [Fredonia grew 40 tonnes of oolong in 2024.]
  written:
    quotes: [Fredonia grew 40 tonnes of oolong in 2024.]
    short: {en: It grew 40 tonnes of oolong in 2024., zh: 2024年产乌龙茶40吨。, cites: [1]}
    full:
    - {en: It grew 40 tonnes of oolong in 2024., zh: 2024年产乌龙茶40吨。, cites: [1]}
"""


@pytest.fixture(scope="module")
def tea(made) -> Iterator[Chain]:
    chain = made({"tea.md": TEA, "green.md": GREEN, "weather.md": WEATHER}, QUESTIONS)
    yield chain
    chain.index.close()


def places(answer: Answer) -> list[tuple[int, str]]:
    return [(s.place.block, s.place.kind) for s in answer.sentences if s.place]


def test_the_prose_is_given_with_its_passages_and_the_quotes_beside_it(tea: Chain) -> None:
    answer = tea.ask("fredonia tea harvest")
    assert answer.written
    assert answer.text == "Fredonia grew 40 tonnes of oolong in 2024. [1]\nGreen tea: 70 tonnes in 2023. [2]"
    assert [c.quote for c in answer.citations] == [
        "Fredonia grew 40 tonnes of oolong in 2024.", "Fredonia grew 70 tonnes of green tea in 2023.",
    ]  # fmt: skip
    assert places(answer) == [(1, "paragraph"), (2, "list")]
    assert (answer.status, answer.note) == ("partial", "The documents do not give the harvest of black tea.")
    assert answer.quotes
    assert not program_quotes(answer).written
    assert answer.quotes.text == "Fredonia grew 40 tonnes of oolong in 2024. [1]"


def test_a_chinese_question_gets_chinese(tea: Chain) -> None:
    answer = tea.ask("弗里多尼亚产多少茶")
    assert answer.sentences[0].text == "弗里多尼亚2024年产乌龙茶40吨。"
    assert answer.note == "文件没有给出红茶的产量。"


def test_quotes_stand_if_a_passage_is_not_among_the_documents_that_are_asked(tea: Chain) -> None:
    by_name = {path: key for path, (_, key) in tea.index.catalogue.origins().items()}
    narrow = tea.ask("fredonia tea harvest", within=[by_name["tea.md"]])
    assert (narrow.written, len(narrow.citations)) == (False, 1)
    assert tea.ask("fredonia tea harvest", within=list(by_name.values())).written


def test_the_source_of_the_nearest_facts_is_given_too(tea: Chain) -> None:
    first = tea.ask("fredonia oolong exports")
    sourced = tea.ask("source?", turns_of(first))
    assert (
        [s.text for s in sourced.sentences] == [s.text for s in first.sentences] == ["It grew 40 tonnes of oolong in 2024."]
    )
    assert [part.kind for part in sourced.note_parts] == ["sources", "unanswered"]


def test_who_asks_for_the_source_gets_the_quotes_with_their_sources(tea: Chain) -> None:
    answer = tea.ask(
        "Where does that come from?", [Turn("user", "fredonia tea harvest"), Turn("assistant", "40 tonnes. [1]")]
    )
    assert not answer.written
    assert "Sources:" in answer.note


def test_a_wish_alone_is_of_the_last_answer(tea: Chain) -> None:
    asked = [Turn("user", "fredonia tea harvest"), Turn("assistant", "40 tonnes. [1]")]
    short = tea.ask("in short?", asked)
    assert (short.written, short.text) == (True, "40 tonnes of oolong in 2024. [1]")
    assert len(short.citations) == 1
    assert tea.ask("用中文", [*asked, Turn("user", "in short?")]).text == "2024年产乌龙茶40吨。 [1]"
    assert places(tea.ask("2 bullets please", asked)) == [(2, "list"), (2, "list")]


def test_a_wish_in_the_question_is_met_or_the_note_says_that_it_cannot_be(tea: Chain) -> None:
    assert tea.ask("fredonia tea harvest in one sentence").text == "40 tonnes of oolong in 2024. [1]"
    assert tea.ask("fredonia tea harvest, please in chinese").sentences[0].text == "弗里多尼亚2024年产乌龙茶40吨。"
    table = tea.ask("fredonia tea harvest as a table")
    assert places(table) == [(1, "paragraph"), (2, "list")]
    assert table.note.endswith("This answer cannot be put in a table.")


def test_quotes_are_cut_or_listed_as_is_wished_for(tea: Chain) -> None:
    plain = tea.ask("When was the first frost of 2022?")
    assert (plain.status, plain.written) == ("answered", False)
    short, listed = (
        tea.ask("When was the first frost of 2022? in one sentence"),
        tea.ask("When was the first frost of 2022? bullets"),
    )
    assert short.sentences == plain.sentences[:1]
    assert [p for _, p in places(listed)] == ["list"] * len(plain.sentences)
    assert tea.ask("When was the first frost of 2022? timeline").note == "This answer cannot be put in chronological order."


def test_two_questions_in_one_get_both_answers_and_nothing_twice(tea: Chain) -> None:
    answer = tea.ask("How much tea does Fredonia grow, and how is oolong made?")
    assert answer.written
    assert [s.text for s in answer.sentences] == [
        "Fredonia grew 40 tonnes of oolong in 2024.", "Green tea: 70 tonnes in 2023.", "It is half oxidised.",
    ]  # fmt: skip
    assert [s.citations for s in answer.sentences] == [(1,), (2,), (3,)]
    assert [c.number for c in answer.citations] == [1, 2, 3]
    assert places(answer) == [(1, "paragraph"), (2, "list"), (3, "paragraph")]
    assert answer.quotes
    assert len(answer.quotes.sentences) == 2
    assert [c.number for c in answer.quotes.citations] == [1, 2]
    short = tea.ask("How much tea does Fredonia grow, and how is oolong made? In short please")
    assert [s.text for s in short.sentences] == ["40 tonnes of oolong in 2024.", "Half oxidised."]


def test_a_part_of_which_nothing_is_known_is_named(tea: Chain) -> None:
    gap = tea.ask("How is oolong made, and who drinks oolong?")
    assert (gap.written, gap.status) == (True, "partial")
    assert gap.note == "The documents do not say who drinks it."
    unknown = tea.ask("How is oolong made, and who owns the railway of Zubrowka?")
    assert unknown.sentences[0].text == "It is half oxidised."
    assert (unknown.status, unknown.note) == ("partial", "Not found in the documents: “who owns the railway of Zubrowka”.")


def test_it_is_kept_and_checked_again(tea: Chain) -> None:
    answer = tea.ask("fredonia tea harvest")
    record = make_record(answer, 0.2, "index", tea.index.document)
    assert read_record(record.to_dict()).answer.written
    assert all(finding.holds for finding in revalidate(record, tea.index))


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("Green tea: 70 tonnes in 2023.", "Green tea: 90 tonnes in 2023.", "The figure 90"),
        ("green.md: Fredonia grew 70", "green.md: Fredonia grew 71", "does not hold"),
        ("zh: 半发酵而成。", "zh: 种茶人说：“茶叶要先晒青再摇青最后炒青。”", "are not in the evidence"),
        ("en: Oolong is half oxidised.,", "en: Oolong is 90 percent oxidised.,", "The figure 90"),
        ("zh: 乌龙茶为半发酵。", "zh: 种茶人说：“茶叶要先晒青再摇青最后炒青。”", "are not in the evidence"),
        ("zh: 半发酵而成。", "zh: 也就是“半发酵茶”。", ""),  # a name
        ("zh: 半发酵而成。", "zh: 见《弗里多尼亚共和国茶叶生产法实施细则》。", ""),  # a title
        ("none", "none", ""),
    ],
)
def test_the_corpus_check_holds_the_prose_against_its_quotes(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    (tmp_path / "tea.md").write_text(TEA, encoding="utf-8")
    (tmp_path / "green.md").write_text(GREEN, encoding="utf-8")
    (tmp_path / "_questions").mkdir()
    (tmp_path / "_questions" / "tea.yaml").write_text(QUESTIONS.replace(right, wrong), encoding="utf-8")
    problems = check_written(tmp_path)
    assert len(problems) == bool(said)
    assert all(said in str(problem) for problem in problems)


def test_what_is_not_held_stands_before_what_is_held_of_the_same_matter(tea: Chain) -> None:
    answer = tea.ask("How much oolong does Fredonia sell abroad?")
    assert (answer.status, answer.written, answer.declines) == ("partial", True, True)
    assert (answer.lead, answer.remark) == ("The documents do not give the exports of oolong.", "")
    assert answer.text == "It grew 40 tonnes of oolong in 2024. [1]"
    assert answer.sentences[0].highlight is None, "no figure of these is what was asked for"
    assert program_quotes(answer).status == "not_found"
    assert tea.ask("fredonia oolong exports, please in chinese").lead == "文件没有给出乌龙茶的出口量。"


def test_of_a_half_that_is_not_held_the_other_half_stands_first(tea: Chain) -> None:
    answer = tea.ask("How is oolong made, and how much oolong does Fredonia sell abroad?")
    assert answer.text.startswith("It is half oxidised. [1]")
    assert (answer.lead, answer.remark) == ("", "The documents do not give the exports of oolong.")
    assert program_quotes(answer).text.startswith("Oolong is half oxidised")


def test_a_question_that_stands_alone_may_leave_the_conversation(tea: Chain) -> None:
    asked = [Turn("user", "When was the first frost of 2022?"), Turn("assistant", "3 October. [1]")]
    answer = tea.ask("Tell me, how much oolong does Fredonia sell abroad?", asked)
    assert answer.lead == "The documents do not give the exports of oolong."
