"""`make eval-llm`: what a small, weak language model writes about our own corpus, before and after verification.

A question's sentences are written once and kept in a file, so that a change of the checks is measured again in minutes. A
sentence counts as supported by what it cites when each of its figures stands there and so does a share of its other words: a
judge that knows nothing of the checks it judges. Readers judge a hundred of them beside it.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click

from app.answers import Answer, ModelUse
from app.groundedness.checker import ClaimChecker
from app.llm.checks import StatementChecks
from app.llm.client import CallResult, Writer
from app.llm.composing import Composition
from app.llm.prompts import Prompt, answer_prompt
from app.llm.provider import load_writer
from app.llm.selecting import Material, select_blocks
from app.pipeline.chain import Chain
from app.pipeline.values import Request
from app.progress import sync_bar
from app.query.values import Query
from app.sentences import Quoted, Statement
from app.settings import Settings, read_settings
from evals.cases import Case, own_cases
from evals.intervals import Interval, mean_interval
from evals.judge import PlanJudge
from evals.matching import normalise
from evals.opening import open_with_bar
from evals.small_model import small_model
from ingest.words import STOPWORDS, tokens

READ = 100  # sentences for a person to read
WORDS = 0.8  # share of a sentence's words that must stand in what it cites
ASKED: dict[str, Any] = {"llm_tokens": 1_500, "llm_answer_tokens": 80, "llm_seconds": 300.0}
"""Short prompts and answers, so that two cores are done within the hour."""
OPTIONS = {"stop": ["<evidence>"]}  # else it goes on to copy its prompt
DAY = date(2026, 11, 28)
"""That the prompts say it is, so that what was written for one is found again."""
_FIGURE = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of the model: the evidence that it named, all that it was shown, whether it was said, and citing what."""

    case: str
    text: str
    named: tuple[str, ...]
    shown: tuple[str, ...]
    own: bool
    cited: tuple[str, ...] = ()

    @property
    def before(self) -> bool:
        """Whether what it named supports it."""
        return supports(self.named, self.text)

    @property
    def somewhere(self) -> bool:
        """Whether any one piece of evidence that was shown supports it."""
        return any(supports((e,), self.text) for e in self.shown)

    @property
    def after(self) -> bool:
        """Whether what it cites once it is said supports it."""
        return supports(self.cited, self.text)


def supports(evidence: Sequence[str], sentence: str) -> bool:
    """Evidence and a sentence -> whether all figures and four fifths of the other words of the sentence stand in the
    evidence."""
    said = normalise(" ".join(evidence))
    figures, words = set(_FIGURE.findall(said)), set(tokens(said))
    wanted = [w for w in tokens(normalise(sentence)) if w not in STOPWORDS and not w[0].isdigit()]
    if sentence.endswith(("?", "？", ":", "：")) or not all(f in figures for f in _FIGURE.findall(normalise(sentence))):
        return False  # no statement, or a figure that is not there
    return bool(evidence) and sum(w in words for w in wanted) >= WORDS * len(wanted)


class SavedSentences:
    """What the model wrote for a prompt, kept in a file; the model is started when a prompt is not in it."""

    def __init__(self, path: Path, settings: Settings, threads: int) -> None:
        self.path, self.settings, self.threads, self._stack = path, settings, threads, ExitStack()
        self._writer: Writer | None = None
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        self._saved: dict[str, dict[str, Any]] = {item["prompt"]: item for item in map(json.loads, lines)}

    def __enter__(self) -> SavedSentences:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def written(self, prompt: Prompt) -> tuple[tuple[Statement, ...], CallResult]:
        """The statements that answer a prompt, and how the call ended."""
        if prompt.user not in self._saved:
            events = list(self._model().write(prompt, self.settings.llm_seconds))
            written = [asdict(e) for e in events if isinstance(e, Statement)]
            self._saved[prompt.user] = {"prompt": prompt.user, "written": written, "done": asdict(events[-1])}
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(self._saved[prompt.user], ensure_ascii=False) + "\n")
        item = self._saved[prompt.user]
        return tuple(_statement(w) for w in item["written"]), CallResult(**item["done"])

    def _model(self) -> Writer:
        if self._writer is None:
            url = self._stack.enter_context(small_model(self.threads))
            self._writer = load_writer(self.settings.model_copy(update={"llm_url": url}))
        return self._writer


def _statement(saved: dict[str, Any]) -> Statement:
    supports = tuple(Quoted(**s) for s in saved["supports"])
    return Statement(**saved | {"supports": supports, "cells": tuple((n, v) for n, v in saved["cells"])})


