"""Errors that a user can make or meet, each with the sentence shown and the next step.

AskError
├── CorpusError      the folder of documents is missing, empty or unreadable
├── LoadError        one file cannot be read (collected by sync, never fatal)
├── ModelError       weights are missing, altered or not loadable
├── IndexMissing     there is no index yet
├── IndexMismatch    the index was built with another model or another way of splitting
├── IndexDamaged     its file is no longer what was written
├── StorageError     the disk is full, or a folder may not be read or written
│   └── DatabaseDown the PostgreSQL server does not answer
├── IndexBusy        another process is writing the index
└── Stopped          whoever asked for a piece of work wants it no more
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any, Self, SupportsIndex

from ingest.documents import readable, readable_name


class Translatable(str):
    """An English sentence that keeps its template and its values, so that it can be said in another language.

    A template is its own key, as in gettext. Without values it is the sentence itself, whatever braces it has.
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Fill the template; a value may be the name of a file that no terminal takes."""
        shown = {n: v if isinstance(v, int | float | Translatable) else readable_name(str(v)) for n, v in values.items()}
        text = super().__new__(cls, readable(template.format(**shown) if shown else template))
        text.template, text.values = template, shown
        return text

    def replace(self, old: str, new: str, count: SupportsIndex = -1, /) -> Translatable:
        """Return the sentence with another name in its values."""
        values = {n: v.replace(old, new, count) if isinstance(v, str) else v for n, v in self.values.items()}
        return Translatable(self.template, **values)


class AskError(Exception):
    """A problem that the user can solve.

    `message` says what is wrong and in which place, `next_step` what to do about it. Each is given as a template; the
    values fill both, in the order in which the templates name them first.
    """

    def __init__(self, message: str, next_step: str = "", *values: object) -> None:
        templates = [t for t in (message, next_step) if values and not isinstance(t, Translatable)]
        names = dict.fromkeys(name for t in templates for _, name, _, _ in Formatter().parse(t) if name)
        named = dict(zip(names, values, strict=False))  # a test counts them; an error must not fail itself
        self.message, self.next_step = (
            t if isinstance(t, Translatable) else Translatable(t, **named) for t in (message, next_step)
        )
        super().__init__(self.message)

    def sentence(self) -> Translatable:
        """Return the message followed by the next step, as shown to a user."""
        joined = Translatable("{message} {next_step}", message=self.message, next_step=self.next_step)
        return joined if self.next_step else self.message


class CorpusError(AskError):
    """The corpus folder is missing, empty or unreadable."""


class LoadError(AskError):
    """A file cannot become a document."""


class ModelError(AskError):
    """A model cannot be loaded or is not what it should be."""


class IndexMissing(AskError):
    """There is no index in the folder."""


class IndexMismatch(AskError):
    """The index was built by another model, split or program version."""


class IndexBusy(AskError):
    """Another process holds the writers' lock."""


class IndexDamaged(AskError):
    """The index's file is not what was written."""


class StorageError(AskError):
    """The disk is full, or a file or folder may not be read or written."""


class DatabaseDown(StorageError):
    """The PostgreSQL server does not answer."""


class Stopped(AskError):
    """A piece of work was ended by whoever asked for it."""
