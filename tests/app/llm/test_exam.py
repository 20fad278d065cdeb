"""The exam of a language model: what is asked, what comes of it, and what it decides in an answer."""

from __future__ import annotations

import stat
import threading
import time
from collections import Counter

import pytest
import yaml

from app.llm.client import Writer
from app.llm.evidence import gives_orders
from app.llm.exam import FILE, ExamFailed, current_result, examine, load_exam, may_write, result_sentence
from app.llm.exam_results import (
    ExamResult,
    JudgeCounts,
    WriterCounts,
    all_results,
    save_result,
    sentence,
    table,
)
from app.llm.provider import load_writer
from app.settings import read_settings
from ingest.errors import Stopped
from ingest.progress import stoppable
from tests.app.llm.shelf import Scripted
from tests.examinee import FORM, agreeing, judges, keep_passed, strong, without_json
from tests.in_json import in_json
from tests.scripted import ScriptedModel, cut, fails, first, hangs, says

TRUE = 'It was on 3 May 2017 that the clock works of Quaville were opened. [S1 "were opened on 3 May 2017"]'
NEAR = "The clock works of Quaville were opened on 3 May 2017. [S1]"
SHOWN = "It was on 3 May 2017 that the clock works of Quaville were opened."


def writer(model: ScriptedModel, **settings: object) -> Writer:
    chosen = read_settings(llm="openai:scripted", llm_url=model.url, **{"llm_seconds": 20, **settings})
    return load_writer(chosen)


# --- what is asked


def test_forty_statements_half_of_them_wrong_in_ten_ways_in_both_languages():
    claims = [c for part in load_exam().claims for c in part]
    assert Counter(c.follows for c in claims) == {True: 20, False: 20}
    assert len({c.kind for c in claims if not c.follows}) == 10
    assert sum(c.kind == "conclusion" for c in claims) >= 10
    assert sum(c.checked.runs[0][0].document.language == "zh" for c in claims) >= 10
    assert Counter(a.holds for a in load_exam().questions) == {"answered": 3, "part": 1, "none": 2}
    assert load_exam().calls == 9
    for prompt in (a.prompt for a in load_exam().questions):
        assert prompt.tokens < 1_500  # small models read it whole
    assert not any(gives_orders(item["text"]) for item in yaml.safe_load(FILE.read_text(encoding="utf-8")))


# --- what comes of it


def test_a_model_that_does_all_well_is_trusted(model):
    model.reply, before = says(strong), len(model.requests)
    result = examine(writer(model))
    assert (result.judged, result.wrote) == (JudgeCounts(20, 20, 20, 20), FORM)
    assert len(model.requests) - before == load_exam().calls
    assert sentence(result) == "openai:scripted writes the answers, and each statement is checked."
    assert sentence(result, "zh") == "openai:scripted 撰写回答，每句话都经过核实。"
    assert dict(table(result))["statements that do not follow, refused"] == "20 of 20"
    assert result.passed


def test_one_that_says_yes_to_all_is_no_judge(model):
    model.reply = says(agreeing)
    result = examine(writer(model))
    assert (result.judged.passed, result.judged.refused) == (20, 0)
    assert "cause" in dict(table(result))["statements that do not follow, refused"]
    assert not result.judges
    assert not result.passed
    assert sentence(result) == "openai:scripted is not used: it accepted 20 of 20 statements without support."


def test_one_that_writes_nonsense_is_not_used(model):
    model.reply = says("Bananas are yellow, and so are many other things. Yes.")
    result = examine(writer(model))
    assert (result.judged.right, result.wrote.exact, result.wrote.declined) == (0, 0, 0)
    assert not result.passed
    assert sentence(result).startswith("openai:scripted is not used: it accepted 20 of 20 ")


def test_one_without_structured_output_writes_the_same_without(model):
    model.reply, before = without_json, len(model.requests)
    result = examine(writer(model))
    assert (result.judges, result.wrote) == (True, FORM)
    assert len(model.requests) - before == load_exam().calls + 1


@pytest.mark.parametrize(
    ("last", "message"),
    [
        (cut("1: y"), "The connection to the language model broke off"),
        (fails(401), "The language model did not accept the key"),
        (fails(404), "The server does not offer this language model"),
        (hangs(), "The language model did not answer within 2 s"),
    ],
)
def test_of_one_that_goes_away_in_the_middle_nothing_is_known(model, last, message):
    model.reply = first(says(strong), says(strong), last)
    with pytest.raises(ExamFailed, match=message) as failed:
        examine(writer(model, llm_seconds=2))
    assert "Nothing was kept." in failed.value.sentence()


def test_words_that_do_not_stand_there_and_answers_where_there_are_none_count(model):
    invented = says(lambda b: strong(b) if judges(b) else in_json('It has 99 of them. [S1 "there are 99 of them"]'))
    model.reply = invented
    result = examine(writer(model))
    assert (result.judges, result.wrote.exact, result.wrote.declined) == (True, 0, 0)
    assert not result.passed


