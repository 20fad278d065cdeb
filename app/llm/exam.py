"""A language model's exam: the paper, how it is taken, what is kept of it, what it may do therefore, and that in words.

It judges statements by the judge's own prompt, and answers questions by an answer's own. The rules are plain, each with its
constant and its reason. It is taken by `ask-the-plan model check`, and where a model is chosen on the page.
"""

from __future__ import annotations

import json
import logging
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml

from app.answers import Evidence
from app.errors import AskError
from app.llm import notes
from app.llm.checks import Checked, StatementChecks
from app.llm.client import CallResult, Writer
from app.llm.evidence import EvidenceBlock
from app.llm.judge import judge_prompt, read_verdicts
from app.llm.prompts import Prompt, answer_prompt
from app.llm.quotes import Page, enough, find, parts
from app.query.values import Query
from app.sentences import Statement
from ingest.documents import Document, content_id, guess_language
from ingest.split import split
from ingest.storage import private_folder, told

if TYPE_CHECKING:
    from app.llm.client import Writer


log = logging.getLogger(__name__)

REFUSED = 0.15
"""Share of supported statements that a judge may refuse: beyond it, it costs a reader more than it protects. Of twenty
three, which a careful reader does not reach; who refuses every second does in one of eight hundred exams."""
MISSED = 0.2
"""Share of wrong statements that a judge may let through: the checks before it catch others, but none of the causes that
nobody named. Of twenty four, and who guesses passes both bounds in one of a hundred thousand exams."""
SLIPS = 1
"""Answers that may hold a statement without an exact quote: one sentence beside the form is a slip, two are a habit."""


FILE = Path(__file__).with_name("exam.yaml")
TOGETHER = 14  # statements of a call, as many as a long answer has
TODAY = date(2030, 6, 1)  # the same for all, whenever they are examined
ROOM = 1_000_000  # tokens: enough for any of these prompts
Holds = Literal["answered", "part", "none"]


FOLDER = "models"  # in the data folder
NOT_ITS_OWN = ("slow", "down", "broken", "busy", "key", "unknown", "error")
"""Failures that tell nothing of a model: its exam is not taken. Others are its answer."""
_NEXT = {
    "slow": "Raise ASK_LLM_SECONDS, or take a faster model.",
    "down": "Start its server, or see ASK_LLM_URL.",
    "key": "See the key in its provider's variable, or in the file that ASK_SECRETS names.",
    "unknown": "See the name in ASK_LLM.",
}


# --- what came of it, and what follows


@dataclass(frozen=True, slots=True)
class Judged:
    """How a model judged: of `supported` statements how many it let pass, of `wrong` ones how many it refused; `doubted` and
    `missed` have the kinds of the others. What it said nothing of counts for neither."""

    supported: int
    passed: int
    wrong: int
    refused: int
    doubted: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()

    @property
    def right(self) -> int:
        """All that it judged as they are."""
        return self.passed + self.refused

    @property
    def all(self) -> int:
        """All that it was asked about."""
        return self.supported + self.wrong

    @property
    def counts(self) -> bool:
        """Whether its judgement does."""
        passed, refused = self.supported * (1 - REFUSED), self.wrong * (1 - MISSED)
        return self.all > 0 and self.passed >= passed and self.refused >= refused


@dataclass(frozen=True, slots=True)
class Wrote:
    """How a model answered: of `answers` how many quote exactly whatever they say, of `unanswerable` questions
    how many it left unanswered, of `partly` answerable ones at how many it says what is not stated."""

    answers: int
    exact: int
    unanswerable: int
    declined: int
    partly: int = 0
    told: int = 0

    @property
    def works(self) -> bool:
        """Whether it quotes what stands there, and says nothing where there is nothing to say."""
        return self.exact >= max(1, self.answers - SLIPS) and self.declined == self.unanswerable


