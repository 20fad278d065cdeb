"""A text -> the language that it is written in, of those that this program was measured on."""

from __future__ import annotations

import re

from ingest.words import CHARACTERS, HANGUL, KANA

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
    """The language whose common words and letters there are most of, each word once in a short text; English in doubt."""
    found = words if len(words) > LONG else list(dict.fromkeys(words))
    counts = {
        name: sum(weights.get(w) or any(sign in w for sign in _SIGNS.get(name, "")) for w in found)
        for name, weights in _WEIGHTS.items()
    }
    best = max(counts, key=lambda name: counts[name])  # English stands first: a tie is English
    return best if counts[best] >= ENOUGH and counts[best] > counts["en"] + 1 else "en"
