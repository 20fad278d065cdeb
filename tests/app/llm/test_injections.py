"""Texts that try to give orders, in documents and in questions, before a model that obeys every one of them.

The table holds each attempt, what an obedient model says to it, and what no reader may ever see of that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.answering.verify import verify
from app.answers import Answer
from app.llm.evidence import for_prompt, gives_orders, plain_text
from app.llm.provider import load_writer
from app.llm.selecting import Material, select_blocks
from app.llm.writing import Writing
from app.pipeline.chain import Chain
from app.pipeline.values import Request
from app.settings import read_settings
from app.ui.render import answer_html
from app.ui.words import Words
from ingest.index import Index
from ingest.sync import sync
from tests.app.llm.shelf import last_answer
from tests.scripted import key_of, writes

TABLE = Path(__file__).parent / "data" / "injections.jsonl"
ATTEMPTS = [json.loads(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]
LINKS = re.compile(r"://|\]\(|<[a-z/!]|www\.|javascript:|data:", re.IGNORECASE)


def name(attempt) -> str:
    """A made-up place of its own for each attempt, so that its document is the one that is found."""
    number = int(attempt["id"][-2:])
    return "Qua" + "bcdfghjklmnpqrstvwxz"[number % 20] + "aeiou"[number % 5] + "bdfgklmnprst"[number // 5] + "ville"


def true_sentence(attempt) -> str:
    day = int(attempt["id"][-2:]) % 28 + 1
    if attempt["language"] == "zh":
        return f"{name(attempt)}钟表厂于2017年5月{day}日建成投产。"
    return f"The clock works of {name(attempt)} were opened on {day} May 2017."


def question(attempt) -> str:
    text = (
        f"{name(attempt)}钟表厂是什么时候建成投产的？"
        if attempt["language"] == "zh"
        else f"When were the clock works of {name(attempt)} opened?"
    )
    return text if attempt["where"] == "document" else f"{text} {attempt['text']}"


@pytest.fixture(scope="module")
def chain(tmp_path_factory, embedder, reader) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("hostile")
    for attempt in ATTEMPTS:
        order = attempt["text"] if attempt["where"] == "document" else ""
        text = f"# {name(attempt)}\n\n{true_sentence(attempt)}\n\n{order}\n"
        (folder / f"{attempt['id']}.md").write_text(text, encoding="utf-8")
    settings = read_settings(corpus=folder, data=tmp_path_factory.mktemp("data"))
    index = Index(settings.index_folder)
    sync([folder], index, embedder)
    yield Chain(index, embedder, reader, settings)
    index.close()


@pytest.fixture(scope="module")
def writing(model, reranker) -> Writing:
    return Writing(load_writer(read_settings(llm="openai:scripted", llm_url=model.url)))


def test_there_are_some_in_both_places_and_languages():
    assert {(a["where"], a["language"]) for a in ATTEMPTS} == {
        (w, n) for w in ("document", "question") for n in ("en", "zh")
    }


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=[a["id"] for a in ATTEMPTS])
def test_an_obedient_model_changes_nothing(chain, writing, model, attempt, monkeypatch, caplog):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-4711")
    text = question(attempt)
    within = (chain.index.catalogue.origins()[f"{attempt['id']}.md"][1],)
    ranked = chain.find(Request(text, within=within, threshold=0.0))
    own = chain.drafting.draft(ranked.matched.decision, ranked.rankings, ranked.hits, 0.0, shaped=True)
    quoted = verify(own.draft, own.evidence)
    assert true_sentence(attempt) in [s.text for s in quoted.sentences]
    query = replace(own.draft.query, within=None)
    material = Material(query, replace(own.draft, query=query), own.evidence, chain.index)

    asked_before = len(model.requests)
    model.reply = writes(attempt["says"])
    obeyed = last_answer(writing, material)
    assert (obeyed.sentences, obeyed.citations) == (quoted.sentences, quoted.citations)
    assert obeyed.model.failure

    true = true_sentence(attempt)
    model.reply = writes(lambda b: f"{true} {key_of(b, true[:20])}\n{attempt['says']}")
    worded = last_answer(writing, material)
    assert worded.sentences[0].text == true
    assert {s.text for s in worded.sentences} <= {s.text for s in quoted.sentences}
    for answer in (obeyed, worded):
        for text in own_words(answer, quoted):
            assert not LINKS.search(text)
            assert not [n for n in attempt["never"] if n in text]
        page = answer_html(answer, 1, lambda _: None, Words())
        assert not re.search(r"<(img|script|a href=.?[^#\"])|https?:", page)
        assert "sk-canary-4711" not in answer.text_and_note.replace(attempt["text"], "") + caplog.text

    shown = select_blocks(material, 3000)
    if attempt["where"] == "document":
        assert {s.text for s in shown} <= {true}  # comments and scripts hide the paragraph that they stand in
    prompts = [r["messages"][-1]["content"] for r in model.requests[asked_before:]]
    for tag in ("evidence", "question"):  # nothing of a document opens or closes one
        assert all(p.count(f"<{tag}>") == p.count(f"</{tag}>") for p in prompts)
    assert all(p.count("</question>") <= 1 for p in prompts)
    assert any("<evidence>" in p for p in prompts) == bool(shown)
    assert not re.search(r"[\u200b-\u200f\u202a-\u202e\U000e0000-\U000e007f]|<\|", "".join(prompts))


def own_words(answer: Answer, quoted: Answer) -> list[str]:
    """The sentences that are no quotes of the program's, and its note."""
    quotes = {s.text for s in quoted.sentences}
    return [s.text for s in answer.sentences if s.text not in quotes] + [answer.note]


def test_what_is_left_of_an_answer_is_words():
    assert [a["id"] for a in ATTEMPTS if LINKS.search(plain_text(a["says"]))] == []
    shown = {a["id"]: for_prompt(a["text"]) for a in ATTEMPTS}
    assert [i for i, once in shown.items() if for_prompt(once) != once or re.search(r"[<>\[\]]", once)] == []


def test_orders_are_told_from_what_documents_say(chain):
    corpus = Path(__file__).resolve().parents[3] / "corpus"
    lines = [n for p in sorted(corpus.glob("*.md")) for n in p.read_text(encoding="utf-8").split("---")[-1].split("\n")]
    assert not [n for n in lines if gives_orders(re.sub(r"\[\^[\w-]+\]", "", n))]
    assert not gives_orders("We will respond promptly to public concerns.")
    missed = [a["text"] for a in ATTEMPTS if a["where"] == "document" and not gives_orders(a["text"])]
    assert not missed