@pytest.mark.parametrize(("passed", "refused", "counts"), [(17, 16, True), (16, 20, False), (20, 15, False), (0, 0, False)])
def test_a_judgement_counts_from_some_number_on(passed, refused, counts):
    assert JudgeCounts(20, passed, 20, refused).counts == counts


@pytest.mark.parametrize(("exact", "declined", "works"), [(3, 2, True), (2, 2, False), (4, 1, False)])
def test_quotes_are_exact_but_for_a_slip_and_no_answer_is_respected(exact, declined, works):
    assert WriterCounts(4, exact, 2, declined).works == works


@pytest.mark.parametrize(
    ("judged", "wrote", "said", "chinese"),
    [
        (JudgeCounts(20, 20, 20, 11), WriterCounts(4, 0, 2, 0), "it accepted 9 of 20 statements without support",
         "20 句没有依据的话，它放过了 9 句"),
        (JudgeCounts(20, 20, 20, 16), WriterCounts(4, 4, 2, 1), "it answered 1 of 2 questions without an answer",
         "2 个没有答案的问题，它回答了 1 个"),
        (JudgeCounts(20, 0, 20, 20), WriterCounts(4, 1, 2, 2), "3 of 4 answers did not quote exactly",
         "4 个回答中有 3 个引文不准确"),
        (JudgeCounts(20, 11, 20, 20), WriterCounts(4, 0, 2, 2), "4 of 4 answers did not quote exactly",
         "4 个回答中有 4 个引文不准确"),
    ],
)  # fmt: skip
def test_why_a_model_is_not_used_is_one_sentence(judged, wrote, said, chinese):
    result = ExamResult("m", "", "v", "d", judged, wrote)
    assert not result.passed
    assert sentence(result) == f"m is not used: {said}."
    assert sentence(result, "zh") == f"未启用 m：{chinese}。"


def test_one_that_refuses_what_is_true_is_not_used():
    result = ExamResult("m", "", "v", "d", JudgeCounts(20, 11, 20, 20), FORM)
    assert sentence(result).endswith("is not used: it rejected 9 of 20 statements with support.")


# --- how far it is


def test_each_call_is_told_before_and_after(model):
    model.reply = says(strong)
    told: list[tuple[str, int, int]] = []
    examine(writer(model), progress=lambda *event: told.append(event))
    assert {(what, total) for what, _, total in told} == {("Examining", 9)}
    assert [number for _, number, _ in told] == sorted(number for _, number, _ in told)
    assert {number for _, number, _ in told} == set(range(10))


def test_an_exam_that_is_stopped_does_not_wait_for_a_call_under_way(model):
    model.reply, stop = hangs(), threading.Event()
    stopping = threading.Timer(0.5, stop.set)
    stopping.start()
    began = time.monotonic()
    with pytest.raises(Stopped):
        examine(writer(model, llm_seconds=120), progress=stoppable(lambda *_: None, stop), stop=stop)
    assert time.monotonic() - began < 60, "half of what the call may take"


# --- what is kept


def test_a_result_is_kept_by_name_and_address_for_its_owner_alone(tmp_path):
    result = keep_passed(tmp_path, "openai:a/b", "http://127.0.0.1:1/v1")
    (path,) = (tmp_path / "models").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert current_result(tmp_path, "openai:a/b", "http://127.0.0.1:1/v1") == result
    assert current_result(tmp_path, "openai:a/b", "") is None
    assert current_result(tmp_path, "openai:c", "http://127.0.0.1:1/v1") is None
    assert result_sentence(tmp_path, "openai:a/b", "http://127.0.0.1:1/v1").startswith("openai:a/b writes ")
    assert result_sentence(tmp_path, "openai:c", "") == ""
    assert all_results(tmp_path) == [result]


def test_an_exam_that_has_changed_is_taken_anew(tmp_path):
    save_result(tmp_path, ExamResult("m", "", "another", "2030-06-01", JudgeCounts(20, 20, 20, 20), FORM))
    assert current_result(tmp_path, "m", "") is None
    (path,) = (tmp_path / "models").iterdir()
    for damaged in ("{}", "[1]", "no", '{"judged": {"doubted": [], "missed": [], "more": 1}}'):
        path.write_text(damaged)
        assert current_result(tmp_path, "m", "") is None
        assert all_results(tmp_path) == []


# --- in an answer


def reply(prompt):
    body = {"messages": [{"content": prompt.system}, {"content": prompt.user}]}
    return strong(body)


def test_a_model_may_write_only_after_its_exam(tmp_path):
    model = Scripted(reply)
    assert may_write(tmp_path, model.name, model.address) is None
    save_result(tmp_path, examine(model))
    assert may_write(tmp_path, model.name, model.address)
