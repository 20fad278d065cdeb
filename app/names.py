"""Names and quotations of a sentence: each must stand in the evidence, as it is said or in a form that means the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.hanzi import chinese, terms
from app.words import common, key

_QUOTED = re.compile(r"“([^”]{2,})”|\"([^\"]{2,})\"|「([^」]{2,})」|『([^』]{2,})』|《([^》]{2,})》|(?<!\w)‘([^’]{8,})’(?!\w)")
_NAME = re.compile(r"[A-Za-z\u00c0-\u024f\d]+(?:[&+.][A-Za-z\d]+)*(?:['’]s?\b)?")
_SKIP = frozenset("i a an the of for and on in to at by with as or".split())
_LINKS = frozenset("of and for the on in to &".split())
_SAME = {
    "chinese": "china", "prc": "china", "american": "us", "america": "us", "usa": "us", "u.s": "us", "dutch": "netherlands",
    "holland": "netherlands", "british": "uk", "britain": "uk", "japanese": "japan", "german": "germany", "korean": "korea",
    "russian": "russia", "european": "europe", "french": "france", "indian": "india", "taiwanese": "taiwan",
    "us": "us", "mt": "mount", "st": "saint", "dept": "department", "univ": "university",
}  # fmt: skip
_PHRASES = ((r"\bUnited States(?: of America)?\b", "US"), (r"\bUnited Kingdom\b", "UK"), (r"\bEuropean Union\b", "EU"),
            (r"\bPeople[’']s Republic of China\b", "China"))  # fmt: skip


def missing_quotation(claim: str, evidence: str) -> str:
    """What is wrong with the claim's quotations, '' where the evidence holds them word for word."""
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
    """What is wrong with the claim's names, '' where the evidence holds them all."""
    claim, evidence = _one_form(claim), _one_form(evidence)
    held = {_key(w) for w in _NAME.findall(evidence)}
    exact = {_bare(w) for w in _NAME.findall(evidence) if not w.islower()}
    small, said = _initials(evidence), _initials(claim)
    for name in names(claim):
        shown = re.sub(r"['’]s?$", "", name)
        if shown.isupper() and len(shown) > 1 and shown.isalpha():
            if shown not in evidence and _key(shown) not in exact and shown.lower() not in small:
                return f"The name {shown} is not in the evidence."
        elif _key(name) not in held and not any(_letters(acronym, shown, said) for acronym in _acronyms(evidence)):
            return f"The name {shown} is not in the evidence."
    for term in terms(claim, evidence) if chinese(claim) else ():
        if term.name and not term.held:
            return f"The name {term.text} is not in the evidence."
    return ""


def names(text: str) -> Iterator[str]:
    """Words that a reader takes for names: with a capital or a digit inside, but not the ordinary first word of a sentence."""
    for match in _NAME.finditer(text):
        word = match[0]
        if word.isdigit() or word.lower() in _SKIP or not re.search(r"[A-Z\u00c0-\u00de]", word):
            continue
        if re.fullmatch(r"[\d.]+(?:st|nd|rd|th|s)?", word, re.IGNORECASE):
            continue
        before = text[: match.start()].rstrip(" “\"‘'(")
        if (not before or before[-1] in ".!?:;") and word[1:].islower() and common(word.split("'")[0].split("’")[0]):
            continue
        yield word


def _one_form(text: str) -> str:
    for pattern, other in _PHRASES:
        text = re.sub(pattern, other, text)
    return text


def _key(word: str) -> str:
    low = re.sub(r"['’]s?$", "", word.lower())
    return _SAME.get(low) or key(low)


def _initials(text: str) -> set[str]:
    """The initials of each run of two to six words, small links left out: `rd` for research and development."""
    found = set()
    for part in re.split(r"[.;:()（）]\s", text):
        letters = [w[0].lower() for w in re.findall(r"[A-Za-z]+", part) if w.lower() not in _LINKS]
        found |= {"".join(letters[i : i + n]) for n in range(2, 7) for i in range(len(letters) - n + 1)}
    return found


def _acronyms(text: str) -> set[str]:
    return {a for a in re.findall(r"\b[A-Z]{2,6}\b", text)}


def _letters(acronym: str, word: str, said: set[str]) -> bool:
    """Whether the evidence's acronym may stand for a name of the claim that the word belongs to."""
    return word[0].lower() in acronym.lower() and acronym.lower() in said
