"""Answers of the built-in corpus in the form of their question, and that no form loses anything that is said."""

from __future__ import annotations

import html
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.answers import Answer
from app.sentences import Citation, Place, Sentence
from app.store.records import make_record, read_record
from app.ui.forms.figure import number
from app.ui.render import answer_html, partial_html
from app.ui.words import Words
from app.web.shelf import Reading
from tests.app.ui.forms.answers import CASES, INTENSITY, LIST, answered, document

GOLDEN = Path(__file__).parent / "golden"
POOL = sorted({place for _, *places in CASES.values() for place in places})


def shown(answer: Answer, words: Words | None = None) -> str:
    """The answer's HTML without what stands below it, and without what a number shows."""
    found = answer_html(answer, 1, lambda _: None, words or Words()).partition('<div class="foot"')[0]
    return re.sub(r'<span class="tip" hidden>.*?</span>', "", found)


def text_of(found: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?strong>", "", found))).split())


def lines_of(found: str) -> str:
    """HTML with a line for each block, so that a change can be read."""
    return re.sub(r"(?=<(?:p|div|table|tr|thead|tbody|figure|svg|rect|text|li|ol|ul|caption)\b)", "\n", found).strip() + "\n"


@pytest.mark.parametrize("name", CASES)
def test_a_form_is_as_it_was_looked_at(name: str) -> None:
    """`REWRITE=1` writes the files anew, to be looked at."""
    found, file = lines_of(shown(answered(*CASES[name]))), GOLDEN / f"{name}.html"
    if os.environ.get("REWRITE"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(found, encoding="utf-8")
    assert found == file.read_text(encoding="utf-8")


def complete(answer: Answer, found: str) -> None:
    said, cited = text_of(found), {c.number: c for c in answer.citations}
    for sentence in answer.sentences:
        row = cited[sentence.citations[0]].row
        parts = [value for _, value in row if value] if row else re.split(r"(?<=[,:;])\s", sentence.text)
        assert all(" ".join(part.split()) in said for part in parts), (sentence.text, said)
        assert all(f'href="#s1-{n}"' in found for n in sentence.citations)


@pytest.mark.parametrize("words", [Words(), Words("zh")], ids=["en", "zh"])
@pytest.mark.parametrize("name", CASES)
def test_each_value_and_number_is_there(name: str, words: Words) -> None:
    answer = answered(*CASES[name])
    complete(answer, shown(answer, words))
    whole = partial_html(answer, 1, lambda _: None, words, len(answer.sentences))
    assert re.sub(r'<span class="tip" hidden>.*?</span>', "", whole)[len('<div class="reply partial">') :].startswith(
        shown(answer, words)[len('<div class="reply done">') :].split('<p class="note">')[0].removesuffix("</div>")
    ), "what appears is what stays"


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(POOL), min_size=1, max_size=7, unique=True),
    st.sampled_from([question for question, *_ in CASES.values()]),
)
def test_no_form_loses_what_is_said(places: list[str], question: str) -> None:
    answer = answered(question, *places)
    complete(answer, shown(answer))


def test_the_figure_stands_first_in_large_with_its_unit_and_date() -> None:
    said = text_of(shown(answered(*CASES["figure-with-unit"])))
    assert said.startswith(
        "3,926.2 billion yuan Source 1 R&D spending of China (billion yuan) · 2025 · as of 19 January 2026"
    )


def test_of_two_figures_of_one_year_the_later_is_drawn() -> None:
    rows = ("3,335", "3,613", "over 3,600", "3,926")
    places = (f"rd-statistics: R&D spending of China (billion yuan): {figure}" for figure in rows)
    found = shown(answered("How has R&D spending developed since 2023?", *places))
    assert found.count("<rect") == 3
    labels = re.findall(r"<text[^>]*>([^<]*)</text>", html.unescape(found))
    assert labels == ["3,335.71", "3,600", "3,926.2", "2023", "2024", "2025"]


def test_what_is_as_likely_wrong_is_not_in_large() -> None:
    figure = answered(*CASES["figure"])
    assert 'class="large"' in shown(figure)
    assert 'class="large"' not in shown(replace(figure, suggestions=("What else?",)))


def test_two_answers_are_not_one_in_large() -> None:
    places = ("who-and-when: Holder: Wang Zhigang", "who-and-when: Holder: Yin Hejun")
    assert 'class="large"' not in shown(answered("Who is the minister of science and technology?", *places))


def test_a_verdict_of_the_program_is_marked_and_says_met_only_where_the_target_names_its_bound() -> None:
    met, below = (text_of(shown(answered(*CASES[name]))) for name in ("met-sentence", "met-compared"))
    assert "Compared automatically result 10.5 percent > target 7 percent: met" in met
    assert "Compared automatically result 87.2 percent < target 87.5 percent" in below
    assert ": met" not in below
    assert "Compared automatically" not in text_of(shown(answered(*CASES["met-row"]))), "the table has a verdict of its own"


