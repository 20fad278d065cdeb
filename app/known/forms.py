"""A written answer in the form that is wished for: its statements are chosen and placed anew, their text stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from app.answering.draft import Statement
from app.query.values import Form, Wish
from app.text.names import dates
from ingest.documents import PassageLocation
from ingest.questions.written import LANGUAGES, WrittenAnswer, WrittenStatement

_OFFERED: tuple[Form, ...] = ("short", "table", "simple")
_LABEL = re.compile(r"([^:：。]{1,80})[:：]\s*(?=\S)")
"""The text before the colon of "By 2035: …": the first cell of its row."""
Statements = tuple[Statement, ...]
Locations = Sequence[PassageLocation]
Shaping = Callable[[WrittenAnswer, Statements, int | None, str], Statements | None]


def in_form(answer: WrittenAnswer, quotes: Locations, wish: Wish, language: str) -> tuple[Statements, bool]:
    """Return the statements of an answer in the form that is wished for.

    Args:
        answer: The answer.
        quotes: The locations of the quotes that its statements cite by number.
        wish: The form.
        language: The language of the answer.

    Returns:
        The statements, and False if they cannot be given in this form: these are then the answer's own.
    """
    own = own_statements(answer, quotes)
    if wish.form == "short" and not (wish.number and wish.number > 1 and answer.form == "text"):
        return (short_statement(answer, quotes),), True
    if wish.form == "simple" and answer.simple:
        return (_statement(answer.simple, quotes),), True
    shaped = _FORMS[wish.form](answer, own, wish.number, language) if wish.form in _FORMS else own
    if shaped is None:
        return own, False
    too_few = wish.form == "list" and wish.number is not None and len(_points(shaped, language)) < wish.number
    return shaped, not too_few and wish.form != "longer"


def other_forms(answer: WrittenAnswer, quotes: Locations, wish: Wish, language: str) -> tuple[str, ...]:
    """Return the forms that an answer can be given in besides the one that it has with this wish."""
    current, own = in_form(answer, quotes, wish, language)[0], own_statements(answer, quotes)
    shaped = {form: in_form(answer, quotes, Wish(form), language) for form in _OFFERED}
    forms = [form for form, (statements, is_met) in shaped.items() if is_met and statements != current]
    return (*forms, *(("longer",) if wish.form in ("short", "simple") and current != own else ()))


def short_statement(answer: WrittenAnswer, quotes: Locations) -> Statement:
    """Return the answer in one sentence."""
    return _statement(answer.short, quotes)


def own_statements(answer: WrittenAnswer, quotes: Locations) -> Statements:
    """Return the statements in the answer's own form."""
    return tuple(
        _row(statement, answer.head, quotes)
        if statement.cells
        else _statement(statement, quotes, in_list=n > 0 and answer.form != "text")
        for n, statement in enumerate(answer.full)
    )


def _statement(own: WrittenStatement, quotes: Locations, in_list: bool = False) -> Statement:
    rests_on = tuple((quotes[n - 1],) for n in own.cites)
    return Statement(own.text, rests_on, "written", "list" if in_list else "paragraph", 2 if in_list else 1, alone=own.alone)


def _row(statement: WrittenStatement, head: Mapping[str, tuple[str, ...]], quotes: Locations) -> Statement:
    cells = {lang: tuple(zip(head[lang], statement.cells[lang], strict=True)) for lang in LANGUAGES}
    text = {lang: _row_text(pairs) for lang, pairs in cells.items()}
    rests_on = tuple((quotes[n - 1],) for n in statement.cites)
    return Statement(text, rests_on, "written", "table", 2, cells)


def _row_text(cells: Sequence[tuple[str, str]]) -> str:
    (_, subject), *others = cells
    return f"{subject}: {'; '.join(f'{name}: {cell}' if name else cell for name, cell in others)}"


def _points(statements: Statements, language: str) -> Statements:
    """Return the statements without one that only introduces the others."""
    first, *others = statements
    introduces = others and first.in_language(language).endswith((":", "："))
    return tuple(others) if introduces else statements


def _with_lead(own: Statements, points: Statements, placed: Sequence[Statement]) -> Statements:
    """Return placed points behind the statement that introduces them, if one does."""
    return (*(() if own[0] in points else own[:1]), *placed)


def _list(_: WrittenAnswer, own: Statements, number: int | None, language: str) -> Statements:
    points = _points(own, language)[:number]
    return _with_lead(own, points, [_in_list(point) for point in points])


def _in_list(statement: Statement) -> Statement:
    return replace(statement, kind="list", block=2, cells={})


def _table(answer: WrittenAnswer, own: Statements, number: int | None, language: str) -> Statements | None:
    """Return the rows; those of a list are what stands before and behind the colon of each item."""
    points = _points(own, language)[:number]
    if answer.form == "table":
        return points
    texts = [point.in_language(language) for point in points]
    labels = [_LABEL.match(text) for text in texts]
    rows = [
        replace(point, kind="table", block=2, cells={language: (("", label[1]), ("", text[label.end() :]))})
        for point, text, label in zip(points, texts, labels, strict=True)
        if label
    ]
    return _with_lead(own, points, rows) if len(rows) == len(points) > 1 else None


def _timeline(answer: WrittenAnswer, own: Statements, number: int | None, language: str) -> Statements | None:
    """Return the statements in order of date.

    Each statement needs a date. A running text is not reordered, since its statements may depend on each other.

    Returns:
        The statements. If they cannot be ordered, those of a timeline as they are, and None for any other answer.
    """
    points = _points(own, language)
    by_date = tuple(sorted(points, key=_date_of))
    if len(points) < 2 or not all(map(_date_of, points)) or (answer.form == "text" and by_date != points):
        return own if answer.form == "timeline" else None
    placed = [point if point.cells else _in_list(point) for point in by_date[:number]]
    return _with_lead(own, points, placed) if by_date == points else tuple(placed)  # the lead may say "newest first"


def _date_of(statement: Statement) -> tuple[int, ...]:
    """Return the first date of the English text, or of a row's cells: (year, month, day), () without one."""
    texts = [cell for _, cell in statement.cells["en"]] if statement.cells else [statement.text["en"]]
    first = next((d for text in texts for d in dates(text) if d.year), None)
    return (first.year or 0, first.month or 0, first.day or 0) if first else ()


_FORMS: dict[str, Shaping] = {
    "short": lambda _, own, number, __: own[:number],
    "simple": lambda *_: None,
    "list": _list,
    "table": _table,
    "timeline": _timeline,
    "steps": lambda answer, own, number, language: (
        _list(answer, own, number, language) if answer.form in ("steps", "timeline") else None
    ),
    "examples": lambda *_: None,
}
