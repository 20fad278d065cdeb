"""What a user names -> copies in the folder of added documents, each once it is known that it can be read."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ingest.added import Added, Note
from ingest.documents import Document, readable_name
from ingest.errors import LoadError, Stopped, StorageError
from ingest.expand import Item, Refused, expand_sources
from ingest.limits import Limits
from ingest.load import load
from ingest.loaders.files import read_bytes
from ingest.progress import Progress
from ingest.storage import told

Status = Literal["added", "updated", "unchanged", "removed", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; `reason` says why it failed and what to do, `document_id` is '' then.

    `copy` is the new copy of a file that is added.
    """

    name: str
    status: Status
    reason: str = ""
    document_id: str = ""
    copy: Path | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", readable_name(self.name))
        object.__setattr__(self, "reason", readable_name(self.reason))


@dataclass(frozen=True, slots=True)
class Details:
    """What the user says of the documents; '' where the document itself is to say it."""

    title: str = ""
    publisher: str = ""
    date: str = ""
    url: str = ""


def import_files(
    named: Sequence[str],
    folder: Path,
    details: Details,
    limits: Limits,
    progress: Progress,
    place: Callable[[str], str] = str,
) -> tuple[Outcome, ...]:
    """Names -> copies of the files behind them in `folder`, each once it is known that it can be read.

    `place` gives another name to where a file comes from (an upload lies in another temporary folder each time).

    Raises:
        Stopped: `progress` says so; the files that were new are not kept.
    """
    outcomes: list[Outcome] = []
    try:
        outcomes.extend(_outcomes(named, Added(folder), details, limits, progress, place))
    except Stopped:
        undo(outcomes, folder)
        raise
    return tuple(outcomes)


def _outcomes(
    named: Sequence[str], added: Added, details: Details, limits: Limits, progress: Progress, place: Callable[[str], str]
) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory() as scratch, added.changing():
        notes = added.notes()
        for number, name in enumerate(named):
            progress("Fetching" if "://" in name else "Looking", number, len(named))
            taken = list(expand_sources(name, Path(scratch), limits))
            if not taken:
                reason = f"{name} holds no file of a kind that is read. `ask-the-plan add --help` lists the kinds."
                taken = [Refused(name, reason)]
            for at, item in enumerate(taken):
                progress("Checking", at, len(taken))
                if isinstance(item, Item):
                    yield _taken(replace(item, place=place(item.place)), added, details, limits, notes)
                else:
                    yield Outcome(item.place, "failed", item.reason)
            progress("Checking", len(taken), len(taken))
        progress("Fetching" if any("://" in n for n in named) else "Looking", len(named), len(named))


def _taken(item: Item, added: Added, details: Details, limits: Limits, notes: dict[Path, Note]) -> Outcome:
    try:
        document = load(item.path, item.path.parent, limits)
        raw = read_bytes(item.path, limits)
        size = added.size_with(raw, limits.added_bytes, notes)
        if size > limits.added_bytes:
            said = f"With {item.name} the added documents would have {size:,} bytes; the limit is {limits.added_bytes:,}."
            raise LoadError(said, "Remove some of them, or set ASK_MAX_ADDED_BYTES higher.")
        with told(added.folder):
            change, copy = added.put(raw, item.path.suffix.lower(), _note(item, document, details), notes)
    except (LoadError, StorageError) as error:
        return Outcome(item.name, "failed", error.sentence().replace(str(item.path), item.name))
    return Outcome(item.name, change, "", document.id, copy if change == "added" else None)


def undo(outcomes: Iterable[Outcome], folder: Path) -> None:
    """What was added -> nothing: remove the copies of files that were not there before; a file that was brought up to date
    stays so."""
    added = Added(folder)
    with added.changing():
        for outcome in outcomes:
            if outcome.copy is not None:
                added.remove(outcome.copy)


def _note(item: Item, document: Document, details: Details) -> Note:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Note(
        title=details.title or document.title,
        publisher=details.publisher,
        date=details.date,
        url=details.url or item.url,
        added=now,
        names=(item.name,),
        origins=(item.place,),
    )
