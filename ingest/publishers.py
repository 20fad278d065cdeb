"""What kind of thing a folder's sources are, by who published them: `_publishers.yaml` in it, one line a publisher."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ingest.documents import Source
from ingest.errors import CorpusError
from ingest.folders import read_mapping

PUBLISHERS = "_publishers.yaml"
OFFICIAL = ("plan", "law", "report")
KINDS = (*OFFICIAL, "statistics", "press", "research", "analysis", "reference")
"""What a source may be; `report` is another text of state, party or court."""
_MEND = "Write `Publisher: kind`, one a line, or remove the file."


def read_publishers(folder: Path) -> dict[str, str]:
    """A folder -> the kind of each publisher's texts; {} where it has no `_publishers.yaml`.

    Raises:
        CorpusError: the file is not what it should be.
    """
    path = folder / PUBLISHERS
    given = read_mapping(path, _MEND) if path.is_file() else {}
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
