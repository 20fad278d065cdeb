"""The values of asking: what was said before, and a question as it was read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Part:
    """One of several things that a question asks for: what to search with, and the user's own words for it, '' where they
    cannot be told apart."""

    search: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, and how it was read with the conversation before it. `within` limits the documents, by id.

    `parts` is not empty where several things are asked for. `otherwise` is a second reading, '' where there is no doubt:
    it is taken where the documents answer it clearly better. Thanks and greetings are no question: `asks` is False.
    `terms` are words of the question, as they stand in it, that the documents have others for, with those.
    """

    text: str
    read_as: str
    language: str = "en"
    within: tuple[str, ...] | None = None
    parts: tuple[Part, ...] = ()
    otherwise: str = ""
    asks: bool = True
    terms: tuple[tuple[str, str], ...] = ()

    @property
    def searched(self) -> str:
        """The question as it is searched for: `read_as` with the documents' words behind its own, "chips (integrated
        circuits)"; a Chinese one is read in English word for word, and they serve there."""
        put = {phrase: term for phrase, term in self.terms if term.lower() not in self.read_as.lower()}
        if not put or self.language == "zh":
            return self.read_as
        phrases = "|".join(map(re.escape, sorted(put, key=len, reverse=True)))
        return re.sub(
            rf"(?<![A-Za-z0-9])(?:{phrases})(?![A-Za-z0-9])",
            lambda m: f"{m[0]} ({term})" if (term := put.pop(m[0], "")) else m[0],
            self.read_as,
        )

    def asked(self) -> tuple[Question, ...]:
        """What is searched for, one by one: the parts, both readings, or the question itself."""
        searches = [p.search for p in self.parts] or [self.read_as, *([self.otherwise] if self.otherwise else [])]
        return tuple(replace(self, read_as=s, parts=(), otherwise="") for s in searches)
