"""Guesses the language of a text, among those that this program was measured on."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sentencex

from ingest.words import CHARACTERS, HANGUL, KANA, STOPWORDS

WINDOW = 5_000  # characters in which sentences are sought: the search grows with the square of what stands in quotes
_BEFORE_NUMBERS = frozenset(
    """app apps approx art arts ca ch chap chaps circa cl col cols def defs eq eqs est ex exs fig figs fn lem no nos p para
    paras pl pls pp pt pts ref refs sec secs sect sects suppl tab tabs thm vol vols""".split()
)
"""A number or a letter follows: Eq. 4, vol. 2, Tab. A."""
_BEFORE_NAMES = frozenset(
    """adm assoc attn bros capt cmdr cpl dept dir dist dr ed eds ft gen gov hon inst lt maj messrs mlle mme mmes mr mrs ms mt
    mts pres prof rep reps rev sen sens sgt st supt univ""".split()
)
"""A name follows: Mt. Everest, Dept. of State."""
_MID_SENTENCE = frozenset("al cf eg esp ibid incl resp viz vs".split())
"""Anything follows that does not begin a sentence: Xu et al. Nature, cf. Jones."""
_LAST_WORD = re.compile(r"(?<![\w.-])([A-Za-z]+)\.[)\]]?\s*$")
_LONE_NUMBER = re.compile(r"\s*[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)\]]{1,2}\s*")
_POINT_NUMBER = re.compile(r"[:;]\s+[(\[]?\d{1,2}[.)\]]\s*$")
"""The number of a point, which its words follow: alone, or behind what introduces the points."""
_PARTICLES = tuple("とがをはにもで")
"""A Japanese sentence goes on behind what somebody says in it, with a particle."""
_CLOSING_MARK = re.compile(r"(\*\*|__)(?:\s+|$)")
"""Ends emphasis, at the place where the next sentence would begin: **One.** Two."""
_FIRST_WORD = re.compile(r"[\"'“‘(\[]*([^\W\d_]+)?")
MIN_WEIGHT = 3
"""Weight of a language's words from which a text is taken for it: a name ("Rio de la Plata") has less."""
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
_DECISIVE = {
    "en": "the",
    "fr": "quel quelle quels quelles qui où quand combien pourquoi",
    "de": "wer wen wem wessen wann wohin woher wie warum wieso welche welcher welches welchen welchem",
    "es": "qué quién quiénes cuál cuáles cuándo dónde adónde cómo cuánto cuánta cuántos cuántas ¿",
}
"""Words that are enough."""
_QUESTION_WORDS = {"fr": "comment", "de": "was wo"}
"""Words that ask, and are other words in English."""
_WEIGHTS: dict[str, dict[str, int]] = {
    name: dict.fromkeys(words.split(), 1)
    | dict.fromkeys(_QUESTION_WORDS.get(name, "").split(), MIN_WEIGHT - 1)
    | dict.fromkeys(_DECISIVE[name].split(), MIN_WEIGHT)
    for name, words in _COMMON.items()
}
_LETTERS = {"fr": "àâæçéèêëîïôœùû", "de": "äöüß", "es": "áéíñóú"}
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u052f]+|¿")
_HAN, _KANA, _HANGUL = (re.compile(f"[{script}]") for script in (CHARACTERS, KANA, HANGUL))


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the spans of the sentences in `text[start:end]`, in order.

    They are positions in `text`. Only white space between sentences is left out.
    """
    spans: list[tuple[int, int]] = []
    while end - start > WINDOW:
        space = max(text.rfind(c, start + WINDOW // 2, start + WINDOW) for c in " \n。；，")
        cut = space + 1 if space > 0 else start + WINDOW
        spans += _sentences(text, start, cut)
        start = cut
    return spans + _sentences(text, start, end)


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    block = text[start:end]
    if not block.strip():
        return []
    boundaries = sentencex.get_sentence_boundaries(language_of(block), block)
    spans = [(start + b["start_index"], start + b["end_index"]) for b in boundaries if b["end_index"] > b["start_index"]]
    return list(_merged(text, _with_closing_marks(text, spans))) or [(start, end)]


def _with_closing_marks(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans, each with the mark that ends its emphasis."""
    result: list[tuple[int, int]] = []
    for start, end in spans:
        closing = _CLOSING_MARK.match(text, start, end) if result else None
        if closing and text.count(closing[1], *result[-1]) % 2:
            result[-1], start = (result[-1][0], closing.end()), closing.end()
        result += [(start, end)] if start < end else []
    return result


def _merged(text: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the spans, joining those between which no sentence ends."""
    first: int | None = None
    for (start, end), following in zip(spans, [*spans[1:], None], strict=True):
        first = start if first is None else first
        if following and _continues(text[start:end], text[following[0] : following[1]], begins=first == start):
            continue
        yield first, end
        first = None


def _continues(one: str, other: str, begins: bool) -> bool:
    """Return True if a sentence goes on in what follows; `begins` says that nothing of it stands before `one`."""
    if (
        (begins and _LONE_NUMBER.fullmatch(one))
        or _POINT_NUMBER.search(one[-40:])
        or (one.rstrip().endswith(("」", "』")) and other.startswith(_PARTICLES))
    ):
        return True
    last, first_word = _LAST_WORD.search(one[-40:]), _FIRST_WORD.match(other)
    if last is None or first_word is None:
        return False
    word, after = last[1].lower(), first_word[1] or ""
    if not after:  # a number, a sign
        return word in _BEFORE_NUMBERS and other[first_word.end() : first_word.end() + 1].isdigit()
    if word in _BEFORE_NUMBERS and (len(after) == 1 and after not in "AI"):
        return True
    if word in _BEFORE_NAMES:
        return last[1][0].isupper() and (after == "of" or (after[0].isupper() and after.lower() not in STOPWORDS))
    return word in _MID_SENTENCE and after.lower() not in STOPWORDS


def language_of(text: str) -> str:
    """`zh`, `ja`, `ko`, `fr`, `de` or `es`; `en` for these and for what is none of them.

    Chinese has at least two Han characters for each word in letters, Japanese a syllable sign for seven of them at least.
    """
    text = text[:4_000]  # enough to tell
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
    counted = words if len(words) > 60 else list(dict.fromkeys(words))
    counts = {
        name: sum(weights.get(w) or any(sign in w for sign in _LETTERS.get(name, "")) for w in counted)
        for name, weights in _WEIGHTS.items()
    }
    best = max(counts, key=lambda name: counts[name])  # English stands first: a tie is English
    return best if counts[best] >= MIN_WEIGHT and counts[best] > counts["en"] + 1 else "en"
