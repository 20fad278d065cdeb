"""A real language model, small and weak, behind a real OpenAI-compatible server: `make test-llm`. CI does not run it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.llm.exam import examine
from app.llm.prompts import Prompt
from app.llm.provider import load_writer
from app.llm.writing import Writing
from app.pipeline.chain import Chain
from app.pipeline.values import Request
from app.sentences import VerifiedSentence
from app.settings import read_settings
from tests.small_model import small_model

pytestmark = [pytest.mark.llm, pytest.mark.timeout(600)]
ASKED: dict[str, Any] = {"llm_tokens": 1_500, "llm_answer_tokens": 200, "llm_seconds": 300.0}  # short: two cores
OPTIONS = {"stop": ["<evidence>"]}  # else it goes on to copy its prompt
QUESTIONS = (
    "When was the comprehensive national science centre in Hefei approved?",
    "How much registered capital does the third phase of the Big Fund have?",
    "By how much should research spending grow each year?",
    "合肥综合性国家科学中心是什么时候批准的？",
)


@pytest.fixture(scope="module")
def worded(chain: Chain, reranker) -> Iterator[Chain]:
    with small_model() as url:
        settings = read_settings(
            corpus=chain.settings.corpus, data=chain.settings.data, engine="model", llm="openai:smollm2", llm_url=url,
            llm_options=json.dumps(OPTIONS | {"seed": 0}), **ASKED,
        )  # fmt: skip
        writing = Writing(load_writer(settings), judges=False)
        yield Chain(chain.index, chain.embedder, chain.reranker, settings, writing)


@pytest.mark.parametrize("question", QUESTIONS)
def test_whatever_it_writes_the_answer_is_cited(worded: Chain, question: str) -> None:
    events = list(worded.stream(Request(question)))
    answer = events[-1]
    use = answer.model
    assert use.failure in ("", "declined", "language", "nonsense", "unsupported"), "the server did not do its part"
    assert answer.status in ("answered", "partial")
    numbers = {c.number for c in answer.citations}
    for sentence in answer.sentences:
        assert sentence.citations
        assert set(sentence.citations) <= numbers
    for citation in answer.citations:
        document = worded.index.document(citation.document_id)
        assert citation.quote == document.text[citation.start : citation.end]
    sentences = [e.sentence for e in events if isinstance(e, VerifiedSentence)]
    assert sentences == list(answer.sentences)
    assert use.removed + use.replaced <= use.written


@pytest.mark.timeout(1_200)
def test_the_exam_holds_it_near_to_the_documents(worded: Chain) -> None:
    settings = worded.settings.model_copy(update={"llm_answer_tokens": 120})  # for the verdicts of a call
    result = examine(load_writer(settings))
    assert not result.judges
    assert not result.passed


def test_the_same_question_gets_the_same_words(worded: Chain) -> None:
    first, second = worded.ask(QUESTIONS[0]), worded.ask(QUESTIONS[0])
    assert first.sentences == second.sentences


def test_a_context_that_is_too_short_falls_back(worded: Chain) -> None:
    *_, done = worded.writing.writer.write(Prompt("Answer.", "words and more words " * 4_000), 60)
    assert done.failure in ("context", "nonsense")  # this server only breaks off its stream
