"""Makes small files that unfold: into memory, into time, into a text or into passages of any size."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from tests.ingest import formats as make


def form_in_itself(path: Path) -> None:
    """A PDF of one page whose form draws itself, many times over."""
    draws = b"/F Do " * 60
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</XObject<</F 4 0 R>>>>/Contents 5 0 R>>",
        b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 4 0 R>>>>/Length %d>>stream\n%s\nendstream"
        % (len(draws), draws),
        b"<</Length 5>>stream\n/F Do\nendstream",
    ]
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj%s endobj\n" % (n, o) for n, o in enumerate(objects, 1))
    path.write_bytes(body + b"trailer<</Root 1 0 R>>")


def wide_docx(path: Path) -> None:
    """A table of 5,000 rows, each of one cell that says it spans 9,999 columns."""
    from docx import Document

    document = Document()
    document.add_table(1, 1).cell(0, 0).text = "x"
    document.save(str(path))
    row = "<w:tr><w:tc><w:tcPr><w:gridSpan w:val='9999'/></w:tcPr><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc></w:tr>"
    made = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name).decode("utf-8", "surrogateescape")
            if name == "word/document.xml":
                content = content[: content.index("<w:tr>")] + row * 5_000 + "</w:tbl></w:body></w:document>"
            new.writestr(name, content.encode("utf-8", "surrogateescape"))
    path.write_bytes(made.getvalue())


def wide_csv(path: Path) -> None:
    """One row of 100,000 cells above 47,000 rows of two."""
    path.write_text("a," * 100_000 + "a\n" + "1,2\n" * 47_000)


def wide_xlsx(path: Path) -> None:
    """One row of 16,000 cells above thousands of one."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["a"] * 16_000)
    for _ in range(20_000):
        sheet.append(["a", "b"])
    book.save(path)


def wide_epub(path: Path) -> None:
    """Rows of cells that say that they span 1,000 columns each."""
    row = "<tr>" + "<td colspan='1000'>x</td>" * 200 + "</tr>"
    made = io.BytesIO()
    make.epub(path, chapter=f"<table>{row * 1_500}</table>")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    path.write_bytes(made.getvalue())


def long_heading(path: Path) -> None:
    """A heading of 200,000 characters above 20,000 short paragraphs, each of which is read with it."""
    path.write_text(f"# Title\n\n## {'word ' * 40_000}\n\n" + "A short one.\n\n" * 20_000)


def long_title(path: Path) -> None:
    """The same with the title."""
    path.write_text(f"---\ntitle: {'word ' * 40_000}\n---\n\n" + "A short one.\n\n" * 20_000)


def long_column(path: Path) -> None:
    """A column heading of 100,000 characters above 50,000 cells."""
    path.write_text("Year," + "word " * 20_000 + "\n" + "1,2\n" * 50_000)


def many_items(path: Path) -> None:
    """Passages by the hundred thousand."""
    path.write_text("# Title\n\nThese:\n\n" + "- a\n" * 400_000)


def repeated_source(path: Path) -> None:
    """One long value that 20,000 sources name."""
    sources = "".join(f"  s{n}: {{title: *long}}\n" for n in range(20_000))
    path.write_text(f"---\nlong: &long {'word ' * 100_000}\nsources:\n{sources}---\nText.\n")


def one_paragraph(path: Path) -> None:
    """Five million characters without a sentence's end."""
    path.write_text("word " * 999_999)


def long_stream(path: Path) -> None:
    """A PDF whose page holds a stream that unpacks to hundreds of megabytes, all of it words."""
    import zlib

    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"BT (x) Tj ET " * 80_000) for _ in range(400)) + packer.flush()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</Font<</G 5 0 R>>>>/Contents 4 0 R>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(packed), packed),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj%s endobj\n" % (n, o) for n, o in enumerate(objects, 1))
    path.write_bytes(body + b"trailer<</Root 1 0 R>>")


HOSTILE = {
    "form.pdf": form_in_itself, "stream.pdf": long_stream, "wide.docx": wide_docx, "wide.csv": wide_csv,
    "wide.xlsx": wide_xlsx, "wide.epub": wide_epub, "heading.md": long_heading, "title.md": long_title,
    "column.csv": long_column, "items.md": many_items, "sources.md": repeated_source,
    "paragraph.txt": one_paragraph,
}  # fmt: skip
