"""A written answer in the form that is wished for: its parts are chosen and placed anew, and no text of it is changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.query.values import Form, Wish
from app.sentences import Place
from app.text.names import dates
from ingest.questions.written import WrittenAnswer, WrittenStatement

_OFFERED: tuple[Form, ...] = ("short", "table", "simple")
_LABEL = re.compile(r"([^:：。]{1,80})[:：]\s*(?=\S)")
"""The text before the colon of "By 2035: …": the first cell of its row."""


@dataclass(frozen=True, slots=True)
class Line:
    """A statement as it is shown, and `dated` by the first date of its English text: (year, month, day), () without one."""

    text: str
    cites: tuple[int, ...]
    place: Place
    dated: tuple[int, ...] = ()


def in_form(answer: WrittenAnswer, wish: Wish, language: str) -> tuple[tuple[Line, ...], bool]:
    """Return the lines of an answer, and False if it cannot be given in the form that is wished for: these are its own."""
    own_lines = _own_lines(answer, language)
    lines = _FORMS[wish.form](answer, own_lines, wish.number, language) if wish.form in _FORMS else own_lines
    if lines is None:
        return own_lines, False
    too_few = wish.form == "list" and wish.number is not None and len(_points(lines)) < wish.number
    return lines, not too_few and wish.form != "longer"


def other_forms(answer: WrittenAnswer, wish: Wish, language: str) -> tuple[str, ...]:
    """Return the forms that an answer can be given in besides the one that it has with this wish."""
    current = in_form(answer, wish, language)[0]
    forms = [form for form in _OFFERED if (result := in_form(answer, Wish(form), language))[1] and result[0] != current]
    return (*forms, *(("longer",) if wish.form in ("short", "simple") and current != _own_lines(answer, language) else ()))


Shaping = Callable[[WrittenAnswer, tuple[Line, ...], int | None, str], tuple[Line, ...] | None]


def _own_lines(answer: WrittenAnswer, language: str) -> tuple[Line, ...]:
    """Return the statements in the answer's own form."""
    return tuple(_line(n, statement, answer, language) for n, statement in enumerate(answer.full))


def _line(n: int, statement: WrittenStatement, answer: WrittenAnswer, language: str) -> Line:
    dated = _dated(statement.cells["en"][0] if statement.cells else statement.text["en"])
    if statement.cells:
        cells = tuple(zip(answer.head[language], statement.cells[language], strict=True))
        first, *others = cells
        rest = "; ".join(f"{name}: {cell}" if name else cell for name, cell in others)
        return Line(f"{first[1]}: {rest}", statement.cites, Place(2, "table", cells), dated)
    place = Place(1) if answer.form == "text" or n == 0 else Place(2, "list")
    return Line(statement.text[language], statement.cites, place, dated)


def _dated(text: str) -> tuple[int, ...]:
    first = next((d for d in dates(text) if d.year), None)
    return (first.year or 0, first.month or 0, first.day or 0) if first else ()


def _single_line(statement: WrittenStatement, language: str) -> Line:
    return Line(statement.text[language], statement.cites, Place(1))


def _points(lines: Sequence[Line]) -> list[Line]:
    """Return the lines without one that only introduces the others."""
    return [line for n, line in enumerate(lines) if n or len(lines) == 1 or not line.text.endswith((":", "："))]


def _short(answer: WrittenAnswer, lines: tuple[Line, ...], number: int | None, language: str) -> tuple[Line, ...]:
    """Return the one sentence, or as many statements of a text as are wished for."""
    if number and number > 1 and answer.form == "text":
        return lines[:number]
    return (_single_line(answer.short, language),)


def _list(_: WrittenAnswer, lines: tuple[Line, ...], number: int | None, __: str) -> tuple[Line, ...]:
    points = _points(lines)[:number]
    lead = () if lines[0] in points else lines[:1]
    return (*lead, *(replace(line, place=Place(2, "list")) for line in points))


def _table(answer: WrittenAnswer, lines: tuple[Line, ...], number: int | None, _: str) -> tuple[Line, ...] | None:
    """Return the rows; those of a list are what stands before and behind the colon of each item."""
    points = _points(lines)[:number]
    if answer.form == "table":
        return tuple(points)
    labels = [_LABEL.match(line.text) for line in points]
    rows = [
        replace(line, place=Place(2, "table", (("", label[1]), ("", line.text[label.end() :]))))
        for line, label in zip(points, labels, strict=True)
        if label
    ]
    lead = () if lines[0] in points else lines[:1]
    return (*lead, *rows) if len(rows) == len(points) > 1 else None


def _timeline(answer: WrittenAnswer, lines: tuple[Line, ...], number: int | None, _: str) -> tuple[Line, ...] | None:
    """Return the lines in order of date.

    Each line needs a date. A running text is not reordered, since its statements may depend on each other.

    Returns:
        The lines. If they cannot be ordered, the lines of a timeline as they are, and None for any other answer.
    """
    points = _points(lines)
    by_date = sorted(points, key=lambda line: line.dated)
    if len(points) < 2 or not all(line.dated for line in points) or (answer.form == "text" and by_date != points):
        return lines if answer.form == "timeline" else None
    lead = () if lines[0] in points or by_date != points else lines[:1]  # it may say "newest first"
    return (*lead, *(line if line.place.cells else replace(line, place=Place(2, "list")) for line in by_date[:number]))


_FORMS: dict[str, Shaping] = {
    "short": _short,
    "simple": lambda answer, _, __, language: (_single_line(answer.simple, language),) if answer.simple else None,
    "list": _list,
    "table": _table,
    "timeline": _timeline,
    "steps": lambda answer, own, number, language: (
        _list(answer, own, number, language) if answer.form in ("steps", "timeline") else None
    ),
    "examples": lambda *_: None,
}
