"""The documents as they are shown beside answers.

This is their list, the text of one, and the known questions of each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from app.answering.originals import quote_originals
from app.answering.suggest import is_brief
from app.query.understand import understand
from app.store.records import Record, with_citations
from ingest.database.catalogue import Listed
from ingest.documents import Document, Passage, guess_language
from ingest.loaders.mail import UNREAD

if TYPE_CHECKING:
    from app.pipeline.chain import Chain
    from ingest.questions.store import Wordings

NEAR = 12  # known questions among which those to offer beside a refusal are looked for


@dataclass(frozen=True, slots=True)
class Reading:
    """A document with the passages that it was split into."""

    document: Document
    passages: tuple[Passage, ...]

    @property
    def text(self) -> str:
        """The document's text."""
        return self.document.text

    @property
    def attached(self) -> str:
        """The names of what is attached to an e-mail, which is not read."""
        return next((line.removeprefix(UNREAD) for line in self.text.splitlines() if line.startswith(UNREAD)), "")


@dataclass(frozen=True, slots=True)
class Filter:
    """The conditions for a listed document; '' matches any.

    Attributes:
        words: Words that all occur in its title, file names, address or publishers, those of its sources included.
        source: A publisher of the document or of one of its sources.
        year: A year of the document or of one of its sources.
        language: The document's language.
    """

    words: str = ""
    source: str = ""
    year: str = ""
    language: str = ""

    def fits(self, row: Listed) -> bool:
        """Return True if the document, with its sources, meets all conditions."""
        text = " ".join((row.title, row.title_zh, row.origin, row.url, *row.publishers)).lower()
        return (
            all(word in text for word in self.words.lower().split())
            and (not self.source or self.source in row.publishers)
            and (not self.year or self.year in row.years)
            and self.language in ("", row.language)
        )


def fitting(rows: Sequence[Listed], conditions: Filter) -> list[Listed]:
    """Return the documents that match a filter, in their order."""
    return [row for row in rows if conditions.fits(row)]


@dataclass(frozen=True, slots=True)
class KnownByDocument:
    """The known questions of the documents.

    Attributes:
        numbers: The number of known questions that each document answers, by document id.
        brief: The short ones of these, by document id and language, in their order.
    """

    numbers: Mapping[str, int]
    brief: Mapping[str, Mapping[str, tuple[str, ...]]]

    def of(self, language: str) -> Mapping[str, tuple[str, ...]]:
        """Return each document's short questions in a language, or all of its short ones if it has none."""
        all_brief = {
            d: tuple(q for questions in by_language.values() for q in questions) for d, by_language in self.brief.items()
        }
        return {d: by_language.get(language) or all_brief[d] for d, by_language in self.brief.items()}


def read_known(wordings: Wordings) -> KnownByDocument:
    """Count the known questions of each document, and collect the short ones.

    A question belongs to the first document that answers it. Questions that no document answers, or only in part, are
    left out, because they are not worth offering. In each language the first short wording of a question is taken.
    """
    numbers: dict[str, int] = {}
    brief: dict[str, dict[str, list[str]]] = {}
    wordings_of: dict[int, list[str]] = {}
    for text, owner in zip(wordings.texts, wordings.owner.tolist(), strict=True):
        wordings_of.setdefault(owner, []).append(text)
    for owner, question in enumerate(wordings.questions):
        if not question.held or question.partial:
            continue
        document = question.held[0].document_id
        numbers[document] = numbers.get(document, 0) + 1
        first_wordings: dict[str, str] = {}
        for text in filter(is_brief, wordings_of.get(owner, ())):
            first_wordings.setdefault(guess_language(text), text)
        for language, text in first_wordings.items():
            brief.setdefault(document, {}).setdefault(language, []).append(text)
    return KnownByDocument(
        numbers, {d: {lang: tuple(q) for lang, q in by_language.items()} for d, by_language in brief.items()}
    )


class KnownQuestions:
    """The known questions of a chain, read again if they changed."""

    def __init__(self) -> None:
        self._cached: tuple[object, KnownByDocument] = (None, KnownByDocument({}, {}))

    def of(self, chain: Chain | None) -> KnownByDocument:
        """None of them until the chain is loaded, or if it has none."""
        if chain is None or chain.matcher is None:
            return KnownByDocument({}, {})
        stamp, (last_stamp, known) = (id(chain.matcher), chain.matcher.store.stamp), self._cached
        if last_stamp != stamp:
            known = read_known(chain.matcher.known.wordings)
            self._cached = (stamp, known)
        return known


class Shelf:
    """The documents of the chain that answers now, which is None until it is loaded."""

    def __init__(self, chain: Callable[[], Chain | None]) -> None:
        self._chain = chain

    def holdings(self) -> tuple[int, str]:
        """Return the number of documents and the date of the newest; (0, '') until the chain is loaded."""
        chain = self._chain()
        if chain is None:
            return 0, ""
        catalogue = chain.index.catalogue
        return catalogue.count("documents"), catalogue.newest()

    def lacking(self) -> tuple[int, int]:
        """(passages that have no vector yet, all passages); (0, 0) if none lacks one, and until ready."""
        chain = self._chain()
        lacking = chain.index.lacking if chain else 0
        return (lacking, chain.index.catalogue.count("embedded")) if chain and lacking else (0, 0)

    def reading(self, document_id: str) -> Reading | None:
        """Return a document with its passages in order, to show a quote in its context.

        Returns:
            The document; None if it is gone, or until the chain is loaded.
        """
        chain = self._chain()
        document = chain.index.document(document_id) if chain else None
        if chain is None or document is None:
            return None
        return Reading(document, chain.index.passages(document_id))

    def with_originals(self, record: Record) -> Record:
        """Add what the available originals say to the quotes of a saved answer."""
        chain = self._chain()
        if chain is None:
            return record
        return with_citations(record, partial(quote_originals, chain.index))

    def near(self, question: str) -> tuple[str, ...]:
        """Return the short known questions with an answer that come nearest to a question; () until the chain is loaded."""
        chain = self._chain()
        if chain is None or (matcher := chain.matcher) is None:
            return ()
        query = understand(question, (), chain.folder)
        return tuple(
            filter(is_brief, (matcher.wording_in(m, query.language) for m in matcher.matches(query, NEAR) if m.known.held))
        )
