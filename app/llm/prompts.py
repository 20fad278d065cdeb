"""The prompts for a language model: evidence between delimiters, the conversation, form and rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from string import Template

import yaml

from app.llm.evidence import EvidenceBlock, WrittenEvidence, for_prompt, tokens_of
from app.query.values import Query, Turn
from ingest.languages import language_of

SEARCHES = 4  # that a model may name at once
QUESTIONS = 3  # that a turn may ask: who asks for more names searches

_NAMES = {
    "en": "English", "zh": "Chinese", "fr": "French", "de": "German", "es": "Spanish", "ja": "Japanese", "ko": "Korean"
}  # fmt: skip
"""Of each language that `language_of` tells."""

_TEXTS = yaml.safe_load(Path(__file__).with_name("prompts.yaml").read_text(encoding="utf-8"))


def wording(name: str, **values: object) -> str:
    """Return a text of `prompts.yaml` with these values."""
    return Template(_TEXTS[name]).substitute(values)


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages of one call."""

    system: str
    user: str

    @property
    def tokens(self) -> int:
        """Its length in tokens, by a careful estimate."""
        return tokens_of(self.system + self.user)


@dataclass(frozen=True, slots=True)
class PromptExtras:
    """The parts of a prompt besides question, evidence and conversation.

    `form` is the form that is wished for, `written` are statements that were written beforehand, `titles` the documents that
    it may open, `looked_up` is what was looked for already, and `lookups` says how often it may look again.
    """

    form: str = ""
    written: Sequence[WrittenEvidence] = ()
    titles: Sequence[str] = ()
    looked_up: Sequence[str] = ()
    lookups: int = 0


def answer_prompt(
    question: Query,
    shown: Sequence[EvidenceBlock],
    history: Sequence[Turn] = (),
    folder: str = "",
    today: date = date.min,
    extras: PromptExtras | None = None,
) -> Prompt:
    """Make the prompt that asks for an answer.

    Args:
        question: The query.
        shown: The evidence blocks.
        history: The turns before it.
        folder: What the documents are, '' if nothing is known.
        today: The date of the question.
        extras: What else the model is given, None for nothing.
    """
    extras = extras or PromptExtras()
    sections = {
        "evidence": "\n\n".join(s.prompt_text for s in shown),
        "statements": "\n".join(_written_lines(extras.written)),
        "documents": "\n".join(map(for_prompt, extras.titles)),
        "conversation": conversation(history),
        "question": _question_text(question, extras.form),
    }
    parts = [f"<{name}>\n{text}\n</{name}>" for name, text in sections.items() if text or name == "evidence"]
    if extras.looked_up:
        instruction = "Look again, or answer." if extras.lookups else "Answer now; look no further."
        parts.append(f"Already looked for: {'; '.join(map(for_prompt, extras.looked_up))}. {instruction}")
    look = wording("look" if extras.lookups or extras.looked_up else "no_look", searches=SEARCHES)
    system = [
        wording("task", folder=f": {folder}" if folder else "", today=f"{today:%d %B %Y}"), "",
        *([wording("written")] if extras.written else []),
        wording("rules", language=_NAMES[language_of(question.text)], look=look),
    ]  # fmt: skip
    return Prompt("\n".join(system), "\n\n".join([*parts, wording("last")]))


def _question_text(question: Query, form: str) -> str:
    """Return the question with its standalone reading, if that differs, and the form that is wished for."""
    is_standalone = " ".join(question.text.split()) == question.standalone
    text = for_prompt(question.text) + ("" if is_standalone else f"\n(read as: {for_prompt(question.standalone)})")
    return f"{text}\n(form: {for_prompt(form)})" if form else text


def _written_lines(statements: Sequence[WrittenEvidence]) -> Iterator[str]:
    """Yield the statements, each group below the question that it was written for."""
    for question, group in groupby(statements, key=lambda item: item.question):
        yield for_prompt(question)
        yield from (f"[{item.key}] {'' if item.runs else '(not held) '}{for_prompt(item.text)}" for item in group)


def conversation(history: Sequence[Turn]) -> str:
    """Return the last three questions with their answers, each shortened and on a line."""
    longest = {"user": 300, "assistant": 1_500}
    return "\n".join(f"{t.role}: {for_prompt(t.content)[: longest[t.role]]}" for t in history[-6:])


def reading_prompt(question: str, history: Sequence[Turn], folder: str = "") -> Prompt:
    """Make the prompt that asks what a turn means."""
    task = wording("reading", folder=f": {folder}" if folder else "", questions=QUESTIONS, searches=SEARCHES)
    context = f"<conversation>\n{conversation(history)}\n</conversation>\n\n" if history else ""
    return Prompt(task, f"{context}<question>\n{for_prompt(question)}\n</question>")


def again_prompt(
    question: Query, answer: Sequence[tuple[int, str, str]], shown: Sequence[EvidenceBlock], not_stated: str = ""
) -> Prompt:
    """Make the prompt that asks a model to rewrite the statements that failed, or to leave them out.

    Those that passed may be changed or dropped if they hang on the others.

    Args:
        question: The query.
        answer: Each statement as number, text and the reason why it failed ('' if it passed).
        shown: The evidence blocks to rewrite them from.
        not_stated: What the model wrongly said that the evidence does not state, with the judge's reason; '' if nothing.
    """
    lines = [
        f"{n}: {for_prompt(text)} — {for_prompt(reason)}" if reason else f"{n} (stands): {for_prompt(text)}"
        for n, text, reason in answer
    ]
    lines += [f"not_stated: {for_prompt(not_stated)}"] if not_stated else []
    parts = {
        "evidence": "\n\n".join(s.prompt_text for s in shown),
        "question": _question_text(question, ""),
        "answer": "\n".join(lines),
    }
    first = next((n for n, _, reason in answer if reason), 1)
    task = wording("again", number=first, language=_NAMES[language_of(question.text)])
    return Prompt(task, "\n\n".join(f"<{name}>\n{text}\n</{name}>" for name, text in parts.items()))
