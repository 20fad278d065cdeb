"""What a language model is told of the folder whose documents it reads: title and `background` of its `_page.yaml`."""

from __future__ import annotations

from pathlib import Path

from app.llm.untrusted import visible
from ingest.errors import CorpusError
from ingest.folders import read_mapping

LONGEST = 1_500  # characters
_MEND = "Write `background: …` with a text in quotes, or remove it."


def described(corpus: Path) -> str:
    """A corpus folder -> its title and background in a few sentences; '' where it has none.

    Raises:
        CorpusError: `_page.yaml` is not what it should be.
    """
    path = corpus / "_page.yaml"
    given = read_mapping(path, _MEND) if path.is_file() else {}
    title, background = given.get("title") or "", given.get("background") or ""
    if not (isinstance(title, str) and isinstance(background, str)):
        raise CorpusError(f"{path}: title and background are texts.", _MEND)
    return visible(f"{title}. {background}".strip(". ") if title else background)[:LONGEST]
