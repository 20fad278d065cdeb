"""Makes files of many kinds with the libraries that other programs use for them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

ENGLISH = (
    "The harbour of Quuxville moved 4,210 tonnes in 2031. Its director, Ada Zorn, said: “We will double that by 2035.” "
    "The café at the quay — built in 1998 — stays open; entry costs £3."
)
CHINESE = (
    "合肥综合性国家科学中心于2017年1月获批。该中心聚焦量子信息、核聚变和大气环境等领域。"
    "到2025年，研发经费投入年均增长7%以上。"
)
TRADITIONAL = "臺灣的半導體產業於二零二零年成長。該產業聚焦先進製程與封裝技術，並持續擴大研究發展的投資規模。"
ROWS = [["Year", "Blimps", "Cost"], ["2031", "17", "905"], ["2032", "23", "1,204"]]
PAGE = (
    "<!doctype html><html lang=en><head><title>The harbour report</title><meta name=author content='A. Zorn'>"
    "<style>p{color:red}</style><script>alert('boo')</script></head><body><nav><a href=/>Home</a><a href=/x>Menu entry</a>"
    "</nav><main><article><h1>The harbour report</h1><h2>Traffic</h2><p>" + ENGLISH + "</p><p onclick='evil()'>" + ENGLISH
    + "</p><table><tr><th>Year</th><th>Blimps</th></tr><tr><td>2032</td><td>23</td></tr></table><ul><li>First point of"
    " the harbour list.</li><li>Second point of the list.</li></ul></article></main><footer>Imprint and cookies</footer>"
    "</body></html>"
)  # fmt: skip


def page(words: str, in_head: str) -> str:
    return PAGE.replace(ENGLISH, words).replace("<head>", "<head>" + in_head)


def pdf(path: Path, pages: list[list[str]], font: str = "Helvetica", password: str = "") -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    if font == "STSong-Light":
        pdfmetrics.registerFont(UnicodeCIDFont(font))
    canvas = Canvas(str(path), encrypt=password or None)
    for number, lines in enumerate(pages, 1):
        canvas.setFont(font, 11)
        for row, line in enumerate(lines):
            canvas.drawString(60, 780 - 16 * row, line)
        canvas.drawString(280, 40, f"Page {number}")
        canvas.showPage()
    canvas.save()


LINES = ("GRID", (0, 0), (-1, -1), 0.5, "black")


def pdf_of(path: Path, *parts: str | tuple[list[list[str]], list[object]]) -> None:
    """A PDF of paragraphs and of tables, each given as its rows and the commands that style it."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    style = ParagraphStyle("plain", fontName="STSong-Light", fontSize=10, wordWrap="CJK")
    flow: list[Flowable] = []
    for part in parts:
        if isinstance(part, str):
            flow.append(Paragraph(part, style))
        else:
            rows = [[Paragraph(c, style) if len(c) > 40 else c for c in row] for row in part[0]]
            flow.append(Table(rows, style=[("FONT", (0, 0), (-1, -1), "STSong-Light"), *part[1]], repeatRows=0))
    SimpleDocTemplate(str(path)).build(flow)


def scanned_pdf(path: Path) -> None:
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path))
    canvas.drawImage(ImageReader(Image.new("RGB", (80, 80), "grey")), 0, 0, 500, 700)
    canvas.showPage()
    canvas.save()


def docx(path: Path, rows: list[list[str]] = ROWS, words: str = ENGLISH) -> None:
    from docx import Document

    document = Document()
    document.add_heading("The harbour report", 0)
    document.add_heading("Traffic", 1)
    document.add_paragraph(words)
    document.add_heading("Blimps", 2)
    table = document.add_table(len(rows), len(rows[0]))
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            table.cell(r, c).text = cell
    for item in ("First point.", "Second point."):
        document.add_paragraph(item, style="List Bullet")
    document.save(str(path))


def merged_docx(path: Path) -> None:
    from docx import Document

    document = Document()
    table = document.add_table(2, 3)
    for c, word in enumerate("ABC"):
        table.cell(0, c).text = word
    table.cell(1, 0).merge(table.cell(1, 1)).text = "wide"
    table.cell(1, 2).text = "narrow"
    document.save(str(path))


def pptx(path: Path) -> None:
    from pptx import Presentation
    from pptx.util import Inches

    show = Presentation()
    for title in ("Harbour traffic", "Blimps"):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = f"{title} grew.\nIt will double by 2035."
    table = slide.shapes.add_table(3, 3, Inches(1), Inches(3), Inches(6), Inches(2)).table
    for r, row in enumerate(ROWS):
        for c, cell in enumerate(row):
            table.cell(r, c).text = cell
    slide.notes_slide.notes_text_frame.text = "Say that Ada Zorn agrees."
    show.save(str(path))


def xlsx(path: Path) -> None:
    import datetime

    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "Blimps"
    for row in (["Blimp works of Fredonia"], [], ["Year", "Launched", "Share", "Day"]):
        sheet.append(row)
    sheet.append([2032, 23.5, 0.125, datetime.date(2032, 5, 1)])
    sheet["C4"].number_format = "0.0%"
    book.create_sheet("空白")
    second = book.create_sheet("经费")
    for row in (["年份", "研发经费"], ["2020年", "24393亿元"]):
        second.append(row)
    book.save(path)


def epub(path: Path, chapter: str = "", container: str = "") -> None:
    page = "<html xmlns='http://www.w3.org/1999/xhtml'><head><title>x</title></head><body>{}<script>bad()</script></body></html>"
    chapters = [
        f"<h1>Traffic</h1><p>{ENGLISH}</p>", "<h1>Blimps</h1><table><tr><th>Year</th><th>Blimps</th></tr><tr><td>2032</td>"
        f"<td>23</td></tr></table><p>{CHINESE}</p>{chapter}",
    ]  # fmt: skip
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr(
            "META-INF/container.xml",
            container
            or "<container xmlns='urn:oasis:names:tc:opendocument:xmlns:container'><rootfiles>"
            "<rootfile full-path='OEBPS/book.opf'/></rootfiles></container>",
        )
        book.writestr(
            "OEBPS/book.opf",
            "<package xmlns='http://www.idpf.org/2007/opf' xmlns:dc='http://purl.org/dc/elements/1.1/'><metadata>"
            "<dc:title>The harbour book</dc:title><dc:publisher>Quux Press</dc:publisher><dc:date>2031-05-01</dc:date>"
            "</metadata><manifest><item id='b' href='b.xhtml'/><item id='a' href='a%20one.xhtml'/></manifest>"
            "<spine><itemref idref='a'/><itemref idref='b'/></spine></package>",
        )
        for name, body in zip(("OEBPS/a one.xhtml", "OEBPS/b.xhtml"), chapters, strict=True):
            book.writestr(name, page.format(body))


def bomb(member: str, size: int = 400_000_000) -> bytes:
    """A packed file of some 400 kB that unpacks to 400 MB."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(member, "w") as out:
        for _ in range(size // 1_000_000):
            out.write(bytes(1_000_000))
    return made.getvalue()


def packed(files: dict[str, bytes | str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()
