"""What is read off plain text: a table of texts, each with the heading, the kind and the first words of its blocks."""

import pytest

from ingest.plain_text import text_blocks

MANUAL = """RIVET(1)                 User Commands                 RIVET(1)

NAME
       rivet - join two sheets

SYNOPSIS
       rivet [OPTION]... SHEET

OPTIONS
       -f, --force
              Join sheets that were joined before.

       -q     Say nothing.
"""
TERMS = """Terms of the Workshop

1. Opening hours. The workshop is open on weekdays
from nine to five.

2. Tools. Each member may borrow
(a) one saw;
(b) two hammers.

3. Fees
The fee is 40 crowns a year, and it is due in January of each year.
"""
RULES = """工坊守则

第一章 总则

第一条　本守则适用于所有会员，会员入会时应当阅读并签字确认。
第二条　会员可以借用：
（一）一把锯子；
（二）两把锤子。

第二章 费用

第三条　会费每年四十元，应当在每年一月底之前缴纳。
"""
CHANGES = """Changes
=======

2.1.0 (3 May 2024)
------------------

- Sheets may be curved.
- Rivets made of tin,
  which are soft.

2.0.0
-----

- Everything is new.
"""
CONTRACT = """1. This agreement is between the workshop and the member
who signs it below.

2. The member pays what the workshop asks of every member.
"""
STEPS = """How do I join?

1. Write a letter.
2. Pay the fee.
3. Come on Monday.

SIGN EVERYTHING THAT YOU BORROW, AND BRING IT BACK BEFORE THE WORKSHOP CLOSES IN THE EVENING, OR PAY.

Glossary

anvil
    What a sheet is beaten on.
rivet
    A pin that joins two sheets.
"""
TABLE = """Stock

| Tool | Count |
|---|---|
| saw | 3 |
"""

CASES = {
    "a manual page": (
        MANUAL,
        [
            ("", "sentence", "RIVET(1)"),
            ("NAME", "sentence", "NAME"),
            ("NAME", "sentence", "rivet - join"),
            ("SYNOPSIS", "sentence", "SYNOPSIS"),
            ("SYNOPSIS", "sentence", "rivet [OPTION]"),
            ("OPTIONS", "sentence", "OPTIONS"),
            ("OPTIONS", "item", "-f, --force"),
            ("OPTIONS", "item", "-q     Say"),
        ],
    ),
    "terms": (
        TERMS,
        [
            ("", "sentence", "Terms of the Workshop"),
            ("1. Opening hours", "sentence", "1. Opening hours. The workshop"),
            ("2. Tools", "sentence", "2. Tools. Each"),
            ("2. Tools", "item", "(a) one saw"),
            ("2. Tools", "item", "(b) two"),
            ("3. Fees", "sentence", "3. Fees"),
            ("3. Fees", "sentence", "The fee is"),
        ],
    ),
    "Chinese rules": (
        RULES,
        [
            ("", "sentence", "工坊守则"),
            ("第一章 总则", "sentence", "第一章 总则"),
            ("第一章 总则 › 第一条", "sentence", "第一条"),
            ("第一章 总则 › 第二条", "sentence", "第二条"),
            ("第一章 总则 › 第二条", "item", "（一）"),
            ("第一章 总则 › 第二条", "item", "（二）"),
            ("第二章 费用", "sentence", "第二章 费用"),
            ("第二章 费用 › 第三条", "sentence", "第三条"),
        ],
    ),
    "changes": (
        CHANGES,
        [
            ("Changes", "sentence", "Changes"),
            ("Changes › 2.1.0 (3 May 2024)", "sentence", "2.1.0"),
            ("Changes › 2.1.0 (3 May 2024)", "item", "- Sheets"),
            ("Changes › 2.1.0 (3 May 2024)", "item", "- Rivets made of tin,\n  which"),
            ("Changes › 2.0.0", "sentence", "2.0.0"),
            ("Changes › 2.0.0", "item", "- Everything"),
        ],
    ),
    "a paragraph that begins with a number is no heading": (
        CONTRACT,
        [("", "item", "1. This agreement"), ("", "item", "2. The member")],
    ),
    "steps, a loud paragraph and terms": (
        STEPS,
        [
            ("", "sentence", "How do I join?"),
            ("", "item", "1. Write"),
            ("", "item", "2. Pay"),
            ("", "item", "3. Come"),
            ("", "sentence", "SIGN EVERYTHING"),
            ("Glossary", "sentence", "Glossary"),
            ("Glossary", "item", "anvil\n    What"),
            ("Glossary", "item", "rivet\n    A pin"),
        ],
    ),
    "a table": (TABLE, [("", "sentence", "Stock"), ("", "row", "| saw")]),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_the_blocks_of_a_text(text, expected):
    found = [(b.heading, b.kind, text[b.start : b.end].strip()) for b in text_blocks(text)]
    assert [(heading, kind) for heading, kind, _ in found] == [(heading, kind) for heading, kind, _ in expected]
    for (_, _, said), (_, _, begin) in zip(found, expected, strict=True):
        assert said.startswith(begin)


def test_the_items_of_a_list_share_a_group_and_the_next_list_has_its_own():
    groups = [
        b.group
        for b in text_blocks("- one\n- two\n\nBetween them stands a whole sentence.\n\n- three\n")
        if b.kind == "item"
    ]
    assert groups[0] == groups[1] != groups[2]
