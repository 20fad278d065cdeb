"""The whole chain on the real models and a few real documents."""

import asyncio
import statistics
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler

from app.answering.confidence import best_logit
from app.answers import Answer
from app.errors import QuestionError
from app.pipeline.chain import Chain
from app.pipeline.values import Request, Step
from app.query.translate import FolderLanguage
from app.query.understand import understand
from app.query.values import Turn
from app.retrieval.retriever import COSINE_WEIGHT, MAX_RERANKED, RANK_PENALTY, UNREAD_SCORE
from app.store.records import public
from ingest.documents import contextualised_texts
from ingest.errors import IndexMismatch
from ingest.thesaurus import Thesaurus

STEPS = ["reading", "matching", "searching", "ranking", "choosing", "checking"]
CONTRACT = {"question", "status", "text", "sentences", "citations", "nearest", "confidence", "seconds", "version"}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How much registered capital does the third phase of the Big Fund have?", "344"),
        ("When was the comprehensive national science centre in Hefei approved?", "10 January 2017"),
        ("By how much should research spending grow each year?", "7 percent"),
        ("合肥综合性国家科学中心是什么时候批准的？", "10 January 2017"),
    ],
)
def test_questions_that_the_documents_answer(chain, question, expected):
    answer = chain.ask(question)
    assert answer.status == "answered"
    assert expected in answer.text
    for citation in answer.citations:
        document = chain.index.document(citation.document_id)
        assert citation.quote == document.text[citation.start : citation.end]
        assert all(s.url or s.where for s in citation.sources)


@pytest.mark.parametrize("question", ["Who won the football world cup in 1998?", "What is the recipe for sourdough bread?"])
def test_questions_that_they_do_not(chain, question):
    answer = chain.ask(question)
    assert (answer.status, answer.sentences, answer.citations) == ("not_found", (), ())
    assert 1 <= len(answer.closest) <= 3
    assert answer.note


@pytest.mark.parametrize(
    ("thanks", "note"), [("Thanks!", "That does not seem to be a question."), ("谢谢！", "这里没有提出问题。")]
)
def test_thanks_get_no_quotes_and_a_word_on_what_to_do(chain, thanks, note):
    answer = chain.ask(thanks, [Turn("user", "What is Hefei for?"), Turn("assistant", "Science. [1]")])
    assert (answer.status, answer.closest) == ("not_found", ())
    assert answer.note.startswith(note)


def test_the_public_object(chain):
    found = public(chain.ask("What is Hefei for?"), "q1")
    assert set(found) == CONTRACT | {"id"}
    assert set(found["citations"][0]) == {
        "number", "document_id", "title", "title_zh", "authorship", "publisher", "date", "heading", "quote", "start", "end",
        "language", "kind", "sources",
    }  # fmt: skip
    assert {"title", "publisher", "date", "official"} <= set(found["citations"][0]["sources"][0])
    numbers = {c["number"] for c in found["citations"]}
    assert all(set(s["citations"]) <= numbers and s["citations"] for s in found["sentences"])


def test_a_list_is_quoted_whole_and_in_order(chain):
    answer = chain.ask("Name the frontier fields of science and technology in the Outline")
    assert len(answer.sentences) >= 7
    starts = [c.start for c in answer.citations]
    assert starts == sorted(starts)


def test_a_follow_up_is_read_with_the_conversation(chain):
    answer = chain.ask("When was it approved?", [Turn("user", "What is the comprehensive science centre in Hefei?")])
    assert "2017" in answer.text
    assert public(answer)["read_as"] == "When was it approved? (the comprehensive science centre in Hefei)"


def test_hits_are_ranked(chain):
    hits = chain.ask("What is Hefei for?").hits
    assert [h.rank for h in hits] == list(range(1, len(hits) + 1))
    scores = [h.score for h in hits]
    assert scores == sorted(scores, reverse=True)
    spans = {(h.passage.document_id, h.passage.start) for h in hits}
    assert len(spans) == len(hits)


def test_a_candidate_carries_the_cosines_of_its_passages(chain):
    found = chain.retriever.search(understand("What is Hefei for?"))
    assert 6 <= len(found) <= chain.settings.candidates
    texts = [text for c in found for text in contextualised_texts(c.chunk, c.document)]
    cosines = chain.embedder.passages(texts) @ chain.embedder.queries(["What is Hefei for?"])[0]
    assert [cosine for c in found for cosine in c.cosines] == pytest.approx(cosines.tolist(), abs=1e-3)


def test_a_chunk_that_is_replaced_while_it_is_looked_at_is_still_ranked(chain, monkeypatch):
    question = understand("What is Hefei for?")
    before = chain.retriever.search(question)
    monkeypatch.setattr(chain.index, "cosines", lambda *_: {})
    found = chain.retriever.search(question)
    assert [c.chunk for c in found] == [c.chunk for c in before]
    assert found[0].cosines == pytest.approx(before[0].cosines, abs=1e-3)


def test_the_passages_that_were_found_best_are_read_and_the_others_count_for_little(chain):
    hits = chain.ask("What is Hefei for?").hits
    ordered = sorted(hits, key=lambda h: -h.retrieval_score - h.feature_score)
    assert len(hits) > MAX_RERANKED
    assert all(h.rerank_score != UNREAD_SCORE for h in ordered[:MAX_RERANKED])
    assert all(h.rerank_score == UNREAD_SCORE for h in ordered[MAX_RERANKED:])
    candidates = chain.retriever.search(understand("What is Hefei for?"))
    place = {(p.document_id, p.start): n for n, c in enumerate(candidates) for p in c.chunk.passages}
    similar = [
        h.retrieval_score / COSINE_WEIGHT + place[h.passage.document_id, h.passage.start] * RANK_PENALTY for h in hits
    ]
    assert (statistics.fmean(similar), statistics.pstdev(similar)) == pytest.approx((0, 1), abs=1e-6)
    assert [h.answerability is not None for h in hits] == [True] + [False] * (len(hits) - 1)


