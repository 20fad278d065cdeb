"""Names and quotations of a sentence: each must stand in the evidence, as it is said or in a form that means the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.groundedness.lemmas import chinese, common, key
from app.text.names import NEAR

_QUOTED = re.compile(
    r"“([^”]{2,})”|\"([^\"]{2,})\"|「([^」]{2,})」|『([^』]{2,})』|《([^》]{2,})》|(?<!\w)‘([^’]{8,})’(?!\w)"
)
_NAME = re.compile(r"[A-Za-z\u00c0-\u024f\d]+(?:[&+.][A-Za-z\d]+)*(?:['’]s?\b)?")
_SKIP = frozenset(
    "i a an the of for and on in to at by with as or "
    "rmb cny usd eur jpy hkd kw mw gw tw kwh mwh gwh twh nm mm cm km kg gbps mbps".split()
)  # small words, and units that are read with their figure
_LINKS = frozenset("of and for the on in to &".split())
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


def missing_name(claim: str, evidence: str) -> str:
    """A claim and its evidence -> what is wrong with the claim's names in Latin letters, '' where the evidence holds them
    all."""
    unsupported = unsupported_names(claim, evidence)
    return f"The name {unsupported[0]} is not in the evidence." if unsupported else ""


def unsupported_names(claim: str, evidence: str) -> list[str]:
    """A claim and its evidence -> the names in Latin letters that the evidence does not hold, in order."""
    claim, evidence = one_form(claim), one_form(evidence)
    held = {name_key(w) for w in _NAME.findall(evidence)}
    acronyms = set(re.findall(r"\b[A-Z]{2,6}\b", evidence))
    small, said = _initials(evidence), _initials(claim)
    found = []
    for name in names(claim):
        shown = re.sub(r"['’]s?$", "", name)
        letters = shown.replace("&", "").lower()
        if shown.isupper() and len(letters) > 1 and letters.isalpha():
            known = shown in evidence or letters in small or chinese(evidence)
        else:
            known = (
                name_key(name) in held
                or _of_a_place(shown, evidence)
                or any(a[0] and shown[0] in a and a.lower() in said for a in acronyms)
            )
        if not known:
            found.append(shown)
    return found


def _of_a_place(name: str, evidence: str) -> bool:
    """`Libyan` for Libya, and the other way."""
    stem = re.sub(r"(?:(?:[ie]|(?<=y))ans?|ese|ish|a|ia)$", "", name)
    return (
        len(stem) > 3
        and stem != name
        and re.search(rf"\b{re.escape(stem)}(?:a|ia|ians?|ans?|ese|ish)?\b", evidence) is not None
    )


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


def _initials(text: str) -> set[str]:
    """The initials of each run of two to six words, small links left out: `rd` for research and development."""
    found = set()
    for part in re.split(r"[.;:()（）]\s", text):
        letters = [w[0].lower() for w in re.findall(r"[A-Za-z]+(?:['’]s)?", part) if w.lower() not in _LINKS]
        found |= {"".join(letters[i : i + n]) for n in range(2, 7) for i in range(len(letters) - n + 1)}
    return found
