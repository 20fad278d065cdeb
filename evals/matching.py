"""Checks whether a text holds a wanted string, in English and Chinese, however it is typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from app.text.figures import han_number
from ingest.words import PAIRED

_DASHES = str.maketrans(dict.fromkeys("-‐‑‒–—―−", " "))
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_PERCENT = re.compile(r"\s*(?:%|\bper ?cent\b)")
_QUOTES = str.maketrans(dict.fromkeys("‘’`", "'") | dict.fromkeys('"“”„‟«»「」『』《》〈〉'))
"""Apostrophes are made alike; double quotation marks and those of titles go: whose they are says nothing."""
_PAIRED_CHARACTER = re.compile(f"[{PAIRED}]")
_WORD_CHARACTER = rf"[^\W{PAIRED}]"
"""The characters that go on with a word. Chinese and Japanese have no spaces, and Korean particles stick to words: one of
their characters beside a word ends it."""

_DIGIT = "一二两三四五六七八九"
_NUMERAL = re.compile(
    r"(?P<percent>百分之)?(?P<whole>[零〇一二两三四五六七八九十百千]+)(?:点(?P<part>[零〇一二三四五六七八九]+))?"
)
_WHOLE_NUMBER = re.compile(
    rf"(?=.)(?:[{_DIGIT}]千)?(?:零?[{_DIGIT}]百)?(?:零?[{_DIGIT}]?十)?(?:零?[{_DIGIT}])?|[零〇一二三四五六七八九]+"
)
_COUNTERS = frozenset("年月日天号个家项座条次位名种类所届人期倍岁米吨元万亿城市省国度级层章节部")


def normalise(text: str) -> str:
    """Normalise a text, so that the same words compare equal however they are typed.

    Case, width, white space, quotation marks, hyphens, thousands separators, and `percent` for `%` are made alike.
    """
    text = unicodedata.normalize("NFKC", text.translate(_QUOTES)).translate(_QUOTES).casefold()
    text = _THOUSANDS.sub("", text).translate(_DASHES)
    return " ".join(_PERCENT.sub("%", text).split())


def holds(text: str, wanted: str) -> bool:
    """Return True if the text holds the wanted string as whole words.

    `5` is not in `15`, nor `4.5` in `4.55`, nor 十五年 in 二十五年; `1819年` is in `于1819年` and in `一八一九年`.
    """
    text, wanted = normalise(text), normalise(wanted)
    wanted_digits = _with_digits(wanted)
    return _contains_words(_with_digits(text), wanted_digits) or (wanted_digits == wanted and _contains_words(text, wanted))


def missing_groups(text: str, groups: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Return the answer groups of which the text holds no string.

    An answer is accurate if there are none.
    """
    return [group for group in groups if not any(holds(text, wanted) for wanted in group)]


def _contains_words(text: str, needle: str) -> bool:
    if not needle:
        return False
    before = "" if _PAIRED_CHARACTER.match(needle[0]) else rf"(?<!{_WORD_CHARACTER})(?<!\d[.,])"
    after = "" if _PAIRED_CHARACTER.match(needle[-1]) else rf"(?!{_WORD_CHARACTER})(?![.,]\d)"
    return re.search(before + re.escape(needle) + after, text) is not None


def _with_digits(text: str) -> str:
    """Write Chinese numbers in digits: 二〇二五年 becomes 2025年, and 百分之七 becomes 7%.

    One character alone is a number only before a counter or after 第: 一样 holds none.
    """
    return _NUMERAL.sub(_digits, text)


def _digits(match: re.Match[str]) -> str:
    integer, decimals = match["whole"], match["part"]
    has_counter = match.string[match.end() : match.end() + 1] in _COUNTERS or match.string[: match.start()].endswith("第")
    is_word = len(integer) == 1 and not (match["percent"] or decimals or has_counter)
    if is_word or not _WHOLE_NUMBER.fullmatch(integer):  # 十四五 is no number
        return match[0]
    fraction = "." + "".join(f"{han_number(c):.0f}" for c in decimals) if decimals else ""
    return f"{han_number(integer):.0f}{fraction}" + ("%" if match["percent"] else "")
