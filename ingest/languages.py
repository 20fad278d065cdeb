"""Guesses the language of a text, among those that this program was measured on."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sentencex

from ingest.words import CHARACTERS, HANGUL, KANA, STOPWORDS

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
    """Return the spans of the sentences in `text[start:end]`, in order.

    They are positions in `text`. Only white space between sentences is left out.
    """
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
    """Yield the spans, joining those between which no sentence ends."""
    first: int | None = None
    for (start, end), following in zip(spans, [*spans[1:], None], strict=True):
        first = start if first is None else first
        if following and _goes_on(text[start:end], text[following[0] : following[1]], begins=first == start):
            continue
        yield first, end
        first = None


def _goes_on(one: str, other: str, begins: bool) -> bool:
    """Return True if a sentence goes on in what follows; `begins` says that nothing of it stands before `one`."""
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


ENOUGH = 3
"""Weight of a language's words from which a text is taken for it: a name ("Rio de la Plata") has less."""
LONG = 60  # words
LOOKED_AT = 4_000  # characters, which tell enough
_COMMON = {
    "en": """a of and is was are were to in for by with that this it from at as on be an has have had not or but its their
        what which who whom whose how when where why does did do can""",
    "fr": """le la les l d un une des du de et est sont été au aux dans par sur en il elle ils elles je on nous vous mon qui
        que qu ne n pas avec cette ces ses sa ont entre depuis""",
    "de": """der die das ein eine einen einem einer eines und ist sind nicht von zu zum zur mit auf für dem den des im wird
        wurde wurden hat haben sich aus bei nach durch als auch er sie es man ich wir mir kann""",
    "es": """el la los las una un de del y es son en por para con que se al su sus fue fueron ha han lo como no más desde
        hasta entre tiene cada""",
}
_TELLING = {
    "en": "the",
    "fr": "quel quelle quels quelles qui où quand combien pourquoi",
    "de": "wer wen wem wessen wann wohin woher wie warum wieso welche welcher welches welchen welchem",
    "es": "qué quién quiénes cuál cuáles cuándo dónde adónde cómo cuánto cuánta cuántos cuántas ¿",
}
"""Words that are enough."""
_ASKING = {"fr": "comment", "de": "was wo"}
"""Words that ask, and are other words in English."""
_WEIGHTS: dict[str, dict[str, int]] = {
    name: dict.fromkeys(words.split(), 1)
    | dict.fromkeys(_ASKING.get(name, "").split(), ENOUGH - 1)
    | dict.fromkeys(_TELLING[name].split(), ENOUGH)
    for name, words in _COMMON.items()
}
_SIGNS = {"fr": "àâæçéèêëîïôœùû", "de": "äöüß", "es": "áéíñóú"}
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u052f]+|¿")
_HAN, _KANA, _HANGUL = (re.compile(f"[{script}]") for script in (CHARACTERS, KANA, HANGUL))


def language_of(text: str) -> str:
    """`zh`, `ja`, `ko`, `fr`, `de` or `es`; `en` for these and for what is none of them.

    Chinese has at least two Han characters for each word in letters, Japanese a syllable sign for seven of them at least.
    """
    text = text[:LOOKED_AT]
    words = [w.lower() for w in _WORD.findall(text)]
    han, kana, hangul = (len(script.findall(text)) for script in (_HAN, _KANA, _HANGUL))
    if hangul > max(han + kana, len(words)):
        return "ko"
    if kana and 8 * kana >= han + kana and han + kana >= 2 * len(words):
        return "ja"
    if han and han >= 2 * len(words):
        return "zh"
    return _by_words(words)


def _by_words(words: list[str]) -> str:
    """Return the language with the most common words and letters in the text; English if in doubt.

    In a short text each word counts once.
    """
    found = words if len(words) > LONG else list(dict.fromkeys(words))
    counts = {
        name: sum(weights.get(w) or any(sign in w for sign in _SIGNS.get(name, "")) for w in found)
        for name, weights in _WEIGHTS.items()
    }
    best = max(counts, key=lambda name: counts[name])  # English stands first: a tie is English
    return best if counts[best] >= ENOUGH and counts[best] > counts["en"] + 1 else "en"
