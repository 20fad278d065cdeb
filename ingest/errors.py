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

from ingest.documents import readable


class AskError(Exception):
    """A problem that the user can solve.

    `str(error)` says what is wrong and in which place, `next_step` what to do about it.
    """

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(readable(message))  # it may name a file whose name no terminal takes
        self.next_step = readable(next_step)

    def sentence(self) -> str:
        """Return the message followed by the next step, as shown to a user."""
        return f"{self} {self.next_step}".strip()


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
