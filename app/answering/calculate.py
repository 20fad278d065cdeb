"""A question that asks to compute over a table -> one calculation over cells that are quoted, or a word that there is none.

The program computes, never the documents: what it says is a note, shown as a calculation with the quotes that it rests on.
Where it is not plain which cells are meant it computes nothing, and says so.

The question names the cells, by row and column, and they stand in the same unit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from app.answers import Evidence
from app.query.values import Query
from app.text.spans import stem
from ingest.columns import PATH, cells, column_names, is_period, is_unit, of_time
from ingest.documents import plain
from ingest.words import STOPWORDS, tokens

Operation = Literal["growth", "average", "share", "sum", "difference"]
_NO_WORDS = STOPWORDS | frozenset("year years end ended ending beginning period month quarter fiscal".split())
_THROUGH = re.compile(
    r"(?:from|between|across|over|during|period)\b.*\d{4}\s*(?:to|and|-|–)\s*(?:[a-z]+ )?\d{4}|至|到", re.IGNORECASE
)
"""Two years with all between them."""
_WHOLE = re.compile(r"\b(?:total|overall|all)\b|合计|总", re.IGNORECASE)
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_NUMBER = re.compile(r"([-−–]?)([A-Z]{0,3}[$€£¥]?)(\(?)((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(%?)(\)?)(%?)")


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of a table with the number of its quote, and the sign of a currency or `%` that stands with it."""

    value: Decimal
    quote: int
    currency: str = ""
    percent: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A quoted row: the words that it begins with, and its figures by the names of their columns."""

    subject: str
    section: str
    cells: Mapping[str, Cell]

    @property
    def words(self) -> frozenset[str]:
        """The words of its subject."""
        return _words(self.subject)


def operands(operation: Operation, question: str, rows: Sequence[Row]) -> list[Cell]:
    """The cells in the order of the calculation; [] where they are not plain."""
    asked = _words(question)
    return _in_years(operation, question, asked, rows) or _of_rows(operation, question, asked, rows)


def row_of(number: int, names: Sequence[str], evidence: Evidence) -> Row:
    """A quoted row by the number of its quote, below the `names` of its table's columns."""
    first, *values = cells(evidence.passage.quote(evidence.document.text))
    named = zip(names[1:], values, strict=False)
    above = evidence.passage.section
    section = evidence.document.text[slice(*above)] if above else ""
    return Row(plain(first), section, {name: cell for name, value in named if (cell := _cell(value, number))})


def _cell(value: str, number: int) -> Cell | None:
    """A cell that is one figure; brackets around it mean that it is below zero, those behind it are a footnote."""
    found = _NUMBER.fullmatch(re.sub(r"\s|(?<=[\d%)])\(\d\)$", "", value))
    if found is None or bool(found[3]) != bool(found[6]):
        return None
    size = Decimal(found[4].replace(",", ""))
    return Cell(-size if found[1] or found[3] else size, number, found[2], found[5] or found[7])


def _in_years(operation: Operation, question: str, asked: frozenset[str], rows: Sequence[Row]) -> list[Cell]:
    """One thing in the years that are named, the last first: the cells of the row that the question names, or of the rows
    that begin with the years; [] where they are not plain."""
    years = sorted(set(YEAR.findall(question)), reverse=True)
    if operation == "share" or len(years) < 2 or (operation in ("growth", "difference") and len(years) > 2):
        return []
    if operation in ("average", "sum") and len(years) == 2 and _THROUGH.search(question):
        years = [str(year) for year in range(int(years[0]), int(years[1]) - 1, -1)]
    row = _named(asked, rows)
    if row is not None:
        return _plain([_column(row, asked, year) for year in years])
    of_year = [[r for r in rows if YEAR.findall(r.subject) == [year]] for year in years]
    return _plain([_column(found[0], asked) if len(found) == 1 else None for found in of_year])


def _of_rows(operation: Operation, question: str, asked: frozenset[str], rows: Sequence[Row]) -> list[Cell]:
    """Two things that are named, in the order of the question: one cell of each row; [] where they are not plain."""
    years = sorted(set(YEAR.findall(question)))
    named = [row for row in rows if row.words and row.words <= asked]
    if len(years) > 1 or len(named) != 2 or operation in ("growth", "average"):
        return []
    one, other = named
    if not (one.words - other.words and other.words - one.words):
        return []  # "fees" and "total fees": which is meant where is not plain
    said = [stem(word) for word in tokens(question)]
    first = min(named, key=lambda row: min(said.index(w) for w in row.words - (other if row is one else one).words))
    wholes = [row for row in named if _WHOLE.search(row.subject)]
    if operation == "share" and len(wholes) == 1:  # "what percentage of total income were fees" names it first
        first = other if wholes[0] is one else one
    return _plain([_column(row, asked, *years) for row in (first, other if first is one else one)])


def _named(asked: frozenset[str], rows: Sequence[Row]) -> Row | None:
    """The one row all of whose words the question says, the more the better, then those of its section; None where there
    are several, or none."""
    held = [(len(row.words), len(_words(row.section) & asked), row) for row in rows if row.words and row.words <= asked]
    most = max((pair[:2] for pair in held), default=None)
    best = [row for *worth, row in held if tuple(worth) == most]
    return best[0] if len(best) == 1 else None


def _column(row: Row, asked: frozenset[str], year: str = "") -> tuple[str, Cell] | None:
    """The one cell of a row in a year, below a heading whose other words the question says, the more the better; None where
    several fit."""
    fits = [(n, c) for n, c in row.cells.items() if not year or (is_period(n) and set(YEAR.findall(n)) == {year})]
    said = [(n, c) for n, c in fits if _own_words(n) <= asked]
    most = max((len(_own_words(n)) for n, _ in said), default=0)
    said = [(n, c) for n, c in said if len(_own_words(n)) == most]
    return said[0] if len(said) == 1 else fits[0] if len(fits) == 1 else None


def _plain(found: Sequence[tuple[str, Cell] | None]) -> list[Cell]:
    """The cells, where all were found and are given in the same unit."""
    here = [pair for pair in found if pair is not None]
    units = {(_unit(name), cell.percent) for name, cell in here}
    signs = {cell.currency for _, cell in here if cell.currency}
    places = {(name, cell.quote) for name, cell in here}
    same = len(here) == len(found) == len(places) and len(units) == 1 and len(signs) <= 1
    return [cell for _, cell in here] if same else []


def _unit(name: str) -> str:
    return " ".join(part for part in name.split(PATH) if is_unit(part))


def _own_words(name: str) -> frozenset[str]:
    """The words of a column's name but for its period and unit."""
    return _words(" ".join(part for part in name.split(PATH) if not (is_unit(part) or is_period(part) or of_time(part))))


def _words(text: str) -> frozenset[str]:
    bare = re.sub(r"\((?:[^()]|\([^()]*\))*\)|(?<=[a-z])\d+\b", " ", text)  # remarks and footnotes
    return frozenset(stem(word) for word in tokens(bare) if word not in _NO_WORDS and not word.isdigit())


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
