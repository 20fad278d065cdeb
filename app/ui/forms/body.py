"""Renders the sentences of an answer as HTML: quotes in the form of the question, written text in its own blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, takewhile
from typing import TYPE_CHECKING

from app.answers import Answer
from app.store.blocks import are_sides, on_sides
from app.text.messages import LANGUAGES, message
from app.text.words import one_line
from app.ui.escape import literal, shown
from app.ui.forms.figure import chart, of_rows, of_sentences, opening, steps
from app.ui.forms.pieces import Piece, badge, heading, of_columns, set_bold
from app.ui.words import Words
from ingest.documents import guess_language

if TYPE_CHECKING:
    from app.text.figures import Figure


SHORT = 12  # characters of what a row is about that stand in one line with its source's number
_CLAUSE = re.compile(r"(?<=[,:;，：；])\s*(?!\d)")
_FIGURE = re.compile(r"(?<![\d.,])(?!(?:19|20)\d\d(?![\d.,]))\d+(?:[.,]\d+)*")  # a year alone tells one fact from no other
LABEL = re.compile(r"([^:：,，.。]{2,40})(?:: |：)\s*(?=\S)")
OUTCOMES = {"outcome_met": "done", "outcome_behind": "behind", "outcome_open": "planned"}
"""How a target came out, by the word for it, and the dot for it."""
MOST_BESIDE = 3  # columns that can be read side by side


def table(rows: Sequence[Piece], sides: Sequence[str], words: Words) -> str:
    """Render rows with the same headings as a table, with the cell that was asked for marked.

    Units and the numbers of the sources are kept.
    """
    if len(rows) == 1:
        return upright(rows[0], words)
    if are_sides(rows, sides):
        return _turned(rows, words)
    return _grid(rows, words)


def upright(row: Piece, words: Words) -> str:
    """One row, a line a column: what it is about first, with the number of its source."""
    statuses = of_columns(row.citation.row)
    lines: list[str] = []
    for number, (name, value) in enumerate(row.citation.row):
        if value:
            links = "" if lines else f" {row.links}"
            head = heading(name, statuses[number], words)
            lines.append(f'<tr><th scope="row">{head}</th><td{_asked(row, number)}>{row.cell(number)}{links}</td></tr>')
    inside = "".join(lines) + verdict_row(row, words)
    return f'<table class="rows upright">{_caption([row], words)}<tbody>{inside}</tbody></table>'


def _grid(rows: Sequence[Piece], words: Words) -> str:
    names = [name for name, _ in rows[0].citation.row]
    columns = [n for n in range(len(names)) if any(row.citation.row[n][1] for row in rows)]
    statuses = of_columns(*(row.citation.row for row in rows))
    heads = "".join(f'<th scope="col">{heading(names[n], statuses[n], words)}</th>' for n in columns)
    lines = []
    for row in rows:
        first, *others = columns
        said = f"{row.cell(first)} {row.links}"
        said = f'<span class="whole">{said}</span>' if len(row.subject) <= SHORT else said
        cells = f'<th scope="row"{_asked(row, first)}>{said}</th>'
        cells += "".join(f"<td{_asked(row, n)}>{row.cell(n)}</td>" for n in others)
        lines.append(f"<tr>{cells}</tr>")
    body = f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return _scrolling(f'<table class="rows">{_caption(rows, words)}{body}</table>')


def _turned(rows: Sequence[Piece], words: Words) -> str:
    """Render a table with one line for each column, so that what is compared stands side by side.

    An empty cell says that it is empty.
    """
    names = [name for name, _ in rows[0].citation.row]
    columns = [n for n in range(1, len(names)) if any(row.citation.row[n][1] for row in rows)]
    heads = f'<th scope="col">{literal(words.term(names[0]))}</th>'
    heads += "".join(f'<th scope="col">{row.cell(0)} {row.links}</th>' for row in rows)
    lines = []
    for n in columns:
        cells = "".join(f"<td{_asked(row, n)}>{row.cell(n) or empty(words('empty_cell'))}</td>" for row in rows)
        lines.append(f'<tr><th scope="row">{literal(words.term(names[n]))}</th>{cells}</tr>')
    body = f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return _scrolling(f'<table class="rows sides">{_caption(rows, words)}{body}</table>')


def empty(said: str) -> str:
    """Render the words for an empty cell."""
    return f'<span class="empty">{literal(said)}</span>'


def _scrolling(content: str) -> str:
    return f'<div class="wide" tabindex="0">{content}</div>'


def _caption(rows: Sequence[Piece], words: Words) -> str:
    unit = rows[0].citation.unit
    return f"<caption>{shown(words.term(unit))}</caption>" if unit else ""


def _asked(row: Piece, column: int) -> str:
    at = row.marked()
    return ' class="asked"' if at and at[0] == column else ""


def compared(sides: Sequence[str], pieces: Sequence[Piece], words: Words) -> str:
    """Render sentences on the sides of a comparison as a table.

    The result is '' if no sentence is on one side alone, or if a sentence is on no side.
    """
    about = on_sides(sides, pieces)
    if not about:
        return ""
    columns = [_own(side, pieces, about, words) for side in sides]
    common = "".join(
        f'<tr><td class="across" colspan="{len(sides)}">{piece.html()}</td></tr>'
        for piece, found in zip(pieces, about, strict=True)
        if len(found) > 1
    )
    return _columns(sides, columns, common)


def _columns(heads: Sequence[str], columns: Sequence[str], below: str = "") -> str:
    """Render HTML in columns below their headings, and rows `below` them."""
    head = "".join(f'<th scope="col">{shown(text)}</th>' for text in heads)
    row = "".join(f"<td>{column}</td>" for column in columns)
    body = f"<thead><tr>{head}</tr></thead><tbody><tr>{row}</tr>{below}</tbody>"
    return _scrolling(f'<table class="rows sides">{body}</table>')


def _own(side: str, pieces: Sequence[Piece], about: Sequence[Sequence[str]], words: Words) -> str:
    """Render the sentences on one side alone, or a note that there are none."""
    own = [f"<p>{p.html()}</p>" for p, found in zip(pieces, about, strict=True) if list(found) == [side]]
    return "".join(own) or empty(words("exports.empty_side"))


# --- tables of quoted rows


@dataclass(frozen=True, slots=True)
class _Clause:
    """A part of a sentence that holds one figure, with the figure's status; `status` is '' if it holds none."""

    text: str
    status: str = ""
    figure: Figure | None = None


