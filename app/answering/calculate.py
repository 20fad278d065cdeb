"""A question that asks to compute over a table -> one calculation over cells that are quoted, or a word that there is none.

The program computes, never the documents: what it says is a note, shown as a calculation with the quotes that it rests on.
Where it is not plain which cells are meant it computes nothing, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from app.answering.operands import YEAR, Cell, Operation, Row, operands, row_of
from app.answers import Evidence
from app.query.values import Query
from ingest.columns import column_names
from ingest.words import tokens

SAID = {"en": "Calculated: {} = {} (from {}).", "zh": "计算：{} = {}（依据{}）。"}
NOTHING = {
    "en": "Nothing was calculated: the figures are quoted as the documents have them.",
    "zh": "没有进行计算：数字照录自文件。",
}
_SHARE = r"(?:percentage|per ?cent|proportion|share|fraction)"
_CHANGE = r"(?:chang|increas|decreas|grow|grew|rise|rose|fall|fell|declin|differ|drop)\w*"
_WORDINGS: dict[Operation, str] = {
    "growth": rf"(?:\bpercent(?:age)?|%|\brelative) {_CHANGE}|\b(?:what|how many|how much) "
    rf"per ?cent(?:age)?\b(?! points?\b).*\b{_CHANGE}|\b{_CHANGE} (?:rate|in per ?cent)\b"
    rf"|增长率|增幅|(?:增长|增加|下降|减少)了?百分之",
    "average": r"\baverage\b|\bthe mean\b|平均",
    "share": rf"\b{_SHARE}\b.*\b(?:of|in|by)\b|\bratio (?:of|between)\b|占.*(?:多少|比)",
    "sum": r"\bsum of\b|\btotal of .* and\b|\b(?:combined|altogether|added? up)\b|一共|加起来",
    "difference": rf"\b(?:the|net|absolute) {_CHANGE}|\bhow much (?:more|less|higher|lower|larger|greater|smaller)\b"
    rf"|\bby how (?:much|many)\b|\bhow much did\b.*\b{_CHANGE}|相差|差额|(?:增加|减少|多|少)了?多少",
}
"""How each is asked for, the first that fits."""
_GIVEN: dict[Operation, re.Pattern[str]] = {
    "growth": re.compile(rf"\b{_CHANGE}|\bvariance|%|\bper ?cent|增长|增幅|率", re.IGNORECASE),
    "average": re.compile(r"\b(?:average|mean)\b|平均", re.IGNORECASE),
    "share": re.compile(r"%|\bper ?cent|\b(?:share|proportion|ratio|rate)\b|占|比重|比例|率", re.IGNORECASE),
    "sum": re.compile(r"\b(?:sum|combined)\b|合计|总计", re.IGNORECASE),
    "difference": re.compile(rf"\b{_CHANGE}|\bvariance|差", re.IGNORECASE),
}
"""A column that is called so holds what is asked for."""
_OF_OPERATIONS = re.compile(rf"average|mean|percentage|share|proportion|combined|{_CHANGE}", re.IGNORECASE)


def calculation(question: Query, quoted: Sequence[tuple[int, Evidence]]) -> str:
    """A question and its quotes of one passage each, by number -> what is said of its calculation; '' where it asks for
    none, the table has the result, or the best quote is no row of figures."""
    if not quoted or (header := quoted[0][1].passage.header) is None:
        return ""
    document = quoted[0][1].document
    names = column_names(document.text[slice(*header)])
    of_table = [(n, e) for n, e in quoted if e.document.id == document.id and e.passage.header == header]
    rows = [row_of(n, names, e) for n, e in of_table]
    operation = _operation(question.standalone, rows[0].subject)
    if operation is None or not rows[0].cells or _given(operation, question.standalone, names, rows[0]):
        return ""
    chosen = operands(operation, question.standalone, rows)
    result = _computed(operation, chosen)
    if not result:
        return NOTHING[question.language]
    told = [f"[{n}]" for n in sorted({c.quote for c in chosen})]
    return SAID[question.language].format(*result, ("、" if question.language == "zh" else " and ").join(told))


def _operation(question: str, subject: str) -> Operation | None:
    """What is to be computed: by the words of the question that are not the name of the row."""
    for word in filter(_OF_OPERATIONS.fullmatch, tokens(subject)):
        question = re.sub(rf"\b{word}\b", " ", question, count=1, flags=re.IGNORECASE)
    return next((operation for operation, said in _WORDINGS.items() if re.search(said, question, re.IGNORECASE)), None)


def _given(operation: Operation, question: str, names: Sequence[str], row: Row) -> bool:
    """Whether the table has what is asked for: a column is called so, or its figures are shares themselves. A row for a year
    has the change in that year alone."""
    years = [int(year) for year in YEAR.findall(question)]
    if (
        operation in ("growth", "difference")
        and YEAR.search(row.subject)
        and len(years) == 2
        and abs(years[0] - years[1]) > 1
    ):
        return False
    shares = operation in ("growth", "share") and any(cell.percent for cell in row.cells.values())
    return shares or any(_GIVEN[operation].search(name) for name in names)


# --- what comes of it


def _computed(operation: Operation, chosen: Sequence[Cell]) -> tuple[str, str] | None:
    """The calculation and its result; None where there is none."""
    if len(chosen) < 2:
        return None
    shown, values = [_operand(cell) for cell in chosen], [cell.value for cell in chosen]
    currency, percent = max(cell.currency for cell in chosen), chosen[0].percent
    if operation == "sum":
        return " + ".join(shown), _shown(sum(values, Decimal()), currency) + percent
    if operation == "average":
        return f"({' + '.join(shown)}) ÷ {len(values)}", _shown(sum(values, Decimal()) / len(values), currency) + percent
    if operation == "share":
        fits = not percent and 0 <= values[0] <= values[1] and values[1] > 0
        return (f"{shown[0]} ÷ {shown[1]}", _percent(values[0] / values[1])) if fits else None
    if operation == "growth":
        after, before = values
        fits = not percent and before > 0
        return (f"({shown[0]} − {shown[1]}) ÷ {shown[1]}", _percent((after - before) / before)) if fits else None
    result = _shown(values[0] - values[1], currency)
    return f"{shown[0]} − {shown[1]}", f"{result}{' percentage points' if percent else ''}"


def _operand(cell: Cell) -> str:
    """A cell as it stands in a calculation: what is below zero in brackets."""
    words = _shown(cell.value, cell.currency) + cell.percent
    return f"({words})" if cell.value < 0 else words


def _percent(share: Decimal) -> str:
    return _shown(share * 100, digits=1 if abs(share) >= Decimal("0.01") else 2) + "%"


def _shown(value: Decimal, currency: str = "", digits: int = 4) -> str:
    """A number with thousands apart, rounded to so many digits behind the point."""
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    words = f"{abs(rounded):,f}"
    words = words.rstrip("0").rstrip(".") if digits > 2 else words
    return f"{'−' if rounded < 0 else ''}{currency}{words}"
