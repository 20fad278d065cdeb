"""What a question means while the search is limited to one document."""

import pytest

from app.query.inhand import asks_for_gist, named_document, names_program
from app.query.understand import understand
from app.query.values import Turn

HAND = ("d",)
ANSWERED = [Turn("user", "Who leads the robot programme?"), Turn("assistant", "Ann Lee.", (("d", 1, 9),))]


def read(question: str, history: list[Turn]) -> str:
    return understand(question, history, None, HAND).standalone


@pytest.mark.parametrize(
    ("question", "read_as"),
    [
        ("what is the budget", "what is the budget"),  # it stands alone: the document is what it is about
        ("when was this document written?", "when was this document written?"),
        ("who wrote this?", "who wrote this?"),
        ("where does she work?", "where does she work? (leads the robot programme)"),
    ],
)
def test_a_question_goes_on_only_where_it_points_back(question, read_as):
    assert read(question, ANSWERED) == read_as


@pytest.mark.parametrize("question", ["在哪里举办？", "由谁主办？", "取消了怎么办？"])
def test_a_chinese_question_without_a_subject_goes_on(question):
    before = [Turn("user", "园艺节什么时候举办？"), Turn("assistant", "五月。", (("d", 1, 9),))]
    assert read(question, before) == f"（园艺节什么时候举办）{question}"
    for whole in ("谁提交设计图？", "如何快速开始？", "这个办法什么时候开始施行？"):
        assert read(whole, before) == whole


def test_what_points_to_the_document_is_no_topic_of_the_next_question():
    history = [Turn("user", "who leads it?"), ANSWERED[1]]
    assert read("why does it need robots?", history) == "why does it need robots?"


@pytest.mark.parametrize(
    "reply", [Turn("assistant", "No answer was found.", refused=True), Turn("assistant", "7 %.", (("other", 3, 8),))]
)
def test_nothing_is_carried_over_from_a_refusal_or_another_document(reply):
    history = [Turn("user", "What is Hefei for?"), reply]
    assert read("how large is it?", history) == "how large is it?"
    assert understand("how large is it?", history).standalone == "how large is it? (Hefei for)"


@pytest.mark.parametrize(
    "question",
    [
        "summarize this", "Summarise this document, please", "what is this about?", "What is this file about", "main points",
        "What is this letter about?", "这份通知讲什么？",
        "give me the key points of this report", "summarize this in three sentences", "总结", "请总结一下这份文件",
        "这份文件讲了什么？", "主要内容是什么", "Worum geht es in diesem Dokument?",
        "De quoi parle ce document ?", "¿De qué trata?",
    ],
)  # fmt: skip
def test_a_gist_is_asked_for_in_many_ways(question):
    assert asks_for_gist(question)
    query = understand(question, ANSWERED, None, HAND)
    assert query.gist
    assert query.standalone == question
    assert not understand(question, ANSWERED).gist  # of the whole folder there is none


@pytest.mark.parametrize(
    "question",
    ["what is the budget?", "summarize the rules on lids", "what does it say about robots?", "shorter", "预算是多少？"],
)
def test_what_asks_for_one_thing_is_no_gist(question):
    assert not understand(question, ANSWERED, None, HAND).gist


NAMES = {
    "a": ("The Robot Programme 2027", "robots.md"),
    "b": ("Minutes of May", "minutes.docx"),
    "c": ("机器人发展计划", "x.md"),
}


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("summarize the robot programme document", ("a", "summarize this document")),
        ("what does minutes.docx say?", ("b", "what does this document say?")),
        ("《机器人发展计划》这份文件讲了什么？", ("c", "这份文件讲了什么？")),
        ("summarize the document", None),
        ("summarize the harbour document", None),
        ("how many robots are there?", None),
    ],
)
def test_a_document_is_found_by_its_name(question, found):
    assert named_document(question, lambda: NAMES) == found


def test_two_documents_of_one_name_are_none():
    assert named_document("summarize the robot programme document", lambda: NAMES | {"z": NAMES["a"]}) is None


def test_the_program_is_asked_by_its_name():
    assert names_program("who made this website?")
    assert not names_program("who made this?")
    assert not names_program("谁创建了这个工具？")  # a tool may be what the document is about
    assert (names_program("what can you do?", True), names_program("what can you do?")) == (True, False)