def test_what_only_lies_above_a_limit_is_not_compared() -> None:
    vague = "how-it-came-out: China was behind the emerging industries target"
    assert "Compared automatically" not in shown(answered("Was the target for emerging industries met?", vague))


def test_targets_and_results_are_marked_for_eyes_and_ears() -> None:
    found = shown(answered(*CASES["met-row"]))
    assert 'class="status alone planned"></span>Target</th>' in found  # its name says it already
    assert 'class="status alone done"></span>Result</th>' in found
    assert 'planned"></span>目标</th>' in shown(answered(*CASES["met-row"]), Words("zh"))


def test_a_series_is_drawn_of_what_is_asked() -> None:
    spending, intensity = (shown(answered(*case)) for case in (CASES["series"], INTENSITY))
    assert "Bar chart: R&D spending of China (billion yuan), 2012 to 2025" in text_of(spending)
    assert "Bar chart: R&D intensity (% of GDP), 2012 to 2025" in text_of(intensity)
    share = shown(answered("R&D spending as % of GDP each year 2012 to 2025 pls", *INTENSITY[1:]))
    assert "Bar chart: R&D intensity (% of GDP), 2012 to 2025" in text_of(share)
    assert spending.count("<rect") == 5
    assert [number(c) for c in ("over 3,600", "5.5 to 6 percent", "first", "1,867.38")] == [3600.0, None, None, 1867.38]


def test_an_empty_cell_says_so() -> None:
    rows = ("rd-statistics: Performer of R&D: enterprises", "rd-statistics: Performer of R&D: universities")
    answer = replace(answered("How much did they spend?", *rows), sides=("enterprises", "universities"))
    assert "not stated" in text_of(shown(answer))
    assert "Nothing specific to this side was found" in text_of(shown(answered(*CASES["side-without"])))


def test_a_list_is_a_list() -> None:
    found = shown(answered(*LIST, listed=True))
    assert re.search(
        r'artificial intelligence&#58; <span class="cites"><a[^<]*<span class="sr">Source </span>1</a></span></p><ul',
        found,
    )
    assert found.count("<li>") == 2


def test_what_is_not_found_is_one_sentence_and_buttons_for_what_may_be_meant() -> None:
    refused = replace(answered(*CASES["rows"], sure=0.1), suggestions=("What is <AI>?", "And chips?"))
    assert refused.closest
    said = answer_html(refused, 1, lambda _: None, Words()).partition('<div class="foot"')[0]
    assert text_of(said) == "No answer to this was found in the documents. Did you mean What is <AI>? And chips?"
    assert re.findall(r'id="act-ask-meant1&#45;(\d)"', said) == ["0", "1"]


def test_a_fact_that_a_row_gives_is_not_given_again_and_its_number_stands_with_the_row() -> None:
    question = "Was the target for surface water met?"
    twice = answered(question, "how-it-came-out: surface water of Class III or better; Target: 85",
                     "results: surface water of Class III or better")  # fmt: skip
    found = shown(twice)
    assert found.count("<table") == 1
    assert len(twice.sentences) == 2
    assert re.search(r'href="#s1-1".*?</td>', found)[0].count('class="cite"') == 1  # type: ignore[index]
    assert 'href="#s1-2"' in found.partition("</td>")[0]


def prose(*texts: str, kind: str = "paragraph", question: str = "q", **more: Any) -> Answer:
    """An answer that was written beforehand."""
    cited = tuple(Citation(n, "d", "T", "", f"Quote {n}.", n, n + 1, "en", ()) for n in range(1, len(texts) + 1))
    cells = [tuple(tuple(cell.split(": ", 1)) for cell in text.split("; ")) if kind == "table" else () for text in texts]
    said = [Sentence(t, (n,), place=Place(1, kind, cells[n - 1])) for n, t in enumerate(texts, 1)]  # type: ignore[arg-type]
    return replace(Answer(question, question, "answered", tuple(said), cited, written=True), **more)


def test_a_verdict_stands_first_in_large_and_is_said_once() -> None:
    met = "China met the target: R&D spending rose by 10.5 percent."
    found = text_of(shown(prose(met, question="Was the target met?")))
    assert found == "China met the target R&D spending rose by 10.5 percent. Source 1"
    assert text_of(shown(prose("没有。文件只给出目标。", question="目标完成了吗？"))) == "没有 文件只给出目标。 Source 1"
    assert 'class="large"' not in shown(prose(met, question="What came of the target?")), "nobody asked for a yes or no"
    assert 'class="large"' not in shown(prose("In 2024: 42 percent.", question="Was the target met?")), "that is a year"
    assert 'class="large"' in shown(prose("GDP目标已经达到：全国增长了。", question="目标达到了吗？"))
    assert 'class="large"' not in shown(prose("Target: 42 percent.", question="Was it met?")), "that is a label"


