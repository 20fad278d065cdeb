"""A Chinese page, and what is taken along of a Chinese answer: titles in Chinese with their own behind, no English label."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document as WordDocument

from app.answers import Answer, NotePart
from app.sentences import Citation, Sentence
from app.store.conversations import Shared
from app.store.export import answer_markdown, bibtex, conversation_markdown, with_footnotes
from app.store.records import Considered, DocumentVersion, Record, sha256
from app.store.word import conversation_word, word_file
from app.ui import dialogs
from app.ui.cards import group_html
from app.ui.document_actions import outcome_html
from app.ui.forms.pieces import heading
from app.ui.listing import Leaf, Row, listing_html, narrow_html
from app.ui.reader import reader_html
from app.ui.render import answer_html
from app.ui.shared import page_html
from app.ui.titles import read_sources
from app.ui.welcome import holdings
from app.ui.words import Words
from app.web.shelf import Filter, Reading, fitting
from ingest.database.catalogue import Listed
from ingest.documents import Document, Passage, Source
from ingest.load import load
from ingest.split import split

CORPUS = Path(__file__).resolve().parents[3] / "corpus"
OWN, CHINESE = "On tea", "茶叶概要"
ORIGINAL, ORIGINAL_ZH = "Report on Tea, 2021", "2021年茶叶报告"
SOURCE = Source("t", ORIGINAL, "Tea Office", "2021-03-11", "https://example.org/tea", language="zh", title_zh=ORIGINAL_ZH)
DOCUMENT = Document("Tea is green.", OWN, "tea.md", sources=(SOURCE,), title_zh=CHINESE)
READING = Reading(DOCUMENT, (Passage(DOCUMENT.id, 0, 13),))
CITED = Citation(1, DOCUMENT.id, OWN, "", "Tea is green.", 0, 13, "en", (SOURCE,), kind="sentence", title_zh=CHINESE,
                 authorship="summary", publisher="Ask the Plan", date="2026-11-28")  # fmt: skip
LISTED = Listed(DOCUMENT.id, OWN, "Us", "2026", "en", "", 13, 1, "tea.md", False, title_zh=CHINESE)


def record(question: str = "茶是什么颜色？", found: bool = True) -> Record:
    said = Answer(question, question, "answered", (Sentence("Tea is green.", (1,)),), (CITED,))
    none = Answer(question, question, "not_found", closest=(CITED,), note_parts=(NotePart("other", "文件未涉及茶价。"),))
    looked = (Considered(DOCUMENT.id, OWN, "", 0, 13, "Tea is green.", 1.0, True, CHINESE),)
    kept = (DocumentVersion(DOCUMENT.id, OWN, "tea.md", sha256(DOCUMENT.text)),)
    return Record("0123456789ab", "2026-11-28T04:00:00+00:00", said if found else none, 0.2, "i", looked, kept)


SHARED = Shared("0", record().answer.question, (record(),))


def read(_: str) -> Reading:
    return READING


def word_text(content: bytes) -> str:
    return "\n".join(p.text for p in WordDocument(io.BytesIO(content)).paragraphs)


def seen(page: str) -> str:
    """Without what is only copied, which is in the language of the answer."""
    return re.sub(r"(?s)<pre.*?</pre>", "", page)


SCREENS: dict[str, tuple[Callable[[Words], str], bool]] = {
    "card": (lambda w: group_html(record(), 1, read, w), True),
    "card of a changed source": (lambda w: group_html(record(), 1, read, w, (CITED,)), True),
    "card of a source that is gone": (lambda w: group_html(record(), 1, read, w, (), (CITED,)), True),
    "answer": (lambda w: answer_html(record().answer, 1, read, w), False),
    "an answer's own page": (lambda w: page_html(SHARED, "http://127.0.0.1/a/0", lambda *_: READING, w, "Tea"), True),
    "documents": (lambda w: listing_html(Leaf([Row(LISTED, read_sources(DOCUMENT))], 0, 1, 1), frozenset(), w), True),
    "reader": (lambda w: reader_html(READING, (), 0, False, w), True),
    "document at a place": (lambda w: dialogs.document_html(CITED, READING, w), True),
    "document that is gone": (lambda w: dialogs.document_html(CITED, None, w), False),
    "why": (lambda w: dialogs.why_html(record(), w), True),
    "which are asked": (lambda w: narrow_html([LISTED, replace(LISTED, id="x")], [LISTED.id], w), False),
    "removed": (lambda w: outcome_html(DOCUMENT, w), False),
    "first visit": (lambda w: str(holdings([LISTED], (), w.language).groups), False),
}
"""Screen -> how it is drawn, and whether the title as it stands can be read there as well."""


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_calls_documents_in_its_language(name: str) -> None:
    draw, both = SCREENS[name]
    english, chinese = (seen(draw(Words(language))) for language in ("en", "zh"))
    assert OWN in english
    assert CHINESE not in english
    assert CHINESE in chinese
    assert (OWN in chinese) == both
    assert not both or chinese.index(CHINESE) < chinese.index(OWN)


@pytest.mark.parametrize("name", ["card", "an answer's own page", "reader"])
def test_an_original_is_called_so_too(name: str) -> None:
    draw, _ = SCREENS[name]
    english, chinese = (seen(draw(Words(language))) for language in ("en", "zh"))
    assert chinese.index(ORIGINAL_ZH) < chinese.index("Report on Tea")
    assert ORIGINAL_ZH not in english


EXPORTS: dict[str, Callable[[Record], str]] = {
    "footnotes": lambda r: with_footnotes(r.answer),
    "markdown": lambda r: answer_markdown(r, "http://127.0.0.1/a/0"),
    "conversation": lambda r: conversation_markdown("T", [r]),
    "bibtex": lambda r: bibtex(r.answer),
    "word": lambda r: word_text(word_file(r, "http://127.0.0.1/a/0")),
    "word of a conversation": lambda r: word_text(conversation_word("T", [r])),
}
LABELS_IN_ENGLISH = re.compile(r"summary|based on|Asked|confidence|threshold|Sources|Did you|Searched for|November")


@pytest.mark.parametrize("name", EXPORTS)
def test_what_is_taken_along_is_in_the_language_of_its_question(name: str) -> None:
    chinese, english = (EXPORTS[name](record(question)) for question in ("茶是什么颜色？", "What colour is tea?"))
    assert f"{ORIGINAL_ZH}（{ORIGINAL}）" in chinese
    assert "依据：" in chinese
    assert not LABELS_IN_ENGLISH.search(chinese)
    assert LABELS_IN_ENGLISH.search(english)
    assert ORIGINAL_ZH not in english
    assert (f"{CHINESE}（{OWN}）" if name == "bibtex" else f"《{CHINESE}》（{OWN}）") in chinese


def test_a_conversation_in_word_has_all_its_answers() -> None:
    text = word_text(conversation_word("On <tea>", [record("What is it?"), record()]))
    assert text.startswith("On <tea>\nWhat is it?\n")
    assert text.count("Tea is green. 1") == 2
    assert "Asked on 28 November 2026." in text
    assert "提问日期：2026年11月28日。" in text


def test_documents_are_found_by_their_chinese_title() -> None:
    assert fitting([LISTED], Filter("茶叶")) == fitting([LISTED], Filter("tea")) == [LISTED]


def test_every_column_of_the_built_in_folder_s_tables_has_a_chinese_heading() -> None:
    documents = [load(path, CORPUS) for path in sorted(CORPUS.glob("*.md")) if path.name != "README.md"]
    rows = [(d, p) for d in documents for chunk in split(d) for p in chunk.passages if p.header]
    headings = {name for document, row in rows for name, _ in row.cells(document.text)}
    assert len(headings) > 60
    assert [name for name in sorted(headings) if re.search("[a-z]", Words("zh").term(name))] == []
    assert all(Words().term(name) == name for name in headings if "percent" not in name)


@pytest.mark.parametrize(
    ("name", "language", "heard"),
    [("Target", "en", "Target"), ("Result in 2024", "en", "Result in 2024"), ("Planned", "en", "Planned (target)"),
     ("目标", "zh", "目标"), ("Planned", "zh", "Planned（目标）"), ("Target", "zh", "目标")],
)  # fmt: skip
def test_a_screen_reader_says_target_or_result_once(name: str, language: str, heard: str) -> None:
    found = heading(name, "done" if "Result" in name else "planned", Words(language))
    assert re.sub(r"&#(\d+);", lambda m: chr(int(m[1])), re.sub("<[^>]*>", "", found)) == heard


def test_what_goes_with_a_deletion_is_said_in_chinese() -> None:
    zh = Words("zh")
    links = zh.count("going_link", "going_links", 2)
    said = zh("going_delete", title="茶", s=dialogs.UNDO, answers=zh.count("answer", "answers", 3), links=links)
    html = dialogs.going_html("delete", "c1", said, zh)
    assert f"{dialogs.UNDO} 秒后将删除“茶”及其 3 个回答，2 个分享链接随之失效。" in html
    assert ">撤销</button>" in html
    assert f'data-seconds="{dialogs.UNDO}"' in html
