"""Tables that a PDF draws with lines stay tables; what only looks like one stays text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ingest.columns import heading_rows, paths
from ingest.documents import Document
from ingest.load import load
from ingest.split import split
from tests.ingest import formats as make

Rows = list[list[str]]
GRID = [make.LINES]
BEFORE = "The harbour of Quuxville moved 4,210 tonnes in 2031, which is more than ever before in its history."
AFTER = "Its director said that the town will double that by 2035."
QUAYS = [["No", "Name", "Tonnes"], *([str(n), f"Quay {n}", str(n * 17)] for n in range(1, 9))]
OUTER = [("BOX", (0, 0), (-1, -1), 1, "black"), ("LINEBELOW", (0, 0), (-1, 0), 1, "black")]
COLUMNS = [("LINEAFTER", (n, 0), (n, -1), 1, "black") for n in (0, 1)]
LONG = "A cell whose words take several lines, since it says more than fits into one. " * 3

TABLES: list[tuple[str, Rows, list[object], list[str]]] = [
    ("grid", make.ROWS, GRID, ["Year: 2031; Blimps: 17; Cost: 905", "Year: 2032; Blimps: 23; Cost: 1,204"]),
    ("an empty cell", [["A", "B"], ["", "b"], ["a", "c"]], GRID, ["B: b", "A: a; B: c"]),
    ("headings over several columns",
     [["Region", "2031", "", "2032", ""], ["", "Blimps", "Cost", "Blimps", "Cost"], ["North", "1", "2", "3", "4"]],
     [*GRID, ("SPAN", (0, 0), (0, 1)), ("SPAN", (1, 0), (2, 0)), ("SPAN", (3, 0), (4, 0))],
     ["Region: North; 2031 › Blimps: 1; 2031 › Cost: 2; 2032 › Blimps: 3; 2032 › Cost: 4"]),
    ("a heading over several columns, its neighbour open below",
     [["", "2031", ""], ["Region", "Blimps", "Cost"], ["North", "1", "2"]], [*GRID, ("SPAN", (1, 0), (2, 0))],
     ["Region: North; 2031 › Blimps: 1; 2031 › Cost: 2"]),
    ("a cell over several rows", [["Region", "Year"], ["North", "2031"], ["", "2032"]], [*GRID, ("SPAN", (0, 1), (0, 2))],
     ["Region: North; Year: 2031", "Region: North; Year: 2032"]),
    ("a title over the whole width", [["Blimps by year", "", ""], *make.ROWS], [*GRID, ("SPAN", (0, 0), (-1, 0))],
     ["Year: 2031; Blimps: 17; Cost: 905", "Year: 2032; Blimps: 23; Cost: 1,204"]),
    ("open at its sides", make.ROWS,
     [("INNERGRID", (0, 0), (-1, -1), 1, "black"), ("LINEABOVE", (0, 0), (-1, 0), 1, "black"),
      ("LINEBELOW", (0, -1), (-1, -1), 1, "black")],
     ["Year: 2031; Blimps: 17; Cost: 905", "Year: 2032; Blimps: 23; Cost: 1,204"]),
    ("shaded cells", make.ROWS, [("BACKGROUND", (0, 0), (-1, -1), "grey"), ("INNERGRID", (0, 0), (-1, -1), 1, "white")],
     ["Year: 2031; Blimps: 17; Cost: 905", "Year: 2032; Blimps: 23; Cost: 1,204"]),
    ("no lines between the rows", QUAYS, [*OUTER, *COLUMNS],
     [f"No: {n}; Name: Quay {n}; Tonnes: {n * 17}" for n in range(1, 9)]),
    ("a first heading twice", [["Region", "2031"], ["Region", "Blimps"], ["North", "1"]], GRID,
     ["Region: North; 2031 › Blimps: 1"]),
    ("a first figure twice", [["0", "1"], ["0", "A"], ["0", "0"]], GRID, ["0: 0; 1: A", "0: 0; 1: 0"]),
    ("wrapped cells", [["Name", "Said"], ["Ada Zorn", LONG], ["Bo", "Short."]], GRID,
     [f"Name: Ada Zorn; Said: {LONG.strip()}", "Name: Bo; Said: Short."]),
    ("bars in cells", [["A | B", "C"], ["1 | 2", "3"]], GRID, ["A | B: 1 | 2; C: 3"]),
    ("Chinese", [["年份", "备注"], ["2020年", "全国研究与试验\n发展经费"], ["2021年", "全国"]], GRID,
     ["年份: 2020年; 备注: 全国研究与试验发展经费", "年份: 2021年; 备注: 全国"]),
]  # fmt: skip

NO_TABLES: list[tuple[str, Rows, list[object]]] = [
    ("columns without lines", make.ROWS, []),
    (
        "lines across only",
        make.ROWS,
        [("LINEBELOW", (0, 0), (-1, 0), 1, "black"), ("LINEABOVE", (0, 0), (-1, 0), 1, "black")],
    ),
    ("one box", [[BEFORE]], GRID),
    ("a row of boxes", [["one", "two", "three"]], GRID),
    ("a column of boxes", [["one"], ["two"], ["three"]], GRID),
    ("a form with little in it", [["Name", ""], ["Town", ""], ["Date", ""]], GRID),
    ("two wrapped columns of a layout", [["Left", "Right"], [LONG, LONG]], GRID),
    ("prose in boxes", [["Left", "Right"], [LONG * 5, "x"], ["a", "b"]], GRID),
]


def read(folder: Path, *parts: str | tuple[Rows, list[object]]) -> Document:
    make.pdf_of(folder / "a.pdf", *parts)
    return load(folder / "a.pdf", folder)


def rows_of(document: Document) -> list[str]:
    return [p.read(document.text) for c in split(document) for p in c.passages if p.kind == "row"]


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(("rows", "style", "said"), [c[1:] for c in TABLES], ids=[c[0] for c in TABLES])
def test_a_table_with_lines_gives_its_rows(tmp_path: Path, rows: Rows, style: list[object], said: list[str]) -> None:
    document = read(tmp_path, BEFORE, (rows, style), AFTER)
    assert rows_of(document) == said
    before, after = document.text.index(BEFORE), document.text.index(AFTER)
    assert before < document.text.index("|") < document.text.rindex("|") < after
    if rows is make.ROWS:
        assert document.text.count("1,204") == 1


@pytest.mark.parametrize(("rows", "style"), [c[1:] for c in NO_TABLES], ids=[c[0] for c in NO_TABLES])
def test_what_is_no_table_is_read_as_before(tmp_path: Path, rows: Rows, style: list[object]) -> None:
    document = read(tmp_path, BEFORE, (rows, style), AFTER)
    assert not rows_of(document)
    squeezed_text = squeezed(document.text)
    assert all(squeezed(cell) in squeezed_text for row in rows for cell in row)


def test_several_on_a_page_stand_in_their_order(tmp_path: Path) -> None:
    text = read(tmp_path, (make.ROWS, GRID), BEFORE, ([["A", "B"], ["x", "y"]], GRID), AFTER).text
    places = [text.index(words) for words in ("| 2032 |", BEFORE, "| x |", AFTER)]
    assert places == sorted(places)


@pytest.mark.parametrize("repeated", [False, True])
def test_a_table_over_a_page_break_is_one_and_its_rows_keep_their_page(tmp_path: Path, repeated: bool) -> None:
    rows = [["No", "Name"], *([str(n), f"Quay {n}"] for n in range(1, 101))]
    document = read(tmp_path, BEFORE, (rows, GRID), AFTER)
    if repeated:
        second = int(document.text[document.pages[1] :].split("|")[1])
        rows.insert(second, rows[0])  # the headings again at the head of the second page
        document = read(tmp_path, BEFORE, (rows, GRID), AFTER)
    read_rows = rows_of(document)
    assert [row for row in read_rows if not row.startswith("No: No")] == [f"No: {n}; Name: Quay {n}" for n in range(1, 101)]
    assert len(document.pages) == 3
    assert document.page(document.text.index("| Quay 1 |")) == 1
    assert document.page(document.text.index("| Quay 100 |")) == 3
    assert document.text.count("|---|") == 1
    if repeated:
        assert document.text.count("| No | Name |") == 1
    for number in (2, 3):
        assert document.text[document.pages[number - 1] :].startswith("| ")


@pytest.mark.parametrize("shown", [0, 90, 270])
def test_on_a_turned_page_a_table_is_read_as_it_is_shown(tmp_path: Path, shown: int) -> None:
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import Table

    for turned in (0, 90, 270):  # the words' direction on the sheet, and how the sheet is turned for the reader
        canvas = Canvas(str(tmp_path / "a.pdf"))
        canvas.setPageRotation(shown)
        canvas.translate(300, 400)
        canvas.rotate(turned)
        table = Table(make.ROWS, style=GRID)
        table.wrapOn(canvas, 200, 200)
        table.drawOn(canvas, 0, 0)
        canvas.save()
        document = load(tmp_path / "a.pdf", tmp_path)
        assert rows_of(document) == (TABLES[0][3] if turned == shown else [])
        assert "1,204" in document.text


@settings(max_examples=25, deadline=None)
@given(
    st.integers(2, 5).flatmap(
        lambda width: st.lists(
            st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9,.% |]{0,12}", fullmatch=True), min_size=width, max_size=width),
            min_size=3, max_size=12,
        )
    )
)  # fmt: skip
@example([["0", "1"], ["0", "A"], ["0", "0"]])
@example([["A", "1"], ["A", "B"], ["C", "0"]])  # read as two rows of headings, since a first cell comes twice
@example([["A", "B"], ["C", "k"], ["D", "1"]])  # and here, since the second row has a unit
def test_each_cell_stands_below_its_heading(tmp_path_factory: pytest.TempPathFactory, rows: Rows) -> None:
    rows = [[" ".join(cell.split()) for cell in row] for row in rows]
    assume(len(set(rows[0])) == len(rows[0]))  # equal ones beside each other read as one heading above two columns
    document = read(tmp_path_factory.mktemp("pdf"), BEFORE, (rows, GRID), AFTER)
    head = heading_rows(rows)
    names = paths(rows[:head])
    assert rows_of(document) == ["; ".join(f"{h}: {c}" for h, c in zip(names, row, strict=True)) for row in rows[head:]]