@pytest.mark.parametrize("question", ["What is Hefei for?", "Name the seven digital industries of the Outline."])
def test_the_best_passage_is_judged_with_its_chunk_and_an_item_by_the_better_of_both(chain, question):
    read = understand(question)
    candidates = chain.retriever.search(read)
    best = chain.retriever.rank(read, candidates)[0]
    around = next(c for c in candidates if best.passage in c.chunk.passages)
    text = contextualised_texts(around.chunk, around.document)[around.chunk.passages.index(best.passage)]
    both = chain.retriever.reranker.judged(
        question, [text, around.chunk.embedded(around.document.text, around.document.title)]
    )
    item = best.passage.kind == "item"
    assert item == question.startswith("Name")
    assert best.answerability == pytest.approx(max(both) if item else statistics.fmean(both), abs=1e-6)
    assert best_logit([best]) == best.answerability


def test_only_the_selected_documents_are_searched(chain):
    by_name = {path: key for path, (_, key) in chain.index.catalogue.origins().items()}
    answer = chain.ask("What is Hefei for?", within=[by_name["chip-policy.md"]], threshold=0.0)
    assert {c.document_id for c in answer.citations} == {by_name["chip-policy.md"]}
    assert chain.ask("What is Hefei for?", within=[]).status == "not_found"


def test_an_answer_says_how_many_documents_were_searched(chain):
    ids = chain.index.catalogue.document_ids()
    found = chain.ask("What is Hefei for?", within=ids[1:], threshold=0.0)
    assert found.sentences
    assert found.note.endswith(f"Searched {len(ids) - 1} of {len(ids)} documents.")
    far = "Who won the World Cup final of 1998?"
    narrowed = chain.ask(far, within=ids[:2])
    assert narrowed.note.endswith(f" Searched 2 of {len(ids)} documents.")
    assert public(narrowed)["searched"] == {"documents": 2, "of": len(ids)}
    assert chain.ask("1998年世界杯决赛谁赢了？", within=ids[:2]).note.endswith(f"只检索了 {len(ids)} 份文件中的 2 份。")
    for whole in (chain.ask(far), chain.ask(far, within=ids)):
        assert whole.status == "not_found"
        assert whole.searched is None
        assert "earched" not in whole.note


def test_it_streams_its_steps_and_then_the_answer(chain):
    events = list(chain.stream(Request("What is Hefei for?")))
    assert [e.name for e in events if isinstance(e, Step)] == STEPS
    assert isinstance(events[-1], Answer)
    assert [n for n, _ in events[-1].timings] == [e.name for e in events[:-1]]


def test_it_streams_asynchronously_too(chain):
    async def collect():
        return [e async for e in chain.runnable.astream(Request("What is Hefei for?"))]

    assert isinstance(asyncio.run(collect())[-1], Answer)


def test_it_can_be_traced(chain):
    tracer = RunCollectorCallbackHandler()
    chain.runnable.invoke(Request("What is Hefei for?"), {"callbacks": [tracer]})
    names = [run.name for run in tracer.traced_runs[0].child_runs]
    assert [n for n in names if n in STEPS] == STEPS


def test_other_words_find_what_the_documents_call_otherwise(chain):
    asked = "What was raised by phase I of the piggy bank?"
    words = Thesaurus({"Big Fund": ["piggy bank"], "never said": ["phase"]})
    folder = FolderLanguage(words)
    knowing = Chain(chain.index, chain.embedder, chain.reranker, chain.settings, folder=folder)
    found = knowing.ask(asked)
    assert found.standalone_query == "What was raised by phase (never said) I of the piggy bank (Big Fund)?"
    assert found.sentences[0].text.startswith("Big Fund phase I raised")
    assert chain.ask(asked).standalone_query == asked
    assert chain.ask(asked).confidence < found.confidence
    assert "Big Fund" not in understand("存钱罐一期").english
    assert "Big Fund" in understand("存钱罐一期", (), FolderLanguage(Thesaurus({"Big Fund": ["存钱罐"]}))).english


@pytest.mark.parametrize("question", ["", "  ", "x" * 100_000])
def test_a_question_that_cannot_be_asked(chain, question):
    with pytest.raises(QuestionError):
        chain.ask(question)


def test_a_question_of_odd_signs_is_answered_or_declined(chain):
    for question in ['"; DROP TABLE documents; --', "NEAR( OR AND *", "合\x00肥\u202e?", "🚀 Hefei 🚀", "{}[]()^$ Hefei"]:
        assert chain.ask(question).status in ("answered", "partial", "not_found")


def test_only_who_closes_the_stream_is_gone() -> None:
    """A request that one chain cannot answer goes to another."""

    def events(_: Request) -> Iterator[Any]:
        yield Step("reading")
        raise IndexMismatch("another model")

    scripted: Any = SimpleNamespace(runnable=SimpleNamespace(stream=events))
    request = Request("What is Hefei for?")
    with pytest.raises(IndexMismatch):
        list(Chain.stream(scripted, request))
    assert not request.gone.is_set()
    stream: Any = Chain.stream(scripted, request)
    next(stream)
    stream.close()
    assert request.gone.is_set()
