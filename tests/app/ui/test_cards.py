"""A source card says at a glance how much its source weighs."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from app.sentences import OriginalQuote
from app.store.export import footnote
from app.ui.cards import card_html, group_html
from app.ui.dialogs import place_html
from app.ui.excerpts import excerpt_html
from app.ui.in_original import originals_html
from app.ui.template import macros
from app.ui.titles import standing
from app.ui.words import Words
from app.web.shelf import Reading
from ingest.documents import Document, Passage, Source
from ingest.split import split
from tests.app.ui.forms.answers import CASES, answered


def nothing(_: str) -> None:
    """Reads no document."""


def text_of(found: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found)).split())


def test_official_or_not_kind_and_language_are_said() -> None:
    source = Source("s", "T", "National Bureau", "2025-02-28", language="zh", official=True, kind="statistics")
    assert standing(source, Words()) == "official statistics · Chinese"
    assert standing(source, Words("zh")) == "统计（官方） · 中文"
    assert standing(Source("s", "T", language="bg"), Words()) == "Bulgarian"
    assert "<b>" not in macros("parts", Words()).source(Source("s", "T", language="<b>"))


def test_a_card_of_the_corpus_says_who_when_and_what() -> None:
    said = text_of(card_html(answered(*CASES["figure-with-unit"]).citations[:1], 1, nothing, Words()))
    assert re.search(r"19 January 2026 · press · English", said)
    assert "R&D spending of China (billion yuan) 3,926.2" in said, "the row is whole without its document"
    chinese = text_of(card_html(answered(*CASES["met-compared"]).citations[:1], 1, nothing, Words("zh")))
    assert "2025年3月5日" in chinese
    assert "政府文件（官方） · 中文" in chinese


def test_a_summary_says_whose_words_it_holds_and_what_it_is_based_on() -> None:
    (summary,) = answered(*CASES["figure-with-unit"]).citations
    own = replace(summary.sources[0], title=summary.title, publisher="Bureau", date="2025")
    original = replace(summary, authorship="original", publisher="Bureau", date="2025", sources=(own,))
    for citation, language, by, label in (
        (summary, "en", "Summary by Ask the Plan", "Based on"),
        (summary, "zh", "Ask the Plan 编写的摘要", "依据的来源"),
        (original, "en", "", "Published as"),
        (original, "zh", "", "发布信息"),
    ):
        card = html.unescape(card_html([citation], 1, nothing, Words(language)))
        assert f'<p class="label">{label}</p>' in card
        assert ('<p class="by">' in card) == bool(by)
        assert by in card


def test_a_target_is_told_from_a_result() -> None:
    row = card_html(answered(*CASES["met-row"]).citations[:1], 1, nothing, Words())
    assert [re.sub("<.*", "", part) for part in row.split('class="status alone ')[1:]] == ['planned">', 'done">']
    target = answered("What is Beijing's target?", "beijing: Beijing's target for R&D spending in 2021-2025")
    assert '<span class="status planned">target</span>' in card_html(target.citations[:1], 1, nothing, Words())
    fact = answered("What did Beijing spend?", "beijing: Beijing spent 262.93 billion yuan on R&D in 2021")
    assert 'class="status' not in card_html(fact.citations[:1], 1, nothing, Words())


def test_a_card_holds_its_citation_as_a_footnote_in_the_language_of_the_question() -> None:
    answer = answered(*CASES["figure-with-unit"])
    (citation,) = answer.citations
    for language, question in (("en", answer.question), ("zh", "中国的研发经费是多少？")):
        record: Any = SimpleNamespace(answer=replace(answer, question=question))
        found = group_html(record, 3, lambda _: None, Words())
        (note,) = re.findall(r'<pre hidden id="note-3-1">(.*?)</pre>', found)
        assert html.unescape(note) == footnote(citation, language)
        assert 'id="act-cite-3-1">Copy citation<' in html.unescape(found)


def test_a_document_that_has_gone_since_is_neither_opened_nor_asked() -> None:
    answer = answered(*CASES["figure-with-unit"])
    (citation,) = answer.citations
    record: Any = SimpleNamespace(answer=answer)
    text = "The text that the index still holds. " * 3
    held = Reading(Document(text, citation.title, "gone.md"), (Passage(citation.document_id, 0, len(text)),))
    offers = (f'id="act-open-1-{citation.number}"', f'id="act-only-{citation.document_id}-1"')
    now = html.unescape(group_html(record, 1, lambda _: held, Words()))
    assert all(offer in now for offer in offers)
    assert "since this answer" not in now
    for changed, removed, said in (
        ((citation,), (), "Changed since this answer was given: "),
        ((), (citation,), "Removed since this answer was given: "),
    ):
        card = html.unescape(group_html(record, 1, lambda _: held, Words(), changed, removed))
        assert [line for line in ("Changed since", "Removed since") if line in card] == [said.partition(" this")[0]]
        assert f"{said}{citation.title}." in card
        assert not any(offer in card for offer in offers)


def test_what_the_original_says_stands_below_our_summary_in_its_own_words() -> None:
    (citation,) = answered(*CASES["figure-with-unit"]).citations
    original = Document("前一句。\n\n全年修建<b>三座灯塔。下一句。", "Bulletin", "bulletin.txt", language="zh")
    start, end = original.text.index("全年"), original.text.index("下")
    source = Source("", "Bulletin", title_zh="统计公报")
    quote = OriginalQuote(original.id, source, 2, original.text[start:end], start, end, "zh", 0.9)
    cited = [replace(citation, originals=(replace(quote, page=1),))]

    def read(document_id: str) -> Reading | None:
        return Reading(original, ()) if document_id == original.id else None

    card = card_html(cited, 1, read, Words())
    assert "<b>" not in card
    card = html.unescape(card)
    assert "Our summary" in card
    assert "<mark>全年修建<b>三座灯塔。</mark>下一句。" in card
    assert "Bulletin · page 1 · Chinese" in card
    assert f'id="act-place-{original.id}-{start}-{end}"' in card
    assert "前一句" not in card
    unpaged = html.unescape(card_html([replace(citation, originals=(quote,))], 1, nothing, Words("zh")))
    assert "<mark>全年修建<b>三座灯塔。</mark></p>" in unpaged
    assert "统计公报 · 第 2 段 · 中文" in unpaged
    assert "act-place" not in unpaged, "an original that is gone is not opened"
    assert "Our summary" not in card_html([citation], 1, read, Words())
    assert "<blockquote" in originals_html(cited, read, Words(), opens=False)
    assert "act-place" not in originals_html(cited, read, Words(), opens=False)


def test_of_a_long_paragraph_of_an_original_whole_words_are_shown() -> None:
    (citation,) = answered(*CASES["figure-with-unit"]).citations
    around = "lighthouse " * 100
    original = Document(f"Above.\n\n{around}Three were built. {around}", "Law", "law.txt")
    start = original.text.index("Three")
    quote = OriginalQuote(original.id, Source("", "Law"), 2, "Three were built.", start, start + 17, "en", 0.9)
    cited = [replace(citation, originals=(quote,))]
    card = text_of(originals_html(cited, lambda _: Reading(original, ()), Words()))
    before, after = card.partition("In the original")[2].split("Three were built.")
    assert set(before.split()) == {"…", "lighthouse"}
    assert after.split()[:2] == ["lighthouse"] * 2
    assert "lighthouse …" in after


def test_who_may_change_documents_is_offered_an_original_that_is_not_held() -> None:
    (citation,) = answered(*CASES["figure-with-unit"]).citations
    source = citation.sources[0]
    offer = f'id="act-get-1-{source.key}"'
    card = card_html([citation], 1, nothing, Words(), missing=lambda s: s == source)
    assert html.unescape(card).count("act-get") == html.unescape(card).count(offer) == 1
    assert "act-get" not in card_html([citation], 1, nothing, Words())
    added = replace(citation, authorship="original")
    assert "act-get" not in card_html([added], 1, nothing, Words(), missing=lambda _: True)


def test_an_original_opens_at_the_place() -> None:
    text = "One sentence. Another one."
    original = Document(text, "Law", "law.txt")
    passages = tuple(p for chunk in split(original) for p in chunk.passages)
    opened = html.unescape(place_html(Reading(original, passages), (14, 26), Words()))
    assert "One sentence. <mark>Another one.</mark>" in opened


def test_a_document_has_one_card_with_each_paragraph_and_table_once() -> None:
    answer = answered(*CASES["series"])
    card = card_html(answer.citations, 1, nothing, Words())
    assert card.count("<article") == card.count("<table") == card.count("<thead") == 1
    assert re.findall(r'<tr class="quote" id="s1-(\d)"', card) == [str(c.number) for c in answer.citations]
    assert card.count("<h3>") == card.count("Summary by") == 1
    assert re.search(r"\[1\] .* \[\d(, \d)*\] ", text_of(card.partition("source-list")[2])), "a source says what rests on it"


def test_a_paragraph_is_shown_once_with_all_its_quotes_marked() -> None:
    document = Document("One fact. Another fact. A third fact.\n\nAnother paragraph.", "T", "t.md", markdown=True)
    passages = tuple(p for chunk in split(document) for p in chunk.passages)
    (cited,) = answered(*CASES["figure-with-unit"]).citations
    plain = replace(cited, document_id=document.id, row=(), unit="", kind="sentence", heading="")
    quotes = [
        replace(plain, number=n, start=p.start, end=p.end, quote=p.quote(document.text)) for n, p in enumerate(passages, 1)
    ]
    card = card_html([quotes[2], quotes[0], quotes[3]], 1, lambda _: Reading(document, passages), Words())
    paragraph, other = re.findall(r"<blockquote.*?</blockquote>", card)
    assert text_of(paragraph) == "1 One fact. Another fact. 3 A third fact."
    assert re.findall(r'id="s1-(\d)".*?<mark>(.*?)</mark>', html.unescape(paragraph)) == [
        ("1", "One fact."),
        ("3", "A third fact."),
    ]
    assert text_of(other) == "4 Another paragraph."


def test_between_two_quotes_stand_the_blanks_of_the_document_and_no_others() -> None:
    document = Document("建成一座灯塔。又建一座。再建一座。", "T", "t.md", markdown=True, language="zh")
    passages = tuple(p for chunk in split(document) for p in chunk.passages)
    (cited,) = answered(*CASES["figure-with-unit"]).citations
    quotes = [
        replace(
            cited,
            document_id=document.id,
            row=(),
            unit="",
            kind="sentence",
            start=p.start,
            end=p.end,
            quote=p.quote(document.text),
        )
        for p in (passages[0], passages[2])
    ]
    found = excerpt_html(quotes, Reading(document, passages), Words())
    assert "</mark>又建一座。<mark>" in re.sub("</?span>", "", found)


def test_a_citation_of_two_items_has_one_number_and_both_marked() -> None:
    document = Document("There are these:\n\n- one\n- two\n- three\n- four\n- five\n", "T", "t.md", markdown=True)
    passages = tuple(p for chunk in split(document) for p in chunk.passages)
    one, two = [p for p in passages if p.kind == "item"][:2]
    (cited,) = answered(*CASES["figure-with-unit"]).citations
    quote = replace(cited, document_id=document.id, row=(), unit="", kind="item", start=one.start, end=two.end)
    found = excerpt_html([quote], Reading(document, passages), Words(), 1)
    assert re.findall(r"<li[^>]*>(.*?)</li>", re.sub(r"<a .*?</a> ", "# ", found)) == [
        "# <mark>one</mark>",
        "<mark>two</mark>",
        "three",
    ]


def test_a_sentence_that_introduces_a_list_stands_once_on_a_card() -> None:
    document = Document("The plan names:\n\n- chips\n- space\n", "Plan", "plan.md", markdown=True)
    reading = Reading(document, tuple(p for chunk in split(document) for p in chunk.passages))
    (cited,) = answered(*CASES["figure-with-unit"]).citations
    lead, item = (
        replace(cited, number=n, quote=p.quote(document.text), start=p.start, end=p.end, row=(), unit="", kind=p.kind)
        for n, p in enumerate(reading.passages[:2], 1)
    )
    assert excerpt_html([item], reading, Words()).count("The plan names") == 1
    assert excerpt_html([item], reading, Words(), beside=[lead, item]).count("The plan names") == 0
    after = replace(lead, number=3)
    assert excerpt_html([item], reading, Words(), beside=[after, item]).count("The plan names") == 1
