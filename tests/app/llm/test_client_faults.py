"""The second engine on every fault of its model: a right answer by falling back, a note that says why, and in time."""

from __future__ import annotations

import gc
from types import AsyncGeneratorType

import pytest

from app.llm.notes import why
from app.pipeline.chain import Chain
from app.pipeline.values import Request
from app.sentences import VerifiedSentence
from tests.in_json import in_json
from tests.scripted import (
    FACT,
    QUESTION,
    TRUE,
    ScriptedModel,
    cut,
    endless,
    fails,
    first,
    hangs,
    raw,
    says,
    true_fact,
    worded_by,
    writes,
)
from tests.servers import waited_for

SHORT = 3.0  # seconds for a model that hangs; others get more than they need, so that a busy machine changes nothing
HALF = in_json(f"{TRUE}\nAnd then there was more.").partition(" was more")[0]
ENDLESS = '{{"text": "Sentence {n} is made of words.", "supports": [{{"key": "S1"}}]}},'
FAULTS = {
    "overloaded": (fails(429), "busy"),
    "overloaded, come back later": (fails(429, **{"retry-after": "1"}), "busy"),
    "server error": (fails(500), "error"),
    "bad gateway": (raw("<html>502</html>", "text/html"), "nonsense"),
    "hangs": (hangs(), "slow"),
    "wrong JSON": (raw("data: {nonsense\n\n"), "nonsense"),
    "empty": (says(""), "nonsense"),
    "nothing whole": (says("Hefei and"), "nonsense"),
    "another language": (writes("合肥综合性国家科学中心于二〇一七年获批。[S1]"), "language"),
    "a third language": (writes("Le centre scientifique fut approuvé en hiver. [S1]"), "unsupported"),
    "wrong keys": (writes("The centre was approved in 1999. [S77] It closed in 2003 [banana]."), "unsupported"),
    "no end of sentences": (endless(ENDLESS, '{"blocks": [{"statements": ['), "unsupported"),
    "no end of one sentence": (endless("and {n} more "), "endless"),
    "too long for it": (fails(400, "maximum context length is 2048 tokens", "context_length_exceeded"), "context"),
    "too long, said otherwise": (fails(400, "Requested tokens exceed context window of 2048"), "context"),
    "wrong key": (fails(401, "Incorrect API key provided: sk-secret-1234"), "key"),
    "forbidden": (fails(403), "key"),
    "unknown model": (fails(404), "unknown"),
}


@pytest.fixture
def impatient(chain: Chain, reranker, model: ScriptedModel) -> Chain:
    return worded_by(chain, reranker, llm="openai:scripted", llm_url=model.url, llm_seconds=SHORT)


@pytest.mark.parametrize("name", FAULTS)
def test_on_every_fault_the_quotes_stand_and_a_note_says_why(worded, impatient, model, chain, name, caplog):
    model.reply, failure = FAULTS[name]
    answer = (impatient if failure == "slow" else worded).ask(QUESTION)
    quoted = chain.ask(QUESTION)
    assert answer.model.failure == failure
    assert (answer.sentences, answer.citations, answer.status) == (quoted.sentences, quoted.citations, quoted.status)
    reason = why(failure, answer.model.seconds)
    assert answer.note == f"{reason}; quotes are shown instead."
    assert "sk-secret" not in caplog.text + answer.note


@pytest.mark.parametrize(("reply", "failure"), [(cut(HALF), "broken"), (hangs(HALF), "slow")], ids=["cut", "stalls"])
def test_what_was_verified_before_a_fault_stays_and_quotes_follow(worded, impatient, model, reply, failure):
    model.reply = reply
    events = list((impatient if failure == "slow" else worded).stream(Request(QUESTION)))
    answer = events[-1]
    assert answer.sentences[0].text == TRUE
    assert answer.model.failure == failure
    assert "there was" not in answer.text
    assert [e.sentence.text for e in events if isinstance(e, VerifiedSentence)] == [s.text for s in answer.sentences]


def test_a_passing_fault_is_tried_again(worded, model):
    model.reply = first(fails(429), fails(503), writes(true_fact))
    answer = worded.ask(QUESTION)
    assert answer.text == f"{TRUE} [1]"
    assert not answer.model.failure


def test_nobody_listens(chain, reranker, model):
    worded = worded_by(chain, reranker, llm="openai:scripted", llm_url="http://127.0.0.1:9/v1")
    answer = worded.ask(QUESTION)
    assert answer.model.failure in ("down", "slow")
    assert FACT in answer.text


def test_the_note_speaks_the_question_s_language(worded, model):
    model.reply = fails(500)
    assert worded.ask("合肥综合性国家科学中心是什么时候批准的？").note.endswith("语言模型报告了错误；以下是引文。")


@pytest.mark.parametrize("name", ["no end of one sentence", "no end of sentences", "wrong JSON"])
def test_a_call_that_ends_early_leaves_no_stream_half_read(worded, model, name):
    gc.collect()
    gc.disable()
    try:
        model.reply, _ = FAULTS[name]
        worded.ask(QUESTION)
        waited_for(lambda: not half_read())
    finally:
        gc.enable()


def half_read() -> list[str]:
    """The asynchronous generators that began and did not end."""
    # by `type`: `isinstance` asks each object for its class, and some libraries warn when they are looked at
    return [o.__qualname__ for o in gc.get_objects() if type(o) is AsyncGeneratorType and o.ag_frame is not None]


@pytest.mark.parametrize("attempt", range(5))  # pieces come while it ends: each time a chance that the end is lost
def test_who_goes_away_ends_the_call(worded, model, attempt):
    model.reply = hangs(HALF)
    stream = worded.stream(Request(QUESTION))
    while not isinstance(next(stream), VerifiedSentence):
        pass
    stream.close()
    waited_for(lambda: not any("hangs" in name for name in half_read()), 60)  # its own limit is later