def verdict_row(row: Piece, words: Words) -> str:
    """Render a line that compares the target and the result of a table's row.

    The result is '' if the row does not have exactly these two besides its subject, since the table then says more
    itself. It is also '' if the figures are not plain.
    """
    filled = [n for n, (_, value) in enumerate(row.citation.row) if value and n]
    statuses = of_columns(row.citation.row)
    if sorted(statuses[n] for n in filled) != ["done", "planned"]:
        return ""
    cells = {statuses[n]: row.citation.row[n][1] for n in filled}
    said = _compared(_one_figure(cells["planned"]), _one_figure(cells["done"]), words)
    return _computed(said, words) if said else ""


def clauses(piece: Piece, words: Words) -> str:
    """Render a sentence with one target and one result, each in a clause of its own, as a table.

    The table has all clauses of the sentence, in its own words. The result is '' for any other sentence.
    """
    parts = [_clause(text) for text in _CLAUSE.split(one_line(piece.sentence.text)) if text]
    by_status = {status: [p for p in parts if p.status == status] for status in ("planned", "done")}
    if piece.kind != "sentence" or any(len(found) != 1 for found in by_status.values()):
        return ""
    (target,), (result,) = by_status["planned"], by_status["done"]
    said = _compared(target.figure, result.figure, words)
    if not said:
        return ""
    lines = "".join(_line(part, f" {piece.links}" if part is parts[-1] else "", words) for part in parts)
    return f'<table class="rows met"><tbody>{lines}{_computed(said, words)}</tbody></table>'


def _computed(said: str, words: Words) -> str:
    return f'<tr class="computed"><th scope="row">{literal(words("compared"))}</th><td>{said}</td></tr>'


def _line(part: _Clause, links: str, words: Words) -> str:
    if part.figure is None:
        return f'<tr><td colspan="2" class="across">{shown(part.text)}{links}</td></tr>'
    said = set_bold(part.text, (part.figure.start, part.figure.end))
    return f'<tr><th scope="row">{badge(part.status, words)}</th><td>{said}{links}</td></tr>'


def _clause(text: str) -> _Clause:
    from app.groundedness.quantities import status_of

    figure = _one_figure(text)
    return _Clause(text, status_of(text), figure) if figure else _Clause(text)


def _one_figure(text: str) -> Figure | None:
    """Return the one figure of a text, apart from dates and ordinals; None if it has several or none."""
    from app.text.figures import undated_figures

    found = [f for f in undated_figures(text) if f.unit != "ordinal"]
    return found[0] if len(found) == 1 else None


