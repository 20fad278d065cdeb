"""A folder of documents: its files, and the words that it has in YAML: the kinds of its publishers, a thesaurus."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ingest.added import load_added, sidecar
from ingest.documents import Document, Source, readable_name
from ingest.errors import CorpusError, LoadError
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.load import LOADERS, YAML, load
from ingest.loaders.files import read_bytes
from ingest.storage import kind_of_special
from ingest.words import CHARACTERS


def document_files(folder: Path) -> list[Path]:
    """Return the documents in a folder, by path.

    README.md is left out, and so are hidden files and folders and those with `_` in front.

    Raises:
        CorpusError: the folder is missing, not a folder, unreadable, or without a document.
    """
    return [f.path for f in _list_corpus(folder).files]


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A file or sub-folder that could not be looked at, by its name in the index, and why in a sentence."""

    name: str
    reason: str

    def covers(self, name: str) -> bool:
        """Return True if it is this file, or the file would stand in it."""
        return name == self.name or name.startswith(f"{self.name}/")


@dataclass(frozen=True, slots=True)
class File:
    """A file with the name that the index knows it by; `root` is the folder that it must not lead out of."""

    name: str
    path: Path
    root: Path
    added: bool

    def digest(self, limits: Limits) -> str:
        """Return a hash that changes with the file's bytes, and with its sidecar's if it has one.

        Raises:
            LoadError: the file is too large, unreadable, or a link that leads out of the folder.
        """
        if self.path.is_symlink() and not self.path.resolve().is_relative_to(self.root.resolve()):
            raise LoadError(f"{self.path} is a link that points outside its folder.", "Put the file itself there.")
        digest = hashlib.sha256(read_bytes(self.path, limits))
        if self.added and sidecar(self.path).is_file():
            digest.update(sidecar(self.path).read_bytes())
        return digest.hexdigest()

    def load(self, limits: Limits) -> Document:
        """Load the document in the file."""
        return (load_added if self.added else load)(self.path, self.root, limits)


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The content of folders: the files that are documents, and those that could not be read."""

    files: tuple[File, ...] = ()
    unreadable: tuple[UnreadableFile, ...] = ()

    def __add__(self, other: FolderFiles) -> FolderFiles:
        return FolderFiles(self.files + other.files, self.unreadable + other.unreadable)


def list_files(folders: Sequence[Path], added: Path | None) -> FolderFiles:
    """List the files of folders by their path in there, then those of `added` with `added/` in front.

    `added` may be empty or missing.

    Raises:
        CorpusError: see `document_files`.
    """
    listing = sum((_list_corpus(f) for f in folders), FolderFiles())
    return listing + _list_folder(added, "added") if added is not None else listing


def _list_corpus(folder: Path) -> FolderFiles:
    if not os.path.lexists(folder):
        raise CorpusError(f"The folder {folder} does not exist.", "Give another with --corpus or ASK_CORPUS.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise CorpusError(f"The folder {folder} cannot be read.", "Check its permissions.")
    if not folder.is_dir():
        raise CorpusError(f"{folder} is not a folder.", "Give the folder that holds the documents.")
    listing = _list_folder(folder, "")
    if not listing.files and listing.unreadable:
        raise CorpusError(f"Nothing in the folder {folder} can be read.", listing.unreadable[0].reason)
    if not listing.files:
        kinds = ", ".join(LOADERS)
        raise CorpusError(f"The folder {folder} holds no documents.", f"Put files of these kinds into it: {kinds}.")
    return listing


def _list_folder(root: Path, prefix: str) -> FolderFiles:
    """List the documents below a folder, by path, and what could not be read.

    Links to folders are not followed. `prefix` comes before the names in the index.
    """
    files: list[File] = []
    unreadable: list[UnreadableFile] = []

    def name_of(path_text: str) -> str:
        relative = readable_name(path_text[len(str(root)) :].strip(os.sep))
        return "/".join(part for part in (prefix, relative) if part)

    def note_error(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # `added` may be missing, and a folder may go while it is walked
            message = f"{error.filename} cannot be read ({error.strerror}). Check its permissions."
            unreadable.append(UnreadableFile(name_of(str(error.filename)), readable_name(message)))

    for folder, folders, names in os.walk(root, onerror=note_error):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "_")))
        for name in filter(_is_document, sorted(names)):
            path = Path(folder, name)
            _sort_file(path, File(name_of(os.path.join(folder, name)), path, root, bool(prefix)), files, unreadable)  # noqa: PTH118
    return FolderFiles(tuple(sorted(files, key=lambda f: f.path.parts)), tuple(unreadable))


def _is_document(name: str) -> bool:
    return not name.startswith((".", "_")) and os.path.splitext(name)[1].lower() in LOADERS and name != "README.md"  # noqa: PTH122


def _sort_file(path: Path, file: File, files: list[File], unreadable: list[UnreadableFile]) -> None:
    """Add a file to `files`, or to `unreadable` if it is a pipe, a socket or a device.

    Reading one of these may never end. A link that leads nowhere is skipped. A file that cannot be examined goes to
    `files`, since reading it raises the error.
    """
    try:
        if path.is_file():
            files.append(file)
        elif path.exists():
            message = f"{path} is {kind_of_special(path)}, not a file. It is left out."
            unreadable.append(UnreadableFile(file.name, readable_name(message)))
    except OSError:  # it says what is wrong when it is read
        files.append(file)


def read_own(path: Path, next_step: str) -> Any:
    """Read a file of a folder's own words as YAML.

    Raises:
        CorpusError: The file is unreadable, or not YAML.
    """
    try:
        return yaml.load(read_bytes(path, DEFAULT_LIMITS).decode(), Loader=YAML)
    except (LoadError, ValueError, yaml.YAMLError) as error:
        raise CorpusError(f"{path} cannot be read as YAML.", next_step) from error


def read_mapping(path: Path, next_step: str) -> dict[Any, Any]:
    """Read a file of a folder's own words as a mapping; {} if the file is empty.

    Raises:
        CorpusError: The file is unreadable, not YAML, or not a mapping.
    """
    content = read_own(path, next_step)
    if content is not None and not isinstance(content, dict):
        raise CorpusError(f"{path} is not a mapping.", next_step)
    return content or {}


# --- the kind of each publisher's texts, in `_publishers.yaml`


PUBLISHERS = "_publishers.yaml"
OFFICIAL = ("plan", "law", "report")
KINDS = (*OFFICIAL, "statistics", "press", "research", "analysis", "reference")
"""The kinds of sources; `report` is another text of state, party or court."""
_PUBLISHERS_ADVICE = "Write `Publisher: kind`, one a line, or remove the file."


def read_publishers(folder: Path) -> dict[str, str]:
    """Read the kind of each publisher's texts; {} if the folder has no `_publishers.yaml`.

    Raises:
        CorpusError: the file is not a mapping to known kinds.
    """
    path = folder / PUBLISHERS
    kinds = read_mapping(path, _PUBLISHERS_ADVICE) if path.is_file() else {}
    unknown = next((str(name) for name, kind in kinds.items() if kind not in KINDS), None)
    if unknown is not None:
        raise CorpusError(f"{path}: {unknown} has no kind that is known.", f"Known are: {', '.join(KINDS)}.")
    return {_bare_publisher(str(name)): kind for name, kind in kinds.items()}


def kind_of(source: Source, publishers: Mapping[str, str]) -> str:
    """Return the kind of a source: its own, or else that of its publisher's texts.

    It is '' if neither is known. It is also '' if an office published something that is not an official text, such as
    its news.
    """
    if source.kind in KINDS:
        return source.kind
    kind = publishers.get(_bare_publisher(source.publisher), "")
    return "" if kind in OFFICIAL and not source.official else kind


def _bare_publisher(publisher: str) -> str:
    """Return a publisher's name in lower case, without what stands in brackets.

    Brackets contain the site on which the text was found, or the name in another script.
    """
    return publisher.replace("（", "(").partition("(")[0].rstrip().casefold()


# --- the thesaurus in `_words.yaml`: other words for those of the documents, `integrated circuits: [chips, semiconductors]`


WORDS = "_words.yaml"
_TOKEN = re.compile(rf"[{CHARACTERS}]|[^\W_{CHARACTERS}]+|\+")
_WORDS_ADVICE = f"Write `term: [other word, other words]`, with quotes where YAML wants them, or remove {WORDS}."


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
    words = read_mapping(path, _WORDS_ADVICE) if path.is_file() else {}
    terms: dict[tuple[str, ...], str] = {}
    for term, phrases in words.items():
        texts = [term, *phrases] if isinstance(phrases, list) else [term, phrases]
        if not (isinstance(phrases, list) and all(isinstance(t, str) and _key(t) for t in texts)):
            raise CorpusError(f"{path}: `{term}` is not a text with a list of other words.", _WORDS_ADVICE)
        for phrase in phrases:
            if terms.setdefault(_key(phrase), term) != term:
                raise CorpusError(f"{path}: `{phrase}` stands for `{terms[_key(phrase)]}` and for `{term}`.", "Remove one.")
    return Thesaurus(words)
