"""Lines of text as they were set on a page, joined into paragraphs again."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from ingest.blocks import SENTENCE_END

Segment = tuple[float, float, float]
"""The position of a line, and its two ends: (y, x0, x1) across, (x, y0, y1) upright."""

_TOLERANCE = 2.0  # points between lines that are one
_MIN_STROKE = 4.0  # points below which a stroke is a dot, or the end of a line drawn as a thin rectangle
_MAX_STROKES = 3_000  # strokes: a page with more is a drawing
HYPHEN = "\ufffe"
"""At a line's end: its last word goes on in the next line."""
_WIDE_CHARACTER = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")


@dataclass(frozen=True, slots=True)
class Grid:
    """Lines that cross: `xs` from the left, `ys` from the top, and the lines themselves."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    across: tuple[Segment, ...]
    upright: tuple[Segment, ...]

    def cell(self, x: float, y: float) -> tuple[int, int] | None:
        """(row, column) of the place between lines that holds a point; None outside."""
        row, column = bisect_right(self.ys, y) - 1, bisect_right(self.xs, x) - 1
        return (row, column) if 0 <= row < len(self.ys) - 1 and 0 <= column < len(self.xs) - 1 else None

    def spans(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Map each place of the grid, (row, column), to the top left place of its cell.

        Places with no line drawn between them are one cell.
        """
        owner: dict[tuple[int, int], tuple[int, int]] = {}
        for row in range(len(self.ys) - 1):
            for column in range(len(self.xs) - 1):
                x, y = _middle(self.xs, column), _middle(self.ys, row)
                place = (row, column)
                if column and not _has_line_at(self.upright, self.xs[column], y):
                    owner[place] = owner[row, column - 1]
                elif row and not _has_line_at(self.across, self.ys[row], x):
                    owner[place] = owner[row - 1, column]
                else:
                    owner[place] = place
        return owner


def display_matrix(page: Any) -> Any:
    """Return the matrix from a pypdfium2 page's coordinates to those of the page as it is shown.

    A page may be shown rotated.
    """
    from pypdfium2 import PdfMatrix

    x0, y0, x1, y1 = page.get_bbox()
    matrices = {
        0: (1, 0, 0, -1, -x0, y1), 90: (0, 1, 1, 0, -y0, -x0), 180: (-1, 0, 0, 1, x1, -y0), 270: (0, -1, -1, 0, y1, x1)
    }  # fmt: skip
    return PdfMatrix(*matrices[page.get_rotation() % 360])


def grids(page: Any) -> list[Grid]:
    """Return the groups of crossing lines on a pypdfium2 page that may be tables, from the top down.

    They enclose at least two rows and two columns. There are none on a page with so many lines that it is a drawing.
    """
    across, upright = [], []
    for number, (x0, y0, x1, y1) in enumerate(_strokes(page)):
        if number > _MAX_STROKES:
            return []
        if abs(y1 - y0) < 1 and abs(x1 - x0) >= _MIN_STROKE:
            across.append(((y0 + y1) / 2, min(x0, x1), max(x0, x1)))
        elif abs(x1 - x0) < 1 and abs(y1 - y0) >= _MIN_STROKE:
            upright.append(((x0 + x1) / 2, min(y0, y1), max(y0, y1)))
    across, upright = _merge_segments(across), _merge_segments(upright)
    if len(across) * len(upright) > 20_000:  # a drawing
        return []
    candidates = [_grid(*group) for group in _groups(across, upright)]
    return sorted((g for g in candidates if len(g.xs) > 2 and len(g.ys) > 2), key=lambda g: g.ys[0])


def _grid(across: list[Segment], upright: list[Segment]) -> Grid:
    """Make the grid of a table; it is open at its side if lines go on beyond the last upright one."""
    xs = [x for x, _, _ in upright] + [min(s for _, s, _ in across), max(e for _, _, e in across)]
    ys = _distinct((y for y, _, _ in across), _TOLERANCE)
    return Grid(_distinct(xs, 2 * _TOLERANCE), ys, tuple(across), tuple(upright))


def _distinct(values: Iterable[float], distance: float) -> tuple[float, ...]:
    distinct: list[float] = []
    for value in sorted(values):
        if not distinct or value - distinct[-1] > distance:
            distinct.append(value)
    return tuple(distinct)


def _merge_segments(lines: list[Segment]) -> list[Segment]:
    """Pieces of one line in one."""
    levels = _distinct((position for position, _, _ in lines), _TOLERANCE)
    by_level: dict[float, list[Segment]] = {}
    for position, start, end in lines:
        level = levels[bisect_right(levels, position) - 1]
        by_level.setdefault(level, []).append((level, start, end))
    merged: list[Segment] = []
    for level, pieces in by_level.items():
        for _, start, end in sorted(pieces):
            if merged and merged[-1][0] == level and start <= merged[-1][2] + _TOLERANCE:
                merged[-1] = (level, merged[-1][1], max(end, merged[-1][2]))
            else:
                merged.append((level, start, end))
    return merged