def _compared(target: Figure | None, result: Figure | None, words: Words) -> str:
    if not target or not result or target.unit != result.unit:
        return ""
    sign = ">" if result.value > target.value else "<" if result.value < target.value else "="
    if result.bound and result.bound != sign:  # "over 13" may be more than 17
        return ""
    met = target.bound in (">", "<") and sign == target.bound
    key = "compared_met" if met else "compared_as"
    return literal(words(key, result=result.text, sign=sign, target=target.text))


# --- the sentences of an answer


def body(answer: Answer, pieces: Sequence[Piece], words: Words, count: int | None = None) -> str:
    """Render the pieces of an answer, or the first `count`, in the form that fits all of them.

    A form that is made of several pieces shows them all at once. Nothing is said twice.
    """
    pieces, count = once(pieces), count or len(pieces)
    head, rest = opening(answer, pieces, words)
    if not head and (whole := of_sentences(answer, pieces) or compared(answer.sides, pieces, words)):
        return whole
    if not head and (both := clauses(pieces[0], words)):
        head, rest = both, pieces[1:]
    return head + _blocks(answer, rest, count - (len(pieces) - len(rest)), words)


def once(pieces: Sequence[Piece]) -> list[Piece]:
    """Remove the pieces that repeat an earlier row, and add their numbers to that row.

    A piece repeats a row if it is about the same subject and has no figures but those of the row.
    """
    kept: list[Piece] = []
    for piece in pieces:
        says = next((n for n, row in enumerate(kept) if row.kind == "row" and _says(row, piece)), None)
        if says is None:
            kept.append(piece)
        else:
            kept[says] = replace(kept[says], links=kept[says].links + piece.links)
    return kept


def _without_translated(pieces: Sequence[Piece]) -> list[Piece]:
    """Remove quotes in another language whose figures prepared statements have that cite their passages."""
    prepared = [p.sentence for p in pieces if p.sentence.place]
    texts = " ".join(s.text for s in prepared)
    cited, stated = {n for s in prepared for n in s.citations}, _quantities(texts)

    def is_translated(piece: Piece) -> bool:
        text = piece.sentence.text
        if piece.sentence.place or piece.kind != "sentence" or guess_language(text) == guess_language(texts):
            return False
        figures = _quantities(text)
        return bool(figures) and figures <= stated and set(piece.sentence.citations) <= cited

    return [piece for piece in pieces if not is_translated(piece)]


def _quantities(text: str) -> set[tuple[str, str]]:
    """Return the figures of a text that are no dates, each with its unit."""
    from app.text.figures import undated_figures

    return {(f"{f.value:.9g}", f.unit) for f in undated_figures(text)}


def _says(row: Piece, piece: Piece) -> bool:
    subject, text = row.subject.casefold(), piece.sentence.text
    about = subject == piece.subject.casefold() if piece.kind == "row" else subject in text.casefold()
    if not subject or not about or row.table == piece.table:
        return False
    own = _figures(piece) - set(_FIGURE.findall(subject))
    return bool(own) and own <= _figures(row)


def _figures(piece: Piece) -> set[str]:
    said = " ".join(value for _, value in piece.citation.row) if piece.kind == "row" else piece.sentence.text
    return set(_FIGURE.findall(said))


def _blocks(answer: Answer, pieces: Sequence[Piece], count: int, words: Words) -> str:
    """Render the first `count` pieces in their order.

    All rows of a table appear at the place of the first, so that the table need not grow. The items of a list appear as
    a list.
    """
    parts: list[str] = []
    done: set[object] = set()
    for kind, together in groupby(pieces[: max(0, count)], key=lambda p: p.kind):
        run = list(together)
        if kind == "item":
            parts.append(_list(run, words))
        elif kind == "row":
            for row in run:
                if row.table not in done:
                    done.add(row.table)
                    rows = [p for p in pieces if p.kind == "row" and p.table == row.table]
                    parts.append(_rows(answer, rows, words))
        else:
            parts.append(_sentences(run))
    return "".join(parts)


def _rows(answer: Answer, rows: Sequence[Piece], words: Words) -> str:
    return of_rows(rows) or chart(rows, answer.standalone_query, words) + table(rows, answer.sides, words)


