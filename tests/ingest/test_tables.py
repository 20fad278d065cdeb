"""Tables with several rows of headings: every format gives the same columns, rows know what stands around their table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.columns import column_names, heading_rows, is_figure, is_unit, sections
from ingest.documents import Document, contextualised_texts
from ingest.load import load
from ingest.loaders.office import markdown_table
from ingest.split import split
from tests.ingest import formats as make

ABOVE = "The harbours earned as follows (in thousands of crowns):"
GRID = [
    ["", "Year ended March 31", "", "Change", ""],
    ["Harbour", "2032", "2031", "Amount", "Percent"],
    ["Quays:", "", "", "", ""],
    ["Quuxville", "1,204", "905", "299", "33"],
    ["Zornburg", "17", "23", "(6)", "(26)"],
]
ROWS = [
    "Harbour: Quays › Quuxville; Year ended March 31 › 2032: 1,204; Year ended March 31 › 2031: 905; Change › Amount: 299; "
    "Change › Percent: 33 (in thousands of crowns)",
    "Harbour: Quays › Zornburg; Year ended March 31 › 2032: 17; Year ended March 31 › 2031: 23; Change › Amount: (6); "
    "Change › Percent: (26) (in thousands of crowns)",
]
MERGED = ((0, 1, 2), (0, 3, 4), (2, 0, 4))  # row, first and last column


def text_of(path: Path) -> None:
    path.write_text(f"# Report\n\n{ABOVE}\n\n{markdown_table(GRID)}\n")


def csv_of(path: Path) -> None:
    path.write_text("\n".join([f'"{ABOVE}",,,,', *(",".join(f'"{c}"' for c in row) for row in GRID)]))


def xlsx_of(path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for row in ([ABOVE], *([cell or None for cell in row] for row in GRID)):
        book.active.append(row)
    for row, first, last in MERGED:
        book.active.merge_cells(start_row=row + 2, end_row=row + 2, start_column=first + 1, end_column=last + 1)
    book.save(path)


def docx_of(path: Path) -> None:
    from docx import Document as Word

    document = Word()
    document.add_paragraph(ABOVE)
    _fill(document.add_table(len(GRID), len(GRID[0])))
    document.save(str(path))


def pptx_of(path: Path) -> None:
    from pptx import Presentation
    from pptx.util import Inches

    show = Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    slide.shapes.add_textbox(0, 0, Inches(4), Inches(1)).text_frame.text = ABOVE
    _fill(slide.shapes.add_table(len(GRID), len(GRID[0]), 0, Inches(1), Inches(8), Inches(3)).table)
    show.save(str(path))


def _fill(table: object) -> None:
    for r, row in enumerate(GRID):
        for c, word in enumerate(row):
            if word:
                table.cell(r, c).text = word  # type: ignore[attr-defined]
    for row, first, last in MERGED:
        table.cell(row, first).merge(table.cell(row, last))  # type: ignore[attr-defined]


HTML = (
    f"<p>{make.ENGLISH}</p><p>{ABOVE}</p><table><thead><tr><th rowspan=2>Harbour</th><th colspan=2>Year ended March 31</th>"
    "<th colspan=2>Change</th></tr><tr><th>2032</th><th>2031</th><th>Amount</th><th>Percent</th></tr></thead><tbody>"
    "<tr><td colspan=5>Quays:</td></tr>"
    + "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in GRID[3:])
    + f"</tbody></table><p>{make.ENGLISH}</p>"
)  # fmt: skip


def pdf_of(path: Path) -> None:
    spans = [("SPAN", (first, row), (last, row)) for row, first, last in MERGED]
    make.pdf_of(path, ABOVE, (GRID, [make.LINES, *spans]), "After the table.")


MADE: dict[str, Callable[[Path], object]] = {
    "a.md": text_of,
    "a.csv": csv_of,
    "a.xlsx": xlsx_of,
    "a.docx": docx_of,
    "a.pptx": pptx_of,
    "a.html": lambda path: path.write_text(make.PAGE.replace("<h2>", f"{HTML}<h2>")),
    "a.epub": lambda path: make.epub(path, chapter=HTML),
    "a.pdf": pdf_of,
}


def rows_of(document: Document) -> list[str]:
    return [p.read(document.text) for c in split(document) for p in c.passages if p.kind == "row"]


@pytest.mark.parametrize("name", MADE)
def test_every_format_gives_the_same_columns(tmp_path: Path, name: str) -> None:
    MADE[name](tmp_path / name)
    assert [row for row in rows_of(load(tmp_path / name, tmp_path)) if "March" in row] == ROWS


HEADINGS: dict[str, tuple[list[str], list[str]]] = {
    "in the middle of what it spans": (["||| Year |", "|| 2019 | 2018 | 2017 |"],
                                      ["", "Year › 2019", "Year › 2018", "Year › 2017"]),
    "a unit for all": (["|| 2019 | 2018 |", "|| (in millions) ||"], ["", "2019 › (in millions)", "2018 › (in millions)"]),
    "a unit for each": (["|| 2019 | Change |", "|| £m | % |"], ["", "2019 › £m", "Change › %"]),
    "a title": (["| Income |||", "|| 2019 | 2018 |"], ["Income", "2019", "2018"]),
    "said once": (["|| Total | Total |", "|| Total | 2018 |"], ["", "Total", "Total › 2018"]),
    "a name of its own": (["|| First | Second ||", "|| Quarter | Quarter | Total |"],
                          ["", "First › Quarter", "Second › Quarter", "Total"]),
    "beside another": (["||| Years ended || Change |", "|| 2019 | 2018 | Amount | Percent |"],
                       ["", "Years ended › 2019", "Years ended › 2018", "Change › Amount", "Change › Percent"]),
    "between two years": (["||| Change ||", "|| 2019 | Actual | Constant | 2018 |"],
                          ["", "2019", "Change › Actual", "Change › Constant", "2018"]),
    "Chinese": (["|| 2019年 || 2018年 ||", "| 地区 | 收入 | 成本 | 收入 | 成本 |"],
                ["地区", "2019年 › 收入", "2019年 › 成本", "2018年 › 收入", "2018年 › 成本"]),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADINGS)
def test_the_path_of_a_column(name: str) -> None:
    lines, names = HEADINGS[name]
    first, *further = lines
    assert list(column_names("\n".join([first, "|---|", *further]))) == names


NO_HEADINGS = {
    "data with years": "| | A | B |\n| Founded | 1998 | 2001 |\n| Staff | 5 | 6 |",
    "words alone": "| | A | |\n| | good | bad |\n| | one | two |",
    "an empty cell": "| Name | Value |\n| plan | |\n| other | 7 |",
    "a row of dashes": "| | A | B |\n| | — | — |\n| x | 1 | 2 |",
    "a first figure twice": "| 0 | 1 |\n| 0 | A |\n| 0 | 0 |",
    "a duration": "| | Estimated | |\n| Land | 5 years | 7 |\n| Sea | 6 | 8 |",
}


@pytest.mark.parametrize("name", NO_HEADINGS)
def test_a_row_of_data_is_no_heading(name: str) -> None:
    assert heading_rows([[c.strip() for c in line[1:-1].split("|")] for line in NO_HEADINGS[name].split("\n")]) == 1


def test_a_section_goes_up_to_its_total() -> None:
    rows = [["Assets", "", ""], ["Current:", "", ""], ["Cash", "1", "2"], ["Total assets", "1", "2"], ["Net", "3", "4"]]
    assert sections(rows) == [(0, 1), (0, 2), (0, 2), (0, 2), None]
    assert sections([["Term", "", ""], ["a", "b", "c"], ["d", "", ""]]) == [None] * 3  # a table of words


def test_rows_are_read_with_the_title_and_the_sentence_above(tmp_path: Path) -> None:
    text = "Quays earn money.\n\nTable 3 Earnings of quays\n\n(in millions)\n\n| A | B |\n|---|---|\n| x | 1 |\n"
    (tmp_path / "a.md").write_text(text)
    document = load(tmp_path / "a.md", tmp_path)
    (chunk,) = split(document)
    assert contextualised_texts(chunk, document)[-1].endswith(
        "Quays earn money. Table 3 Earnings of quays A: x; B: 1 (in millions)"
    )


def test_a_note_below_states_the_unit(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("| 年份 | 经费 |\n|---|---|\n| 2020年 | 24 |\n\n注：单位：亿元\n")
    assert rows_of(load(tmp_path / "a.md", tmp_path)) == ["年份: 2020年; 经费: 24 (单位：亿元)"]


FIGURES = "7 1,979.5 $2019 (26) 12% 2,019 — nil n/a 4-5".split()
LABELS = [
    "2019",
    "Dec 29, 2018",
    "FY18",
    "Q4 2019",
    "2018 (4)",
    "1-3 years",
    "Less than 1 year",
    "2 0 1 8",
    "$’000",
    "Level 1",
    "",
]
UNITS = [
    "$’000",
    "€m",
    "%",
    "(in thousands)",
    "RMB’Million",
    "US$",
    "£000",
    "(In millions, except for percentages)",
    "单位：亿元",
]


def test_what_a_cell_is() -> None:
    assert [c for c in FIGURES if not is_figure(c)] == [c for c in LABELS if is_figure(c)] == []
    assert (
        [c for c in UNITS if not is_unit(c)]
        == [c for c in (*FIGURES[:6], "Percent change", "Total", "") if is_unit(c)]
        == []
    )