def _groups(across: list[Segment], upright: list[Segment]) -> Iterator[tuple[list[Segment], list[Segment]]]:
    """Lines that hang together by crossing one another; lines that cross none are left out."""
    free_across, free_upright = set(across), set(upright)
    while free_upright:
        group_upright, group_across, reached = set(), set(), {free_upright.pop()}
        while reached:
            group_upright |= reached
            crossing = {a for a in free_across if any(_cross(a, u) for u in reached)}
            free_across -= crossing
            group_across |= crossing
            reached = {u for u in free_upright if any(_cross(a, u) for a in crossing)}
            free_upright -= reached
        if group_across:
            yield sorted(group_across), sorted(group_upright)


def _cross(across: Segment, upright: Segment) -> bool:
    y, x0, x1 = across
    x, y0, y1 = upright
    return x0 - _TOLERANCE <= x <= x1 + _TOLERANCE and y0 - _TOLERANCE <= y <= y1 + _TOLERANCE


def _middle(values: Sequence[float], number: int) -> float:
    return (values[number] + values[number + 1]) / 2


def _has_line_at(lines: Sequence[Segment], position: float, point: float) -> bool:
    """Return True if a line stands at a place and passes a point."""
    return any(abs(level - position) <= 2 * _TOLERANCE and start <= point <= end for level, start, end in lines)


# --- what is drawn on the page


def _strokes(page: Any) -> Iterator[tuple[float, float, float, float]]:
    """(x0, y0, x1, y1) of every straight stroke, also of those that outline a rectangle."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFPage_CountObjects(page.raw)
    yield from _object_strokes(page.raw, count, pdfium.FPDFPage_GetObject, display_matrix(page), 0)


def _object_strokes(holder: Any, count: int, get: Any, base: Any, depth: int) -> Iterator[tuple[float, float, float, float]]:
    import pypdfium2.raw as pdfium

    for number in range(count):
        item = get(holder, number)
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            yield from _outline(item, _matrix(item).multiply(base))
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < 4:
            inside = _matrix(item).multiply(base)
            children = pdfium.FPDFFormObj_CountObjects(item)
            yield from _object_strokes(item, children, pdfium.FPDFFormObj_GetObject, inside, depth + 1)


def _outline(path: Any, matrix: Any) -> Iterator[tuple[float, float, float, float]]:
    """Yield the straight strokes of a path; none if it is neither drawn nor filled."""
    import ctypes

    import pypdfium2.raw as pdfium

    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path, fill, stroke)
    if not (fill.value or stroke.value):
        return
    x, y = ctypes.c_float(), ctypes.c_float()
    first = last = (0.0, 0.0)
    for number in range(min(pdfium.FPDFPath_CountSegments(path), _MAX_STROKES)):
        segment = pdfium.FPDFPath_GetPathSegment(path, number)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = matrix.on_point(x.value, y.value)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            first = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            yield (*last, *point)
        last = point
        if pdfium.FPDFPathSegment_GetClose(segment):
            yield (*point, *first)


def _matrix(item: Any) -> Any:
    import pypdfium2.raw as pdfium
    from pypdfium2 import PdfMatrix

    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(item, matrix)
    return PdfMatrix.from_raw(matrix)


def ends_sentence(text: str) -> bool:
    """Return True if a text ends as a sentence does."""
    return bool(SENTENCE_END.search(text))


def is_wide(character: str) -> bool:
    """Return True if a character is of those that are written without spaces."""
    return bool(_WIDE_CHARACTER.match(character))


def paragraphs(lines: Sequence[str], line_width: int) -> list[str]:
    """Join wrapped lines into paragraphs.

    A paragraph ends at a short line that ends a sentence, a heading at a very short line. `line_width` is the width of a
    line that is not short.
    """
    paragraphs: list[str] = []
    is_complete = True
    for line in lines:
        if is_complete or not paragraphs:
            paragraphs.append(line)
        else:
            paragraphs[-1] = join_lines(paragraphs[-1], line)
        short = width(line) < (0.85 if ends_sentence(line) else 0.55) * line_width
        is_complete = short and not line.endswith(HYPHEN)
    return paragraphs


def join_lines(text: str, line: str) -> str:
    """Join two lines with a space, or without one after a hyphen or between wide characters.

    The sign for the hyphen is removed.
    """
    if text.endswith(HYPHEN):
        return text[:-1] + line
    return text + ("" if is_wide(text[-1:]) and is_wide(line[:1]) else " ") + line


def join_all(lines: Sequence[str]) -> str:
    """Join the lines of one paragraph."""
    return reduce(join_lines, lines) if lines else ""


def width(line: str) -> int:
    """Return how many columns a line takes: two for a wide character, else one."""
    return len(line) + len(_WIDE_CHARACTER.findall(line))
