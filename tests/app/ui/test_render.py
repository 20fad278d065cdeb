"""A worded answer as HTML: blocks with a number after each statement, what was left out, and the switch to quotes."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from app.answers import Answer, AnswerBody, LeftOut, ModelUse, NotePart
from app.query.rules import read_wish
from app.query.values import Wish
from app.sentences import Citation, Place, Sentence
from app.store.records import Record, make_record, read_record
from app.ui.render import answer_html, forms, next_html, sentences_html
from app.ui.session import SessionState
from app.ui.words import Words
from app.web.about import About, Subject
from ingest.documents import Source

CITED = tuple(Citation(n, "d", "T", "", f"Quote {n}.", n, n + 1, "en", ()) for n in (1, 2, 3, 4))
ROWS = (Place(3, "table", (("City", "Hefei"), ("Year", "2017"))), Place(3, "table", (("City", "Wuhan"), ("Year", "<i>"))))
SAID = (
    Sentence("First.", (1,), place=Place(1)),
    Sentence("Second [x](http://evil) <img>.", (1, 2), place=Place(1)),
    Sentence("An item", (3,), place=Place(2, "list")),
    Sentence("Another item", (2,), place=Place(2, "list")),
    Sentence("City: Hefei; Year: 2017", (3,), place=ROWS[0]),
    Sentence("City: Wuhan; Year: <i>", (4,), place=ROWS[1]),
    Sentence("A quote.", (4,)),
)
USE = ModelUse(
    "openai:x",
    written=8,
    removed=2,
    left_out=(LeftOut("<b>Lie</b>", "Nothing in the evidence says so."), LeftOut("L", "stop")),
)
QUOTES = Answer("q", "q", "answered", (Sentence("Quote 2.", (1,)),), (replace(CITED[1], number=1),))
BODY = AnswerBody("answered", QUOTES.sentences, QUOTES.citations)
WORDED = Answer("q", "q", "answered", SAID, CITED, model=USE, quotes=BODY, seconds=2.0)


def html(answer: Answer, words: Words | None = None, whole: Answer | None = None) -> str:
    return answer_html(answer, 1, lambda _: None, words or Words(), whole=whole)


def test_statements_stand_in_the_blocks_that_they_were_written_in():
    found = html(WORDED)
    assert found.count('<span class="statement">') == 2
    assert found.count('<ul class="points"><li>An item') == 1
    assert found.count("<table>") == 1
    assert '<th scope="col">City</th><th scope="col">Year</th>' in found
    assert '<td>Hefei</td><td>2017 <span class="cites"><a' in found
    assert found.count('<p class="sentence">A quote') == 1
    assert found.count('class="cite"') == 8, "a number after each statement"


def test_what_a_model_writes_is_plain_text():
    found = html(WORDED)
    assert not any(sign in found for sign in ("<img>", "<i>", "<b>Lie", "[x]"))


def test_what_was_left_out_is_folded_with_its_reason_and_never_a_word_of_the_page():
    found, chinese = html(WORDED), html(WORDED, Words("zh"))
    assert 'details class="leftout"' in found
    assert "2 statements left out" in found
    assert "Nothing in the evidence says so" in found
    assert "所给段落中没有这样的说法" in chinese
    assert "</q> stop</li>" in chinese, "a judge's words are the judge's"
    assert "leftout" not in html(replace(WORDED, model=replace(USE, left_out=())))


def test_the_switch_stands_where_there_are_both():
    assert all(f'id="act-{name}-1"' in html(WORDED) for name in ("quotes", "worded"))
    assert 'id="act-quotes-1"' not in html(QUOTES)
    turned = html(QUOTES, whole=WORDED)
    assert 'class="act side chosen" id="act-quotes-1"' in turned
    assert "statements left out" not in turned


def record(answer: Answer) -> Record:
    return make_record(answer, 0.2, "", lambda _: None)


def test_a_record_keeps_the_quotes_and_is_looked_at_either_way():
    kept = record(WORDED)
    read = read_record(kept.to_dict())
    assert read.answer.quotes is not None
    assert read.answer.quotes == BODY
    assert read.to_dict() == kept.to_dict()
    assert SessionState().looked_at(kept) is kept
    seen = SessionState(as_quotes=(kept.id,)).looked_at(kept)
    assert (seen.answer.sentences, seen.answer.seconds) == (QUOTES.sentences, 2.0)
    plain = record(QUOTES)
    assert SessionState(as_quotes=(plain.id,)).looked_at(plain) == plain


def test_a_conversation_knows_what_its_answers_cite():
    kept = record(WORDED)
    (question, said) = SessionState(records=(kept,)).history()
    assert (question.role, question.cited) == ("user", ())
    assert said.cited == tuple((c.document_id, c.start, c.end) for c in kept.answer.citations)
    assert said.cited


def test_the_buttons_for_other_forms_send_words_that_are_understood():
    for language in ("en", "zh"):
        words = Words(language)
        for form in ("short", "longer", "table", "simple"):
            assert read_wish(words(f"form_{form}")) == (Wish(form), "")
        for other in ("en", "zh"):
            assert read_wish(words(f"form_{other}")) == (Wish(language=other), "")


def test_a_written_answer_offers_its_other_forms_and_the_other_language():
    written = replace(WORDED, model=None, written=True, forms=("short", "table"))

    def buttons(answer: Answer, words: Words) -> list[tuple[str, str]]:
        return re.findall(r"act-form-1-(\w+)\">(.*?)<", unescape(next_html((), words, forms(answer), 1)))

    offered = buttons(written, Words())
    assert offered == [("short", "Shorter"), ("table", "As a table"), ("zh", "In Chinese")]
    chinese = replace(written, sentences=(replace(SAID[0], text="第一句话。"), *SAID[1:]))
    assert ("en", "用英文") in buttons(chinese, Words("zh"))
    assert not buttons(WORDED, Words())


def test_an_answer_that_was_put_together_says_so():
    written = replace(WORDED, model=None, written=True, seconds=0.0)
    for words, said in ((Words(), "Put together from sentences written in advance"), (Words("zh"), "由预先写成的句子组成")):
        glance, folded = html(replace(written, composed=True), words).split("</summary>", 1)
        assert said in glance
        assert words("exports.composed") in unescape(folded)
        assert said not in html(written, words)


def test_who_asks_for_the_sources_sees_the_documents_first_and_their_words_folded():
    source = Source("s", "Report", "Bureau", "2025-02-28", official=True)
    cited = tuple(replace(c, authorship="summary", sources=(source,)) for c in CITED[:2])
    note = NotePart("sources", "Sources: Report, Bureau."), NotePart("gap", "Half is missing.")
    found = html(
        Answer("q", "q", "partial", (Sentence("Quote 1.", (1,)), Sentence("Quote 2.", (2,))), cited, note_parts=note)
    )
    listed, folded = found.split("<details", 1)
    assert listed.count("<b>T &#40;summary&#41;</b>") == listed.count("Report") == 1
    assert "Bureau · 28 February 2025 · " in listed
    assert listed.count('class="cite"') == 2
    assert folded.count('<p class="sentence">') == 2
    assert "Sources:" not in found
    assert "Half is missing" in found


@pytest.mark.parametrize(("said", "dot"), [("Met", "done"), ("落后", "behind"), ("Open", "planned"), ("Open sea", "")])
def test_how_a_target_came_out_has_a_dot_and_a_word(said: str, dot: str) -> None:
    rows = tuple(
        Sentence(name, (1,), place=Place(1, "table", (("Indicator", name), ("Status", said)))) for name in ("5G", "carbon")
    )
    cited = Citation(1, "d", "T", "", "A quote.", 0, 8, "en", ())
    page = sentences_html(Answer("q", "q", "answered", rows, (cited,), written=True), 1, lambda _: None, Words("en"))
    assert page.count(f'<span class="status alone {dot}"></span>{said}') == (2 if dot else 0)
    assert page.count(f">{said}") == 2


def test_a_refusal_says_what_the_documents_are_about_above_the_questions() -> None:
    subjects = (Subject(("Cities", "城市"), ("*",)), Subject(("Chips", "芯片"), ("*",)))
    about = About("T", "", (), subjects=subjects)
    said = unescape(next_html(["What?"], Words("en"), about=about.covers("en")))
    assert "The documents are about: Cities; Chips." in said
    assert about.covers("zh") == "文件的内容：城市；芯片。"
    assert "are about" not in next_html(["What?"], Words("en"), about=About("T", "", ()).covers("en"))
