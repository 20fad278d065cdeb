"""A language model judges in one call whether all statements of an answer follow from what they cite.

It sees only the question and the statements in their order, each with its quote and the heading above that. If a statement
says that something is stated nowhere, the judge is asked only whether the evidence states it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from app.llm.checks import CheckedStatement, texts_of
from app.llm.client import CallResult
from app.llm.evidence import EvidenceBlock, breadcrumb, for_prompt, origin_line, origins_of, plain_text, tokens_of
from app.llm.prompts import Prompt, wording
from app.llm.reply import without_thoughts
from ingest.errors import Translatable
from ingest.words import STOPWORDS, tokens

if TYPE_CHECKING:
    from app.llm.client import Writer

_RULES = wording("judge")
FOLLOWS_NOT = "It does not follow from its quote: {what}"
_VERDICT = re.compile(r"^\W{0,4}(\d{1,3})\W{0,4}[:：.)-]\W{0,4}(yes|no|是|否|不是)\b\W*(.*)$", re.IGNORECASE)


def judge(
    model: Writer,
    statements: Sequence[CheckedStatement],
    seconds: float,
    question: str,
    absent: str,
    shown: Sequence[EvidenceBlock],
) -> tuple[dict[int, str], CallResult]:
    """Have a model judge statements, and the claim that the evidence does not state something.

    Args:
        model: The judge.
        statements: The statements in their order.
        seconds: The most time that the call may take.
        question: The question.
        absent: What the evidence is said not to state, '' if nothing.
        shown: The evidence blocks from which it is said to be absent.

    Returns:
        The verdicts by place, from 0: '' or why the statement does not follow. The place after the last statement is
            that of `absent`. Then how the call ended.
    """
    prompt, numbers = judge_prompt(statements, model.budget, question, absent, shown)
    reply, done = model.complete(prompt, seconds)
    verdicts = {} if done.failure else dict(read_verdicts(reply))
    return {n - 1: verdicts[n] for n in numbers if n in verdicts}, done


def judge_prompt(
    statements: Sequence[CheckedStatement],
    room: int,
    question: str = "",
    absent: str = "",
    shown: Sequence[EvidenceBlock] = (),
) -> tuple[Prompt, list[int]]:
    """Make the prompt that asks whether statements follow, of as many as there is room for.

    A statement that is a passage word for word is not judged; it only gives context to those behind it.

    Args:
        statements: The statements in their order.
        room: The most tokens of the prompt.
        question: The question.
        absent: What the evidence is said not to state, '' if nothing.
        shown: The evidence blocks from which it is said to be absent.

    Returns:
        The prompt, and the numbers of the statements that it asks about, from 1. `absent` has the number after the last
            statement.
    """
    items: list[str] = []
    numbers: list[int] = []
    room -= tokens_of(_RULES + question)
    for number, checked in enumerate(statements, 1):
        item = f"- {for_prompt(checked.text)}" if checked.verbatim else _item(number, checked)
        room -= tokens_of(item)
        if room < 0:
            break
        items.append(item)
        numbers += [] if checked.verbatim else [number]
    evidence = _blocks_sharing_words(shown, f"{question} {absent}", room) if absent else []
    if evidence:
        numbers.append(len(statements) + 1)
        text = "\n\n".join(evidence)
        items.append(f"{numbers[-1]}. Not stated: {for_prompt(absent)}\n<evidence>\n{text}\n</evidence>")
    question_text = f"<question>\n{for_prompt(question)}\n</question>\n\n" if question else ""
    return Prompt(_RULES, f"{question_text}<statements>\n" + "\n\n".join(items) + "\n</statements>"), numbers


def _blocks_sharing_words(shown: Sequence[EvidenceBlock], question_text: str, room: int) -> list[str]:
    """Return the blocks that share most words with what is asked, as many as there is room for.

    They stand in the order in which they were shown.
    """
    words, chosen_keys = {w for w in tokens(question_text) if w not in STOPWORDS}, set[str]()
    for block in sorted(shown, key=lambda b: -len(words.intersection(tokens(b.prompt_text)))):
        if (cost := tokens_of(block.prompt_text)) <= room:
            room -= cost
            chosen_keys.add(block.key)
    return [block.prompt_text for block in shown if block.key in chosen_keys]


def _item(number: int, checked: CheckedStatement) -> str:
    lines = [f"{number}. Statement: {for_prompt(checked.text)}"]
    for run, text in zip(checked.runs, texts_of(checked), strict=True):
        document, passages = run[0].document, [e.passage for e in run]
        sources = (origin_line(s) for s in origins_of(document, passages).sources)
        heading = "; sources: ".join(filter(None, (breadcrumb(document, passages[-1]), "; ".join(sources))))
        lines.append(f"   Passage ({for_prompt(heading)}): {for_prompt(text)}")
    return "\n".join(lines)


def read_verdicts(text: str) -> Iterator[tuple[int, str]]:
    """Yield the verdicts of a judge's reply: each statement's number, and '' or why it does not follow.

    Lines that are not verdicts are skipped.
    """
    for line in without_thoughts(text).split("\n"):
        if match := _VERDICT.match(line.strip()):
            reason = plain_text(match[3]) or "a part of it is not there."
            yield int(match[1]), "" if match[2].lower() in ("yes", "是") else Translatable(FOLLOWS_NOT, what=reason)
