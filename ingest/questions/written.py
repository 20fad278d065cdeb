"""The files of known questions, and the answers in them that were written beforehand.

An answer has statements in English and Chinese, each with the quotes that it rests on. It stands with its question, below
`written`:

    written:
      quotes: ["Hefei is …", {results.md: "In 2024 …"}]   # passages, letter for letter
      short: {en: "…", zh: "…", cites: [1]}                   # one sentence; `cites` numbers the quotes, from 1
      form: list                                           # text (left out), list, steps, timeline, sides or table
      head: {en: ["", "Target"], zh: ["", "目标"]}          # of a table alone
      full:
      - {en: "…", zh: "…", cites: [1, 2], alone: {en: "…", zh: "…"}}  # `alone` if it needs the one before to be understood;
                                                             # of a table: {cells: {en: […], zh: […]}, cites: […]}
      missing: {en: "…", zh: "…"}                          # the half that is not held
      simple: {en: "…", zh: "…", cites: [1]}                  # in words for beginners
"""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationInfo, model_validator

FOLDER = "_questions"
LANGUAGES = ("en", "zh")
Words = Annotated[str, Field(pattern=r"\S")]
ByLanguage = dict[Annotated[str, Field(pattern="^(en|zh)$")], Words]
Cells = dict[Annotated[str, Field(pattern="^(en|zh)$")], tuple[str, ...]]


class WrittenStatement(BaseModel):
    """A statement in both languages, or the `cells` of a table's row by language.

    `cites` numbers the quotes that it rests on, from 1. `alone` is how it reads by itself, {} if it needs no other wording.
    """

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)

    en: str = ""
    zh: str = ""
    cites: tuple[PositiveInt, ...] = Field(min_length=1)
    cells: Cells = Field(default={}, min_length=len(LANGUAGES))
    alone: ByLanguage = Field(default={}, min_length=len(LANGUAGES))

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if not self.cells and not (self.en.strip() and self.zh.strip()):
            raise ValueError("a statement is not said in English and Chinese")
        return self

    @property
    def text(self) -> dict[str, str]:
        """The statement by language; {} for the row of a table."""
        return {} if self.cells else {"en": self.en, "zh": self.zh}


class WrittenAnswer(BaseModel):
    """An answer: `short` is one sentence, `full` the whole, `missing` says what is not held ({} if nothing is missing).

    To be read with the number of quotes as the context. A statement without cells may stand before the rows of a table.
    """

    model_config = ConfigDict(frozen=True)

    short: WrittenStatement
    full: tuple[WrittenStatement, ...] = Field(min_length=1)
    form: Literal["text", "list", "steps", "timeline", "sides", "table"] = "text"
    head: Cells = {}
    missing: ByLanguage = Field(default={}, min_length=len(LANGUAGES))
    simple: WrittenStatement | None = None

    @model_validator(mode="after")
    def _fits(self, info: ValidationInfo) -> Self:
        count = info.context or 0
        if too_high := [n for s in (self.short, *self.full, self.simple) if s for n in s.cites if n > count]:
            raise ValueError(f"a statement rests on quote {too_high[0]} of {count} quotes")
        rows = [self.head, *(s.cells for s in self.full if s.cells)] if self.form == "table" else []
        if len({len(row.get(language, ())) for row in rows for language in LANGUAGES}) > 1:
            raise ValueError("a row has other cells than the head, or in English than in Chinese")
        return self


def read_written(fields: Mapping[str, Any], quote_count: int) -> WrittenAnswer:
    """Read what stands below `written`: `fields` is without the quotes, and `quote_count` is their number.

    Raises:
        ValueError: It is not in the form that the module describes.
    """
    return WrittenAnswer.model_validate(fields, context=quote_count)


# --- the files of known questions: beside the documents of a folder, one for each


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
