"""What came of a language model's exam, and what it may do therefore: plain rules, each with its constant and its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.llm.prompts import Form

BEST: tuple[Form, ...] = ("cited", "json", "text")
"""The forms, the one that is taken first where it works before others: what a provider cites stands there by its nature, and
what is structured cannot be read wrong."""
REFUSED = 0.15
"""Share of supported statements that a judge may refuse: beyond it, it costs a reader more than it protects. Of twenty
three, which a careful reader does not reach; who refuses every second does in one of eight hundred exams."""
MISSED = 0.2
"""Share of wrong statements that a judge may let through: the checks before it catch others, but none of the causes that
nobody named. Of twenty four, and who guesses passes both bounds in one of a hundred thousand exams."""
SLIPS = 1
"""Answers that may hold a statement without an exact quote: one sentence beside the form is a slip, two are a habit."""


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
    """How a model answered in one form: of `answers` how many quote exactly whatever they say, of `unanswerable` questions
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
    """What a model, known by its name and its endpoint's address, did in the exam of a version on a day. `text` and `json`
    are None where it was examined as a judge alone, `cited` is also where its provider has no citations."""

    model: str
    address: str
    version: str
    date: str
    judged: Judged
    text: Wrote | None = None
    json: Wrote | None = None
    cited: Wrote | None = None

    @property
    def judges(self) -> bool:
        """Whether its judgement counts."""
        return self.judged.counts

    @property
    def writes(self) -> bool:
        """Whether it was examined as one that writes."""
        return self.text is not None and self.json is not None

    @property
    def form(self) -> Form:
        """The first form that works, text where none does."""
        return next((f for f in BEST if self.quotes(f)), "text")

    def quotes(self, form: Form) -> bool:
        """Whether it quotes exactly and respects that there is no answer, in this form."""
        wrote: dict[Form, Wrote | None] = {"cited": self.cited, "json": self.json, "text": self.text}
        return (said := wrote[form]) is not None and said.works

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
    text, json, cited = (Wrote(**said[name]) if said.get(name) is not None else None for name in ("text", "json", "cited"))
    model, address, version, date = (str(said[name]) for name in ("model", "address", "version", "date"))
    return ExamResult(model, address, version, date, Judged(**judged | kinds), text, json, cited)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a model may do in an answer: `form` is the one that it answers in; `judge` says who judges, '' for nobody;
    with `near_only` it may only say what passages say nearly word for word; `untested` says that this is for want of an
    exam."""

    form: Form
    judge: str = ""
    near_only: bool = True
    untested: bool = False


def terms(own: ExamResult | None, other: ExamResult | None, separate: bool, chosen: Form | None, known: Form) -> Terms:
    """The results of a model and, where a `separate` one judges, of that -> what it may do. `chosen` is the form that is
    set, None where none is; `known` the one that works by what its maker says.

    A model that nobody has examined may do what a weak one may, and so may one whose statements nobody judges.
    """
    form = chosen or (own.form if own else known)
    judge = "other" if separate and other and other.judges else "own" if own and own.judges else ""
    untested = own is None or (separate and other is None)
    if own is None or untested:
        return Terms(form, untested=True)
    return Terms(form, judge, near_only=not (judge and own.quotes(form)))
