"""The tokens of a day, and what follows once they are spent."""

from __future__ import annotations

import pytest

from app.llm.spending import Spending
from tests.scripted import FACT, QUESTION, at_each_step, hangs, true_fact, worded_by, writes

SPENT = "Today’s tokens for the language model are used up; until tomorrow the program answers by itself."


def test_a_day_s_tokens_are_kept_in_a_file_and_the_next_day_begins_anew(tmp_path):
    day = ["2030-06-01"]
    spending = Spending(tmp_path / "data" / "tokens.json", 100, lambda: day[0])
    spending.add(60)
    assert not Spending(spending.file, 100, spending.today).is_over
    spending.add(40)
    assert Spending(spending.file, 100, spending.today).is_over
    assert not Spending(spending.file, 0, spending.today).is_over
    day[0] = "2030-06-02"
    assert not spending.is_over


@pytest.mark.parametrize("damaged", ["", "no", "[1]", '{"2030-06-01": null}', '{"2030-06-01": {}}'])
def test_a_damaged_file_begins_the_day_anew(tmp_path, damaged):
    spending = Spending(tmp_path / "tokens.json", 100, lambda: "2030-06-01")
    spending.file.write_text(damaged)
    assert not spending.is_over
    spending.add(100)
    assert spending.is_over


def test_without_a_limit_nothing_is_kept(tmp_path):
    Spending(tmp_path / "tokens.json").add(100)
    assert list(tmp_path.iterdir()) == []


def test_once_they_are_spent_the_program_answers_and_says_so(chain, reranker, model, tmp_path):
    options = {"data": tmp_path, "llm": "openai:scripted", "llm_url": model.url, "llm_tokens_a_day": 366}
    worded = worded_by(chain, reranker, **options)
    model.reply, before = writes(true_fact), len(model.requests)
    answer = worded.ask(QUESTION)
    assert answer.model.calls == 1
    assert SPENT not in answer.note
    assert len(model.requests) == before + 1
    own = worded.ask(QUESTION)
    assert len(model.requests) == before + 1
    assert own.model is None
    assert FACT in own.text
    assert own.note.endswith(SPENT)
    assert "今天的语言模型用量已用完" in worded.ask("合肥综合性国家科学中心是什么时候获批的？").note
    refused = worded.ask("What does a cinema ticket cost in Ulan Bator?")
    assert (refused.status, refused.note.startswith(SPENT)) == ("not_found", True)
    assert SPENT not in worded.ask("Thank you!").note
    assert worded_by(chain, reranker, **options | {"llm_tokens_a_day": 0}).ask(QUESTION).model is not None


def test_a_call_that_tells_no_tokens_is_counted_by_an_estimate(chain, reranker, model, tmp_path):
    options = {"data": tmp_path, "llm": "openai:scripted", "llm_url": model.url, "llm_tokens_a_day": 500}
    worded = worded_by(chain, reranker, **options, llm_seconds=2)
    model.reply = hangs("{")
    assert worded.ask(QUESTION).model.failure == "slow"
    assert worded.writing.writer.spending.is_over


def test_all_calls_of_an_answer_are_counted(chain, reranker, model):
    worded = worded_by(chain, reranker, judges=True, llm="openai:scripted", llm_url=model.url)
    model.reply = at_each_step(true_fact, "1: yes")
    assert worded.ask(QUESTION).model.calls == 2
    model.reply = at_each_step(true_fact, "1: no - another centre is meant", "1: leave out")
    assert worded.ask(QUESTION).model.calls == 3
