"""A model's words as they come -> statements, each with the keys that it names and the words that it quotes.

The text form has a statement a line: `It grew. [S2 "it grew by 5 percent"]`; see `app.llm.structured` and `app.llm.cited`
for the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from app.llm.brackets import HELD, held, named, without_held
from app.llm.evidence import EvidenceBlock
from app.llm.prompts import NO_ANSWER, NOT_STATED
from app.llm.untrusted import plain_text
from app.sentences import BlockKind, Quoted, Statement
from ingest.columns import cells
from ingest.languages import sentences

_LAST_HELD = re.compile(rf"{HELD.pattern}\s*$")
_BEHIND = re.compile(rf"([.!?。！？…][\"'”’」』）)]*)({HELD.pattern})")
ITEM = re.compile(r"^\s*(?:\d{1,2}[.)、]|[-*•·])\s+")
_BEGUN = re.compile(r"\d{0,2}|[-*•·]")
_RULED = re.compile(r"[\s|:-]+")
_BRACKET = re.compile(r"[\[【［(（\]】］)）]")
_THOUGHT = re.compile(r"(?<!\s)\s*+<think(?:ing)?>.*?(</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_DECLINED = re.compile(rf"\W*({NO_ANSWER}|no_answer)\b|\W*(没有|无)答案\W*$", re.IGNORECASE)
NUMBERED = re.compile(r"\W{0,4}(\d{1,3})\s*[:：.)]\s*")
_NOT_STATED = re.compile(rf"\W*(?:{NOT_STATED}|not_stated|未说明|文件未说明)\s*[:：]\s*(.*)", re.IGNORECASE)
ENDS = re.compile(r"[.!?。！？…][\"'”’」』）)]*\s*$")

HEADING, ALIKE = 3, 85
"""Words from which what stands before a colon can be a title or heading that a model repeats, and not a subject; how like it
must be, of 100, where it has been altered."""
_COLON = re.compile(r"[:：]\s*")
_THIRD_WORD = re.compile(rf"\s*(?:\S++\s++){{{HEADING - 1}}}\S")
_PROMISE = re.compile(r"^(?:the\s+)?(?:answer|evidence)(?:\s+is)?\s*[:：]\s*", re.IGNORECASE)


def without_thoughts(text: str) -> str:
    """What a model says -> the same without what it says to itself before."""
    return _THOUGHT.sub("", text)


def declines(text: str) -> bool:
    """Whether a text begins with saying that the evidence holds no answer."""
    return bool(_DECLINED.match(text))


def not_stated(text: str) -> str:
    """What a text says that the evidence does not state of what was asked; '' where it says nothing of the kind."""
    found = [m[1] for m in map(_NOT_STATED.match, text.split("\n")) if m]
    return found[-1].strip() if found else ""


def says_none(line: str) -> bool:
    """Whether a line holds no statement: it is empty, or says what the evidence does not hold."""
    return not line.strip() or declines(line) or bool(_NOT_STATED.match(line))


def undecided(line: str) -> bool:
    """Whether a line that may still grow may become one without a statement, an item or a row."""
    begun = line.strip()
    return begun.startswith("|") or bool(_BEGUN.fullmatch(begun)) or NOT_STATED.startswith(begun[: len(NOT_STATED)].upper())


class StatementStream:
    """A text piece by piece -> each statement once it is whole, which it is when its line ends or the next one begins."""

    def __init__(self) -> None:
        self.buffer = ""
        self._given = 0

    def feed(self, piece: str) -> Iterator[Statement]:
        """The statements that are whole now."""
        self.buffer += piece
        yield from self._further(whole=False)

    def close(self) -> Iterator[Statement]:
        """What is left at the end; the last words may be half a sentence, and then they are not given."""
        yield from self._further(whole=True)

    @property
    def declined(self) -> bool:
        """Whether it says that the evidence holds no answer."""
        return declines(without_thoughts(self.buffer))

    @property
    def not_stated(self) -> str:
        """What it says that the evidence does not state of what was asked; '' where it says nothing of the kind."""
        return not_stated(without_thoughts(self.buffer))

    def _further(self, whole: bool) -> Iterator[Statement]:
        found = [] if self.declined else list(read_text(without_thoughts(self.buffer), whole))
        new = found[self._given :]
        self._given = max(self._given, len(found))
        yield from new


@dataclass
class Form:
    """How far a text is read: the kind and number of the block that a line stands in, and a table's headings."""

    kind: BlockKind | None = None
    block: int = 0
    headings: list[str] = field(default_factory=list)
    rows: int = 0

    def begin(self, kind: BlockKind | None) -> None:
        """The next line is of this kind; None for an empty one."""
        if kind is not None and (kind != self.kind or (kind == "table" and not self.rows)):
            self.block, self.headings, self.rows = self.block + 1, [], 0
        if kind is not None or self.kind == "paragraph":  # an empty line ends a paragraph alone
            self.kind = kind


def read_text(text: str, whole: bool = True) -> Iterator[Statement]:
    """A text in the text form -> its statements. Of one that is not `whole` the last line may still grow: of it those that
    stand before another."""
    form = Form()
    *lines, last = text.split("\n")
    for line in lines:
        yield from _line(line, form)
    if whole:
        yield from _line(last, form, broken=not ENDS.search(last))
    else:
        yield from _growing(last, form)


