"""The known questions of each document, as a page offers them: in one language, short enough to be read at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.answering.suggest import is_brief
from ingest.documents import guess_language

if TYPE_CHECKING:
    from app.pipeline.chain import Chain
    from ingest.questions.store import Wordings


@dataclass(frozen=True, slots=True)
class Known:
    """Of each document by its id: how many known questions it answers, and the short ones of them by language, in their
    order."""

    numbers: Mapping[str, int]
    brief: Mapping[str, Mapping[str, tuple[str, ...]]]

    def of(self, language: str) -> Mapping[str, tuple[str, ...]]:
        """A language -> the short questions of each document in it, else those in any."""
        every = {d: tuple(q for of in by.values() for q in of) for d, by in self.brief.items()}
        return {d: by.get(language) or every[d] for d, by in self.brief.items()}


def read_known(wordings: Wordings) -> Known:
    """All wordings -> those that name the documents that answer them; of a question the first short wording in each
    language counts. A gap is no question to offer."""
    numbers: dict[str, int] = {}
    brief: dict[str, dict[str, list[str]]] = {}
    said: dict[int, list[str]] = {}
    for text, owner in zip(wordings.texts, wordings.owner.tolist(), strict=True):
        said.setdefault(owner, []).append(text)
    for owner, question in enumerate(wordings.questions):
        if not question.held or question.partial:
            continue
        document = question.held[0].document_id
        numbers[document] = numbers.get(document, 0) + 1
        first: dict[str, str] = {}
        for text in filter(is_brief, said.get(owner, ())):
            first.setdefault(guess_language(text), text)
        for language, text in first.items():
            brief.setdefault(document, {}).setdefault(language, []).append(text)
    return Known(numbers, {d: {lang: tuple(q) for lang, q in by.items()} for d, by in brief.items()})


class KnownQuestions:
    """Those of a chain, read again where they changed."""

    def __init__(self) -> None:
        self._read: tuple[object, Known] = (None, Known({}, {}))

    def of(self, chain: Chain | None) -> Known:
        """None of them until the chain is loaded, and where it has none."""
        if chain is None or chain.matcher is None:
            return Known({}, {})
        stamp, (seen, known) = (id(chain.matcher), chain.matcher.store.stamp), self._read
        if seen != stamp:
            known = read_known(chain.matcher.known[0])
            self._read = (stamp, known)
        return known
