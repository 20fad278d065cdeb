"""What a folder's documents bring to understanding a question: other words, rules on its subject, Chinese terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.query.rules import Rules, folder_rules, language_rules
from app.query.translate import term_pairs
from ingest.documents import Document
from ingest.thesaurus import Thesaurus, read_thesaurus


@dataclass(frozen=True)
class FolderLanguage:
    """`thesaurus` has the documents' words for those of the questions, `terms` their English for Chinese words, `rules` are
    the program's and the folder's."""

    thesaurus: Thesaurus = field(default_factory=Thesaurus)
    rules: Rules = field(default_factory=language_rules)
    terms: Mapping[str, str] = field(default_factory=dict)


def read_folder(corpus: Path) -> FolderLanguage:
    """From the files that lie beside the documents, without their terms.

    Raises:
        CorpusError: `_words.yaml` or `_rules.toml` is not what it should be.
    """
    return FolderLanguage(read_thesaurus(corpus), language_rules() + folder_rules(corpus))


def terms_of(documents: Iterable[Document]) -> dict[str, str]:
    """The Chinese terms that the documents explain; of two pairs the same one wins every time."""
    return term_pairs(sorted(documents, key=lambda d: d.origin))
