"""The exam of a language model: what is asked, what comes of it, and what it decides in an answer."""

from __future__ import annotations

import json
import stat
import threading
import time
from collections import Counter
from dataclasses import replace

import pytest
import yaml

from app.groundedness.checker import ClaimChecker
from app.llm.client import Writer
from app.llm.exam import BEST, ExamResult, Judged, Terms, Wrote, read_result, terms
from app.llm.exam_paper import FILE, paper
from app.llm.exam_record import all_known, keep, known
from app.llm.exam_room import Examiner
from app.llm.exam_sitting import ExamFailed, examine
from app.llm.exam_words import sentence, table, words_for
from app.llm.provider import load_writer
from app.llm.untrusted import gives_orders
from app.llm.writing import Writing
from app.pipeline.chain import Chain
from app.pipeline.values import Request
from app.settings import read_settings
from ingest.database.kept import Kept
from tests.app.llm.shelf import FACT, Scripted, material
from tests.examinee import FORM, agreeing, judges, keep_passed, strong, without_json
from tests.scripted import ScriptedModel, cut, fails, first, hangs, says, worded_by

TRUE = 'It was on 3 May 2017 that the clock works of Quaville were opened. [S1 "were opened on 3 May 2017"]'
NEAR = "The clock works of Quaville were opened on 3 May 2017. [S1]"
SHOWN = "It was on 3 May 2017 that the clock works of Quaville were opened."


def writer(model: ScriptedModel, **settings: object) -> Writer:
    chosen = read_settings(llm="openai:scripted", llm_url=model.url, **{"llm_seconds": 20, **settings})
    return load_writer(chosen)


# --- what is asked


def test_forty_statements_half_of_them_wrong_in_ten_ways_in_both_languages():
    claims = [c for part in paper().claims for c in part]
    assert Counter(c.follows for c in claims) == {True: 20, False: 20}
    assert len({c.kind for c in claims if not c.follows}) == 10
    assert sum(c.kind == "conclusion" for c in claims) >= 10
    assert sum(c.checked.runs[0][0].document.language == "zh" for c in claims) >= 10
    assert Counter(a.holds for a in paper().asked) == {"answered": 3, "part": 1, "none": 2}
    assert paper().calls(forms=2) == 15
    for prompt in (a.prompt(form) for a in paper().asked for form in BEST):
        assert prompt.tokens < 1_500  # small models read it whole
    assert not any(gives_orders(item["text"]) for item in yaml.safe_load(FILE.read_text(encoding="utf-8")))


# --- what comes of it


def test_a_model_that_does_all_well_is_trusted(model):
    model.reply, before = says(strong), len(model.requests)
    result = examine(writer(model))
    assert (result.judged, result.text, result.json) == (Judged(20, 20, 20, 20), FORM, FORM)
    assert len(model.requests) - before == paper().calls(forms=2)
    assert sentence(result) == (
        "openai:scripted: its judgement counts (40 of 40), structured output works, it quotes exactly: its own words are "
        "shown once verified."
    )
    assert sentence(result, "zh") == (
        "openai:scripted：它的判断有效（40 题中答对 40 题），支持结构化输出，引文准确：核实后显示它自己的表述。"
    )
    assert dict(table(result))["statements that do not follow, refused"] == "20 of 20"
    assert terms(result, None, separate=False, chosen=None, known="text") == Terms("json", "own", near_only=False)


def test_one_that_says_yes_to_all_is_no_judge(model):
    model.reply = says(agreeing)
    result = examine(writer(model))
    assert (result.judged.passed, result.judged.refused) == (20, 0)
    assert "cause" in dict(table(result))["statements that do not follow, refused"]
    assert not result.judges
    assert terms(result, None, separate=False, chosen=None, known="text") == Terms("json", "", near_only=True)
    assert "its judgement does not count (20 of 40)" in sentence(result)
    assert "without another model that judges it may only say what passages say nearly word for word" in sentence(result)


def test_one_that_writes_nonsense_may_say_little(model):
    model.reply = says("Bananas are yellow, and so are many other things. Yes.")
    result = examine(writer(model))
    assert (result.judged.right, result.text.exact, result.text.declined, result.form) == (0, 0, 0, "text")
    assert terms(result, None, separate=False, chosen=None, known="json") == Terms("text", "", near_only=True)
    assert sentence(result).endswith("it may only say what passages say nearly word for word.")


