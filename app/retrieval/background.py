"""Questions and texts about anything (`background.toml`): what a cosine is before two texts have to do with each other."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib import resources

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
