"""Properties of splitting over generated documents, and a table of cases that went wrong elsewhere."""

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.documents import Document, read_row
from ingest.split import MAX_PASSAGE, split
from tests.strategies import markdown_texts

SLOW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def passages_of(text, markdown):
    document = Document(text, "T", "t.md", markdown)
    chunks = split(document)
    return document, chunks, [p for c in chunks for p in c.passages]


@SLOW
@given(st.one_of(markdown_texts(), st.text(max_size=400)), st.booleans())
@example("\r0", True)
@example("# Lake\r\n\r\nIt is deep.\r\n- reeds\r- birds\r\n", True)
def test_spans_are_exact_ordered_and_lose_nothing(text, markdown):
    document, chunks, passages = passages_of(text, markdown)
    assert len(document.text) == len(text)
    text = document.text  # control characters are blanks there
    covered = set()
    before = 0
    for p in passages:
        assert before <= p.start < p.end <= len(text)
        assert p.quote(text) == text[p.start : p.end] == p.quote(text).strip()
        assert p.end - p.start <= MAX_PASSAGE or p.kind == "row"
        covered |= set(range(p.start, p.end))
        before = p.end
    for chunk in chunks:
        assert (chunk.start, chunk.end) == (chunk.passages[0].start, chunk.passages[-1].end)
    lost = "".join(c for i, c in enumerate(text) if i not in covered and not c.isspace())
    if not markdown:  # of a table its headings and what its rows are about, which each row knows, and rows without words
        known = {span for p in passages for span in (p.header, p.section) if span}
        bare = "".join(c for i, c in enumerate(text) if i not in covered and not any(a <= i < b for a, b in known))
        assert not re.sub(r"(?m)^(\|---)+\|$|\|", "", bare).strip(), lost
    assert split(document) == chunks  # the same every time


@SLOW
@given(markdown_texts())
def test_every_word_of_a_markdown_text_is_in_a_passage_a_heading_or_a_table_head(text):
    _, _, passages = passages_of(text, True)
    passage_text = " ".join(
        [p.quote(text) for p in passages]
        + [p.heading for p in passages]
        + [text[slice(*p.header)] for p in passages if p.header]
    )
    heads = " ".join(line for line in text.split("\n") if line.startswith(("#", "|")))
    for word in re.findall(r"[a-z]{3,}|[\u4e00-\u9fff]+", text):
        assert word in passage_text or word in heads


CASES = {
    "abbreviations": (
        "The U.S. rule of Dec. 2020 cites Guofa [2020] No. 8. It holds 3.5 percent.",
        ["The U.S. rule of Dec. 2020 cites Guofa [2020] No. 8.", "It holds 3.5 percent."],
    ),
    "references": (
        "It follows from Eq. 4, vol. 2 and Figs. 3 and 4. Dr. Zorn agrees.",
        ["It follows from Eq. 4, vol. 2 and Figs. 3 and 4.", "Dr. Zorn agrees."],
    ),
    "names": (
        "Acme Inc. of the U.S. met J. R. Zorn near Ft. Quux, e.g. in May. It left.",
        ["Acme Inc. of the U.S. met J. R. Zorn near Ft. Quux, e.g. in May.", "It left."],
    ),
    "and others": (
        "Zorn et al. Nature 2031 say so. We follow Quux et al. The method works.",
        ["Zorn et al. Nature 2031 say so.", "We follow Quux et al.", "The method works."],
    ),
    "numbers of points": (
        "Two points: 1. First we sail. 2. Then we rest. It took plan B. Next year it failed.",
        ["Two points: 1. First we sail.", "2. Then we rest.", "It took plan B.", "Next year it failed."],
    ),
    "chinese": ("规划提出三个中心。合肥是第四个！有多少？", ["规划提出三个中心。", "合肥是第四个！", "有多少？"]),
    "wrapped lines": ("One sentence that\ngoes on here. Another.", ["One sentence that\ngoes on here.", "Another."]),
    "lines that end": ("First line.\nSecond line.\nThird", ["First line.", "Second line.", "Third"]),
    "repeated": ("Same.\n\nSame.\n\nSame.", ["Same.", "Same.", "Same."]),
    "nested list": ("- one\n  - two\n- three", ["one", "two", "three"]),
    "numbered list": ("1. one\n2. two", ["one", "two"]),
}


@pytest.mark.parametrize("name", CASES)
def test_sentences(name):
    text, expected = CASES[name]
    assert [p.quote(text) for p in passages_of(text, True)[2]] == expected


def test_a_row_reads_with_its_headings_and_an_item_knows_its_lead():
    text = "Four fields are named:\n\n- energy\n- health\n\n| A | B |\n|---|---|\n| 1 |  |\n"
    _, _, passages = passages_of(text, True)
    assert [text[slice(*p.lead)] if p.lead else None for p in passages[1:3]] == ["Four fields are named:"] * 2
    assert passages[3].read(text) == "A: 1"
    assert read_row("| A | B |", "| 1 | 2 | 3 |") == "A: 1; B: 2; 3"


def test_headings_make_the_path_without_the_title():
    _, chunks, _ = passages_of("# Title\n\n## Part\n\n### Box\n\nText.\n\n## Next\n\nMore.", True)
    assert [c.heading for c in chunks] == ["Part › Box", "Next"]


def test_an_edit_changes_only_the_chunks_around_it():
    paragraphs = [f"Paragraph {n} says that the value is {n * 7}. " * 9 for n in range(40)]
    before = {c.read(t) for t in ["\n\n".join(paragraphs)] for c in passages_of(t, True)[1]}
    paragraphs[20] += "One more sentence."
    after = {c.read(t) for t in ["\n\n".join(paragraphs)] for c in passages_of(t, True)[1]}
    assert len(after - before) == 1


def test_a_long_text_without_any_boundary_is_still_cut():
    text = "字" * 25_000
    assert "".join(p.quote(text) for p in passages_of(text, False)[2]) == text


def test_lines_behind_labels_are_passages_of_their_own():
    text = "Housing: steel\nWeight: 1.6 kg\nPressure: 2 bar\n\n时间：九月八日\n主持人：何国栋\n\n"
    text += "Here it is: one\nline that is wrapped"
    assert [p.quote(text) for p in passages_of(text, False)[2]] == [
        *["Housing: steel", "Weight: 1.6 kg", "Pressure: 2 bar", "时间：九月八日", "主持人：何国栋"],
        "Here it is: one\nline that is wrapped",
    ]


def test_a_long_address_does_not_part_a_wrapped_sentence():
    text = f"It offers a [method](https://example.org/{'x' * 120})\nthat follows redirects."
    assert len(passages_of(text, True)[2]) == 1
