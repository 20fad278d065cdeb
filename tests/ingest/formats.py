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


def changed_docx(path: Path) -> None:
    """A Word document with tracked changes, as Word writes them, and a content control."""
    from docx import Document
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = Document()
    author = f'{nsdecls("w")} w:id="1" w:author="Ada"'
    for xml in (
        f'<w:p {nsdecls("w")}><w:r><w:t xml:space="preserve">The harbour moved </w:t></w:r><w:del {author}><w:r><w:delText>'
        f"3,000</w:delText></w:r></w:del><w:ins {author}><w:r><w:t>4,210</w:t></w:r></w:ins><w:r><w:t "
        'xml:space="preserve"> tonnes.</w:t></w:r></w:p>',
        f"<w:p {nsdecls('w')}><w:moveFrom {author}><w:r><w:t>Ada Zorn leads it.</w:t></w:r></w:moveFrom></w:p>",
        f"<w:p {nsdecls('w')}><w:moveTo {author}><w:r><w:t>Ada Zorn leads it.</w:t></w:r></w:moveTo></w:p>",
        f"<w:sdt {nsdecls('w')}><w:sdtPr/><w:sdtContent><w:p><w:r><w:t>The quay opens in 2033.</w:t></w:r></w:p>"
        "</w:sdtContent></w:sdt>",
    ):
        document.element.body.insert(-1, parse_xml(xml))
    table = document.add_table(3, 3)
    for r, row in enumerate(ROWS):
        for c, cell in enumerate(row):
            table.cell(r, c).text = cell
    properties = table.rows[1]._tr.get_or_add_trPr()
    properties.append(parse_xml(f"<w:del {author}/>"))
    document.save(str(path))


def odt(path: Path, words: str = ENGLISH, doctype: str = "", kind: str = "text", locked: bool = False) -> None:
    """An ODT as LibreOffice writes one: headings, a list, a table with a cell over two columns, a deletion, a footnote."""
    names = ("office", "style", "table", "text")
    spaces = " ".join(f"xmlns:{n}='urn:oasis:names:tc:opendocument:xmlns:{n}:1.0'" for n in names)
    cells = "".join(
        "<table:table-row>" + "".join(f"<table:table-cell><text:p>{c}</text:p></table:table-cell>" for c in row)
        + "</table:table-row>" for row in ROWS[1:]
    )  # fmt: skip
    head = "".join(f"<table:table-cell><text:p>{c}</text:p></table:table-cell>" for c in ROWS[0])
    content = (
        f"<?xml version='1.0' encoding='UTF-8'?>{doctype}<office:document-content {spaces}><office:automatic-styles>"
        f"<style:style style:name='P1' style:parent-style-name='Title'/></office:automatic-styles><office:body>"
        f"<office:{kind}><text:tracked-changes><text:changed-region><text:deletion><text:p>It sank.</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes><text:p text:style-name='P1'>The harbour report</text:p>"
        f"<text:h text:outline-level='1'>Traffic</text:h><text:p>{words}<text:note><text:note-citation>1"
        "</text:note-citation><text:note-body><text:p>See below.</text:p></text:note-body></text:note></text:p><text:p>Ada"
        "<text:s/>Zorn<text:tab/><text:span>led</text:span> it.</text:p><text:h text:outline-level='2'>Blimps</text:h>"
        f"<table:table><table:table-column/><table:table-header-rows><table:table-row>{head}</table:table-row>"
        f"</table:table-header-rows>{cells}"
        "<table:table-row><table:table-cell table:number-columns-spanned='2'><text:p>2033</text:p></table:table-cell>"
        "<table:covered-table-cell/><table:table-cell><text:p>77</text:p></table:table-cell></table:table-row></table:table>"
        "<text:list><text:list-item><text:p>First point.</text:p></text:list-item><text:list-item><text:p>Second "
        f"point.</text:p></text:list-item></text:list></office:{kind}></office:body></office:document-content>"
    )
    manifest = "<manifest:encryption-data/>" if locked else ""
    path.write_bytes(packed({"content.xml": content, "META-INF/manifest.xml": manifest}))


def eml(path: Path, words: str = ENGLISH, page: str = "", charset: str = "utf-8", stated: str = "") -> None:
    """An e-mail with an attached sheet; `page` is its text as HTML, `stated` a charset that it claims to be in."""
    from email.message import EmailMessage

    message = EmailMessage()
    message["Subject"], message["From"] = "Harbour, 港口", "Ada Zorn <ada@quux.example>"
    message["To"], message["Date"] = "Bo <bo@quux.example>", "Tue, 03 May 2033 09:30:00 +0800"
    if words:
        message.set_content(words, charset=charset, cte="8bit")
    if page:
        (message.add_alternative if words else message.set_content)(page, subtype="html")
    message.add_attachment(b"x", maintype="application", subtype="octet-stream", filename="budget.xlsx")
    raw = message.as_bytes()
    path.write_bytes(raw.replace(f'charset="{charset}"'.encode(), f'charset="{stated}"'.encode()) if stated else raw)


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