def ask(
    chain: Chain, saved: SavedSentences, checker: ClaimChecker, case: Case
) -> tuple[Answer, Answer, list[CheckedSentence]]:
    """A case -> the answer in quotes, the answer in the model's words, and what became of each sentence that it wrote. It is
    held to what passages say nearly word for word, as one that nobody trusts."""
    quoted = chain.answer(Request(case.question, case.history))
    if not quoted.sentences:
        return quoted, quoted, []
    question = Query(quoted.question, quoted.standalone_query, case.language, searched=quoted.standalone_query)
    material = Material(question, quoted, chain.retriever.evidence(quoted.hits), chain.index)
    shown = select_blocks(material, saved.settings.llm_room - answer_prompt(question, (), today=DAY).tokens)
    written, done = saved.written(answer_prompt(question, shown, today=DAY))
    checks, composition = StatementChecks(question, shown, checker, near_only=True), Composition(material, heeds=False)
    texts = {s.key: f"{s.breadcrumb}: {s.text}" for s in shown}
    cited: dict[int, str] = {}
    checked = []
    for statement in written:
        found = checks.check(statement)
        composition.add(found)
        said = [e for e in composition.release() if e.sentence.text == found.text]
        cited |= {c.number: f"{c.title}: {c.heading}: {c.quote}" for e in said for c in e.citations}
        named = tuple(texts[s.key] for s in statement.supports if s.key in texts)
        after = tuple(cited[n] for n in said[0].sentence.citations) if said else ()
        text = found.text or statement.text
        checked.append(CheckedSentence(case.id, text, named, tuple(texts.values()), bool(said), after))
    use = ModelUse("smollm2", done.seconds, done.input_tokens, done.output_tokens, failure=done.failure)
    return quoted, composition.close(use)[1], checked


def shares(checked: Sequence[CheckedSentence]) -> dict[str, Interval]:
    """Checked sentences -> the measures that the table shows, by name."""
    own = [h for h in checked if h.own]
    good = [h for h in checked if h.somewhere]
    return {
        "unsupported by what it named, before": mean_interval([float(not h.before) for h in checked]),
        "unsupported by all that was shown, before": mean_interval([float(not h.somewhere) for h in checked]),
        "unsupported by what it cites, after": mean_interval([float(not h.after) for h in own]),
        "supported by something shown, and said": mean_interval([float(h.own) for h in good]),
    }


def to_read(checked: Sequence[CheckedSentence], seed: int) -> str:
    """Checked sentences -> a hundred of them, drawn by chance, half of them said and half not as far as there are, with
    their evidence."""
    draw = random.Random(seed)
    said, left = [h for h in checked if h.own], [h for h in checked if not h.own]
    half = min(len(said), READ // 2)
    chosen = draw.sample(said, half) + draw.sample(left, min(len(left), READ - half))
    parts = []
    for number, h in enumerate(chosen, 1):
        evidence = "".join(f"\n   - {e}" for e in (h.cited or h.named or h.shown))
        verdict = f"said; by its words {h.after}" if h.own else f"left out; by its words {h.before}, anywhere {h.somewhere}"
        parts.append(f"{number}. {h.text}\n   ({h.case}; {verdict}){evidence}")
    return "\n".join(parts) + "\n"


def drawn(answerable: bool, size: int, seed: int) -> list[Case]:
    """So many of our own cases, those of the reported half first."""
    fitting = [c for c in own_cases() if c.answerable == answerable]
    random.Random(seed).shuffle(fitting)
    return sorted(fitting, key=lambda c: c.split != "report")[:size]


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(".ask/reports"), show_default=True)
@click.option("--answerable", type=click.IntRange(1), default=150, show_default=True)
@click.option("--others", type=click.IntRange(0), default=50, show_default=True)
@click.option("--threads", type=click.IntRange(1), default=2, show_default=True, help="Of the model's server.")
@click.option("--seed", type=int, default=0, show_default=True)
def main(out: Path, answerable: int, others: int, threads: int, seed: int) -> None:
    """Ask our own questions of the small model, print the shares, and write sentences for a person to read."""
    settings = read_settings(llm="openai:smollm2", llm_options=json.dumps(OPTIONS | {"seed": seed}), **ASKED)
    out.mkdir(parents=True, exist_ok=True)
    cases = drawn(True, answerable, seed) + drawn(False, others, seed)
    chain = open_with_bar(settings.corpus, settings.model_copy(update={"llm": ""})).chain
    checker, judge = ClaimChecker(), PlanJudge(chain.index)
    checked: list[CheckedSentence] = []
    rows: list[tuple[bool, float, float, Answer]] = []
    with SavedSentences(out / "llm.jsonl", settings, threads) as saved, sync_bar() as step:
        for number, case in enumerate(cases, 1):
            quoted, worded, sentences = ask(chain, saved, checker, case)
            checked += sentences
            rows.append((case.answerable, judge(case, quoted)["correct"], judge(case, worded)["correct"], worded))
            step("Asking", number, len(cases))
    (out / "llm-sentences.md").write_text(to_read(checked, seed), encoding="utf-8")
    click.echo(report(rows, checked))


def report(rows: Sequence[tuple[bool, float, float, Answer]], checked: Sequence[CheckedSentence]) -> str:
    """The table."""
    found = shares(checked) | {
        "answerable, answered rightly by quotes": mean_interval([q for yes, q, _, _ in rows if yes]),
        "answerable, answered rightly with the model": mean_interval([w for yes, _, w, _ in rows if yes]),
        "not answerable, refused": mean_interval([float(not a.sentences) for yes, _, _, a in rows if not yes]),
        "model was asked": mean_interval([float(a.model is not None) for _, _, _, a in rows]),
        "quotes stand in its place": mean_interval([float(bool(a.model.failure)) for _, _, _, a in rows if a.model]),
    }
    return "\n".join(f"{i.value:7.1%}  [{i.low:.1%}, {i.high:.1%}] of {i.cases:4}  {name}" for name, i in found.items())


if __name__ == "__main__":
    main()
