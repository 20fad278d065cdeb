"""What the embedding model makes of a text that the reranker cannot read -> a logit on the reranker's scale.

The reranker reads English. Its logit for an English text and the cosine of a Chinese one are ranked side by side and told as
one confidence, so that a number has to mean the same chance of an answer whichever it came from. A cosine alone does not
tell: e5's lie between 0.7 and 0.9 whatever two texts say, a short question is near every text, and a greeting is near every
question. So what each has in common with texts and with questions about anything is taken off (as Conneau et al., ICLR 2018,
do with nearest neighbours), and a logistic regression says what is left means.

`background.toml` has questions and texts about anything: they show what a cosine is before two texts have to do with each
other.
"""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from app.query.values import Query
from ingest.database.catalogue import Vector
from ingest.models.load import Embedder, Vectors

_SAID = tomllib.loads(resources.files(__package__).joinpath("background.toml").read_text(encoding="utf-8"))
QUESTIONS: Mapping[str, Sequence[str]] = _SAID["questions"]
TEXTS: Mapping[str, Sequence[str]] = _SAID["texts"]
UNREAD = frozenset(TEXTS) - {"en"}
"""Languages in which a reader of English can make nothing of a text."""


class Background:
    """The mean vectors under one embedding model; each is made when it is first asked for (half a second)."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._means: dict[tuple[str, str], Vector] = {}
        self._lock = threading.Lock()

    def questions(self, language: str) -> Vector:
        """The mean of questions in a language, English for an unknown one."""
        return self._mean("questions", language, self._embedder.queries, QUESTIONS)

    def texts(self, language: str) -> Vector:
        """The mean of texts in a language, English for an unknown one."""
        return self._mean("texts", language, self._embedder.passages, TEXTS)

    def _mean(
        self, kind: str, language: str, embedded: Callable[[Sequence[str]], Vectors], of: Mapping[str, Sequence[str]]
    ) -> Vector:
        language = language if language in of else "en"
        with self._lock:
            if (kind, language) not in self._means:
                self._means[kind, language] = embedded(list(of[language])).mean(axis=0)
            return self._means[kind, language]


Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """A logistic regression in logits of the reranker; see `CosineScale.measures`."""

    bias: float
    near: float
    common: float

    def logits(self, measures: Numbers) -> Numbers:
        """One a row."""
        return np.asarray(self.bias + measures @ np.array([self.near, self.common]))


LINES = {
    "same": Line(bias=-7.01, near=80.7, common=7.2),
    "across": Line(bias=-7.72, near=96.7, common=-94.6),
    "others": Line(bias=-8.01, near=80.7, common=7.2),
}
"""By whether question and text are in one language, and whether that is Chinese (docs/decisions/044). In other languages
foreign questions come nearer by one logit (docs/decisions/050)."""


class CosineScale:
    """Reads cosines of one embedding model. Safe to share between threads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder, self._background = embedder, Background(embedder)

    def usual(self, question: Query) -> Vector:
        """What the vector of a question in this language usually is."""
        return self._background.questions(question.tongue)

    def measures(self, question: Query, language: str, cosines: Sequence[float], common: Sequence[float]) -> Numbers:
        """How near each passage of a text in `language` is to the question, beyond what texts about anything are, and how
        near to questions about anything, beyond what those are: one row a passage. `cosines` are theirs to the question,
        `common` to `usual`."""
        texts = self._background.texts(language[:2])
        asked = self._embedder.queries([question.searched])[0]
        return np.column_stack(
            [np.array(cosines) - float(asked @ texts), np.array(common) - float(self.usual(question) @ texts)]
        )

    def logits(self, question: Query, language: str, cosines: Sequence[float], common: Sequence[float]) -> Numbers:
        """Above 0 a passage answers rather than not."""
        return LINES[pair(question.tongue, language)].logits(self.measures(question, language, cosines, common))


def pair(question: str, text: str) -> str:
    """Which line serves a question and a text in these languages."""
    if question != text[:2]:
        return "across"
    return "same" if question == "zh" else "others"
