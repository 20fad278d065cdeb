"""Documents, what the program found in them, and a language model that says what a test wants: nothing is loaded or sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.answering.draft import Draft, Proposal, Statement, run_of
from app.answering.verify import verify
from app.answers import Answer, Evidence
from app.llm.claims import Claim
from app.llm.client import CallResult, Writer
from app.llm.prompts import Prompt
from app.llm.reply import ReplyStream
from app.llm.selecting import Material
from app.llm.writing import Writing
from app.query.values import Query
from ingest.documents import Document, Passage, Source, guess_language
from ingest.split import split
from tests.in_json import in_json

ROWS = "\n".join(f"| {year} | {year - 2000}.5 billion yuan |" for year in range(2001, 2061))
WORKS = f"""## Opening

The clock works of Quaville were opened on 3 May 2017. They were built in two years. They make 40 clocks a day.

## Aims

The plan of Quaville sets these aims for 2025:

- make 60 clocks a day
- sell a third of all clocks abroad
- train 20 clockmakers

## Sales

| City | Clocks sold in 2020 |
|---|---|
| Norburg | 1,204 |
| Sudburg | 905 |

## Turnover

| Year | Turnover |
|---|---|
{ROWS}
"""
HALLS = "## Halls\n\nThe halls of Quaville hold 300 people. The mayor opened the halls in 2011.\n"
ASKED = "When were the clock works of Quaville opened?"
FACT = "The clock works of Quaville were opened on 3 May 2017."


def document(text: str, title: str) -> Document:
    sources = (Source("s", "Yearbook", "Office of Quaville", "2021-02-03", official=True),)
    return Document(text, title, f"{title}.md", markdown=True, sources=sources, publisher="Us")


class Shelf:
    """The documents of a test, read as from an `ingest.index.Index`."""

    def __init__(self, *documents: Document) -> None:
        self.documents = {d.id: d for d in documents}

    def document(self, document_id: str) -> Document | None:
        return self.documents.get(document_id)

    def passages(self, document_id: str) -> tuple[Passage, ...]:
        return tuple(p for chunk in split(self.documents[document_id]) for p in chunk.passages)

    def evidence(self, *words: str) -> list[Evidence]:
        """The passages that hold these words, in the order of the words."""
        passages = [(d, p) for d in self.documents.values() for p in self.passages(d.id)]
        hits = [next((d, p) for d, p in passages if w in p.quote(d.text)) for w in words]
        return [Evidence(f"S{n}", d, p, p.read(d.text)) for n, (d, p) in enumerate(hits, 1)]


SHELF = Shelf(document(WORKS, "Clock works"), document(HALLS, "Halls"))


def quoting(query: Query, *items: Evidence, gap: str = "") -> Draft:
    """The program's own draft, in quotes; without any a refusal."""
    statements = tuple(Statement({"en": e.text}, (run_of([e]),), "passage") for e in items)
    return Draft(query, "answered" if items else "not_found", statements, gap)


def material(
    *words: str, question: str = ASKED, quoted: int = 1, shelf: Shelf = SHELF, gap: str = "", **fields: Any
) -> Material:
    """What was found: the passages with these words, of which the first are quoted."""
    items = shelf.evidence(*words)
    query = Query(question, question, guess_language(question), searched=question)
    return Material(query, quoting(query, *items[:quoted], gap=gap), items, shelf, gap=gap, **fields)


class Scripted(Writer):
    """A language model that says what `reply` makes of a prompt; of several replies each once, the last one ever after."""

    def __init__(self, *replies: str | Callable[[Prompt], str], budget: int = 6_000) -> None:
        self.name, self.seconds, self.budget, self.room = "scripted", 60.0, budget, budget
        self.address = self.key = ""
        self._replies = list(replies)
        self.asked: list[Prompt] = []

    def write(self, prompt: Prompt, seconds: float, stop: threading.Event | None = None) -> Iterator[Claim | CallResult]:
        stream = ReplyStream()
        yield from stream.feed(in_json(self.complete(prompt, seconds)[0]))
        failure = "declined" if stream.declined else ""
        yield CallResult(0.0, 10, 1, failure, stream.unanswered, stream.not_stated, tuple(stream.look))

    def rewrite(self, prompt: Prompt, seconds: float) -> tuple[dict[int, Claim], CallResult]:
        stream = ReplyStream()
        reply, done = self.complete(prompt, seconds)
        list(stream.feed(in_json(reply)))
        return stream.numbers, replace(done, not_stated=stream.not_stated)

    def complete(self, prompt: Prompt, seconds: float, stop: threading.Event | None = None) -> tuple[str, CallResult]:
        self.asked.append(prompt)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        return reply if isinstance(reply, str) else reply(prompt), CallResult(0.0, 10, 1)

    def read(self, prompt: Prompt, seconds: float) -> tuple[Mapping[str, Any], CallResult]:
        reply, done = self.complete(prompt, seconds)
        return json.loads(reply), done


def answered(material: Material, *replies: str | Callable[[Prompt], str], **options: Any) -> tuple[Answer, Scripted]:
    """The answer of a model that replies so, and the model."""
    writer = Scripted(*replies)
    writing = Writing(writer, **{"judges": False} | options)
    return last_answer(writing, material), writer


def last_answer(writing: Writing, material: Material) -> Answer:
    """The answer that verification makes of a model's draft."""
    *_, proposal = writing.write(material)
    assert isinstance(proposal, Proposal)
    return verify(proposal.draft, proposal.evidence)
