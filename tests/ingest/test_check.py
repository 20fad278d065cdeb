"""The corpus checker: broken documents made here, each with the problem expected; and the real corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.check import check
from ingest.errors import CorpusError
from tests.corpus_form import FILLER, FRONT, GOOD, folder_of, line_of

CORPUS = Path(__file__).parents[2] / "corpus"


def problems_of(tmp_path: Path, **documents: str) -> list[str]:
    return [str(p) for p in check(folder_of(tmp_path, **documents)).problems]


def test_a_good_document_has_no_problem_and_a_right_row(tmp_path: Path) -> None:
    report = check(folder_of(tmp_path, good=GOOD))
    assert report.problems == ()
    (row,) = report.rows
    # 2 sentences, a lead, 2 items, 2 rows and the filler; of these 5 rest on the work report
    assert (row.name, row.passages, row.sources, row.official) == ("good.md", 18, 2, 5)
    assert report.total.share == pytest.approx(5 / 18)
    assert "| good.md | " in report.table()
    assert "28%" in report.table()
    assert len(report.notes) == 1
    assert "14,000 to 30,000" in report.notes[0]


# (what is replaced, by what, a part of the line at fault afterwards, a part of the problem)
BROKEN = {
    "front matter missing": (FRONT, "", "", "front matter is missing"),
    "not YAML": ('title: "Chips: a digest"', "title: Chips: a digest", "title: Chips", "not YAML"),
    "no title": ('title: "Chips: a digest"\n', "", "---", "has no `title`"),
    "empty publisher": ("publisher: Ask the Plan", "publisher:", "publisher:", "`publisher: `"),
    "no authorship": ("authorship: summary\n", "", "---", "no `authorship`"),
    "unknown authorship": ("authorship: summary", "authorship: digest", "authorship:", "one of summary, original"),
    "unknown field": ("publisher: Ask the Plan", "publisher: A\ntags: x", "tags:", "unknown field `tags`"),
    "order no number": ("order: 10", "order: first", "order:", "whole number"),
    "date of a month": ("date: 2026-11-24", "date: 2026-11", "date: 2026-11", "YYYY-MM-DD"),
    "date in no calendar": ("date: 2021-03-05", "date: 2021-02-30", "date: 2021-02-30", "in the calendar"),
    "date in words": ("date: 2021-03\n", "date: March 2021\n", "March", "in the calendar"),
    "no sources": (FRONT[FRONT.index("sources:") : -4], "", "---", "No sources are listed"),
    "bad language": ("language: zh", "language: Chinese", "language: Chinese", "language code"),
    "source without publisher": ("    publisher: Asia Times\n", "", "  at21:", "`at21` has no `publisher`"),
    "source listed twice": ("  at21:", "  gwr21:", "  gwr21:\n    title: A", "`gwr21` stands twice"),
    "source id that YAML takes for false": ("  at21:", "  no:", "  no:", "does not read `no` as text"),
    "title in no calendar": ('title: "Chips: a digest"', "title: 2021-02-30", "---", "does not exist"),
    "bad source id": ("  at21:", "  at-21:", "  at-21:", "`at-21` is not allowed"),
    "no url and no where": ("    url: https://asiatimes.com/2021/03/tale/\n", "", "  at21:", "neither url nor where"),
    "url with a space": ("2021/03/tale/", "2021/03/a tale/", "url:", "no spaces"),
    "url without a host": ("https://asiatimes.com/2021", "https:///2021", "url:", "with a host"),
    "url of a file": ("https://asiatimes.com/2021/03/tale/", "file:///tmp/x", "url:", "http(s) address"),
    "official neither": ("official: true", "official: perhaps", "official: perhaps", "true or false"),
    "sentence without id": ("in 2020.[^gwr21]", "in 2020.", "The output of", "No source id at 'The output of chips"),
    "last sentence without id": ("in chips.[^at21]", "in chips.", "The output of", "at 'Shanghai leads in chips.'"),
    "item without id": ("- more output[^gwr21]", "- more output", "- more", "No source id at 'more output'"),
    "lead without id": ("aims for chips:[^gwr21]", "aims for chips:", "China has two", "No source id at 'China has"),
    "row without id": ("| 359 | [^gwr21] |", "| 359 | |", "| 359", "last cell"),
    "id not defined": ("in chips.[^at21]", "in chips.[^at22]", "Shanghai", "[^at22] is not defined"),
    "broken footnote": ("in chips.[^at21]", "in chips.[^at21][^1.2]", "Shanghai", "`[^1.2]` is no source id"),
    "open footnote": ("in chips.[^at21]", "in chips.[^at21][^at", "Shanghai", "is no source id"),
    "points back": ("Shanghai leads", "It leads", "It leads", "begins with 'It'"),
    "item points back": ("- more output", "- They make more output", "- They", "begins with 'They'"),
    "link to no file": ("Shanghai leads", "[Shanghai](shanghai.md) leads", "Shanghai", "leads nowhere"),
    "link to no heading": ("Shanghai leads", "[Shanghai](#cities) leads", "Shanghai", "no heading #cities"),
    "too short": (FILLER, "", "# Chips", "150 to 1,200"),
    "too long": (FILLER, FILLER * 8, "# Chips", "150 to 1,200"),
    "other figures": (
        FILLER,
        "The output of chips in China grew by 18 percent in 2020.[^at21]\n\n" + FILLER,
        "by 18",
        "18",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_document_is_named_with_its_line(name: str, tmp_path: Path) -> None:
    old, new, at, expected = BROKEN[name]
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    problems = problems_of(tmp_path, broken=text)
    matching = [p for p in problems if expected in p]
    assert matching, problems
    line = line_of(text, at)
    # a document's length is told at the first line of its text, which is empty
    allowed_lines = {line, line - 1} if name.startswith("too ") else {line}
    assert {int(p.split(":")[1]) for p in matching} <= allowed_lines


def test_a_source_that_nobody_cites_is_named(tmp_path: Path) -> None:
    text = GOOD.replace("[^at21]", "[^gwr21]")
    assert problems_of(tmp_path, one=text) == [
        f"one.md:{line_of(text, '  at21:')}: Source `at21` is not used. Cite it as [^at21] or remove it."
    ]


def test_line_numbers_hold_with_windows_line_ends(tmp_path: Path) -> None:
    text = GOOD.replace("in 2020.[^gwr21]", "in 2020.")
    (tmp_path / "a.md").write_bytes(text.replace("\n", "\r\n").encode())
    (problem,) = check(tmp_path).problems
    assert problem.line == line_of(text, "The output of")


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xff\xfe caf\xe9")
    (problem,) = check(folder_of(tmp_path, good=GOOD)).problems
    assert (problem.file, "not UTF-8" in problem.text) == ("a.md", True)


def test_no_folder_is_a_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="does not exist"):
        check(tmp_path / "none")


# --- between documents


def second(order: int = 20) -> str:
    return GOOD.replace("order: 10", f"order: {order}")


def test_where_one_document_has_a_chinese_title_all_have(tmp_path: Path) -> None:
    titled = GOOD.replace("order: 10", "title_zh: 芯片\norder: 10")
    (problem,) = problems_of(tmp_path, a=titled, b=second())
    assert problem.startswith("b.md:1: The document has no `title_zh`.")
    (problem, *_) = problems_of(tmp_path, a=titled.replace("芯片", "Chips"), b=second())
    assert "a text in Chinese" in problem


def test_where_one_gap_is_said_in_chinese_all_are(tmp_path: Path) -> None:
    (tmp_path / "_questions").mkdir()
    gaps = "- question: What is a chip?\n  gap: Not held.\n  gap_zh: 没有。\n- question: Who makes them?\n  gap: Not said.\n"
    (tmp_path / "_questions" / "a.yaml").write_text(gaps, encoding="utf-8")
    (problem,) = problems_of(tmp_path, a=GOOD)
    assert "“Who makes them?” has no `gap_zh`." in problem


def test_two_documents_with_one_order(tmp_path: Path) -> None:
    assert problems_of(tmp_path, a=GOOD, b=second()) == []
    (problem,) = problems_of(tmp_path, a=GOOD, b=second(10))
    assert problem.startswith("b.md:3: a.md has the order 10 too.")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("title: A tale of two cities", "title: Two cities", "title"),
        ("publisher: Asia Times", "publisher: Asia Times (repost)", "publisher"),
        ("date: 2021-03\n", "date: 2021-04\n", "date"),
    ],
)
def test_one_url_is_described_alike(old: str, new: str, field: str, tmp_path: Path) -> None:
    text = second().replace(old, new)
    (problem,) = problems_of(tmp_path, a=GOOD, b=text)
    assert problem.startswith(f"b.md:{line_of(text, '  at21:')}: Source `at21` has the {field} ")


@pytest.mark.parametrize(
    ("statement", "contradicts"),
    [
        ("The output of chips in China grew by 18 percent in 2020.", True),
        ("The output of chips in China grew by 16.2 percent in 2020.", False),  # the same
        ("The output of chips in China grew by 18 percent in 2021.", False),  # of another year
        ("The output of robots in China grew by 18 percent in 2020.", False),  # of something else
    ],
)
def test_the_same_words_with_other_figures(statement: str, contradicts: bool, tmp_path: Path) -> None:
    text = second().replace("Shanghai leads in chips.", statement)
    problems = problems_of(tmp_path, a=GOOD, b=text)
    assert bool(problems) == contradicts
    assert all("has other figures (18) than a.md:" in p for p in problems)


def test_rows_of_two_tables_contradict_and_rows_of_one_do_not(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, a=GOOD, b=second().replace("| 2021 | 359 |", "| 2021 | 360 |"))
    assert "(360) than a.md:" in problem


def test_items_are_compared_with_the_sentence_before_them(tmp_path: Path) -> None:
    a = GOOD.replace("- more output", "- 5 percent more output")
    b = second().replace("- more output", "- 7 percent more output")
    assert len(problems_of(tmp_path, a=a, b=b)) == 1
    assert problems_of(tmp_path, a=a, b=b.replace("two aims for chips", "two aims for robots")) == []


def test_articles_of_a_law_are_not_figures(tmp_path: Path) -> None:
    a = GOOD.replace("Shanghai leads in chips.", "Article 3 of the law protects chips.")
    b = second().replace("Shanghai leads in chips.", "Article 4 of the law protects chips.")
    assert problems_of(tmp_path, a=a, b=b) == []


def test_where_the_sources_differ_both_figures_may_stand(tmp_path: Path) -> None:
    other = "## Where the sources differ\n\nThe output of chips in China grew by 18 percent in 2020.[^at21]\n\n"
    assert problems_of(tmp_path, a=GOOD, b=second().replace(FILLER, FILLER + other)) == []


def test_links_that_lead_somewhere(tmp_path: Path) -> None:
    text = second().replace("Shanghai leads", "[Shanghai](a.md#output-of-chips) leads")
    assert problems_of(tmp_path, a=GOOD, b=text) == []


def test_the_corpus_passes() -> None:
    report = check(CORPUS)
    assert [str(p) for p in report.problems] == []
    assert len(report.rows) >= 30


def test_other_words_for_what_no_document_says_are_a_problem(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, good=GOOD)
    (folder / "_words.yaml").write_text("# mine\noutput of chips: [production]\nwafers: [slices]\n")
    assert [str(p) for p in check(folder).problems] == [
        "_words.yaml:3: `wafers` stands in no document. Write it as the documents do, or remove it."
    ]
    (folder / "_words.yaml").write_text("wafers\n")
    (problem,) = check(folder).problems
    assert "should be a valid dictionary" in str(problem)
