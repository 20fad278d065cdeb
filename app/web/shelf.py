"""What the documents of the chain hold, as it is shown beside answers: how many there are, what stands in one, passages to
choose from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.store.records import Considered, consider
from app.web.reading import Reading
from ingest.questions.known import Quote
from ingest.words import tokens

if TYPE_CHECKING:
    from app.pipeline.chain import Chain


class Shelf:
    """The documents of the chain that answers now, which is None until it is loaded."""

    def __init__(self, chain: Callable[[], Chain | None]) -> None:
        self._chain = chain

    def holdings(self) -> tuple[int, str]:
        """(number of documents, date of the newest); (0, '') until ready."""
        chain = self._chain()
        if chain is None:
            return 0, ""
        catalogue = chain.index.catalogue
        return catalogue.count("documents"), catalogue.newest()

    def lacking(self) -> tuple[int, int]:
        """(passages that have no vector yet, all passages); (0, 0) where none lacks one, and until ready."""
        chain = self._chain()
        lacking = chain.index.lacking if chain else 0
        return (lacking, chain.index.catalogue.count("embedded")) if chain and lacking else (0, 0)

    def reading(self, document_id: str) -> Reading | None:
        """A document's text with its passages in order, to show a quote where it stands; None where it is gone."""
        chain = self._chain()
        index = chain.index if chain else None
        document = index.document(document_id) if index else None
        if index is None or document is None:
            return None
        return Reading(document, index.passages(document_id))

    def with_words(self, words: str, limit: int, within: tuple[str, ...] | None = None) -> tuple[Considered, ...]:
        """The passages that have most of the words, to choose from; () until ready."""
        chain, wanted = self._chain(), set(tokens(words))
        found: list[Considered] = []
        for item in chain.index.words(words, limit, within) if chain else ():
            document = chain.index.document(item.chunk.document_id) if chain else None
            for p in item.chunk.passages if document else ():
                text = p.introduced(document.text) if document else ""
                if document and (shared := len(wanted.intersection(tokens(f"{p.heading} {text}")))):
                    found.append(consider(document, p, text, float(shared)))
        return tuple(sorted(found, key=lambda c: -c.score)[:limit])

    def quote(self, document_id: str, start: int) -> Quote | None:
        """The passage that begins there, as known questions name one; None where there is none."""
        reading, chain = self.reading(document_id), self._chain()
        names = sorted(n for n, (_, key) in chain.index.catalogue.origins().items() if key == document_id) if chain else []
        passage = next((p for p in reading.passages if p.start == start), None) if reading else None
        return Quote(names[0], passage.quote(reading.text)) if reading and passage and names else None