def test_one_without_structured_output_is_asked_in_text(model):
    model.reply, before = without_json, len(model.requests)
    result = examine(writer(model))
    assert (result.judges, result.text, result.form) == (True, FORM, "text")
    assert len(model.requests) - before == paper().calls(forms=2) - len(paper().asked) + 1
    assert terms(result, None, separate=False, chosen=None, known="json") == Terms("text", "own", near_only=False)
    assert terms(result, None, separate=False, chosen="json", known="json").near_only  # it was set so
    assert "it is asked in text, it quotes exactly" in sentence(result)


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (cut("1: y"), "The connection to the language model broke off"),
        (fails(401), "The language model did not accept the key"),
        (fails(404), "The endpoint does not know this language model"),
        (hangs(), "The language model did not answer within 2 s"),
    ],
)
def test_of_one_that_goes_away_in_the_middle_nothing_is_known(model, last, said):
    model.reply = first(says(strong), says(strong), last)
    with pytest.raises(ExamFailed, match=said) as failed:
        examine(writer(model, llm_seconds=2))
    assert "Nothing was kept." in failed.value.sentence()


def test_words_that_do_not_stand_there_and_answers_where_there_are_none_count(model):
    invented = says(lambda b: strong(b) if judges(b) else 'It has 99 of them. [S1 "there are 99 of them"]')
    model.reply = invented
    result = examine(writer(model))
    assert (result.judges, result.text.exact, result.text.declined) == (True, 0, 0)
    assert terms(result, None, separate=False, chosen=None, known="text").near_only


def test_another_judge_has_an_exam_of_its_own(model):
    model.reply = says(strong)
    other = examine(writer(model), writes=False)
    assert other.judges
    assert not other.writes
    assert "it was examined as a judge alone" in sentence(other)
    own = ExamResult("a", "", "v", "d", Judged(20, 20, 20, 0), FORM, FORM)
    assert terms(own, other, separate=True, chosen=None, known="text") == Terms("json", "other", near_only=False)
    assert terms(own, None, separate=True, chosen=None, known="text").untested
    neither = ExamResult("b", "", "v", "d", Judged(20, 20, 20, 0))
    assert terms(own, neither, separate=True, chosen=None, known="text") == Terms("json", "", near_only=True)


@pytest.mark.parametrize(("passed", "refused", "counts"), [(17, 16, True), (16, 20, False), (20, 15, False), (0, 0, False)])
def test_a_judgement_counts_from_some_number_on(passed, refused, counts):
    assert Judged(20, passed, 20, refused).counts == counts


@pytest.mark.parametrize(("exact", "declined", "works"), [(3, 2, True), (2, 2, False), (4, 1, False)])
def test_quotes_are_exact_but_for_a_slip_and_no_answer_is_respected(exact, declined, works):
    assert Wrote(4, exact, 2, declined).works == works


# --- what is kept


def test_a_result_is_kept_by_name_and_address_for_its_owner_alone(tmp_path):
    result = keep_passed(tmp_path, "openai:a/b", "http://127.0.0.1:1/v1")
    (path,) = (tmp_path / "models").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert known(tmp_path, "openai:a/b", "http://127.0.0.1:1/v1") == result == read_result(json.loads(path.read_text()))
    assert known(tmp_path, "openai:a/b", "") is None
    assert known(tmp_path, "openai:c", "http://127.0.0.1:1/v1") is None
    assert words_for(tmp_path, "openai:a/b", "http://127.0.0.1:1/v1").startswith("openai:a/b: its judgement counts")
    assert words_for(tmp_path, "openai:c", "") == ""
    assert all_known(tmp_path) == [result]


def test_an_exam_that_has_changed_is_taken_anew(tmp_path):
    keep(tmp_path, ExamResult("m", "", "another", "2030-06-01", Judged(20, 20, 20, 20), FORM, FORM))
    assert known(tmp_path, "m", "") is None
    (path,) = (tmp_path / "models").iterdir()
    for damaged in ("{}", "[1]", "no", '{"judged": {"doubted": [], "missed": [], "more": 1}}'):
        path.write_text(damaged)
        assert known(tmp_path, "m", "") is None
        assert all_known(tmp_path) == []


# --- in an answer


def end() -> None:
    """Wait for what is examined in the background."""
    for thread in threading.enumerate():
        if thread.name == "exam":
            thread.join(30)


@pytest.fixture(autouse=True)
def ended(monkeypatch):
    """One exam is taken at a time: none is left behind by a test."""
    yield
    monkeypatch.setattr("app.llm.exam_room.PAUSE", 0.0)
    end()


class Examinee(Scripted):
    """Answers the exam as well as questions about the clock works."""

    def in_form(self, form):
        return super().in_form("text")  # it writes text, whatever is asked for


