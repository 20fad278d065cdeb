"""A block of text -> its sentences, as sentencex ends them, but for abbreviations that it does not know and bare numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sentencex

from ingest.languages import language_of
from ingest.words import STOPWORDS

AT_ONCE = 5_000  # characters in which sentences are sought: the search grows with the square of what stands in quotes
_NUMBERED = frozenset(
    """app apps approx art arts ca ch chap chaps circa cl col cols def defs eq eqs est ex exs fig figs fn lem no nos p para
    paras pl pls pp pt pts ref refs sec secs sect sects suppl tab tabs thm vol vols""".split()
)
"""A number or a letter follows: Eq. 4, vol. 2, Tab. A."""
_NAMED = frozenset(
    """adm assoc attn bros capt cmdr cpl dept dir dist dr ed eds ft gen gov hon inst lt maj messrs mlle mme mmes mr mrs ms mt
    mts pres prof rep reps rev sen sens sgt st supt univ""".split()
)
"""A name follows: Mt. Everest, Dept. of State."""
_MIDWAY = frozenset("al cf eg esp ibid incl resp viz vs".split())
"""Anything follows that does not begin a sentence: Xu et al. Nature, cf. Jones."""
_LAST = re.compile(r"(?<![\w.-])([A-Za-z]+)\.[)\]]?\s*$")
_BARE = re.compile(r"\s*[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)\]]{1,2}\s*")
_POINT = re.compile(r"[:;]\s+[(\[]?\d{1,2}[.)\]]\s*$")
"""The number of a point, which its words follow: alone, or behind what introduces the points."""
_QUOTED, _SAID = re.compile(r"[」』]\s*$"), re.compile(r"[とがをはにもで]")
"""A Japanese sentence goes on behind what somebody says in it, with a particle."""
_NEXT = re.compile(r"[\"'“‘(\[]*([^\W\d_]+)?")


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """`text[start:end]` -> spans of its sentences, in order, losing nothing but white space between them."""
    spans: list[tuple[int, int]] = []
    while end - start > AT_ONCE:
        space = max(text.rfind(c, start + AT_ONCE // 2, start + AT_ONCE) for c in " \n。；，")
        cut = space + 1 if space > 0 else start + AT_ONCE
        spans += _sentences(text, start, cut)
        start = cut
    return spans + _sentences(text, start, end)


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    block = text[start:end]
    if not block.strip():
        return []
    found = sentencex.get_sentence_boundaries(language_of(block), block)
    spans = [(start + b["start_index"], start + b["end_index"]) for b in found if b["end_index"] > b["start_index"]]
    return list(_joined(text, spans)) or [(start, end)]


def _joined(text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans, one with the next where no sentence ends between them."""
    first: int | None = None
    for (start, end), following in zip(spans, [*spans[1:], None], strict=True):
        first = start if first is None else first
        if following and _goes_on(text[start:end], text[following[0] : following[1]], begins=first == start):
            continue
        yield first, end
        first = None


def _goes_on(one: str, other: str, begins: bool) -> bool:
    """Whether a sentence goes on in what follows; `begins` says that nothing of it stands before `one`."""
    if (begins and _BARE.fullmatch(one)) or _POINT.search(one[-40:]) or (_QUOTED.search(one[-40:]) and _SAID.match(other)):
        return True
    last, following = _LAST.search(one[-40:]), _NEXT.match(other)
    if last is None or following is None:
        return False
    word, after = last[1].lower(), following[1] or ""
    if not after:  # a number, a sign
        return word in _NUMBERED and other[following.end() : following.end() + 1].isdigit()
    if word in _NUMBERED and (len(after) == 1 and after not in "AI"):
        return True
    if word in _NAMED:
        return last[1][0].isupper() and (after == "of" or (after[0].isupper() and after.lower() not in STOPWORDS))
    return word in _MIDWAY and after.lower() not in STOPWORDS
