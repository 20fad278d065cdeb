"""An answer, or a whole conversation, as a Word document, in the language of each question.

It has the blocks of the answer, each sentence with the numbers of its sources, which follow as notes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt

from app.sentences import Citation, Sentence
from app.store.blocks import Block, blocks
from app.store.export import disclosure, footnote_parts, language_of
from app.store.records import Record
from app.text.messages import message, spell_date
from app.text.words import one_line
from ingest.documents import readable

FACE = "Noto Sans CJK SC"  # for Chinese; Word takes its own if it has none of this name


def word_file(record: Record, link: str) -> bytes:
    """Make a Word file of an answer, with the link to it."""
    document = _new(record.answer.question)
    _link(_answer(document, record, 1), link)
    return _bytes(document)


def conversation_word(title: str, records: Sequence[Record]) -> bytes:
    """Make a Word file of a conversation.

    It has the title, the questions as headings, and below each its answer with notes.
    """
    document = _new(title)
    document.add_heading(_text(title), 1)
    for record in records:
        _answer(document, record, 2)
    return _bytes(document)


def _new(title: str) -> Any:
    document = Document()
    document.core_properties.title = _text(title)[:250]  # Word takes no longer one
    document.core_properties.author = ""
    normal = document.styles["Normal"]
    normal.font.size = Pt(11)
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FACE)
    return document


def _bytes(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _answer(document: Any, record: Record, level: int) -> Any:
    """Write a question with its answer and notes, and return the paragraph with the date."""
    answer, language = record.answer, language_of(record.answer)
    document.add_heading(_text(answer.question), level)
    if answer.lead:
        document.add_paragraph(_text(answer.lead))
    for block in blocks(answer):
        _block(document, block)
    worded = disclosure(answer, language)
    for note in (answer.remark, worded and worded + message("marks.stop", language)):
        if note:
            document.add_paragraph().add_run(_text(note)).italic = True
    suggestions = () if answer.sentences else answer.suggestions
    if suggestions:
        document.add_paragraph(message("exports.meant", language))
    for question in suggestions:
        document.add_paragraph(_text(question), "List Bullet")
    if answer.citations:
        document.add_heading(message("exports.sources", language), level + 1)
    for citation in answer.citations:
        _note(document.add_paragraph(), citation, language)
    return document.add_paragraph(message("exports.asked_on", language, day=spell_date(record.asked[:10], language)))


def _text(text: str) -> str:
    return readable(one_line(text))


def _block(document: Any, block: Block) -> None:
    if block.caption:
        document.add_paragraph(_text(block.caption), "Caption")
    if block.kind == "table":
        _table(document, block)
        return
    for row in block.rows:
        paragraph = document.add_paragraph(style="List Bullet" if block.kind == "list" else None)
        for number, sentence in enumerate(row):
            paragraph.add_run(" " if number else "")
            _sentence(paragraph, sentence)


def _table(document: Any, block: Block) -> None:
    """Add a table with its head in bold, and an empty paragraph after it.

    Without that paragraph, Word joins the table to the next one.
    """
    table = document.add_table(len(block.rows), len(block.rows[0]), "Table Grid")
    for cells, row in zip(table.rows, block.rows, strict=True):
        for cell, sentence in zip(cells.cells, row, strict=True):
            _sentence(cell.paragraphs[0], sentence, bold=row is block.rows[0])
    document.add_paragraph()


def _sentence(paragraph: Any, sentence: Sentence, bold: bool = False) -> None:
    start, end = sentence.highlight or (0, 0)
    text = sentence.text
    for part, highlighted in ((text[:start], False), (text[start:end], True), (text[end:], False)):
        if part:
            paragraph.add_run(readable(part)).bold = bold or highlighted
    if sentence.citations:
        paragraph.add_run(f" {', '.join(map(str, sentence.citations))}").font.superscript = True


def _note(paragraph: Any, citation: Citation, language: str) -> None:
    """Write the footnote, with the quoted documents' titles in italics and addresses as links."""
    paragraph.paragraph_format.space_after = Pt(4)
    urls = (s.url for s in (citation.document, *citation.based_on))
    addresses = dict.fromkeys(filter(None, urls))
    for part in footnote_parts(citation, language):
        before, title, rest = map(readable, part)
        paragraph.add_run(before).font.size = Pt(9)
        if title:
            run = paragraph.add_run(title)
            run.font.size, run.italic = Pt(9), True
        _linked(paragraph, rest, addresses)


def _linked(paragraph: Any, rest: str, addresses: Iterable[str]) -> None:
    """Write a text, the addresses in it as links."""
    for url in addresses:
        before, link_text, after = rest.partition(_text(url))
        if not link_text:
            continue
        paragraph.add_run(before).font.size = Pt(9)
        _link(paragraph, url)
        rest = after
    paragraph.add_run(rest).font.size = Pt(9)


def _link(paragraph: Any, url: str) -> None:
    """python-docx makes no links of its own."""
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run = paragraph.add_run(_text(url))
    run.font.size, run.font.underline = Pt(9), True
    link.append(run._r)
    paragraph._p.append(link)