@dataclass(frozen=True, slots=True)
class ExamResult:
    """What a model, known by its name and its endpoint's address, did in the exam of a version on a day. `wrote` is None
    where it was examined as a judge alone."""

    model: str
    address: str
    version: str
    date: str
    judged: Judged
    wrote: Wrote | None = None

    @property
    def judges(self) -> bool:
        """Whether its judgement counts."""
        return self.judged.counts

    @property
    def quotes(self) -> bool:
        """Whether it quotes exactly and respects that there is no answer."""
        return self.wrote is not None and self.wrote.works

    def to_dict(self) -> dict[str, Any]:
        """What is kept: what was counted. What follows from it is worked out anew."""
        return asdict(self)


def read_result(said: Mapping[str, Any]) -> ExamResult:
    """What was kept -> the result.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    judged = dict(said["judged"])
    kinds = {name: tuple(map(str, judged[name])) for name in ("doubted", "missed")}
    wrote = Wrote(**said["wrote"]) if said.get("wrote") is not None else None
    model, address, version, date = (str(said[name]) for name in ("model", "address", "version", "date"))
    return ExamResult(model, address, version, date, Judged(**judged | kinds), wrote)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a model may do in an answer: `judge` says who judges, '' for nobody; with `near_only` it may only say what
    passages say nearly word for word; `untested` says that this is for want of an exam."""

    judge: str = ""
    near_only: bool = True
    untested: bool = False


def terms(own: ExamResult | None, other: ExamResult | None, separate: bool) -> Terms:
    """The results of a model and, where a `separate` one judges, of that -> what it may do. A model that nobody has examined
    may do what a weak one may, and so may one whose statements nobody judges."""
    judge = "other" if separate and other and other.judges else "own" if own and own.judges else ""
    if own is None or own.wrote is None or (separate and other is None):
        return Terms(untested=True)
    return Terms(judge, near_only=not (judge and own.quotes))


def terms_of(data: Path, writer: Writer, judge: Writer | None) -> Terms:
    """A model, and the one that judges where that is another -> what it may do by what is kept in the data folder."""
    other = known(data, judge.name, judge.address) if judge else None
    return terms(known(data, writer.name, writer.address), other, judge is not None)


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
        """What the model is asked: what it would be asked for any other question."""
        return answer_prompt(self.question, self.shown, today=TODAY)


@dataclass(frozen=True, slots=True)
class Paper:
    """The whole exam."""

    claims: tuple[tuple[Claim, ...], ...]
    asked: tuple[Asked, ...]
    version: str

    def calls(self, writes: bool = True) -> int:
        """How often a model is asked."""
        return len(self.claims) + writes * len(self.asked)


