"""The fixed words of exports, in English and Chinese: an answer is exported in the language of its question."""

from __future__ import annotations

import re

from app.text.words import Titled, titles
from ingest.words import MONTHS

LABELS = {
    "quote": ("[{n}] “{quote}” ", "[{n}] “{quote}”——"),
    "title": ("{title}", "《{title}》"),
    "summary": (" (summary)", "，摘要"),
    "based_on": ("based on: {sources}", "依据：{sources}"),
    "summary_of": ("Summary, based on: {sources}", "摘要，依据：{sources}"),
    "in_original": (" In the original: “{quote}” ", "原文：“{quote}”——"),
    "page": (", p. {n}", "，第 {n} 页"),
    "paragraph": (", para. {n}", "，第 {n} 段"),
    "stop": (".", "。"),
    "between": (", ", "，"),
    "apart": ("; ", "；"),
    "beside": ("{title} ({beside})", "{title}（{beside}）"),
    "read_as": ("Searched for: {query}", "搜索的是：{query}"),
    "asked": ("Asked {when}; confidence {c}, threshold {t}.", "提问时间：{when}；把握 {c}，阈值 {t}。"),
    "written": (
        "Written in advance by a language model from these quotes; checked by another model, not by a person",
        "由语言模型根据这些引文预先写成，经另一模型核对，未经人工核对",
    ),
    "worded": (
        "Written by the language model {name} from these quotes; each sentence checked by the program, not by a person",
        "由语言模型 {name} 根据这些引文撰写，逐句由程序核对，未经人工核对",
    ),
    "sources": ("Sources", "来源"),
    "empty_side": ("Nothing was found for this side only.", "这一方没有独有的内容。"),
    "meant": ("Did you mean:", "你想问的是不是："),
    "asked_on": ("Asked {day}. ", "提问日期：{day}。"),
}


def label(key: str, language: str, **values: object) -> str:
    """The words of a key in a language, with its values filled in."""
    return LABELS[key][language == "zh"].format(**values)


def titled(named: Titled, language: str, marked: bool = False) -> str:
    """A thing with a title -> its name in a language, `marked` with the language's signs for a title, and its title as
    it stands behind it."""
    title, beside = (" ".join(t.split()) for t in titles(named, language))
    title = label("title", language, title=title) if marked else title
    return label("beside", language, title=title, beside=beside) if beside else title


def day(when: str, language: str) -> str:
    """A date as sources have it (`2021-03-05`, `2021-03`, `2021`) -> the same as people write it."""
    if language != "zh":
        return spelled(when)
    found = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", when)
    signs = zip(found.groups(), "年月日", strict=True) if found else ()
    return "".join(f"{int(part)}{sign}" for part, sign in signs if part) or when


def spelled(when: str) -> str:
    """A date -> `2021-03-11` as `11 March 2021`, `2021-03` as `March 2021`; anything else as it is."""
    found = re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", when)
    if not found or not 1 <= int(found[2]) <= 12:
        return when
    of_month = f"{int(found[3])} " if found[3] else ""
    return f"{of_month}{MONTHS[int(found[2]) - 1]} {found[1]}"
