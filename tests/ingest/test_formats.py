"""A table of files of many kinds: what is read from each, or the sentence with which it is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.documents import Document
from ingest.errors import LoadError
from ingest.limits import Limits
from ingest.load import load
from ingest.split import split
from tests.ingest import formats as make

Made = bytes | str | Callable[[Path], None]
SMALL = Limits(file_bytes=2_000_000, pages=3, rows=50)

WRAPPED = [
    "The harbour of Quuxville moved 4,210 tonnes in 2031, which is more than ever be-",
    "fore in its history. Its director Ada Zorn said that the town will double that by",
    "2035.",
    "Blimps",
    "The works launched 23 blimps in 2032 and sold all of them to the republic of Fre-",
    "donia. A sentence that runs over the end of the page goes on with the words that",
]
CHINESE_LINES = [make.CHINESE[n : n + 30] for n in range(0, len(make.CHINESE), 30)]

READ: list[tuple[str, Made, list[str]]] = [
    ("markdown.md", "# Report\n\n" + make.ENGLISH, ["moved 4,210 tonnes", "entry costs £3"]),
    ("marked.txt", b"\xef\xbb\xbf" + make.ENGLISH.encode(), ["The harbour of Quuxville moved 4,210 tonnes in 2031."]),
    ("utf16.txt", make.ENGLISH.encode("utf-16"), ["entry costs £3"]),
    ("utf16-plain.txt", make.ENGLISH.encode("utf-16-le"), ["entry costs £3"]),
    ("utf16-be.txt", make.ENGLISH.encode("utf-16-be"), ["The café at the quay"]),
    ("utf16-zh.txt", make.CHINESE.encode("utf-16"), ["合肥综合性国家科学中心于2017年1月获批。"]),
    ("utf32.txt", make.ENGLISH.encode("utf-32"), ["The café at the quay"]),
    ("western.txt", make.ENGLISH.encode("cp1252"), ["“We will double that by 2035.”", "entry costs £3"]),
    ("short-western.txt", "café au lait".encode("cp1252"), ["café au lait"]),
    ("gb18030.txt", make.CHINESE.encode("gb18030"), ["合肥综合性国家科学中心于2017年1月获批。", "年均增长7%以上。"]),
    ("gbk.md", ("# 报告\n\n" + make.CHINESE).encode("gbk"), ["该中心聚焦量子信息、核聚变和大气环境等领域。"]),
    ("big5.txt", make.TRADITIONAL.encode("big5"), ["臺灣的半導體產業於二零二零年成長。"]),
    ("windows.txt", make.ENGLISH.replace(". ", ".\r\n").encode(), ["Its director, Ada Zorn"]),
    ("page.html", make.PAGE, ["moved 4,210 tonnes", "Year: 2032; Blimps: 23", "Second point of the list."]),
    ("page-gbk.htm", make.page(make.CHINESE, "<meta charset=gb2312>").encode("gbk"),
     ["合肥综合性国家科学中心于2017年1月获批。"]),
    ("page-big5.html", make.PAGE.replace(make.ENGLISH, make.TRADITIONAL).replace(
        "<head>", '<head><meta http-equiv="Content-Type" content="text/html; charset=big5">').encode("big5"),
     ["臺灣的半導體產業於二零二零年成長。"]),
    ("page.xhtml", make.PAGE.replace("<!doctype html>", "<?xml version='1.0' encoding='utf-8'?>"), ["moved 4,210 tonnes"]),
    ("report.pdf", lambda p: make.pdf(p, [WRAPPED, ["follow here. The end."]]),
     ["more than ever before in its history.", "double that by 2035.", "with the words that follow here."]),
    ("zh.pdf", lambda p: make.pdf(p, [CHINESE_LINES], "STSong-Light"), ["该中心聚焦量子信息、核聚变和大气环境等领域。"]),
    ("table.pdf", lambda p: make.pdf_of(p, make.ENGLISH, (make.ROWS, [make.LINES]), "After the table."),
     ["entry costs £3.", "Year: 2032; Blimps: 23; Cost: 1,204", "After the table."]),
    ("table-zh.pdf", lambda p: make.pdf_of(p, make.CHINESE, ([["年份", "研发经费"], ["2020年", "24393亿元"]], [make.LINES])),
     ["年份: 2020年; 研发经费: 24393亿元"]),
    ("report.docx", make.docx, ["moved 4,210 tonnes", "Year: 2032; Blimps: 23; Cost: 1,204", "Second point."]),
    ("zh.docx", lambda p: make.docx(p, [["年份", "经费"], ["2020年", "24393亿元"]], make.CHINESE),
     ["合肥综合性国家科学中心于2017年1月获批。", "年份: 2020年; 经费: 24393亿元"]),
    ("merged.docx", make.merged_docx, ["A: wide; C: narrow"]),
    ("show.pptx", make.pptx, ["Harbour traffic grew.", "Year: 2032; Blimps: 23; Cost: 1,204", "Say that Ada Zorn agrees."]),
    ("book.xlsx", make.xlsx, ["Blimp works of Fredonia", "Year: 2032; Launched: 23.5; Share: 12.5%; Day: 2032-05-01",
                              "年份: 2020年; 研发经费: 24393亿元"]),
    ("rows.csv", "\n".join(",".join(f'"{c}"' for c in r) for r in make.ROWS), ["Year: 2032; Blimps: 23; Cost: 1,204"]),
    ("semicolons.csv", "Year;Cost\n2031;9,05\n2032;12,04\n", ["Year: 2032; Cost: 12,04"]),
    ("tabs.tsv", "Year\tCost | crowns\n2032\t23\n", ["Year: 2032; Cost | crowns: 23"]),
    ("zh.csv", "年份,研发经费,备注\n2020年,24393亿元,全国\n2021年,27956亿元,全国\n".encode("gb18030"),
     ["年份: 2021年; 研发经费: 27956亿元; 备注: 全国"]),
    ("breaks.csv", 'Name,Note\nA,"one\ntwo"\n', ["Name: A; Note: one two"]),
    ("changed.docx", make.changed_docx, ["The harbour moved 4,210 tonnes.", "Ada Zorn leads it.", "The quay opens in 2033.",
                                         "Year: 2032; Blimps: 23; Cost: 1,204"]),
    ("report.odt", make.odt, ["moved 4,210 tonnes", "Year: 2032; Blimps: 23; Cost: 1,204", "Year: 2033; Cost: 77",
                              "Second point.", "Ada Zorn led it."]),
    ("zh.odt", lambda p: make.odt(p, make.CHINESE * 3), ["合肥综合性国家科学中心于2017年1月获批。"]),
    ("plain.eml", make.eml, ["moved 4,210 tonnes", "The café at the quay"]),
    ("both.eml", lambda p: make.eml(p, page=make.PAGE), ["moved 4,210 tonnes"]),
    ("page.eml", lambda p: make.eml(p, "", re.sub("<(nav|footer).*?</\\1>", "", make.PAGE)),
     ["moved 4,210 tonnes", "Year: 2032; Blimps: 23"]),
    ("zh-gbk.eml", lambda p: make.eml(p, make.CHINESE, charset="gb2312"), ["合肥综合性国家科学中心于2017年1月获批。"]),
    ("zh-wrong.eml", lambda p: make.eml(p, make.CHINESE, stated="gb2312"), ["合肥综合性国家科学中心于2017年1月获批。"]),
    ("unknown.eml", lambda p: make.eml(p, stated="x-unknown"), ["The café at the quay"]),
    ("book.epub", make.epub, ["moved 4,210 tonnes", "Year: 2032; Blimps: 23", "年均增长7%以上。"]),
]  # fmt: skip

REFUSED: list[tuple[str, Made, str]] = [
    ("scan.pdf", make.scanned_pdf, "is a scanned PDF: its 1 pages are pictures"),
    ("locked.pdf", lambda p: make.pdf(p, [WRAPPED], password="x"), "is password-protected"),
    ("cut.pdf", lambda p: (make.pdf(p, [WRAPPED]), p.write_bytes(p.read_bytes()[:300]))[0], "is damaged"),
    ("long.pdf", lambda p: make.pdf(p, [WRAPPED] * 4), "has 4 pages; the limit is 3"),
    ("page.pdf", make.PAGE, "is not what its name says"),
    ("cut.docx", lambda p: (make.docx(p), p.write_bytes(p.read_bytes()[:3_000]))[0], "is damaged"),
    ("sheet.docx", make.xlsx, "is not what its name says: word/document.xml is missing"),
    ("old.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Office file, or one with a password"),
    ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "is not a type of file that can be read here"),
    ("bomb.docx", lambda p: p.write_bytes(make.bomb("word/document.xml")) and None, "unpacks to 400,000,000 bytes"),
    ("bomb.xlsx", lambda p: p.write_bytes(make.bomb("xl/workbook.xml")) and None, "unpacks to 400,000,000 bytes"),
    ("laughs.epub", lambda p: make.epub(p, container='<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'),
     "is damaged"),
    ("laughs.odt", lambda p: make.odt(p, "&b;", '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'), "is damaged"),
    ("bomb.odt", lambda p: p.write_bytes(make.bomb("content.xml")) and None, "unpacks to 400,000,000 bytes"),
    ("locked.odt", lambda p: make.odt(p, locked=True), "is password-protected"),
    ("sheet.odt", lambda p: make.odt(p, kind="spreadsheet"), "is not what its name says: office:text is missing"),
    ("report.odt", make.docx, "is not what its name says: content.xml is missing"),
    ("words.eml", "Only words, no mail.", "it contains no e-mail"),
    ("picture.eml", b"\x89PNG\r\n\x1a\n" + bytes(100), "it is an image"),
    ("big.eml", lambda p: make.eml(p, "word " * 500_000), "bytes; the limit is 2,000,000"),
    ("long.csv", "a,b\n" * 60, "has more than 50 rows"),
    ("big.txt", "word " * 500_000, "has 2,500,000 bytes; the limit is 2,000,000"),
    ("picture.txt", b"\x89PNG\r\n\x1a\n" + bytes(100), "is not what its name says: it is an image"),
    ("program.md", b"\x7fELF" + bytes(100), "it is a program"),
    ("noise.txt", bytes(range(256)) * 20, "is a binary file"),
    ("words.html", "Only words, no page.", "it contains no HTML"),
    ("drawn.html", "<html><body><div id=app></div><script>draw()</script></body></html>", "contains no main text"),
    ("empty.md", "", "contains no text"),
    ("blank.txt", " \n\t\n--- \n", "contains no text"),
    ("front.md", "---\ntitle: a: b: c\n---\nText.", "line 2: the front matter is not YAML"),
    ("rich.rtf", "{\\rtf1 text}", "is not a type of file that can be read here"),
]  # fmt: skip


def written(folder: Path, name: str, made: Made) -> Path:
    path = folder / name
    if callable(made):
        made(path)
    else:
        path.write_bytes(made if isinstance(made, bytes) else made.encode())
    return path


def passages(document: Document) -> list[str]:
    return [p.read(document.text) for c in split(document) for p in c.passages]


def test_the_table_is_long_enough() -> None:
    assert len({re.sub(r"\W", "", n) for n, _, _ in [*READ, *REFUSED]}) >= 50


@pytest.mark.parametrize(("name", "made", "said"), READ, ids=[c[0] for c in READ])
def test_read(tmp_path: Path, name: str, made: Made, said: list[str]) -> None:
    document = load(written(tmp_path, name, made), tmp_path)
    texts = passages(document)
    for words in said:
        assert any(words in p for p in texts), texts
    assert document.language == ("zh" if re.search("zh|gb|big5", name) else "en")
    assert not re.search(r"\r|\x00|\ufffe|<script|Menu entry|cookies", document.text)


@pytest.mark.parametrize(("name", "made", "said"), REFUSED, ids=[c[0] for c in REFUSED])
def test_refused(tmp_path: Path, name: str, made: Made, said: str) -> None:
    path = written(tmp_path, name, made)
    with pytest.raises(LoadError) as error:
        load(path, tmp_path, SMALL if name.startswith(("long", "big")) else Limits())
    assert said in str(error.value)
    assert error.value.next_step


def test_what_an_email_and_a_text_leave_out(tmp_path: Path) -> None:
    mail = load(written(tmp_path, "a.eml", make.eml), tmp_path)
    assert (mail.title, mail.publisher, mail.date) == ("Harbour, 港口", "Ada Zorn <ada@quux.example>", "2033-05-03")
    assert "Attachments (not read): budget.xlsx" in mail.text
    text = load(written(tmp_path, "a.odt", make.odt), tmp_path)
    assert text.title == "The harbour report"
    assert not re.search("sank|See below", text.text)
    assert "3,000" not in load(written(tmp_path, "a.docx", make.changed_docx), tmp_path).text


def test_a_page_without_any_layout_is_read_whole(tmp_path: Path) -> None:
    said = "<p>First words in a paragraph.<pre>code()</pre>These words stand in none, after the code.<pre>more()</pre>"
    page = f"<html><head><title>Old page</title></head><body><h2>Use</h2>{said * 12}</body></html>"
    assert load(written(tmp_path, "x.html", page), tmp_path).text.count("These words stand in none") == 12


def test_a_page_holds_its_signs_unescaped(tmp_path: Path) -> None:
    said = "Call get_first_line() and include &lt;stdio.h&gt; before the [main] part."
    page = make.PAGE.replace("<h2>Traffic</h2>", f"<p>{said}</p>")
    text = load(written(tmp_path, "x.html", page), tmp_path).text
    assert "get_first_line() and include <stdio.h> before the [main] part" in text


def test_pages_begin_where_the_file_says(tmp_path: Path) -> None:
    document = load(
        written(tmp_path, "a.pdf", lambda p: make.pdf(p, [["First page."], ["Second page."], ["Third."]])), tmp_path
    )
    for number, words in enumerate(("First page.", "Second page.", "Third."), 1):
        assert document.page(document.text.index(words)) == number
    assert "Page 2" not in document.text  # the running footer
    show = load(written(tmp_path, "a.pptx", make.pptx), tmp_path)
    assert [show.page(show.text.index(t)) for t in ("## Harbour traffic", "## Blimps", "Ada Zorn")] == [1, 2, 2]
    assert load(written(tmp_path, "a.txt", "No pages."), tmp_path).page(0) is None


def test_headings_stay_headings(tmp_path: Path) -> None:
    for name, made in (("a.docx", make.docx), ("a.html", make.PAGE), ("a.epub", make.epub)):
        document = load(written(tmp_path, name, made), tmp_path)
        where = {p.read(document.text): p.heading for c in split(document) for p in c.passages}
        assert next(h for words, h in where.items() if "4,210" in words) == "Traffic"
    assert next(h for words, h in where.items() if "Blimps: 23" in words) == "Blimps"


def test_what_a_file_states_of_itself(tmp_path: Path) -> None:
    book = load(written(tmp_path, "x.epub", make.epub), tmp_path)
    assert (book.title, book.publisher, book.date) == ("The harbour book", "Quux Press", "2031-05-01")
    assert load(written(tmp_path, "x.docx", make.docx), tmp_path).title == "The harbour report"
    assert load(written(tmp_path, "x.html", make.PAGE), tmp_path).title == "The harbour report"