def _line(line: str, form: Form, broken: bool = False) -> Iterator[Statement]:
    """A line -> its statements. One that is `broken` off may end in half a sentence."""
    if says_none(line):
        form.begin(None)
        return
    said, groups = held(line, whole=True)
    if said.lstrip().startswith("|"):
        bare, supports = _LAST_HELD.sub("", said).rstrip(), named(said, groups)
        yield from row(bare, supports, form, headings="\ue000" not in said)
        return
    form.begin("list" if ITEM.match(said) else "paragraph")
    found = _statements(ITEM.sub("", said), groups, form)
    yield from found[:-1] if broken and found and not found[-1].supports else found


def _growing(line: str, form: Form) -> Iterator[Statement]:
    """Of a line that may still grow what can no longer change: up to the last statement with keys before another."""
    said, groups = held(line, whole=False)
    if undecided(said) or declines(line):
        return
    form.begin("list" if ITEM.match(said) else "paragraph")
    found = _statements(ITEM.sub("", _before_open(said)), groups, form)[:-1]
    last = max((n for n, s in enumerate(found, 1) if s.supports), default=0)
    yield from found[:last]


def row(bare: str, supports: Sequence[Quoted], form: Form, headings: bool) -> Iterator[Statement]:
    """A row of a table; the first one may be its `headings`, and what stands between these and the others is none."""
    form.begin("table")
    form.rows += 1
    values = [without_held(c) for c in cells(bare)]
    if not any(values) or ruled(bare):
        return
    if form.rows == 1 and headings:
        form.headings = values
        return
    yield table_row(values, form.headings, supports, form.block)


def ruled(line: str) -> bool:
    """Whether a line stands between the headings of a table and its rows."""
    return bool(_RULED.fullmatch(line))


def table_row(values: Sequence[str], headings: Sequence[str], supports: Sequence[Quoted], block: int) -> Statement:
    """The cells of a row -> its statement: each behind its heading."""
    names = [*headings, *[""] * (len(values) - len(headings))]
    pairs = tuple(zip(names, values, strict=False))
    return Statement(row_text(pairs), tuple(dict.fromkeys(supports)), "table", block, pairs)


def row_text(pairs: Iterable[tuple[str, str]]) -> str:
    """A row of a table -> what it says in one line, as documents' rows are read."""
    return "; ".join(f"{name}: {value}" if name else value for name, value in pairs if value)


def _statements(said: str, groups: Sequence[Sequence[Quoted]], form: Form) -> list[Statement]:
    """A line's words -> its statements: a sentence each, but all that stands before quoted words rests on them."""
    said = _BEHIND.sub(r"\2\1", said)  # keys behind the full stop belong to the sentence before it
    found: list[Statement] = []
    begun = -1
    for start, end in sentences(said, 0, len(said)):
        supports = named(said[start:end], groups)
        begun = start if begun < 0 else begun
        if any(s.words for s in supports):
            while found and not found[-1].supports:
                found.pop()
            found.append(_statement(said[begun:end], supports, form))
        else:
            found.append(_statement(said[start:end], supports, form))
        begun = -1 if supports else begun
    return found


def _statement(said: str, supports: Sequence[Quoted], form: Form) -> Statement:
    return Statement(without_held(said), tuple(dict.fromkeys(supports)), form.kind or "paragraph", form.block)


def _before_open(text: str) -> str:
    """The text up to a bracket that nothing closes yet."""
    opened = -1
    for bracket in _BRACKET.finditer(text):
        if bracket[0] not in "[【［(（":
            opened = -1
        elif opened < 0:
            opened = bracket.start()
    return text if opened < 0 else text[:opened]


# --- what is said beside the statement


def clean_output(text: str, shown: Sequence[EvidenceBlock]) -> str:
    """A model's statement -> what would be shown of it: plain text, without what small models put in front of it, “The
    answer is:” or words of the title and heading that they were shown."""
    text = _PROMISE.sub("", plain_text(text))
    least, most = _THIRD_WORD.match(text), max((2 * len(s.breadcrumb) for s in shown), default=0)
    ends = [colon.end() for colon in _COLON.finditer(text[:most]) if least and colon.end() >= least.end()]
    alike = {end: max((_alike(text[:end], s.breadcrumb) for s in shown), default=0.0) for end in ends if text[end:]}
    best = max(alike, key=lambda end: (alike[end], end), default=0)
    return text[best:] if best and alike[best] >= ALIKE else text


def _alike(above: str, breadcrumb: str) -> float:
    """How far what stands before a colon is words of a breadcrumb, of 100; altered words count behind its mark."""
    above, breadcrumb = above.strip().lower(), f"{breadcrumb}:".lower()
    if above in breadcrumb:
        return 100.0
    return fuzz.ratio(above, breadcrumb) if "›" in above else 0.0


def read_again(text: str) -> dict[int, Statement]:
    """A reply about statements that failed -> those that are said again, by number: `2: It grew. [S1 "it grew"]`."""
    found: dict[int, Statement] = {}
    for line in without_thoughts(text).split("\n"):
        numbered = NUMBERED.match(line)
        if numbered and (said := list(read_text(f"{line[numbered.end() :]}\n"))):
            found[int(numbered[1])] = said[0]
    return found