@cache
def paper() -> Paper:
    """The exam. Its version is made of all that is asked in it: where the rules of a prompt change, it is another exam."""
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
    """A document -> its paragraphs and tables, whole."""
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
    """A model -> what it did in the exam; as a judge alone unless it `writes`. `step` comes before each call.

    Raises:
        ExamFailed: it cannot be reached, or does not answer in time.
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
    """Whether a statement quotes, and all that it quotes stands in the evidence letter for letter."""
    pieces = [(piece, s.key) for s in statement.supports if s.words for piece in parts(s.words)]
    found = [bool(find(piece, key, pages)) for piece, key in pieces]
    return any(found) and all(stands or not enough(piece) for stands, (piece, _) in zip(found, pieces, strict=True))


def _look(writer: Writer, done: CallResult) -> None:
    """Raise what tells nothing of the model."""
    if done.failure in NOT_ITS_OWN:
        raise _failed(writer, done)


def _failed(writer: Writer, done: CallResult) -> ExamFailed:
    why = notes.FAILURES[done.failure][0].format(s=writer.seconds)
    return ExamFailed(f"{why} ({writer.name}).", f"{_NEXT.get(done.failure, 'Try again later.')} Nothing was kept.")


# --- what is kept


def keep(data: Path, result: ExamResult) -> Path:
    """Write a result whole, in the place of an older one.

    Raises:
        StorageError: it cannot be written.
    """
    path = _path(data, result.model, result.address)
    with told(path):
        private_folder(path.parent)
        handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".new")  # closed to others
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                json.dump(result.to_dict(), out, ensure_ascii=False, indent=2)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    return path


def known(data: Path, model: str, address: str) -> ExamResult | None:
    """What a model did in the exam as it is now; None where it was not examined, or in another version."""
    result = _read(_path(data, model, address))
    return result if result and (result.model, result.address, result.version) == (model, address, paper().version) else None


def all_known(data: Path) -> list[ExamResult]:
    """All that is kept, those of an earlier version too, by name."""
    found = (_read(path) for path in sorted((data / FOLDER).glob("*.json")))
    return [result for result in found if result]


def _path(data: Path, model: str, address: str) -> Path:
    name = re.sub(r"[^\w.-]+", "-", model).strip("-.")[:60]
    return data / FOLDER / f"{name}-{content_id(json.dumps([model, address]))[:8]}.json"


def _read(path: Path) -> ExamResult | None:
    try:
        return read_result(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:  # the model is examined again
        log.warning("%s cannot be read (%s)", path, type(error).__name__)
        return None


# --- in words, English and Chinese: neutral, and no more than is so

_JUDGES = {
    True: ("its judgement counts ({right} of {all})", "它的判断有效（{all} 题中答对 {right} 题）"),
    False: ("its judgement does not count ({right} of {all})", "它的判断不采用（{all} 题中答对 {right} 题）"),
}
_QUOTES = {
    True: ("it quotes exactly", "引文准确"),
    False: ("it does not always quote exactly, or answers where nothing is stated", "引文并非总是准确，或在没有答案时作答"),
}
_OWN = ("its own words are shown once verified", "核实后显示它自己的表述")
_UNJUDGED = (
    "without another model that judges it may only say what passages say nearly word for word",
    "没有另一个模型来判断时，它只能说与原文几乎逐字相同的内容",
)
_NEAR = (
    "it may only say what passages say nearly word for word",
    "它只能说与原文几乎逐字相同的内容",
)
_JUDGE_ONLY = ("it was examined as a judge alone", "只测试了它的判断")


def sentence(result: ExamResult, language: str = "en") -> str:
    """A result -> what it means, in one sentence: for a model that judges itself."""
    judged = result.judged
    said = [_in(language, _JUDGES[result.judges]).format(right=judged.right, all=judged.all)]
    if result.wrote is None:
        return _joined(result.model, [*said, _in(language, _JUDGE_ONLY)], "", language)
    said.append(_in(language, _QUOTES[result.quotes]))
    outcome = _NEAR if not result.quotes else _OWN if result.judges else _UNJUDGED
    return _joined(result.model, said, _in(language, outcome), language)


def words_for(data: Path, model: str, address: str, language: str = "en") -> str:
    """A model's name and address -> what its exam says of it, '' where it was not examined."""
    result = known(data, model, address)
    return sentence(result, language) if result else ""


def table(result: ExamResult) -> list[tuple[str, str]]:
    """A result -> what was counted, line by line."""
    judged = result.judged
    doubted, missed = (f" (not: {', '.join(kinds)})" if kinds else "" for kinds in (judged.doubted, judged.missed))
    rows = [
        ("statements that follow, let pass", f"{judged.passed} of {judged.supported}{doubted}"),
        ("statements that do not follow, refused", f"{judged.refused} of {judged.wrong}{missed}"),
    ]
    if wrote := result.wrote:
        rows += [
            ("answers that quote exactly", f"{wrote.exact} of {wrote.answers}"),
            ("questions without an answer, left unanswered", f"{wrote.declined} of {wrote.unanswerable}"),
            ("says what is not stated", f"{wrote.told} of {wrote.partly}"),
        ]
    return [*rows, ("date, version of the exam", f"{result.date}, {result.version}")]


def _joined(model: str, said: list[str], outcome: str, language: str) -> str:
    comma, colon, stop = ("，", "：", "。") if language == "zh" else (", ", ": ", ".")
    return f"{model}{colon}{comma.join(said)}{colon + outcome if outcome else ''}{stop}"


def _in(language: str, pair: tuple[str, str]) -> str:
    return pair[int(language == "zh")]
