"""The kind of each publisher's texts, as a folder's `_publishers.yaml` tells it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

from ingest.documents import Source
from ingest.yaml_files import read_yaml_file

PUBLISHERS = "_publishers.yaml"
OFFICIAL = ("plan", "law", "report")
SourceKind = Literal["plan", "law", "report", "statistics", "press", "research", "analysis", "reference"]
"""The kinds of sources; `report` is another text of state, party or court."""
KINDS: tuple[str, ...] = get_args(SourceKind)
_ADVICE = "Write `Publisher: kind`, one a line, or remove the file."


def read_publishers(folder: Path) -> dict[str, str]:
    """Read the kind of each publisher's texts; {} if the folder has no `_publishers.yaml`.

    Raises:
        CorpusError: the file is not a mapping to known kinds.
    """
    path = folder / PUBLISHERS
    kinds = read_yaml_file(path, dict[str, SourceKind], _ADVICE) if path.is_file() else None
    return {_bare_publisher(name): kind for name, kind in (kinds or {}).items()}


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
