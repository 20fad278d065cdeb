"""What known questions an index holds and which passages answer them, as far as it was worked out before.

It depends on the texts of the documents that a question names, and for a document's headings on that document alone: where
those are as they were, nothing of them is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ingest.index import Index
from ingest.questions import Held, KnownQuestion, Quote, answers_of, heading_questions

LAYOUT = "1"


class HeldBy(Mapping[str, Held]):
    """An index's documents as known questions name them, by file; each is read when it is asked for."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.ids = {name: document_id for name, (_, document_id) in sorted(index.catalogue.origins().items())}
        self._last: tuple[str, Held] | None = None  # several questions in a row name one

    def __getitem__(self, name: str) -> Held:
        if self._last is None or self._last[0] != name:
            document = self.index.document(self.ids[name])
            if document is None:
                raise KeyError(name)
            self._last = name, Held(name, document, self.index.passages(document.id))
        return self._last[1]

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(slots=True)
class Remembered:
    """What was worked out before (`known`), and what of it still holds or was worked out now (`used`), by what it is of."""

    known: Mapping[str, str]
    used: dict[str, str] = field(default_factory=dict)

    def headings(self, held: HeldBy) -> Iterator[KnownQuestion]:
        """The headings of all documents that ask something."""
        for name, document_id in held.ids.items():
            key = _key("headings", name, document_id)
            if (said := self.known.get(key)) is None:
                found = heading_questions(held[name]) if name in held else ()
                said = json.dumps([(q.question, [quote.text for quote in q.quotes]) for q in found])
            self.used[key] = said
            for heading, texts in json.loads(said):
                yield KnownQuestion(name, (heading,), tuple(Quote(name, text) for text in texts))

    def answers(self, question: KnownQuestion, held: HeldBy) -> list[tuple[str, int]]:
        """Document id and start of each passage that answers a question, best first."""
        key = _key("answers", *(part for q in question.quotes for part in (q.file, held.ids.get(q.file, ""), q.text)))
        if (said := self.known.get(key)) is None:
            said = json.dumps([(h.document.id, p.start) for h, p in answers_of(question, held)])
        self.used[key] = said
        return [(document_id, start) for document_id, start in json.loads(said)]


def _key(*parts: str) -> str:
    return hashlib.sha256(json.dumps([LAYOUT, *parts]).encode()).hexdigest()[:32]