@pytest.mark.parametrize(
    ("texts", "heads"),
    [
        (("Shanghai: seat of SMIC.", "Shenzhen: 4 key fields.", "Neither has a plan of its own."), ["Shanghai", "Shenzhen"]),
        (("上海：中芯国际的总部。", "深圳：四个重点领域。"), ["上海", "深圳"]),
        (("Shanghai: seat of SMIC.", "It was a village."), []),
        (("8 May 2015: it is dated.", "March 2021: it is approved."), []),
        (("A: 1", "B: 2", "C: 3", "D: 4"), []),
    ],
)
def test_statements_with_a_label_each_stand_side_by_side(texts: tuple[str, ...], heads: list[str]) -> None:
    found = shown(prose(*texts))
    assert re.findall(r'<th scope="col">(.*?)</th>', found) == heads
    assert all(re.split(": |：", text)[-1][1:] in text_of(found) for text in texts)


def test_a_quote_whose_figures_were_written_is_left_out_of_a_joined_answer() -> None:
    whole = prose("规划目标是到2025年约占20%，2024年生产1316.8万辆。")
    quote = Sentence("The plan wanted 20 percent; China made 13.168 million.", (1,))
    other = Sentence("The plan wanted 20 percent; China sold 16.49 million.", (1,))
    assert "13.168" not in text_of(shown(replace(whole, sentences=(*whole.sentences, quote))))
    assert "16.49" in text_of(shown(replace(whole, sentences=(*whole.sentences, other))))


def test_quotes_in_another_language_than_the_question_are_announced() -> None:
    hefei = answered(*CASES["figure"])
    asked = replace(hefei, question="合肥综合性国家科学中心是什么时候批准的？")
    assert ["In English" in shown(answer) for answer in (hefei, asked)] == [False, True]
    assert "英文" in shown(asked, Words("zh"))


def test_a_figure_that_was_written_stands_first_in_large_with_its_percent_sign() -> None:
    answer = prose("It was 2.8 percent of GDP.", "That was 0.11 points more.")
    marked = replace(answer.sentences[0], highlight=(7, 25))
    answer = replace(answer, sentences=(marked, answer.sentences[1]), wanted="share")
    assert text_of(shown(answer)).startswith("2.8% of GDP It was 2.8 percent of GDP. Source 1")


def test_years_that_were_written_in_a_table_are_drawn_and_dates_in_a_list_make_a_line() -> None:
    years = [f"Year: {year}; Spending (billion yuan): {value}" for year, value in ((2021, 2790), (2022, 3078), (2023, 3335))]
    assert shown(prose(*years, kind="table", question="spending by year")).count("<rect") == 3
    dates = ("April 2018: the United States shuts ZTE out.", "May 2019: Huawei is listed.", "7 October 2022: limits begin.")
    found = shown(prose(*dates, kind="list"))
    assert [text_of(when) for when in re.findall(r'<span class="when">(.*?)</span>', found)] == [
        "April 2018", "May 2019", "7 October 2022"
    ]  # fmt: skip
    assert "The United States shuts" in text_of(found)
    assert 'class="timeline"' not in shown(prose(*dates, "Then it ended.", kind="list"))


def test_names_of_columns_and_units_are_in_the_reader_s_language() -> None:
    series = answered(*CASES["series"])
    assert "比上年增长（%）" in shown(series, Words("zh"))
    assert "Growth on the year before (%)" in text_of(shown(series))
    assert Words("zh").term("Blimps (crowns)") == "Blimps (crowns)"


def test_a_number_shows_what_it_rests_on() -> None:
    found = answer_html(answered(*CASES["met-row"]), 1, lambda _: None, Words())
    tip = re.search(r'<span class="tip" hidden>(.*?)</span>', found)
    assert tip
    assert "Target: 85 percent; Result: 90.4, 2024" in text_of(tip[1])


def test_a_record_keeps_what_the_forms_look_at() -> None:
    for name in ("figure-with-unit", "sides"):
        kept = make_record(answered(*CASES[name]), 0.2, "", lambda _: None)
        read = read_record(kept.to_dict())
        assert shown(read.answer) == shown(kept.answer)
        assert read.to_dict() == kept.to_dict()


def test_an_older_record_is_looked_up_in_its_document_and_stands_as_it_was_without() -> None:
    answer = answered(*CASES["met-row"])
    old = replace(answer, citations=tuple(replace(c, kind=None, row=()) for c in answer.citations))
    text, passages = document("how-it-came-out")
    known = answer_html(old, 1, lambda _: Reading(text, passages), Words())
    assert known == answer_html(answer, 1, lambda _: None, Words())
    assert f'<p class="sentence">{text_of(answer.sentences[0].text)} <span class="cites"><a' in html.unescape(shown(old))


def test_signs_in_cells_are_no_html() -> None:
    cited = Citation(
        1, "d", "<b>T</b>", "", "| <i>x</i> | 5 |", 0, 3, "en", (), kind="row", row=(("<u>", "<i>x</i>"), ("n", "5"))
    )
    found = answer_html(Answer("q", "q", "answered", (Sentence(cited.read, (1,)),), (cited,)), 1, lambda _: None, Words())
    assert not any(sign in found for sign in ("<u>", "<i>", "<b>T"))
