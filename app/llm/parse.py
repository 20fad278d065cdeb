"""What a model says, as text: without its thoughts and without what small models put in front of it; rows of tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz

from app.llm.evidence import EvidenceBlock
from app.llm.prompts import NO_ANSWER
from app.llm.untrusted import plain_text
from app.sentences import Quoted, Statement

_THOUGHT = re.compile(r"(?<!\s)\s*+<think(?:ing)?>.*?(</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_DECLINED = re.compile(rf"\W*({NO_ANSWER}|no_answer)\b|\W*(没有|无)答案\W*$", re.IGNORECASE)

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


def table_row(values: Sequence[str], headings: Sequence[str], supports: Sequence[Quoted], block: int) -> Statement:
    """The cells of a row -> its statement: each behind its heading."""
    names = [*headings, *[""] * (len(values) - len(headings))]
    pairs = tuple(zip(names, values, strict=False))
    return Statement(row_text(pairs), tuple(dict.fromkeys(supports)), "table", block, pairs)


def row_text(pairs: Iterable[tuple[str, str]]) -> str:
    """A row of a table -> what it says in one line, as documents' rows are read."""
    return "; ".join(f"{name}: {value}" if name else value for name, value in pairs if value)


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