def written(answer: Answer | None, pieces: Sequence[Piece], words: Words, count: int | None = None) -> str:
    """Render an answer that a language model or a person wrote, in its blocks.

    If the answer is complete, what was asked for comes first; `answer` is None while it is not.
    """
    pieces = _without_translated(pieces) if answer and answer.written else pieces
    head, rest = opening(answer, pieces, words) if answer else ("", pieces)
    if answer and not head and (beside := _labelled(pieces)):
        head, rest = side_by_side(pieces[:beside]), pieces[beside:]
    if answer and (line := steps(rest[:count], rest)):
        return head + line
    parts = [head]
    for place, together in groupby(rest[:count], key=_block):
        run, whole = list(together), [p for p in rest if _block(p) == place]
        if place and answer and place[1] == "table":
            parts.append(chart([_as_row(p) for p in whole], answer.standalone_query, words))
        line = steps(run, whole) if place and answer and place[1] == "list" else ""
        parts.append(line or (_WRITTEN[place[1]](run, words) if place else _sentences(run)))
    return "".join(parts)


def _labelled(pieces: Sequence[Piece]) -> int:
    """Count the statements at the beginning that name what they are about before a colon: "Shanghai: …".

    The result is 0 if there are fewer than two, more than fit side by side, dates among the names, or more statements
    without a name behind them.
    """
    from app.text.names import dates

    prose = takewhile(lambda p: p.sentence.place and p.sentence.place.kind != "table", pieces)
    labels = [label[1] for label in takewhile(bool, (LABEL.match(p.sentence.text) for p in prose)) if label]
    fits = 2 <= len(labels) <= MOST_BESIDE and len(pieces) <= 2 * len(labels) and not any(dates(label) for label in labels)
    return len(labels) if fits else 0


def side_by_side(pieces: Sequence[Piece]) -> str:
    """Render statements with a label each as a table with a column for each."""
    heads, columns = [], []
    for piece in pieces:
        label, _, text = re.split("(: |：)", piece.sentence.text, maxsplit=1)
        heads.append(label)
        sentence = replace(piece.sentence, text=text[:1].upper() + text[1:], highlight=None)
        columns.append(replace(piece, sentence=sentence).html())
    return _columns(heads, columns)


def _as_row(piece: Piece) -> Piece:
    """Convert a written row to the form of a quoted one, so that it can be drawn.

    It has no numbers, since these stand in the table below.
    """
    cells = piece.sentence.place.cells if piece.sentence.place else ()
    said = replace(piece.sentence, highlight=None)
    return replace(piece, kind="row", links="", citation=replace(piece.citation, row=cells), sentence=said)


def _block(piece: Piece) -> tuple[int, str] | None:
    place = piece.sentence.place
    return (place.block, place.kind) if place else None


def _sentences(run: Sequence[Piece]) -> str:
    return "".join(f'<p class="sentence">{p.html()}</p>' for p in run)


def _paragraph(block: Sequence[Piece], _: Words) -> str:
    return "<p>" + " ".join(f'<span class="statement">{piece.html()}</span>' for piece in block) + "</p>"


def _list(block: Sequence[Piece], _: Words) -> str:
    return '<ul class="points">' + "".join(f"<li>{piece.html()}</li>" for piece in block) + "</ul>"


def _table(block: Sequence[Piece], words: Words) -> str:
    """Rows below the headings of the first; the numbers stand in the last cell."""
    first = block[0].sentence.place
    names = [name for name, _ in first.cells] if first else []
    heads = "".join(f'<th scope="col">{shown(words.term(n))}</th>' for n in names)
    rows = []
    for sentence, links in ((piece.sentence, piece.links) for piece in block):
        values = [_scored(value) for _, value in sentence.place.cells] if sentence.place else []
        *before, last = values or [shown(sentence.text)]
        width = f' colspan="{len(names)}"' if not values and len(names) > 1 else ""
        rows.append("<tr>" + "".join(f"<td>{v}</td>" for v in before) + f"<td{width}>{last} {links}</td></tr>")
    head = f"<thead><tr>{heads}</tr></thead>" if any(names) else ""
    return f'<div class="wide" tabindex="0"><table>{head}<tbody>{"".join(rows)}</tbody></table></div>'


def _scored(cell: str) -> str:
    """Render a cell; one that says how a target came out has a dot that says the same by its filling."""
    key = next((key for key in OUTCOMES for code in LANGUAGES if message(key, code) == cell), None)
    return f'<span class="status alone {OUTCOMES[key]}"></span>{shown(cell)}' if key else shown(cell)


_WRITTEN: dict[str, Callable[[Sequence[Piece], Words], str]] = {"paragraph": _paragraph, "list": _list, "table": _table}
"""The function that renders each kind of block from its statements and the links of their numbers."""
