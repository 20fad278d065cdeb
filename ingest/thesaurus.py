"""A folder's thesaurus in `_words.yaml`: other words for those of its documents, `integrated circuits: [chips]`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from ingest.errors import CorpusError
from ingest.words import CHARACTERS
from ingest.yaml_files import read_yaml_file

WORDS = "_words.yaml"
_TOKEN = re.compile(rf"[{CHARACTERS}]|[^\W_{CHARACTERS}]+|\+")
_ADVICE = f"Write `term: [other word, other words]`, with quotes where YAML wants them, or remove {WORDS}."
_Term = Annotated[str, Field(pattern=r"[\w+]")]


class Thesaurus:
    """The documents' own words, each with what readers may say instead.

    Case, hyphens and a plural's ending don't count, except in abbreviations: MOST is a ministry and most is not.
    """

    def __init__(self, words: Mapping[str, Sequence[str]] | None = None) -> None:
        self.words = dict(words or {})
        self._terms = {_key(phrase): (phrase, term) for term, phrases in self.words.items() for phrase in phrases}
        self._max_tokens = max((len(key) for key in self._terms), default=0)
        self._first_tokens = {key[0] for key in self._terms if len(key) > 1}

    def found(self, text: str) -> tuple[tuple[str, str], ...]:
        """Find the phrases of a text for which the documents have another word.

        Returns:
            Each phrase as it stands in the text, with that word; each word once, and none that the text has itself.
        """
        lower_text, tokens = text.lower(), list(_TOKEN.finditer(text))
        keys = [t[0].lower() for t in tokens]
        phrases: dict[str, str] = {}
        found_terms: set[str] = set()
        position = 0
        while position < len(tokens):
            longest = self._max_tokens if keys[position] in self._first_tokens else 1
            for size in range(min(longest, len(tokens) - position), 0, -1):
                phrase = text[tokens[position].start() : tokens[position + size - 1].end()]
                if (term := self._term(tuple(keys[position : position + size]), phrase)) is not None:
                    if term not in found_terms:
                        found_terms.add(term)
                        phrases |= {} if term.lower() in lower_text else {term: phrase}
                    position += size
                    break
            else:
                position += 1
        return tuple((phrase, term) for term, phrase in phrases.items())

    def _term(self, key: tuple[str, ...], text: str) -> str | None:
        *before, last = key
        for ending in ("", "s", "es"):
            if last.endswith(ending) and (entry := self._terms.get((*before, last.removesuffix(ending)))):
                phrase, term = entry
                if not phrase.isupper() or text.startswith(phrase):
                    return term
        return None


def _key(phrase: str) -> tuple[str, ...]:
    return tuple(t.lower() for t in _TOKEN.findall(phrase))


def read_thesaurus(folder: Path) -> Thesaurus:
    """Read the thesaurus of a folder; it is empty if there is no `_words.yaml`.

    Raises:
        CorpusError: the file does not have the form of a thesaurus, or one phrase stands for two words.
    """
    path = folder / WORDS
    words = (read_yaml_file(path, dict[_Term, list[_Term]], _ADVICE) if path.is_file() else None) or {}
    terms: dict[tuple[str, ...], str] = {}
    for term, phrases in words.items():
        for phrase in phrases:
            if terms.setdefault(_key(phrase), term) != term:
                message = "{path}: `{phrase}` stands for `{other}` and for `{term}`."
                raise CorpusError(message, "Remove one.", path, phrase, terms[_key(phrase)], term)
    return Thesaurus(words)
