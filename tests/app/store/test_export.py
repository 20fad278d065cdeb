"""What is pasted elsewhere: BibTeX that any reader of it takes, whatever stands in a title."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answers import Answer
from app.sentences import Citation, Sentence
from app.store.export import STYLES, answer_markdown, bibtex, file_name, reference, references
from app.store.records import Record
from ingest.documents import Source

SIGNS = st.text(st.one_of(st.sampled_from("{}%&_#$~^\\\n\r\t\"'@,= aé合"), st.characters(codec="utf-8")), max_size=40)


def answer(title="", publisher="", url="", where="", quote="q", when="2021-03"):
    source = Source("s", title, publisher, when, url, where)
    citation = Citation(1, "d", source.title, "", quote, 0, len(quote), "en", (source,))
    return Answer("?", "?", "answered", (Sentence("x", (1,)),), (citation,))


def fields(entry):
    """The fields of one entry, read as BibTeX reads them: a brace counts whatever stands before it."""
    head, _, rest = entry.partition(",\n")
    assert re.fullmatch(r"@misc\{[A-Za-z0-9-]+", head), head
    values, depth, start, name = {}, 1, 0, ""
    for place, sign in enumerate(rest):
        if sign == "{":
            depth += 1
            if depth == 2:
                name, start = rest[start:place].strip(" ,\n="), place + 1
        elif sign == "}":
            depth -= 1
            if depth == 1:
                values[name], start = rest[start:place], place + 1
            if depth == 0:
                assert rest[place + 1 :] == "", rest[place:]
    assert depth == 0, entry
    return values


@given(SIGNS, SIGNS, SIGNS, SIGNS)
def test_whatever_a_source_says_is_one_entry_with_its_fields(title, publisher, where, quote):
    entry = fields(bibtex(answer(title, publisher, "", where, quote)))
    assert set(entry) <= {"title", "author", "year", "month", "howpublished", "annote"}
    for value in entry.values():
        assert "\n" not in value
        assert not re.search(r"(?<!\\)[%&#$_~^]", value), value


def test_signs_that_tex_obeys_are_written_out():
    entry = fields(bibtex(answer("R&D {50%} of $x_1^2 #~\\", where="a}\nb{", quote="}")))
    spelled = r"R\&D \textbraceleft{}50\%\textbraceright{} of \$x\_1\textasciicircum{}2 \#\textasciitilde{}\textbackslash{}"
    assert entry["title"] == f"{{{spelled}}}"
    assert entry["howpublished"] == r"a\textbraceright{} b\textbraceleft{}"
    assert entry["annote"] == r"[1] \textbraceright{}"


def test_an_address_and_a_date_close_nothing():
    entry = fields(bibtex(answer("T", url="https://a.org/x}y{z\\%20_b?q=1&r=#c", when="}202")))
    assert entry["url"] == "https://a.org/x%7Dy%7Bz%5C%20_b?q=1&r=#c"
    assert "year" not in entry


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd"])
def test_an_address_that_is_none_of_the_web_is_not_handed_on(url):
    assert "url" not in fields(bibtex(answer("T", url=url)))


@pytest.mark.parametrize(("question", "between"), [("What is it?", "; "), ("这是什么？", "；")])
def test_an_address_in_markdown_is_a_link_without_the_marks_behind_it(question, between):
    sources = tuple(Source(t, t, "", "", f"https://a.org/{t}_(b)?c=1") for t in ("x", "y"))
    citation = Citation(1, "d", "T", "", "q *r* https://", 0, 1, "en", sources)
    saved = Answer(question, "", "answered", (Sentence("x", (1,)),), (citation,))
    text = answer_markdown(Record("0", "2026-11-27", saved, 0.2, "i", (), ()), "l")
    assert f"<https://a.org/x_(b)?c=1>{between}y" in text
    assert re.search(r"<https://a\.org/y_\(b\)\?c=1>[.。]\n", text)
    assert r"q \*r\* https://" in text


def test_a_file_is_named_as_a_person_would():
    assert file_name("What is Hefei for?", "md") == "What is Hefei for.md"
    assert file_name("合肥综合性国家科学中心是什么时候批准的？", "docx") == "合肥综合性国家科学中心是什么时候批准的？.docx"
    assert file_name('../a\\b:\n"c"', "json") == "a b c.json"
    assert file_name("word " * 40, "md") == "word word word word word word word word word word word word….md"
    assert file_name("??", "md") == "answer.md"


CITED = {
    "GB/T 7714": "Bureau. 研发公报[EB/OL]. (2025-09-30)[2026-11-27]. https://b.cn/1.",
    "APA": "Bureau. (2025, September 30). R&D Report. https://b.cn/1",
    "Chicago": "Bureau. “R&D Report.” September 30, 2025. https://b.cn/1.",
}
BARE = {
    "GB/T 7714": "Notes[Z]. (2021-03). a shelf.",
    "APA": "Notes. (2021, March). a shelf.",
    "Chicago": "“Notes.” March 2021. a shelf.",
}


@pytest.mark.parametrize("style", STYLES)
def test_a_source_is_referred_to_as_the_style_has_it(style):
    report = Source("s", "R&D Report", "Bureau", "2025-09-30", "https://b.cn/1", title_zh="研发公报")
    assert reference(report, style, "2026-11-27") == CITED[style]
    assert reference(Source("n", "Notes", "", "2021-03", where="a shelf"), style, "2026-11-27") == BARE[style]
    assert "Notes" in reference(Source("n", "Notes"), style, "2026-11-27")


def test_who_asked_for_one_figure_gets_the_reference_to_it_alone():
    sources = [Source(str(n), f"Report {n}", "Bureau", "2025", f"https://b.cn/{n}") for n in range(3)]
    cited = tuple(
        Citation(n, f"d{n}", "T", "", "q", n, n + 1, "en", (s,), authorship="summary") for n, s in enumerate(sources, 1)
    )
    given = Answer("?", "?", "answered", (Sentence("x", (2,)), Sentence("y", (1, 3))), cited)
    record = Record("r", "2026-11-27T10:00:00", given, 0.2, "i", (), ())
    assert references(record)["APA"].count("https://") == 3
    alone = references(replace(record, answer=replace(given, wanted="money")))
    assert alone["APA"] == "Bureau. (2025). Report 1. https://b.cn/1"
    assert list(alone) == [*STYLES, "BibTeX"]
