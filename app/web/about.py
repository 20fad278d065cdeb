"""The page's words on the folder that it serves: `_page.yaml` in that folder, or made from its documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from app.answering.suggest import first_questions, is_brief
from app.text.messages import message
from ingest.documents import guess_language
from ingest.errors import LoadError
from ingest.folders import document_files
from ingest.load import load
from ingest.questions.known import read_questions
from ingest.split import split
from ingest.yaml_files import read_yaml_file

Text = Annotated[str, StringConstraints(strip_whitespace=True)]
_HINT = "Write `title: …`, `intro: …` and `examples:`, with texts in quotes, or remove it."


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject of a folder: its name in English and in Chinese, and the files that are about it, as patterns."""

    names: tuple[str, str]
    files: tuple[str, ...]

    def holds(self, file: str) -> bool:
        """Return True if the file is about this subject."""
        return any(fnmatch(file, pattern) for pattern in self.files)


@dataclass(frozen=True, slots=True)
class About:
    """The words with which a page introduces its folder.

    Attributes:
        follow_ups: Questions to ask next, by the document's file.
        lacks: One sentence on what the documents do not cover, '' if the folder has none.
        placeholder: What stands in the empty box, '' for the program's own words.
        maker: Who makes the page, '' if the folder does not say so.
        sample: An answer in miniature, which shows what one gets: `question`, `large` (its figure), `said` and `source`.
        chinese: The same words in Chinese, None if the folder has none.
    """

    title: str
    intro: str
    examples: tuple[str, ...]
    follow_ups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lacks: str = ""
    placeholder: str = ""
    maker: str = ""
    sample: Mapping[str, str] = field(default_factory=dict)
    subjects: tuple[Subject, ...] = ()
    chinese: About | None = None

    def spoken(self, language: str) -> About:
        """Return the words in Chinese if `language` is `zh` and the folder has them, else its own words."""
        return self.chinese if language == "zh" and self.chinese else self

    def covers(self, language: str) -> str:
        """Return a sentence that names the folder's subjects, '' if it has none."""
        names = message("marks.semicolon", language).join(s.names[language == "zh"] for s in self.subjects)
        return message("notes.covers", language, subjects=names) if names else ""


class _Subject(BaseModel):
    name: Text
    zh: Text = ""
    files: list[str]


class _Words(BaseModel):
    title: Text | None = None
    intro: Text | None = None
    lacks: Text | None = None
    placeholder: Text = ""
    maker: Text = ""
    sample: dict[Literal["question", "large", "said", "source"], Text] = {}
    examples: list[Text] | None = None

    def about(self, rest: About) -> About:
        """Return these words, with those of `rest` wherever these are empty."""
        examples = tuple(filter(None, self.examples or ())) or rest.examples
        own = {name: getattr(self, name) or getattr(rest, name) for name in ("lacks", "placeholder", "maker", "sample")}
        return About(self.title or rest.title, self.intro or rest.intro, examples, **own)


class _Page(_Words):
    """The contents of `_page.yaml`."""

    follow_ups: dict[str, list[Text]] | None = None
    subjects: list[_Subject] | None = None
    zh: _Words | None = None


def read_about(corpus: Path) -> About:
    """Read the words with which a page introduces its corpus folder.

    They come from `_page.yaml`. Without a title there, the folder's name is the title. Without examples, they are made
    from the documents.

    Raises:
        CorpusError: `_page.yaml` or a file of known questions is invalid.
    """
    path = corpus / "_page.yaml"
    page = (read_yaml_file(path, _Page, _HINT) if path.is_file() else None) or _Page()
    name = re.sub(r"[\W_]+", " ", corpus.resolve().name).strip().capitalize()
    about = page.about(About(name, "", ()))
    about = about if about.examples else replace(about, examples=_default_examples(corpus))
    follow_ups = {file: tuple(filter(None, questions)) for file, questions in (page.follow_ups or {}).items()}
    subjects = tuple(Subject((s.name, s.zh or s.name), tuple(s.files)) for s in page.subjects or ())
    return replace(about, follow_ups=follow_ups, subjects=subjects, chinese=page.zh.about(about) if page.zh else None)


def _default_examples(corpus: Path) -> tuple[str, ...]:
    """Make at most six example questions from the known questions, or from documents if there are none.

    The first short known question of each document is taken, because its answer is ready. If there are none, one
    question is made from the words or the title of each of the first three documents that can be read.
    """
    by_document: dict[str, str] = {}
    for question in read_questions(corpus):
        if not question.gap and is_brief(question.question):
            by_document.setdefault(question.origin, question.question)
    return tuple(by_document.values())[:6] or _from_documents(corpus)


def _from_documents(corpus: Path) -> tuple[str, ...]:
    questions: list[str] = []
    for path in document_files(corpus):
        try:
            document = load(path, corpus)
        except LoadError:
            continue
        passages = [p for chunk in split(document) for p in chunk.passages]
        named = message("asking.about", guess_language(document.title), what=document.title)
        questions.append(next(iter(first_questions(document, passages)), named))
        if len(questions) == 3:
            break
    return tuple(questions)
