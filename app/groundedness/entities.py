"""Names and quotations of a sentence: each must stand in the evidence, as it is said or in a form that means the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.text.names import NEAR
from app.text.words import chinese, common, key

_QUOTED = re.compile(
    r"“([^”]{2,})”|\"([^\"]{2,})\"|「([^」]{2,})」|『([^』]{2,})』|《([^》]{2,})》|(?<!\w)‘([^’]{8,})’(?!\w)"
)
_NAME = re.compile(r"[A-Za-z\u00c0-\u024f\d]+(?:[&+.][A-Za-z\d]+)*(?:['’]s?\b)?")
_SKIP = frozenset(
    "i a an the of for and on in to at by with as or "
    "rmb cny usd eur jpy hkd kw mw gw tw kwh mwh gwh twh nm mm cm km kg gbps mbps".split()
)  # small words, and units that are read with their figure
_SAME = {
    "chinese": "china", "prc": "china", "american": "us", "america": "us", "usa": "us", "u.s": "us", "dutch": "netherlands",
    "holland": "netherlands", "british": "uk", "britain": "uk", "japanese": "japan", "german": "germany", "korean": "korea",
    "russian": "russia", "european": "europe", "french": "france", "indian": "india", "taiwanese": "taiwan",
    "cpc": "party", "washington": "us", "mt": "mount", "st": "saint", "dept": "department", "univ": "university",
}  # fmt: skip
_PHRASES = ((r"\bUnited States(?: of America)?\b", "US"), (r"\bUnited Kingdom\b", "UK"), (r"\bEuropean Union\b", "EU"),
            (r"\bPeople[’']s Republic of China\b", "China"))  # fmt: skip


def missing_quotation(claim: str, evidence: str) -> str:
    """A claim and its evidence -> what is wrong with the claim's quotations, '' where the evidence holds them word for
    word."""
    held = _bare(evidence)
    for match in _QUOTED.finditer(claim):
        quoted = next(q for q in match.groups() if q)
        if chinese(quoted) and not chinese(evidence):
            continue  # a Chinese name for what the evidence says in English
        if _bare(quoted) not in held:
            return f"The words “{quoted.strip(' .,')}” are not in the evidence."
    return ""


def _bare(text: str) -> str:
    """Letters and digits alone, in small letters, so that quotation marks, dashes and spaces make no difference."""
    return re.sub(r"[\W_]+", "", text.casefold())


def names(text: str) -> Iterator[str]:
    """A text -> words that a reader takes for names: with a capital or a digit inside, but not a sentence's ordinary first
    word."""
    for match in _NAME.finditer(text):
        word = match[0]
        if word.isdigit() or word.lower() in _SKIP or not re.search(r"[A-Z\u00c0-\u00de]", word):
            continue
        if re.fullmatch(r"[\d.]+(?:st|nd|rd|th|s)?", word, re.IGNORECASE):
            continue
        before = text[max(0, match.start() - NEAR) : match.start()].rstrip(" “\"‘'(")
        if (not before or before[-1] in ".!?:;") and word[1:].islower() and common(word.split("'")[0].split("’")[0]):
            continue
        yield word


def one_form(text: str) -> str:
    """A text -> the same with names that are written in two ways written in one: `United States` as `US`."""
    for pattern, other in _PHRASES:
        text = re.sub(pattern, other, text)
    return text


def name_key(word: str) -> str:
    """A word -> what is alike in the forms of one name: `Chinese`, `China's`; `Dutch`, `Netherlands`."""
    low = re.sub(r"['’]s?$", "", word.lower())
    low = _SAME.get(low, low)
    return low if low == "us" else key(low)  # not the pronoun
