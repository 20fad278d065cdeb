"""A good document of the corpus's form, and where a text stands in it."""

from __future__ import annotations

from pathlib import Path

FRONT = """\
---
title: "Chips: a digest"
order: 10
date: 2026-11-24
language: en
authorship: summary
publisher: Ask the Plan
sources:
  gwr21:
    title: Report on the Work of the Government, 2021
    publisher: State Council
    date: 2021-03-05
    where: fourth session of the 13th National People's Congress
    language: zh
    official: true
  at21:
    title: A tale of two cities
    publisher: Asia Times
    date: 2021-03
    url: https://asiatimes.com/2021/03/tale/
    language: en
    official: false
---
"""
FILLER = "Hefei hosts a synchrotron that many laboratories of eastern China share in every season.[^at21]\n\n" * 11
BODY = f"""
# Chips

## Output of chips

The output of chips in China grew by 16.2 percent in 2020.[^gwr21] Shanghai leads in chips.[^at21]

China has two aims for chips:[^gwr21]

- more output[^gwr21]
- better output[^at21]

| Year | Chips made in China (billion) | Source |
|---|---|---|
| 2020 | 261 | [^gwr21] |
| 2021 | 359 | [^gwr21] |

{FILLER}"""
GOOD = FRONT + BODY


def folder_of(tmp_path: Path, **documents: str) -> Path:
    for name, text in documents.items():
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    return tmp_path


def line_of(text: str, part: str) -> int:
    return text.count("\n", 0, text.index(part)) + 1
