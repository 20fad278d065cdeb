"""Other words for what the documents of a folder say: `_words.yaml` in it, as a library's catalogue has them ("used for").

    integrated circuits: [chips, semiconductors]

Readers who ask for chips find integrated circuits, without a model that has to know that they are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ingest.documents import Source
from ingest.errors import CorpusError
from ingest.folders import read_mapping
from ingest.words import CHARACTERS

PUBLISHERS = "_publishers.yaml"
OFFICIAL = ("plan", "law", "report")
KINDS = (*OFFICIAL, "statistics", "press", "research", "analysis", "reference")
"""What a source may be; `report` is another text of state, party or court."""
_MEND_PUBLISHERS = "Write `Publisher: kind`, one a line, or remove the file."


def read_publishers(folder: Path) -> dict[str, str]:
    """A folder -> the kind of each publisher's texts; {} where it has no `_publishers.yaml`.

    Raises:
        CorpusError: the file is not what it should be.
    """
    path = folder / PUBLISHERS
    given = read_mapping(path, _MEND_PUBLISHERS) if path.is_file() else {}
    wrong = next((str(name) for name, kind in given.items() if kind not in KINDS), None)
    if wrong is not None:
        raise CorpusError(f"{path}: {wrong} has no kind that is known.", f"Known are: {', '.join(KINDS)}.")
    return {_bare(str(name)): kind for name, kind in given.items()}


def kind_of(source: Source, publishers: Mapping[str, str]) -> str:
    """What a source is: what it says itself, else what its publisher's texts are; '' where neither is known, and where an
    office published what is no official text (its news, say)."""
    if source.kind in KINDS:
        return source.kind
    kind = publishers.get(_bare(source.publisher), "")
    return "" if kind in OFFICIAL and not source.official else kind


def _bare(publisher: str) -> str:
    """A publisher's name without what stands in brackets: where the text was found, its name in another script."""
    return re.sub(r"\s*[（(].*", "", publisher).casefold()


WORDS = "_words.yaml"
_TOKEN = re.compile(rf"[{CHARACTERS}]|[^\W_{CHARACTERS}]+|\+")
_MEND = f"Write `term: [other word, other words]`, with quotes where YAML wants them, or remove {WORDS}."


class Thesaurus:
    """The documents' own words, each with what readers may say instead.

    Case, hyphens and a plural's ending don't count, except in abbreviations: MOST is a ministry and most is not.
    """

    def __init__(self, words: Mapping[str, Sequence[str]] | None = None) -> None:
        self.words = dict(words or {})
        self._terms = {_key(phrase): (phrase, term) for term, phrases in self.words.items() for phrase in phrases}
        self._longest = max((len(key) for key in self._terms), default=0)
        self._first = {key[0] for key in self._terms if len(key) > 1}

    def found(self, text: str) -> tuple[tuple[str, str], ...]:
        """What stands in the text and has another word in the documents, as it stands there, with that word; each word once,
        and none that the text has itself."""
        low, tokens = text.lower(), list(_TOKEN.finditer(text))
        keys = [t[0].lower() for t in tokens]
        pairs: dict[str, str] = {}
        met: set[str] = set()
        at = 0
        while at < len(tokens):
            longest = self._longest if keys[at] in self._first else 1
            for size in range(min(longest, len(tokens) - at), 0, -1):
                phrase = text[tokens[at].start() : tokens[at + size - 1].end()]
                if (term := self._term(tuple(keys[at : at + size]), phrase)) is not None:
                    if term not in met:
                        met.add(term)
                        pairs |= {} if term.lower() in low else {term: phrase}
                    at += size
                    break
            else:
                at += 1
        return tuple((phrase, term) for term, phrase in pairs.items())

    def _term(self, key: tuple[str, ...], said: str) -> str | None:
        *first, last = key
        for ending in ("", "s", "es"):
            if last.endswith(ending) and (known := self._terms.get((*first, last.removesuffix(ending)))):
                phrase, term = known
                if not phrase.isupper() or said.startswith(phrase):
                    return term
        return None


def _key(phrase: str) -> tuple[str, ...]:
    return tuple(t.lower() for t in _TOKEN.findall(phrase))


def read_thesaurus(folder: Path) -> Thesaurus:
    """A folder -> its other words; none where it has no `_words.yaml`.

    Raises:
        CorpusError: the file is not what it should be, or one phrase stands for two words.
    """
    path = folder / WORDS
    words = read_mapping(path, _MEND) if path.is_file() else {}
    taken: dict[tuple[str, ...], str] = {}
    for term, phrases in words.items():
        texts = [term, *phrases] if isinstance(phrases, list) else [term, phrases]
        if not (isinstance(phrases, list) and all(isinstance(t, str) and _key(t) for t in texts)):
            raise CorpusError(f"{path}: `{term}` is not a text with a list of other words.", _MEND)
        for phrase in phrases:
            if taken.setdefault(_key(phrase), term) != term:
                raise CorpusError(f"{path}: `{phrase}` stands for `{taken[_key(phrase)]}` and for `{term}`.", "Remove one.")
    return Thesaurus(words)