def reply(prompt):
    body = {"messages": [{"content": prompt.system}, {"content": prompt.user}]}
    if "clock works" in prompt.user:
        return "1: yes" if judges(body) else TRUE
    return strong(body)


def trusted_later(tmp_path, **more):
    model = Examinee(reply)
    return model, Writing(model, ClaimChecker(), examiner=Examiner(Kept(tmp_path), model, **more))


def test_before_its_exam_a_model_keeps_near_and_nobody_calls_it_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr("app.llm.exam_room.PAUSE", 0.0)
    model, writing = trusted_later(tmp_path)
    assert not writing.heeded
    *_, answer = writing.write(material(FACT))
    assert SHOWN not in answer.text
    assert FACT in answer.text  # quoted in its place
    assert "The language model has not been tested yet" in answer.note
    end()
    assert writing.heeded
    *_, later = writing.write(material(FACT))
    assert later.text.startswith(SHOWN)
    assert later.note == ""
    asked = len(model.asked)
    end()
    assert len(model.asked) == asked  # once


def test_an_answer_goes_before_an_exam(tmp_path, monkeypatch):
    monkeypatch.setattr("app.llm.exam_room.PAUSE", 0.3)
    model, writing = trusted_later(tmp_path)
    with writing.examiner.answering():
        list(writing.write(material(FACT)))
        asked = len(model.asked)
        time.sleep(0.5)
        assert len(model.asked) == asked
    with writing.examiner.answering():  # at once: it has not begun yet
        time.sleep(0.5)
        assert len(model.asked) == asked


def test_a_model_that_cannot_be_examined_is_asked_again_later(tmp_path, monkeypatch, model):
    monkeypatch.setattr("app.llm.exam_room.PAUSE", 0.0)
    model.reply = fails(401)
    asked = len(model.requests)
    examiner = Examiner(Kept(tmp_path), writer(model))
    for _ in range(3):
        with examiner.answering():
            pass
        end()
    assert len(model.requests) == asked + 1
    assert examiner.terms().untested
    assert not (tmp_path / "models").exists()


def test_the_judge_that_is_set_is_examined_as_one(tmp_path, monkeypatch):
    monkeypatch.setattr("app.llm.exam_room.PAUSE", 0.0)
    judge = Examinee(reply)
    judge.name = "other"
    _, writing = trusted_later(tmp_path, judge=judge)
    writing = Writing(writing.writer, writing.checker, judge, examiner=writing.examiner)
    list(writing.write(material(FACT)))
    end()
    assert (writing.now.judge, writing.now.judges, writing.now.near_only) == (judge, True, False)
    assert len(judge.asked) == len(paper().claims)


def test_near_statements_stand_before_an_exam_too(tmp_path, monkeypatch):
    monkeypatch.setattr("app.llm.exam_room.PAUSE", 0.5)
    model = Examinee(NEAR)
    *_, answer = Writing(model, ClaimChecker(), examiner=Examiner(Kept(tmp_path), model)).write(material(FACT))
    assert answer.worded_by == "scripted"


def test_a_call_that_is_under_way_is_broken_off_for_an_answer(tmp_path, monkeypatch, model):
    monkeypatch.setattr("app.llm.exam_room.PAUSE", 0.0)
    model.reply = first(hangs(seconds=5), says(strong))
    asked = len(model.requests)
    examiner = Examiner(Kept(tmp_path), writer(model))
    with examiner.answering():
        pass
    until = time.monotonic() + 20
    while len(model.requests) == asked and time.monotonic() < until:
        time.sleep(0.02)
    with examiner.answering():
        time.sleep(0.5)
        assert len(model.requests) == asked + 1
    end()
    assert not examiner.terms().near_only
    assert len(model.requests) == asked + 1 + paper().calls(forms=2)


def test_any_question_to_the_model_begins_its_exam(chain, reranker, model, tmp_path, monkeypatch):
    monkeypatch.setattr("app.llm.exam_room.PAUSE", 0.0)
    model.reply, asked = says(strong), len(model.requests)
    plain = worded_by(chain, reranker, llm="openai:scripted", llm_url=model.url)
    writing = replace(plain.writing, examiner=Examiner(Kept(tmp_path), plain.writing.writer))
    worded = Chain(plain.index, plain.embedder, plain.reranker, plain.settings, writing)
    worded.answer(Request("Who won the world cup of 1998?", engine="quotes"))
    end()
    assert len(model.requests) == asked
    answer = worded.answer(Request("Who won the world cup of 1998?"))
    end()
    assert (answer.status, answer.model) == ("not_found", None)  # a model that nobody knows is not heard on that
    assert writing.heeded
