"""How good a language model's word has been: one that is often wrong may only say what a passage says in its words."""

from __future__ import annotations

import threading
from collections import deque

from rapidfuzz import fuzz

from app.groundedness.hanzi import chinese
from app.groundedness.support import content

LAST = 40  # sentences that count
AT_FIRST = (6, 7)  # stood, heard: a model that nobody knows is doubted after two sentences without support
LEAST = 0.75  # share that must stand. The checks miss about one wrong sentence in ten: a worse model gets too many past them
CLOSE = 0.9  # how much of a sentence a run of the passage of its length must share with it
ENDS = (".", "!", "?", "。", "！", "？")
SHORTEST = 4  # words: what is shorter is a heading or a piece of a list


class TrackRecord:
    """Whether the last sentences of one language model had support. Safe to share between threads."""

    def __init__(self) -> None:
        self._stood: deque[bool] = deque(maxlen=LAST)
        self._lock = threading.Lock()

    def note(self, stood: bool) -> None:
        """One more sentence that was checked."""
        with self._lock:
            self._stood.append(stood)

    @property
    def doubtful(self) -> bool:
        """Whether too few of them stood."""
        with self._lock:
            stood, heard = sum(self._stood) + AT_FIRST[0], len(self._stood) + AT_FIRST[1]
        return stood < LEAST * heard


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
