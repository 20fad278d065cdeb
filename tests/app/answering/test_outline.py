"""A document read without a question: its parts, what it is about, its lists."""

from __future__ import annotations

from app.answering.outline import gist, list_for, outline, part_for
from ingest.documents import Document, Passage
from ingest.split import split

NEWS = """Version 2.1
-----------
Released: 2031-05-02

- Fix the lid of the tea box
- Add a second kettle

Version 2.0
-----------
Released: 2030-01-09

- Drop the old spout
- Rename the handle
- Count cups

Version 1.9
-----------
Released: 2029-03-03

- First whistle
"""
RULES = """PREAMBLE
The harbour of Quuxville is open to all ships that keep these rules and pay their dues in time, whatever their flag may be.

CONDITIONS
Ships may enter if the harbour master agrees and each of the following is kept by the master and the crew:

1) No ship may stay longer than nine days.

2) Every ship pays 40 crowns. It does so on arrival.

3) Nobody feeds the gulls.

TERMINATION
A ship that breaks a rule has to leave the harbour within one hour and may not come back in that year.
"""
REPORT = """# The robot programme

Copyright (c) 2027 Ann Lee and everybody who wrote a line of this report for the ministry.

The robot programme of Fredonia trains welders in nine towns of the northern coast. It is led by Ann Lee.

## Money

The budget of the programme is 4.5 billion crowns for the years from 2027 to 2031. It is paid by the ministry in May.

## Workshops

These workshops open in 2028:

- Northport
- Eastport

Each of the workshops has thirty places for welders who come from the shipyards of the coast.
"""


def made(text: str, markdown: bool = False) -> tuple[Document, tuple[Passage, ...]]:
    document = Document(text, "A title", "a.md" if markdown else "a.txt", markdown=markdown)
    return document, tuple(p for chunk in split(document) for p in chunk.passages)


def said(text: str, passages: tuple[Passage, ...]) -> list[str]:
    return [p.read(text) for p in passages]


def test_a_plain_text_has_the_parts_that_its_lines_head():
    document, passages = made(RULES)
    assert [p.title for p in outline(document, passages) if not p.level] == ["PREAMBLE", "CONDITIONS", "TERMINATION"]


def test_a_list_is_found_by_what_introduces_it_and_given_whole():
    document, passages = made(RULES)
    listed = said(RULES, list_for("what are the conditions?", document, passages))
    assert [line[:2] for line in listed if line[0].isdigit()] == ["1)", "2)", "3)"]
    assert "It does so on arrival." in listed
    assert not any("TERMINATION" in line for line in listed)


def test_entries_of_a_change_log_are_listed_by_their_heading():
    document, passages = made(NEWS)
    listed = said(NEWS, list_for("what are the changes in version 2.0?", document, passages))
    assert listed[0].startswith("Version 2.0")
    assert listed[1:] == ["- Drop the old spout", "- Rename the handle", "- Count cups"]


def test_headings_are_a_list_themselves():
    document, passages = made(NEWS)
    listed = said(NEWS, list_for("which versions are there?", document, passages))
    assert [line[:11] for line in listed] == ["Version 2.1", "Version 2.0", "Version 1.9"]


def test_what_no_line_introduces_is_no_list():
    document, passages = made(RULES)
    assert list_for("what are the prices of tea?", document, passages) == ()


def test_a_list_of_items_comes_with_the_sentence_before_it():
    document, passages = made(REPORT, markdown=True)
    listed = said(REPORT, list_for("list the workshops that open in 2028", document, passages))
    assert listed == ["These workshops open in 2028:", "Northport", "Eastport"]


def test_the_question_words_of_a_chinese_question_are_in_no_heading():
    text = "# 青松备份\n\n## 功能\n\n- 增量备份\n- 端到端加密\n\n## 限制\n\n- 不支持图形界面\n- 会跳过符号链接\n"
    document, passages = made(text, markdown=True)
    assert said(text, list_for("有哪些功能？", document, passages)) == ["增量备份", "端到端加密"]
    assert list_for("有哪些价格？", document, passages) == ()


def test_a_list_of_a_plain_text_ends_at_a_mark_of_another_kind():
    text = "活动包括以下三项：\n（一）花卉展览；\n（二）种植讲座；\n（三）手工比赛。\n\n二、报名\n\n可在中心报名。\n"
    document, passages = made(text)
    listed = said(text, list_for("活动包括哪些？", document, passages))
    assert listed == ["活动包括以下三项：", "（一）花卉展览；", "（二）种植讲座；", "（三）手工比赛。"]


def test_a_part_is_found_by_its_heading_alone():
    document, passages = made(NEWS)
    assert len(part_for("what changed in version 2.1", document, passages)) == 4
    assert part_for("what was the weather in version 2.1", document, passages) == ()


def test_a_gist_has_the_first_sentences_and_the_figures_in_order():
    document, passages = made(REPORT, markdown=True)
    told = said(REPORT, gist(document, passages))
    assert told[0].startswith("The robot programme of Fredonia")
    assert any("4.5 billion" in line for line in told)
    assert not any("Copyright" in line for line in told)
    assert told == sorted(told, key=REPORT.index)


def test_a_gist_has_what_each_part_says_first():
    first = {f"In part {n} there are {n} rules for it." for n in range(2, 7)}
    text = "# The rules\n\n" + "".join(f"## Part of {line[8]}\n\n{line} More is said in it.\n\n" for line in sorted(first))
    document, passages = made(text, markdown=True)
    assert first <= set(said(text, gist(document, passages)))


def test_the_gist_of_a_change_log_are_its_first_entries():
    document, passages = made(NEWS)
    told = said(NEWS, gist(document, passages))
    assert told[0].startswith("Version 2.1")
    assert told[1] == "- Fix the lid of the tea box"
