"""A question is understood once: checked, read, taken apart, with what the folder's documents call things."""

import pytest

from app.errors import QuestionError
from app.query.translate import FolderLanguage
from app.query.understand import check_question, query_of_questions, reread, understand
from app.query.values import AnswerType, Turn, Wish
from ingest.thesaurus import Thesaurus

HISTORY = [Turn("user", "What is Hefei for?"), Turn("assistant", "Hefei is a science centre. [1]")]


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "???", "\u200b\u200b", "\x00\x01"])
def test_a_question_without_a_word_is_refused(text):
    with pytest.raises(QuestionError, match="empty") as error:
        check_question(text, 2_000)
    assert error.value.next_step


def test_a_question_that_is_too_long_is_refused_with_both_numbers():
    with pytest.raises(QuestionError, match=r"100,000 characters; the limit is 2,000"):
        check_question("a" * 100_000, 2_000)


def test_controls_and_direction_marks_are_taken_out():
    assert check_question("What\x07 is\u202e Hefei\n for?", 2_000) == "What is Hefei for?"


@pytest.mark.parametrize(
    "question",
    ["How large is the Big Fund, and who runs it?", "How many robots were made in 2020 and when was the robot plan issued?"],
)
def test_the_second_half_of_a_double_question_points_to_its_first_not_to_the_conversation(question):
    query = understand(question, HISTORY)
    assert query.standalone == question
    assert query.parts == understand(question).parts != ()


def test_of_two_questions_none_is_left_out():
    query = understand("How many robots were made? Who made them?")
    assert [p.text for p in query.parts] == ["How many robots were made", "Who made them"]


@pytest.mark.parametrize(("text", "asks"), [("Perfect, thanks!", False), ("hello", False), ("Thanks to whom?", True)])
def test_thanks_and_greetings_ask_nothing(text, asks):
    assert understand(text).asks is asks


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("How many industrial robots were made?", AnswerType("count", "robots")),
        ("Which city's population grew, and what is the population of it?", AnswerType("place")),
        ("What is the population of Hefei?", AnswerType("count", "inhabitants")),
        ("有多少家公司？", AnswerType("count")),
        ("Why was the centre founded?", None),
    ],
)
def test_the_type_of_answer_that_is_expected(question, wanted):
    assert understand(question).answer_type == wanted


def test_the_documents_words_stand_behind_the_users_own():
    folder = FolderLanguage(Thesaurus({"integrated circuits": ["chips"]}))
    query = understand("Who makes chips?", (), folder)
    assert query.searched == query.english == query.search_words == "Who makes chips (integrated circuits)?"
    assert query.expansions == (("chips", "integrated circuits"),)


def test_a_chinese_question_is_read_word_for_word_in_english():
    query = understand("谁做芯片？", (), FolderLanguage(terms={"芯片": "integrated circuits"}))
    assert query.searched == "谁做芯片？"
    assert "integrated circuits" in query.english


def test_another_reading_takes_the_place_of_what_was_in_doubt():
    query = understand("When was it approved?", HISTORY)
    again = reread(query, "When was Hefei approved?", FolderLanguage())
    assert (again.text, again.standalone, again.parts, again.readings) == (query.text, "When was Hefei approved?", (), ())
    assert again.answer_type == AnswerType("date")


def test_a_wish_that_is_all_that_was_said_is_of_the_last_question_as_it_was_understood():
    turns = [
        *HISTORY,
        Turn("user", "And Shanghai?"),
        Turn("assistant", "It is…"),
        Turn("user", "as a table"),
        Turn("user", "Thanks!"),
    ]
    query, again = understand("用中文", turns), understand("And Shanghai?", HISTORY)
    assert (query.text, query.wish, query.language) == ("用中文", Wish("table", None, "zh"), "zh")
    told = ("standalone", "readings", "before", "answer_type", "scope", "searched")
    assert [getattr(query, name) for name in told] == [getattr(again, name) for name in told]
    assert reread(query, "What is Shanghai for?", FolderLanguage()).wish == query.wish
    assert understand("And Shenzhen?", [*turns, Turn("user", "in short?")]).standalone == "What is Shenzhen for?"


def test_what_is_added_to_an_answer_keeps_the_form_that_was_wished_for():
    turns = [Turn("user", "What is Hefei for?"), Turn("user", "as a table")]
    query = understand("add Shanghai to it", turns)
    assert (query.text, query.wish) == ("add Shanghai to it", Wish("table"))
    assert [p.standalone for p in query.parts] == ["What is Hefei for?", "What is Shanghai for?"]
    assert understand("add Shanghai to it, in short", HISTORY).wish == Wish("short")
    assert understand("把上海也加进去", HISTORY).language == "zh"


def test_a_wish_in_english_keeps_the_language_of_the_last_answer_and_one_in_chinese_changes_it():
    chinese = [Turn("user", "合肥有多少人口？")]
    assert understand("tl;dr", chinese).language == "zh"
    assert understand("in English please", chinese).language == "en"
    assert understand("再短一点", HISTORY).language == "zh"


def test_a_wish_without_a_question_before_it_is_no_wish():
    for text in ("source?", "in short?", "as a table"):
        query = understand(text, [Turn("user", "says who")])
        assert (query.wish, query.standalone) == (Wish(), text)


def test_a_question_is_read_without_the_wish_in_it():
    query = understand("What is the Big Fund, in three bullet points?")
    assert (query.standalone, query.wish) == ("What is the Big Fund?", Wish("list", 3))
    assert query.readings == ("What is the Big Fund, in three bullet points?", "What is the Big Fund?")
    assert query.match_text == "What is the Big Fund?"
    asked = understand("What is Hefei for? Answer please in Chinese")
    assert (asked.language, asked.wish.language) == ("zh", "zh")


def test_a_timeline_that_a_model_asks_for_stays_in_its_question():
    turn = understand("and that as a timeline", HISTORY)
    asked = "What is the timeline of US sanctions on Huawei?"
    put = query_of_questions(turn, (asked,), FolderLanguage())
    assert put.standalone == asked
    assert put.wish == turn.wish
