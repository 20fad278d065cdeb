"""`python -m evals.writer_prompts "…"`: what a language model is asked for a question, word for word, through the real chain
and without a model: recorded writers answer these prompts.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click

from app.groundedness.checker import ClaimChecker
from app.llm.client import CallResult, Writer
from app.llm.composing import described
from app.llm.prompts import Prompt
from app.llm.writing import Writing
from app.pipeline.chain import Chain
from app.pipeline.values import Request
from app.query.values import Turn
from app.sentences import Statement
from evals.opening import corpus_chain


class PromptRecorder(Writer):
    """In the place of a language model: it says nothing and keeps what it is asked."""

    def __init__(self, budget: int, read: tuple[str, ...] = ("",)) -> None:
        self.name, self.seconds, self.budget, self.key = "recorder", 60.0, budget, ""
        self._read = read
        self.asked: list[Prompt] = []

    def write(self, prompt: Prompt, seconds: float, gone: threading.Event | None = None) -> Iterator[Statement | CallResult]:
        """Nothing but the end of a call."""
        del seconds, gone
        self.asked.append(prompt)
        yield CallResult(0.0, failure="declined")

    def read(self, prompt: Prompt, seconds: float) -> tuple[Mapping[str, Any], CallResult]:
        """The reading that it was given."""
        del seconds
        self.asked.append(prompt)
        return {"questions": [self._read[0]], "searches": list(self._read[1:])}, CallResult(0.0)

    def say(self, prompt: Prompt, seconds: float, gone: threading.Event | None = None) -> tuple[str, CallResult]:
        """Nothing."""
        del seconds, gone
        self.asked.append(prompt)
        return "", CallResult(0.0)


def writer_prompts(
    chain: Chain,
    request: Request,
    today: date,
    budget: int = 24_000,
    read: tuple[str, ...] = ("",),
) -> list[Prompt]:
    """What the model is asked for a request, in order: how it reads the question, then the answer. `read` is what it says to
    the first: the question in full ('' for the program's own reading), then further searches. [] where no model is asked."""
    recorder = PromptRecorder(budget, read)
    writing = Writing(recorder, ClaimChecker(), folder=described(chain.settings.corpus), today=today)
    settings = chain.settings.model_copy(update={"engine": "model"})
    worded = Chain(chain.index, chain.embedder, chain.reranker, settings, writing, chain.folder, chain.matcher)
    worded.answer(request)
    return recorder.asked


@click.command()
@click.argument("questions", type=click.Path(dir_okay=False, path_type=Path, exists=True))
@click.option("--budget", type=int, default=24_000, show_default=True, help="Tokens that the model takes.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The day that the prompt says it is.")
def main(questions: Path, budget: int, today: date) -> None:
    """Print a JSON line {id, prompts: [{system, user}]} for each line {id, question, history?, within?, read?} of a file.

    `within` has names of documents as `ask-the-plan list` prints them, `read` is what the model says where it is asked how
    it reads the question: the question in full ('' as the program reads it), then further searches."""
    chain = corpus_chain()
    origins = chain.index.catalogue.origins()
    for line in questions.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        history = tuple(Turn(t["role"], t["content"]) for t in item.get("history", ()))
        within = tuple(origins[name][1] for name in item["within"]) if item.get("within") else None
        request = Request(item["question"], history, within)
        asked = writer_prompts(chain, request, today, budget, tuple(item.get("read", [""])))
        found = {"id": item["id"], "prompts": [{"system": p.system, "user": p.user} for p in asked]}
        click.echo(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
