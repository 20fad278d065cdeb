"""What a folder's documents bring to understanding a question: other words, Chinese terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.query.translate import term_pairs
from ingest.vocabulary import Thesaurus, read_publishers, read_thesaurus

if TYPE_CHECKING:
    from ingest.index import Index  # numpy, which the command line starts without


@dataclass(frozen=True)
class FolderLanguage:
    """The documents' own words.

    `thesaurus` has them for words of questions, `terms` their English for Chinese words, `publishers` what kind of thing
    each publisher's texts are.
    """

    thesaurus: Thesaurus = field(default_factory=Thesaurus)
    terms: Mapping[str, str] = field(default_factory=dict)
    publishers: Mapping[str, str] = field(default_factory=dict)


def read_folder(corpus: Path) -> FolderLanguage:
    """From the files that lie beside the documents, without their terms.

    Raises:
        CorpusError: `_words.yaml` or `_publishers.yaml` is not what it should be.
    """
    return FolderLanguage(read_thesaurus(corpus), publishers=read_publishers(corpus))


class Terms:
    """The Chinese terms that an index's documents explain, each document read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], tuple[str, dict[str, str]]] = {}

    def of(self, index: Index) -> dict[str, str]:
        """Those of the documents as they are now; of two pairs the same one wins every time."""
        names: dict[str, list[str]] = {}
        for name, (_, document_id) in index.catalogue.origins().items():
            names.setdefault(document_id, []).append(name)
        wanted = [(document_id, *sorted(own)) for document_id, own in names.items()]
        for key in (k for k in wanted if k not in self._known):
            if (document := index.document(key[0])) is not None:
                self._known[key] = document.origin, term_pairs([document])
        self._known = {key: self._known[key] for key in wanted if key in self._known}
        found: dict[str, str] = {}
        for _, pairs in sorted(self._known.values(), key=lambda known: known[0]):
            for chinese, english in pairs.items():
                found.setdefault(chinese, english)
        return found
