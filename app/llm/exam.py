"""A language model's exam: the paper, and how it is taken. `exam_results.py` has what comes of it.

It judges statements by the judge's own prompt, and answers questions by an answer's own. It is taken by `ask-the-plan model
check`, and when a model is chosen on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from app.answers import Evidence, ModelUse
from app.errors import AskError
from app.llm import notes
from app.llm.checks import Checked, StatementChecks
from app.llm.client import CallResult, Writer
from app.llm.evidence import EvidenceBlock
from app.llm.exam_results import ExamResult, Judged, Terms, Wrote, read_kept, sentence, terms
from app.llm.judge import judge_prompt, read_verdicts
from app.llm.prompts import Prompt, answer_prompt
from app.llm.quotes import Page, enough, find, parts
from app.query.values import Query
from app.sentences import Statement
from ingest.documents import Document, content_id, guess_language
from ingest.split import split

FILE = Path(__file__).with_name("exam.yaml")
TOGETHER = 14  # statements of a call, as many as a long answer has
TODAY = date(2030, 6, 1)  # the same for all, whenever they are examined
ROOM = 1_000_000  # tokens: enough for any of these prompts
Holds = Literal["answered", "part", "none"]
NOT_ITS_OWN = ("slow", "down", "broken", "busy", "key", "unknown", "error")
"""Failures that tell nothing of a model: its exam is not taken. Others are its answer."""
_NEXT = {
    "slow": "Raise ASK_LLM_SECONDS, or take a faster model.",
    "down": "Start its server, or see ASK_LLM_URL.",
    "key": "See the key in its provider's variable, or in the file that ASK_SECRETS names.",
    "unknown": "See the name in ASK_LLM.",
}


# --- the paper


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement with what it cites, whether it `follows` from that, and the `kind` of how it does, or does not."""

    checked: Checked
    follows: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the blocks that a model is shown, and how far they answer it."""

    question: Query
    shown: tuple[EvidenceBlock, ...]
    holds: Holds

    @property
    def prompt(self) -> Prompt:
        """The prompt, as it would be for any other question."""
        return answer_prompt(self.question, self.shown, today=TODAY)


@dataclass(frozen=True, slots=True)
class Paper:
    """The whole exam."""

    claims: tuple[tuple[Claim, ...], ...]
    asked: tuple[Asked, ...]
    version: str

    def calls(self, writes: bool = True) -> int:
        """Return how often a model is asked."""
        return len(self.claims) + writes * len(self.asked)


@cache
def paper() -> Paper:
    """Load the exam.

    Its version is a hash of all its prompts, so a change of the prompt rules makes it another exam.
    """
    claims: list[Claim] = []
    asked: list[Asked] = []
    for item in yaml.safe_load(FILE.read_text(encoding="utf-8")):
        blocks = _blocks(item["title"], item["text"])
        pages = [Page(block) for block in blocks]
        claims += (_claim(said, pages) for said in item["statements"])
        asked += (_asked(said, blocks) for said in item["questions"])
    # each language by itself, as in an answer, in an order that tells nothing
    claims.sort(key=lambda c: (guess_language(c.checked.text), content_id(c.checked.text)))
    parts = tuple(tuple(claims[at : at + TOGETHER]) for at in range(0, len(claims), TOGETHER))
    prompts = [judge_prompt([c.checked for c in part], ROOM)[0] for part in parts]
    prompts += [a.prompt for a in asked]
    return Paper(parts, tuple(asked), content_id("\n".join(p.system + p.user for p in prompts))[:8])


def _blocks(title: str, text: str) -> tuple[EvidenceBlock, ...]:
    """Split a document into whole paragraphs and tables."""
    document = Document(text, title, f"{title}.md", markdown=True, language=guess_language(text))
    blocks: dict[int, list[Evidence]] = {}
    for passage in (p for chunk in split(document) for p in chunk.passages):
        blocks.setdefault(passage.block, []).append(Evidence("", document, passage, passage.read(document.text)))
    return tuple(EvidenceBlock(f"S{n}", tuple(items)) for n, items in enumerate(blocks.values(), 1))


def _claim(said: dict[str, Any], pages: Sequence[Page]) -> Claim:
    runs = tuple(_runs(said["at"], pages))
    kind = said.get("wrong") or ("conclusion" if said.get("conclusion") else "other words")
    return Claim(Checked(Statement(said["say"]), said["say"], runs=runs), "wrong" not in said, kind)


def _runs(words: Sequence[str], pages: Sequence[Page]) -> Iterator[tuple[Evidence, ...]]:
    for piece in words:
        found = find(piece, "", pages)
        if not found:
            raise ValueError(f"{piece!r} does not stand in its document of {FILE.name}")
        yield found[0]


def _asked(said: dict[str, Any], blocks: tuple[EvidenceBlock, ...]) -> Asked:
    text = said["ask"]
    return Asked(Query(text, text, guess_language(text), searched=text), blocks, said["holds"])


# --- taking it


class ExamFailed(AskError):
    """The exam could not be taken: the model did not answer."""


def examine(writer: Writer, writes: bool = True, step: Callable[[], None] = lambda: None) -> ExamResult:
    """Examine a model.

    Args:
        writer: The model.
        writes: False to examine it as a judge only.
        step: Is called before each call of the model.

    Raises:
        ExamFailed: The model cannot be reached or does not answer in time, or its prompt has no room for a statement.
    """
    put = paper()
    judged = _judged(writer, put, step)
    wrote = _wrote(writer, put, step) if writes else None
    return ExamResult(writer.name, writer.address, put.version, date.today().isoformat(), judged, wrote)


def _judged(writer: Writer, put: Paper, step: Callable[[], None]) -> Judged:
    """All statements, call by call."""
    heard: list[tuple[Claim, bool | None]] = []
    for part in put.claims:
        left = list(part)
        while left:
            prompt, asked = judge_prompt([c.checked for c in left], writer.budget)
            if not asked:
                raise _failed(writer, CallResult(0.0, failure="context"))
            step()
            said, done = writer.say(prompt, writer.seconds)
            _look(writer, done)
            verdicts = dict(read_verdicts(said))
            heard += [(left[n - 1], None if (v := verdicts.get(n)) is None else not v) for n in asked]
            left = left[asked[-1] :]
    lost = {follows: [c.kind for c, v in heard if c.follows == follows and v != follows] for follows in (True, False)}
    supported = sum(c.follows for c, _ in heard)
    wrong = len(heard) - supported
    kinds = {follows: tuple(sorted(set(found))) for follows, found in lost.items()}
    return Judged(supported, supported - len(lost[True]), wrong, wrong - len(lost[False]), kinds[True], kinds[False])


def _wrote(writer: Writer, put: Paper, step: Callable[[], None]) -> Wrote:
    """All questions."""
    exact = declined = told = 0
    for asked in put.asked:
        step()
        *statements, done = writer.write(asked.prompt, writer.seconds)
        assert isinstance(done, CallResult)
        _look(writer, done)
        said = [s for s in statements if isinstance(s, Statement) and not StatementChecks.says_nothing(s)]
        if asked.holds == "none":
            # the nearest fact may stand beside what is said not to be stated
            declined += done.failure == "declined" or (not done.failure and bool(done.not_stated))
            continue
        exact += bool(said) and not done.failure and all(_quotes(s, [Page(b) for b in asked.shown]) for s in said)
        told += asked.holds == "part" and bool(done.not_stated)
    holds: list[str] = [a.holds for a in put.asked]
    none, partly = holds.count("none"), holds.count("part")
    return Wrote(len(holds) - none, exact, none, declined, partly, told)


def _quotes(statement: Statement, pages: Sequence[Page]) -> bool:
    """Return True if a statement quotes, and all that it quotes stands in the evidence letter for letter."""
    pieces = [(piece, s.key) for s in statement.supports if s.words for piece in parts(s.words)]
    found = [bool(find(piece, key, pages)) for piece, key in pieces]
    return any(found) and all(stands or not enough(piece) for stands, (piece, _) in zip(found, pieces, strict=True))


def _look(writer: Writer, done: CallResult) -> None:
    """Raise what tells nothing of the model."""
    if done.failure in NOT_ITS_OWN:
        raise _failed(writer, done)


def _failed(writer: Writer, done: CallResult) -> ExamFailed:
    why = notes.why(done.failure, writer.seconds)
    return ExamFailed(f"{why} ({writer.name}).", f"{_NEXT.get(done.failure, 'Try again later.')} Nothing was kept.")


# --- a trial, whether a model can be reached, before it is used


LONGEST_TRIAL = 30.0  # seconds of a trial, whatever an answer may take: a model is often loaded first
_WORD = Prompt("You are asked whether you can be reached.", "Write the one word: ready")


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcome of a trial: `failure` is '' or a key of `failures` in `app.text.messages`."""

    seconds: float = 0.0
    failure: str = ""

    def sentence(self, language: str) -> str:
        """Say what is wrong with the model, '' if nothing is."""
        return notes.failure(ModelUse("", seconds=self.seconds, failure=self.failure), language, quotes=False)


def try_out(writer: Writer) -> Trial:
    """Ask a language model for one word, to see whether it works."""
    said, done = writer.say(_WORD, min(writer.seconds, LONGEST_TRIAL))
    return Trial(done.seconds, done.failure or ("" if said.strip() else "nonsense"))


# --- what is known of a model by its exam as it is now


def known(data: Path, model: str, address: str) -> ExamResult | None:
    """Return a model's result in the exam as it is now; None if it was not examined, or in another version."""
    result = read_kept(data, model, address)
    return result if result and result.version == paper().version else None


def terms_of(data: Path, writer: Writer, judge: Writer | None) -> Terms:
    """Return what a model may do, from the results in the data folder.

    Args:
        data: The data folder.
        writer: The model.
        judge: The model that judges, None if the writer judges itself.
    """
    other = known(data, judge.name, judge.address) if judge else None
    return terms(known(data, writer.name, writer.address), other, judge is not None)


def words_for(data: Path, model: str, address: str, language: str = "en") -> str:
    """Say in a sentence what the exam shows of a model, '' if it was not examined."""
    result = known(data, model, address)
    return sentence(result, language) if result else ""
