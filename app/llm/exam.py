"""A language model's exam: its questions, and how a model takes it. `exam_results.py` holds the result.

The model judges statements with the judge's own prompt, and answers questions with the prompt of an answer. The command
`ask-the-plan model check` gives the exam, and so does the page when a model is chosen there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from app.answers import Evidence
from app.errors import AskError
from app.llm import notes
from app.llm.checks import CheckedStatement, StatementChecks
from app.llm.claims import Claim
from app.llm.client import CallResult, Writer
from app.llm.evidence import EvidenceBlock
from app.llm.exam_results import ExamResult, JudgeCounts, WriterCounts, saved_result, sentence
from app.llm.judge import judge_prompt, read_verdicts
from app.llm.prompts import Prompt, answer_prompt
from app.llm.quotes import Page, find_quote, is_long_enough, split_quote
from app.query.values import Query
from ingest.documents import Document, content_id, guess_language
from ingest.progress import Progress, quiet
from ingest.split import split

FILE = Path(__file__).with_name("exam.yaml")
PER_CALL = 14  # statements of a call, as many as a long answer has
TODAY = date(2030, 6, 1)  # the same for all, whenever they are examined
Holds = Literal["answered", "part", "none"]
NOT_THE_MODELS_FAULT = ("slow", "down", "broken", "busy", "key", "unknown", "error")
"""Failures that tell nothing of a model: its exam is not taken. Others are its answer."""
_HINTS = {
    "slow": "Raise ASK_LLM_SECONDS, or take a faster model.",
    "down": "Start its server, or see ASK_LLM_URL.",
    "key": "See the key in its provider's variable, or in the file that ASK_SECRETS names.",
    "unknown": "See the name in ASK_LLM.",
}


# --- the paper
_WORD = Prompt("You are asked whether you can be reached.", "Write the one word: ready")


@dataclass(frozen=True, slots=True)
class ExamStatement:
    """A statement with what it cites, whether it `follows` from that, and the `kind` of how it does, or does not."""

    checked: CheckedStatement
    follows: bool
    kind: str


@dataclass(frozen=True, slots=True)
class ExamQuestion:
    """A question with the blocks that a model is shown, and how far they answer it."""

    question: Query
    shown: tuple[EvidenceBlock, ...]
    holds: Holds

    @property
    def prompt(self) -> Prompt:
        """The prompt, as it would be for any other question."""
        return answer_prompt(self.question, self.shown, today=TODAY)


@dataclass(frozen=True, slots=True)
class Exam:
    """The whole exam."""

    claims: tuple[tuple[ExamStatement, ...], ...]
    questions: tuple[ExamQuestion, ...]
    version: str

    @property
    def calls(self) -> int:
        """How often a model is asked."""
        return len(self.claims) + len(self.questions)


@cache
def load_exam() -> Exam:
    """Load the exam.

    Its version is a hash of all its prompts, so a change of the prompt rules makes it another exam.
    """
    claims: list[ExamStatement] = []
    questions: list[ExamQuestion] = []
    for item in yaml.safe_load(FILE.read_text(encoding="utf-8")):
        blocks = _blocks(item["title"], item["text"])
        pages = [Page(block) for block in blocks]
        claims += (_statement(entry, pages) for entry in item["statements"])
        questions += (_question(entry, blocks) for entry in item["questions"])
    # each language by itself, as in an answer, in an order that tells nothing
    claims.sort(key=lambda c: (guess_language(c.checked.text), content_id(c.checked.text)))
    groups = tuple(tuple(claims[at : at + PER_CALL]) for at in range(0, len(claims), PER_CALL))
    prompts = [judge_prompt([c.checked for c in group], room=1_000_000)[0] for group in groups]
    prompts += [a.prompt for a in questions]
    return Exam(groups, tuple(questions), content_id("\n".join(p.system + p.user for p in prompts))[:8])


def _blocks(title: str, text: str) -> tuple[EvidenceBlock, ...]:
    """Split a document into whole paragraphs and tables."""
    document = Document(text, title, f"{title}.md", markdown=True, language=guess_language(text))
    blocks: dict[int, list[Evidence]] = {}
    for passage in (p for chunk in split(document) for p in chunk.passages):
        blocks.setdefault(passage.block, []).append(Evidence("", document, passage, passage.read(document.text)))
    return tuple(EvidenceBlock(f"S{n}", tuple(items)) for n, items in enumerate(blocks.values(), 1))


def _statement(entry: dict[str, Any], pages: Sequence[Page]) -> ExamStatement:
    runs = tuple(_runs(entry["at"], pages))
    kind = entry.get("wrong") or ("conclusion" if entry.get("conclusion") else "other words")
    return ExamStatement(CheckedStatement(Claim(entry["say"]), entry["say"], runs=runs), "wrong" not in entry, kind)


def _runs(words: Sequence[str], pages: Sequence[Page]) -> Iterator[tuple[Evidence, ...]]:
    for piece in words:
        hits = find_quote(piece, "", pages)
        if not hits:
            raise ValueError(f"{piece!r} does not stand in its document of {FILE.name}")
        yield hits[0]


def _question(entry: dict[str, Any], blocks: tuple[EvidenceBlock, ...]) -> ExamQuestion:
    text = entry["ask"]
    return ExamQuestion(Query(text, text, guess_language(text), searched=text), blocks, entry["holds"])


# --- taking it


class ExamFailed(AskError):
    """The exam could not be taken: the model did not answer; `failure` is a key of `failures` in `app.text.messages`."""

    def __init__(self, message: str, next_step: str, *values: object, failure: str) -> None:
        super().__init__(message, next_step, *values)
        self.failure = failure


def examine(writer: Writer, progress: Progress = quiet, stop: threading.Event | None = None) -> ExamResult:
    """Examine a model.

    Args:
        writer: The model.
        progress: Is called before each call of the model, and after the last.
        stop: Ends a call early when it is set; `progress` then ends the exam.

    Raises:
        ExamFailed: The model cannot be reached or does not answer in time, or its prompt has no room for a statement.
    """
    exam = load_exam()
    run = _ExamRun(writer, progress, stop, exam.calls)
    judged, wrote = _judge_statements(run, exam), _write_answers(run, exam)
    return ExamResult(writer.name, writer.address, exam.version, date.today().isoformat(), judged, wrote)


@dataclass(slots=True)
class _ExamRun:
    """A model that takes the exam, and how often it was asked so far, of `total`."""

    writer: Writer
    progress: Progress
    stop: threading.Event | None
    total: int
    done: int = 0

    def judge(self, statements: Sequence[ExamStatement]) -> tuple[list[int], dict[int, str]]:
        """Ask for verdicts; return the numbers of the statements that were asked about, and the verdicts by number."""
        prompt, numbers = judge_prompt([c.checked for c in statements], self.writer.budget)
        if not numbers:
            raise _failed(self.writer, CallResult(0.0, failure="context"))
        self.progress("Examining", self.done, self.total)
        reply, call = self.writer.complete(prompt, self.writer.seconds, self.stop)
        self._end(call)
        return numbers, dict(read_verdicts(reply))

    def write(self, prompt: Prompt) -> tuple[list[Claim], CallResult]:
        """Ask for an answer; return its statements, and how the call ended."""
        self.progress("Examining", self.done, self.total)
        *claims, call = self.writer.write(prompt, self.writer.seconds, self.stop)
        assert isinstance(call, CallResult)
        self._end(call)
        return [c for c in claims if isinstance(c, Claim)], call

    def _end(self, call: CallResult) -> None:
        """Count a call, and raise an error for a failure that shows nothing about the model."""
        self.done = min(self.done + 1, self.total)
        self.progress("Examining", self.done, self.total)
        if call.failure in NOT_THE_MODELS_FAULT:
            raise _failed(self.writer, call)


def _judge_statements(run: _ExamRun, exam: Exam) -> JudgeCounts:
    """All statements, call by call."""
    results: list[tuple[ExamStatement, bool | None]] = []
    for group in exam.claims:
        remaining = list(group)
        while remaining:
            numbers, verdicts = run.judge(remaining)
            results += [(remaining[n - 1], None if (v := verdicts.get(n)) is None else not v) for n in numbers]
            remaining = remaining[numbers[-1] :]
    missed = {follows: [c.kind for c, v in results if c.follows == follows and v != follows] for follows in (True, False)}
    supported = sum(c.follows for c, _ in results)
    wrong = len(results) - supported
    kinds = {follows: tuple(sorted(set(names))) for follows, names in missed.items()}
    passed, refused = supported - len(missed[True]), wrong - len(missed[False])
    return JudgeCounts(supported, passed, wrong, refused, kinds[True], kinds[False])


def _write_answers(run: _ExamRun, exam: Exam) -> WriterCounts:
    """All questions."""
    exact = declined = named_gap = 0
    for question in exam.questions:
        claims, done = run.write(question.prompt)
        written = [claim for claim in claims if not StatementChecks.says_nothing(claim)]
        if question.holds == "none":
            # the nearest fact may stand beside what is said not to be stated
            declined += done.failure == "declined" or (not done.failure and bool(done.missing))
            continue
        exact += bool(written) and not done.failure and all(_quotes(s, [Page(b) for b in question.shown]) for s in written)
        named_gap += question.holds == "part" and bool(done.missing)
    holds: list[str] = [a.holds for a in exam.questions]
    none, partly = holds.count("none"), holds.count("part")
    return WriterCounts(len(holds) - none, exact, none, declined, partly, named_gap)


def _quotes(statement: Claim, pages: Sequence[Page]) -> bool:
    """Return True if a statement quotes, and all its quotes appear verbatim in the evidence."""
    pieces = [(piece, s.key) for s in statement.supports if s.words for piece in split_quote(s.words)]
    matches = [bool(find_quote(piece, key, pages)) for piece, key in pieces]
    return any(matches) and all(hit or not is_long_enough(piece) for hit, (piece, _) in zip(matches, pieces, strict=True))


def _failed(writer: Writer, done: CallResult) -> ExamFailed:
    why = notes.why(done.failure, writer.seconds)
    hint = _HINTS.get(done.failure, "Try again later.")
    return ExamFailed("{why} ({name}).", "{hint} Nothing was kept.", why, writer.name, hint, failure=done.failure)


# --- a trial, whether a model can be reached, before it is used


def try_model(writer: Writer, stop: threading.Event | None = None) -> CallResult:
    """Ask a language model for one word, to see whether it works.

    It has at most 30 seconds, because a model is often loaded first. `stop` ends the call early when it is set.
    """
    reply, done = writer.complete(_WORD, min(writer.seconds, 30.0), stop)
    return replace(done, failure=done.failure or ("" if reply.strip() else "nonsense"))


# --- what is known of a model by its exam as it is now


def current_result(data: Path, model: str, address: str) -> ExamResult | None:
    """Return a model's result in the exam as it is now; None if it was not examined, or in another version."""
    result = saved_result(data, model, address)
    return result if result and result.version == load_exam().version else None


def may_write(data: Path, model: str, address: str) -> bool | None:
    """Return whether a model has passed the exam, None if it was not examined."""
    result = current_result(data, model, address)
    return result.passed if result else None


def result_sentence(data: Path, model: str, address: str, language: str = "en") -> str:
    """Say in a sentence what the exam shows of a model, '' if it was not examined."""
    result = current_result(data, model, address)
    return sentence(result, language) if result else ""
