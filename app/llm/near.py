"""What a model may say whose word is not trusted: what a passage says nearly word for word."""

from __future__ import annotations

from rapidfuzz import fuzz

from app.groundedness.hanzi import chinese
from app.groundedness.support import content

CLOSE = 0.9  # how much of a sentence a run of the passage of its length must share with it
ENDS = (".", "!", "?", "。", "！", "？")
SHORTEST = 4  # words: what is shorter is a heading or a piece of a list


def close_to(sentence: str, passage: str) -> bool:
    """A sentence and a passage -> whether the passage says it nearly word for word: the words that carry meaning, in their
    order and together.

    Figures, names and negation are not looked at apart: that is `app.groundedness`'s work, which comes first.
    """
    ours, theirs = content(sentence), content(passage)
    if not chinese(sentence):  # names are followed by their Chinese form, which a sentence may leave out
        ours, theirs = [w for w in ours if w.isascii()], [w for w in theirs if w.isascii()]
    whole = sentence.endswith(ENDS) or passage.endswith(sentence)  # items of lists have no full stop
    if not whole or not SHORTEST <= len(ours) <= len(theirs):
        return False
    return fuzz.partial_ratio(ours, theirs) >= 100 * CLOSE
