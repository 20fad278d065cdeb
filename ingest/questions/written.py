"""The files of known questions, and the answers in them that were written beforehand.

An answer has statements in English and Chinese, each with the quotes that it rests on. It stands with its question, below
`written`:

    written:
      quotes: ["Hefei is …", {results.md: "In 2024 …"}]   # passages, letter for letter
      short: {en: "…", zh: "…", cites: [1]}                   # one sentence; `cites` numbers the quotes, from 1
      form: list                                           # text (left out), list, steps, timeline, sides or table
      head: {en: ["", "Target"], zh: ["", "目标"]}          # of a table alone
      full:
      - {en: "…", zh: "…", cites: [1, 2]}                     # of a table: {cells: {en: […], zh: […]}, cites: […]}
      missing: {en: "…", zh: "…"}                          # the half that is not held
      simple: {en: "…", zh: "…", cites: [1]}                  # in words for beginners
"""

from __future__ import annotations

import glob
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMS = ("text", "list", "steps", "timeline", "sides", "table")
LANGUAGES = ("en", "zh")
ByLanguage = Mapping[str, str]
Cells = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class WrittenStatement:
    """A statement by language, or the `cells` of a table's row (`text` is empty then).

    `cites` numbers the quotes that it rests on, from 1.
    """

    text: ByLanguage
    cites: tuple[int, ...]
    cells: Cells = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WrittenAnswer:
    """An answer: `short` is one sentence, `full` the whole, `missing` says what is not held ({} if nothing is missing)."""

    short: WrittenStatement
    full: tuple[WrittenStatement, ...]
    form: str = "text"
    head: Cells = field(default_factory=dict)
    missing: ByLanguage = field(default_factory=dict)
    simple: WrittenStatement | None = None


def read_written(fields: Mapping[str, Any], quote_count: int) -> WrittenAnswer:
    """Read what stands below `written`: `fields` is without the quotes, and `quote_count` is their number.

    Raises:
        KeyError, TypeError, ValueError: It is not in the form that the module describes.
    """
    form = fields.get("form", "text")
    if form not in FORMS:
        raise ValueError(f"the form {form!r} is none of {', '.join(FORMS)}")
    head = _cells(fields["head"]) if form == "table" else {}
    full = tuple(_statement(item, quote_count, len(head["en"]) if head else 0) for item in fields["full"])
    if not full:
        raise ValueError("a written answer has no statements")
    simple = _statement(fields["simple"], quote_count) if fields.get("simple") else None
    missing = _texts(fields["missing"]) if fields.get("missing") else {}
    return WrittenAnswer(_statement(fields["short"], quote_count), full, form, head, missing, simple)


def _statement(fields: Mapping[str, Any], quote_count: int, columns: int = 0) -> WrittenStatement:
    cites = tuple(fields["cites"])
    if not cites or not all(isinstance(n, int) and 1 <= n <= quote_count for n in cites):
        raise ValueError(f"a statement rests on {list(cites)} of {quote_count} quotes")
    if "cells" not in fields:
        return WrittenStatement(_texts(fields), cites)
    cells = _cells(fields["cells"])
    if any(len(row) != columns for row in cells.values()):
        raise ValueError(f"a row has not {columns} cells")
    return WrittenStatement({}, cites, cells)


def _texts(fields: Mapping[str, Any]) -> ByLanguage:
    if not all(isinstance(fields.get(language), str) and fields[language].strip() for language in LANGUAGES):
        raise ValueError("a statement is not said in English and Chinese")
    return {language: fields[language] for language in LANGUAGES}


def _cells(fields: Mapping[str, Any]) -> Cells:
    rows = {language: tuple(map(str, fields[language])) for language in LANGUAGES}
    if len({len(row) for row in rows.values()}) != 1:
        raise ValueError("a row has other cells in English than in Chinese")
    return rows


# --- the files of known questions: beside the documents of a folder, one for each


FOLDER = "_questions"


def question_files(folder: Path) -> list[Path]:
    """Return the files of known questions of a folder, sorted by path."""
    return sorted((folder / FOLDER).rglob("*.yaml"))


def questions_file(folder: Path, name: str) -> Path:
    """Return the file of known questions of a folder's document, `name` being the document's own file.

    For `NAME.md` that is `NAME.yaml` if it exists; otherwise `.yaml` is added to the whole name.
    """
    short = folder / FOLDER / f"{name.removesuffix('.md')}.yaml"
    return short if name.endswith(".md") and short.is_file() else folder / FOLDER / f"{name}.yaml"


def move_files(folder: Path, old: str, new: str) -> None:
    """Give the files beside one document, drafts too, to another that takes its place and has none."""
    for path in _files_of(folder, old):
        successor = path.with_name(new + path.name.removeprefix(old))
        if not successor.exists():
            path.replace(successor)


def delete_files(folder: Path, name: str) -> None:
    """Delete the files beside a document, drafts too."""
    for path in _files_of(folder, name):
        path.unlink(missing_ok=True)


def _files_of(folder: Path, name: str) -> list[Path]:
    return sorted((folder / FOLDER).glob(f"{glob.escape(name)}.*"))
