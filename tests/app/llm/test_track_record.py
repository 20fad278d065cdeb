"""A model that is often wrong may say only what a passage says nearly word for word, until it is right again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.llm.guard import DOUBTED, FAILURES, QUOTES
from app.llm.track_record import LAST, TrackRecord, close_to
from tests.scripted import key_of, says, worded_by

PASSAGE = (
    "The raw materials plan of 2021 allows no growth in capacity for bulk products such as crude steel and cement, "
    "while output of new materials was to rise."
)
QUESTION = "When was the comprehensive national science centre in Hefei approved?"
FACT = "10 January 2017"
OWN = f"The Hefei comprehensive national science centre was approved on {FACT}."
CLOSE = "USTC in Hefei led the science of the quantum satellite Micius, launched on 16 August 2016."
LIES = "It was approved in 1999. The moon is made of green cheese. It has 77 wings. Nobody in Hefei knew of it."


@pytest.mark.parametrize(
    ("sentence", "close"),
    [
        (PASSAGE, True),
        ("The raw materials plan of 2021 allows no growth in capacity for bulk products such as crude steel.", True),
        (
            "The raw materials plan of 2021 permits no growth in capacity for bulk products such as crude steel and cement.",
            True,
        ),
        ("The raw materials plan of 2021 allows new steel or cement capacity.", False),
        ("The output of crude steel and cement was to rise.", False),
        ("Crude steel and cement.", False),
        ("The raw materials plan of 2021 allows no growth in capacity", False),
        (f"{PASSAGE} The plan was a success, and Beijing was pleased with it.", False),
    ],
    ids=["itself", "a part", "nearly", "another meaning", "two ends", "a piece", "broken off", "with more behind it"],
)
def test_a_sentence_is_close_to_a_passage_that_has_its_words_in_order(sentence, close):
    assert close_to(sentence, PASSAGE) == close


def test_chinese_is_compared_by_characters():
    passage = "合肥综合性国家科学中心于2017年1月10日获批，是第二个综合性国家科学中心。"
    assert close_to("合肥综合性国家科学中心于2017年1月10日获批。", passage)
    assert not close_to("第二个中心于2017年在上海获批，合肥没有。", passage)


def test_an_unknown_model_is_believed_until_two_sentences_fail_and_again_once_it_is_right():
    record = TrackRecord()
    assert not record.doubtful
    record.note(False)
    assert not record.doubtful
    record.note(False)
    assert record.doubtful
    for _ in range(3):
        record.note(True)
    assert not record.doubtful


@given(st.lists(st.booleans(), max_size=3 * LAST), st.lists(st.booleans(), min_size=LAST, max_size=LAST))
def test_only_the_last_sentences_count(earlier, last):
    one, other = TrackRecord(), TrackRecord()
    for stood in [*earlier, *last]:
        one.note(stood)
    for stood in last:
        other.note(stood)
    assert one.doubtful == other.doubtful


@given(st.lists(st.booleans(), max_size=LAST), st.data())
def test_a_better_record_is_never_doubted_more(stood, data):
    better, worse = TrackRecord(), TrackRecord()
    for one in stood:
        worse.note(one)
        better.note(one or data.draw(st.booleans()))
    assert worse.doubtful or not better.doubtful


def test_a_doubted_model_is_quoted_only_where_it_quotes(chain, reranker, model):
    worded = worded_by(chain, reranker, llm="openai:scripted", llm_url=model.url)
    model.reply = says(lambda b: f"{OWN} {key_of(b, FACT)}")
    assert worded.ask(QUESTION).sentences[0].text == OWN
    model.reply = says(LIES)
    worded.ask(QUESTION)
    model.reply = says(lambda b: f"{OWN} {key_of(b, FACT)}")
    answer = worded.ask(QUESTION)
    assert OWN not in answer.text
    assert FACT in answer.text  # what it cites is quoted in its place
    assert (answer.model.failure, answer.note) == ("doubted", QUOTES[0].format(why=FAILURES["doubted"][0]))
    model.reply = says(lambda b: f"{CLOSE} {key_of(b, CLOSE[:40])} {OWN} {key_of(b, FACT)}")
    answer = worded.ask(QUESTION)
    assert answer.sentences[0].text == CLOSE
    assert OWN not in answer.text
    assert DOUBTED[0] in answer.note
    model.reply = says(lambda b: f"{OWN} {key_of(b, FACT)}")
    for _ in range(5):
        said = worded.ask(QUESTION).sentences[0].text
    assert said == OWN  # it has been right often enough
