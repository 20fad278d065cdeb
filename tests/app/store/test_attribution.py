"""A quote is attributed to the document that holds it, in every form in which an answer is taken along: the words of a
summary are never printed as those of its sources, and those of an original that is held stand beside its name. What each
form looks like stands in `golden/`."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from docx import Document as WordDocument
from docx.table import Table

from app.answers import ModelUse
from app.cli.asking import as_text
from app.store.conversations import Shared
from app.store.export import (
    answer_markdown,
    bibtex,
    conversation_json,
    conversation_markdown,
    disclosure,
    footnote,
    with_footnotes,
)
from app.store.records import Record, public, read_record, with_citations
from app.store.word import conversation_word, word_file
from app.ui.cards import group_html
from app.ui.render import answer_html
from app.ui.shared import page_html
from app.ui.words import Words
from app.web.api import answer_fields

GOLDEN = Path(__file__).parent / "golden"
LINK = "http://127.0.0.1:7860/a/0123456789ab"
QUESTIONS = {"en": "What are the main goals of the plan?", "zh": "规划的主要目标是什么？"}

REPORT = {
    "title": "Report on the Work of the Government, 2021", "title_zh": "2021年政府工作报告", "publisher": "State Council",
    "date": "2021-03-05", "where": "delivered to the National People's Congress", "language": "zh", "official": True,
}  # fmt: skip
MAP = {
    "title": "China unveils the “Outline”", "publisher": "People's Daily", "date": "2021-03-13",
    "url": "https://example.org/outline?a=1&b=2", "language": "en", "official": False,
}  # fmt: skip
ORIGINALS = [
    {"document_id": "c" * 16, "source": REPORT, "paragraph": 12, "quote": "核心技术上要有三项新突破。",
     "start": 40, "end": 53, "language": "zh", "certainty": 0.9},
    {"document_id": "d" * 16, "source": MAP, "page": 2, "paragraph": 5, "quote": "Three *new* breakthroughs are aimed at.",
     "start": 7, "end": 46, "language": "en", "certainty": 0.8},
]  # fmt: skip
SUMMARY = {
    "number": 1, "document_id": "a" * 16, "title": "The 14th Five-Year Plan in brief", "title_zh": "“十四五”规划概要",
    "authorship": "summary", "publisher": "Ask the Plan", "date": "2026-11-27", "heading": "Goals",
    "quote": "The main technology goals are breakthroughs in core technologies.", "kind": "sentence", "start": 0, "end": 65,
    "language": "en", "sources": [REPORT, MAP], "originals": ORIGINALS,
}  # fmt: skip
ROW = SUMMARY | {
    "number": 2, "quote": "| 2020 | 2,439.3 |", "kind": "row", "row": [["Year", "2020"], ["R&D spending", "2,439.3"]],
    "unit": "billion yuan", "start": 70, "end": 88, "sources": [REPORT], "originals": [],
}  # fmt: skip
ADDED = {
    "number": 3, "document_id": "b" * 16, "title": "Notes on Hefei", "authorship": "original", "publisher": "Anhui Press",
    "date": "2022-05", "url": "https://example.org/hefei", "heading": "", "page": 4, "quote": "Hefei is for fusion.",
    "kind": "sentence", "start": 0, "end": 20, "language": "en",
    "sources": [{"title": "Notes on Hefei", "publisher": "Anhui Press", "date": "2022-05",
                 "url": "https://example.org/hefei", "where": "hefei.pdf", "official": False}],
}  # fmt: skip


def record(language: str, status: str = "answered") -> Record:
    """An answer with two quotes of a summary, one of them a row, and one of an added document; read as a program gets it."""
    question, cited = QUESTIONS[language], [SUMMARY, ROW, ADDED]
    sentences = [
        {"text": SUMMARY["quote"], "citations": [1], "emphasis": [0, 3]},
        {"text": "Year: 2020; R&D spending: 2,439.3 (billion yuan)", "citations": [2]},
        {"text": ADDED["quote"], "citations": [3]},
    ]
    answer = {"question": question, "status": status, "confidence": 0.5, "seconds": 0.1}
    if status == "answered":
        answer |= {"sentences": sentences, "citations": cited, "nearest": [], "note": ""}
    else:
        answer |= {"sentences": [], "citations": [], "nearest": cited, "note": "Nothing."}
    return read_record({
        "format": "ask-the-plan evidence", "version": 1, "id": "0123456789ab", "asked": "2026-11-28T04:00:00+00:00",
        "answer": answer, "threshold": 0.2, "index": "i", "considered": [], "documents": [],
    })  # fmt: skip


def word_text(content_: bytes) -> str:
    """A line for each paragraph, with what is in italics between stars, and for each row of a table."""
    lines = []
    for part in WordDocument(io.BytesIO(content_)).iter_inner_content():
        if isinstance(part, Table):
            lines += [f"| {' | '.join(cell.text for cell in row.cells)} |" for row in part.rows]
        else:
            runs = part.iter_inner_content()
            lines.append("".join(f"*{r.text}*" if getattr(r, "italic", False) else r.text for r in runs))
    return "\n".join(lines) + "\n"


def plain(page: str) -> str:
    """The text of a page, with the quotation marks that a browser sets around `<q>`; not what can only be copied."""
    page = re.sub(r"(?s)<(style|script|pre|head)\b.*?</\1>", "", page)
    page = re.sub(r"<q>(.*?)</q>", r"“\1”", page)
    lines = (html.unescape(re.sub(r"<[^>]*>", " ", line)) for line in re.split(r"</(?:p|li|h\d|blockquote|div|span)>", page))
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines))) + "\n"


TEXTS: dict[str, Callable[[Record, str], str]] = {
    "citation.txt": lambda r, _: "\n".join(footnote(c, lang_of(r)) for c in r.answer.citations) + "\n",
    "footnotes.txt": lambda r, _: with_footnotes(r.answer) + "\n",
    "bibtex.bib": lambda r, _: bibtex(r.answer) + "\n",
    "answer.md": lambda r, _: answer_markdown(r, LINK),
    "conversation.md": lambda r, _: conversation_markdown("Goals", [r]),
    "word.txt": lambda r, _: word_text(word_file(r, LINK)),
    "conversation-word.txt": lambda r, _: word_text(conversation_word("Goals", [r])),
    "terminal.txt": lambda r, _: as_text(public(r.answer)) + "\n",
    "openai.txt": lambda r, _: r.answer.text_and_note + "\n",
    "shared.txt": lambda r, language: plain(
        page_html(Shared(r.id, r.answer.question, (r,)), LINK, lambda *_: None, Words(language), "Ask the Plan")
    ),
    "cards.txt": lambda r, language: plain(group_html(r, 1, lambda _: None, Words(language))),
    "answer.txt": lambda r, language: plain(answer_html(r.answer, 1, lambda _: None, Words(language))),
}
DATA: dict[str, Callable[[Record, str], str]] = {
    "evidence.json": lambda r, _: json.dumps(r.to_dict(), ensure_ascii=False, indent=1) + "\n",
    "conversation.json": lambda r, _: conversation_json("Goals", [r]) + "\n",
    "openai.json": lambda r, _: json.dumps(answer_fields(r.answer), ensure_ascii=False, indent=1) + "\n",
}
FORMS = TEXTS | DATA


def lang_of(record: Record) -> str:
    return next(code for code, question in QUESTIONS.items() if question == record.answer.question)


@pytest.mark.parametrize("language", QUESTIONS)
@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_as_it_was_reviewed(form: str, language: str) -> None:
    """Write `golden/` anew with `python -m tests.app.store.test_attribution`, and read the difference."""
    stands = (GOLDEN / language / form).read_text(encoding="utf-8")
    assert FORMS[form](record(language), language) == stands


# --- quotation marks and names

QUOTES = [SUMMARY["quote"], "Year: 2020; R&D spending: 2,439.3 (billion yuan)", "2020; 2,439.3"]
THIRD = [REPORT["title"], REPORT["title_zh"], REPORT["publisher"], MAP["title"], MAP["publisher"]]
OURS = [SUMMARY["title"], SUMMARY["title_zh"]]
OPENS, CLOSES = '“"«「『‘', '”"»」』’'
BETWEEN = re.compile(rf"[{CLOSES}]([^{OPENS}{CLOSES}❰❱]*)❰third❱|❰third❱\W*[{OPENS}]")


def made_up(text: str) -> str:
    """The place in a text at which a quotation mark and the name of a source meet without our document between them, '' if
    there is none. Names may hold quotation marks of their own, so each is replaced by what it is."""
    match = BETWEEN.search(signed(text))
    return match[0] if match else ""


def signed(text: str) -> str:
    """A text with a sign for each name, and for each quote of an original with its quotation marks."""
    text = text.replace("\\", "")
    for original in ORIGINALS:
        text = text.replace(f"“{original['quote']}”", "❰original❱")
    for names, sign in ((THIRD, "❰third❱"), (OURS, "❰ours❱")):
        for name in names:
            text = text.replace(str(name), sign)
    return text


@pytest.mark.parametrize("status", ["answered", "not_found"])
@pytest.mark.parametrize("language", QUESTIONS)
@pytest.mark.parametrize("form", TEXTS)
def test_no_quotation_mark_meets_the_name_of_a_source(form: str, language: str, status: str) -> None:
    assert made_up(TEXTS[form](record(language, status), language)) == ""


@pytest.mark.parametrize("language", QUESTIONS)
@pytest.mark.parametrize("form", ["citation.txt", "footnotes.txt", "answer.md", "word.txt", "terminal.txt"])
def test_the_words_of_an_original_stand_in_quotation_marks_beside_its_own_name(form: str, language: str) -> None:
    for quoted in signed(TEXTS[form](record(language), language)).split("❰original❱")[1:]:
        assert re.match(r"[^❰]*❰third❱", quoted), quoted
        assert re.search(r"para\. 12|第 12 段|p\. 2|第 2 页", quoted)
    assert len(signed(TEXTS[form](record(language), language)).split("❰original❱")) == 3


def test_without_an_original_no_form_says_anything_of_one() -> None:
    for language in QUESTIONS:
        saved = record(language)
        saved = with_citations(saved, lambda c: replace(c, originals=()))
        for form, make in FORMS.items():
            assert not re.search('original(?!")|原文', make(saved, language)), form


@pytest.mark.parametrize("language", QUESTIONS)
def test_an_answer_of_before_is_attributed_to_its_document_as_well(language: str) -> None:
    saved = record(language)
    old = tuple(replace(c, authorship=None, publisher="", date="", url="") for c in saved.answer.citations)
    saved = replace(saved, answer=replace(saved.answer, citations=old))
    for form, make in TEXTS.items():
        assert made_up(make(saved, language)) == "", form
    assert footnote(old[0]).startswith(f"[1] “{SUMMARY['quote']}” {SUMMARY['title']}, based on: {REPORT['title']}")
    assert footnote(old[2]).startswith("[3] “Hefei is for fusion.” Anhui Press, Notes on Hefei, May 2022, https://")


def test_the_check_sees_what_was_printed_before() -> None:
    quote = SUMMARY["quote"]
    for text in (
        f"[1] “{quote}” – {REPORT['title']}, {REPORT['publisher']}. Quoted from: {SUMMARY['title']}.",
        f"[1] “{quote}”——{REPORT['title_zh']}。引自：“十四五”规划概要。",
        f"[1] {SUMMARY['title']}\n    “{quote}”\n    ← {REPORT['title']}",
        f'{REPORT["publisher"]}: "{quote}"',
    ):
        assert made_up(text), text


@pytest.mark.parametrize("language", QUESTIONS)
def test_an_entry_of_a_source_holds_no_quote_and_that_of_the_summary_says_what_it_is(language: str) -> None:
    entries = bibtex(record(language).answer).replace("\\", "").split("\n\n")
    summary, added, *sources = entries
    assert (len(sources), " note = {" in added) == (2, False)
    assert [original["quote"] in entry for original, entry in zip(ORIGINALS, sources, strict=True)] == [True, True]
    assert {"en": "note = {Summary, based on: Report on", "zh": "note = {摘要，依据：2021年政府工作报告"}[
        language
    ] in summary
    for entry in sources:
        assert not any(q in entry for q in QUOTES)
        assert " note = {" not in entry


@pytest.mark.parametrize("language", QUESTIONS)
@pytest.mark.parametrize(
    "form", [form for form in TEXTS if form not in ("citation.txt", "bibtex.bib", "openai.txt", "cards.txt")]
)
def test_every_form_of_an_answer_says_that_a_language_model_worded_it(form: str, language: str) -> None:
    saved = record(language)
    quoted, person = TEXTS[form](saved, language), {"en": "not by a person", "zh": "未经人工核对"}[language]
    assert person not in quoted
    for change in ({"written": True}, {"model": ModelUse("scripted", written=3)}):
        answer = replace(saved.answer, **change)
        note = disclosure(answer, language)
        assert person in note
        assert note in TEXTS[form](replace(saved, answer=answer), language)


def test_no_form_claims_that_a_source_was_opened() -> None:
    for language in QUESTIONS:
        for form, make in TEXTS.items():
            assert not re.search("accessed|urldate|访问", make(record(language), language)), form


def test_a_source_of_the_public_object_is_no_author_of_the_quote() -> None:
    cited = public(record("en").answer)["citations"]
    assert [(c["authorship"], c["publisher"]) for c in cited] == [
        ("summary", "Ask the Plan"), ("summary", "Ask the Plan"), ("original", "Anhui Press")
    ]  # fmt: skip
    assert not any("quote" in s for c in cited for s in c["sources"])


def test_a_refusal_quotes_nothing_and_lists_what_may_be_meant() -> None:
    saved = record("en", "not_found")
    saved = replace(saved, answer=replace(saved.answer, suggestions=("What is *Hefei* for?",)))
    assert read_record(saved.to_dict()).answer.suggestions == ("What is *Hefei* for?",)
    assert with_footnotes(saved.answer) == "Nothing.\n\nDid you mean:\n\n- What is *Hefei* for?"
    for form, make in TEXTS.items():
        text = make(saved, "en")
        assert SUMMARY["title"] not in text, form
        assert "Hefei" in text or form in ("citation.txt", "cards.txt", "bibtex.bib", "openai.txt"), form
    assert "\nDid you mean:\n- What is *Hefei* for?" in as_text(public(saved.answer))


def main() -> None:
    """Write the golden files."""
    for language in QUESTIONS:
        (GOLDEN / language).mkdir(parents=True, exist_ok=True)
        for form, make in FORMS.items():
            (GOLDEN / language / form).write_text(make(record(language), language), encoding="utf-8")


if __name__ == "__main__":
    main()
