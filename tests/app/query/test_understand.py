import pytest

from app.errors import QuestionError
from app.query.understand import read_question, resolve
from app.query.values import Turn


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "???", "\u200b\u200b", "\x00\x01"])
def test_a_question_without_a_word_is_refused(text):
    with pytest.raises(QuestionError, match="empty") as error:
        read_question(text, [], None, 2_000)
    assert error.value.next_step


def test_a_question_that_is_too_long_is_refused_with_both_numbers():
    with pytest.raises(QuestionError, match=r"100,000 characters; the limit is 2,000"):
        read_question("a" * 100_000, [], None, 2_000)


def test_controls_and_direction_marks_are_taken_out():
    assert read_question("What\x07 is\u202e Hefei\n for?", [], None, 2_000).text == "What is Hefei for?"


HISTORY = [Turn("user", "What is Hefei for?"), Turn("assistant", "Hefei is a science centre. [1]")]


@pytest.mark.parametrize(
    ("question", "follows"),
    [
        ("And Shanghai?", True),
        ("When was it approved?", True),
        ("Why?", True),
        ("那北京呢？", True),
        ("Who said that?", True),
        ("Which one came first?", True),
        ("How much of its trade does it do with China?", True),
        ("What is the target, and was it met?", True),
        ("When was it approved, and who approved it?", True),
        ("What share was the digital economy to have by 2025, and what was it in 2020?", False),
        ("Is it true that Shanghai has a science centre?", False),
        ("When was the STAR Market opened?", False),
        ("What is the capital of Peru?", False),
        ("Who carries out the S&T Progress Law?", False),
        ("What does Shanghai do for its chip firms?", False),
        ("How many chips does the country import from abroad each year?", False),
    ],
)
def test_a_follow_up_is_read_with_the_question_before_it(question, follows):
    assert resolve(question, "What is Hefei for?") == (f"{question} (Hefei for)" if follows else question)
    assert resolve(question, "") == question


def test_a_chain_of_follow_ups_goes_back_to_the_question_that_stands_alone():
    history = [*HISTORY, Turn("user", "And Shanghai?"), Turn("assistant", "A financial centre. [1]")]
    assert read_question("And Shenzhen?", history, None, 2_000).read_as == "What is Shenzhen for?"
    assert read_question("When was it approved?", history, None, 2_000).read_as == "When was it approved? (Shanghai for)"


@pytest.mark.parametrize(
    "question",
    [
        "How large is the Big Fund, and who runs it?",
        "What share was the digital economy to have by 2025, and what was it in 2020?",
        "How many robots were made in 2020 and when was the robot plan issued?",
    ],
)
def test_the_second_half_of_a_double_question_points_to_its_first_not_to_the_conversation(question):
    read = read_question(question, HISTORY, None, 2_000)
    assert read.read_as == question
    assert read.parts
    assert read == read_question(question, [], None, 2_000)


def test_a_double_question_that_points_to_its_own_first_half_is_one_to_go_back_to():
    history = [*HISTORY, Turn("user", "How large is the Big Fund, and who runs it?"), Turn("assistant", "344 billion. [1]")]
    read = read_question("Was it set up in 2014?", history, None, 2_000)
    assert read.read_as == "Was it set up in 2014? (the Big Fund, and runs it)"


def test_what_leans_on_the_first_question_in_the_middle_is_gone_back_to_with_it_where_it_was_answered_about_that():
    history = [*HISTORY, Turn("user", "Who wrote the article?"), Turn("assistant", "An article on Hefei. [1]")]
    assert read_question("Did they name a firm?", history, None, 2_000).read_as == (
        "Did they name a firm? (wrote the article (Hefei for))"
    )
    history[-1] = Turn("assistant", "Asia Times had it. [1]")
    assert (
        read_question("Did they name a firm?", history, None, 2_000).read_as == "Did they name a firm? (wrote the article)"
    )


def test_a_new_question_that_begins_like_a_follow_up_is_gone_back_to_and_read_alone_too():
    asked = "And what is the Central Science Commission for?"
    read = read_question(asked, HISTORY, None, 2_000)
    assert (read.read_as, read.otherwise) == (f"{asked} (Hefei for)", "what is the Central Science Commission for?")
    history = [*HISTORY, Turn("user", asked), Turn("assistant", "…")]
    assert (
        read_question("Who chairs it?", history, None, 2_000).read_as
        == "Who chairs it? (the Central Science Commission for)"
    )


@pytest.mark.parametrize(
    ("question", "first"),
    [("最后完成了吗？", "合肥有几个研究领域？ 最后完成了吗？"), ("2024年中国在基础研究上花了多少钱？", "")],
)
def test_a_short_chinese_question_may_lean_on_the_one_before(question, first):
    read = read_question(question, [Turn("user", "合肥有几个研究领域？"), Turn("assistant", "…")], None, 2_000)
    assert (read.read_as, read.otherwise) == ((first, question) if first else (question, ""))


@pytest.mark.parametrize("thanks", ["Ok, thank you!", "ok thx", "Perfect, many thanks", "Good to know.", "好的，谢谢！"])
def test_thanks_are_no_question_to_go_back_to(thanks):
    history = [*HISTORY, Turn("user", thanks), Turn("assistant", "…")]
    assert read_question("And why?", history, None, 2_000).read_as == "And why? (Hefei for)"


def test_a_chinese_follow_up_is_read_behind_its_question():
    assert resolve("为什么？", "合肥有几个研究领域？") == "合肥有几个研究领域？ 为什么？"


@pytest.mark.parametrize(
    ("question", "history", "first"),
    [
        ("How long did the green light take?", HISTORY, "How long did the green light take? (Hefei for)"),
        ("When did the Americans blacklist it?", HISTORY, "When did the Americans blacklist it? (Hefei for)"),
        ("Say it is 999. How many robots were made in 2020?", [], "How many robots were made in 2020?"),
        ("The minister spoke of 8 percent. Is that what was reached by 2024?", [], ""),
        ("What number was planned for 2025?", HISTORY, "What number was planned for 2025? (Hefei for)"),
        ("When was the STAR Market opened?", HISTORY, ""),
        ("I need robots for a factory. Can you give me some insight?", [], ""),
        ("上海重点发展的三大先导产业是什么？", HISTORY, ""),
        ("How many robots were made in 2020?", [], ""),
        ("Tell me about robots.", [], ""),
    ],
)
def test_a_second_reading_where_the_first_is_in_doubt(question, history, first):
    read = read_question(question, history, None, 2_000)
    assert (read.read_as, read.otherwise) == ((first, question) if first else (question, ""))
    assert [q.read_as for q in read.asked()] == ([first, question] if first else [question])


def test_of_two_questions_none_is_left_out():
    read = read_question("How many robots were made? Who made them?", [], None, 2_000)
    assert [p.words for p in read.parts] == ["How many robots were made", "Who made them"]


def test_a_follow_up_in_the_middle_is_not_what_the_next_one_goes_back_to():
    history = [*HISTORY, Turn("user", "When did the Americans notice it?"), Turn("assistant", "In 2021. [1]")]
    assert read_question("What about Shenzhen?", history, None, 2_000).read_as == "What is Shenzhen for?"


def test_thanks_alone_are_read_as_they_are():
    assert read_question("Perfect, thanks!", HISTORY, None, 2_000).read_as == "Perfect, thanks!"


@pytest.mark.parametrize(("text", "asks"), [("Perfect, thanks!", False), ("hello", False), ("Thanks to whom?", True)])
def test_thanks_and_greetings_ask_nothing(text, asks):
    assert read_question(text, [], None, 2_000).asks is asks
