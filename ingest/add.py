"""Adding: what a user names is looked at, copied into the folder of added documents, and indexed."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ingest.added import Added, Note
from ingest.documents import Document, readable
from ingest.errors import LoadError
from ingest.gather import Item, Refused, gather
from ingest.limits import Limits
from ingest.load import load
from ingest.loaders.files import read_bytes
from ingest.sync import Progress

Status = Literal["added", "updated", "unchanged", "removed", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; `reason` says why it failed and what to do, `document_id` is '' then."""

    name: str
    status: Status
    reason: str = ""
    document_id: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", readable(self.name))
        object.__setattr__(self, "reason", readable(self.reason))


@dataclass(frozen=True, slots=True)
class Details:
    """What the user says of the documents; '' where the document itself is to say it."""

    title: str = ""
    publisher: str = ""
    date: str = ""
    url: str = ""


def take(
    named: Sequence[str],
    folder: Path,
    details: Details,
    limits: Limits,
    progress: Progress,
    place: Callable[[str], str] = str,
) -> tuple[Outcome, ...]:
    """Copy the files behind the names into `folder`, each once it is known that it can be read.

    `place` gives another name to where a file comes from (an upload lies in another temporary folder each time).
    """
    outcomes: list[Outcome] = []
    added = Added(folder)
    with tempfile.TemporaryDirectory() as scratch, added.changing():
        notes = added.notes()
        for number, name in enumerate(named):
            progress("Fetching" if "://" in name else "Looking", number, len(named))
            taken = list(gather(name, Path(scratch), limits))
            if not taken:
                reason = f"{name} holds no file of a kind that is read. `ask-the-plan add --help` lists the kinds."
                taken = [Refused(name, reason)]
            for at, item in enumerate(taken):
                progress("Checking", at, len(taken))
                if isinstance(item, Item):
                    outcomes.append(_taken(replace(item, place=place(item.place)), added, details, limits, notes))
                else:
                    outcomes.append(Outcome(item.place, "failed", item.reason))
            progress("Checking", len(taken), len(taken))
        progress("Fetching" if any("://" in n for n in named) else "Looking", len(named), len(named))
    return tuple(outcomes)


def _taken(item: Item, added: Added, details: Details, limits: Limits, notes: dict[Path, Note]) -> Outcome:
    try:
        document = load(item.path, item.path.parent, limits)
        raw = read_bytes(item.path, limits)
    except LoadError as error:
        return Outcome(item.name, "failed", error.sentence().replace(readable(str(item.path)), item.name))
    try:
        change, _ = added.put(raw, item.path.suffix.lower(), _note(item, document, details), notes)
    except OSError as error:
        return Outcome(item.name, "failed", f"{item.name} cannot be copied to {added.folder}: {error.strerror}.")
    return Outcome(item.name, change, "", document.id)


def _note(item: Item, document: Document, details: Details) -> Note:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Note(
        title=details.title or document.title,
        publisher=details.publisher,
        date=details.date,
        url=details.url or item.url,
        added=now,
        names=(item.name,),
        came_from=(item.place,),
    )
