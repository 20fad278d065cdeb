"""The page's words on the folder that it serves: `_page.yaml` in that folder, or made from its documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from app.answering.suggest import is_brief
from ingest.documents import guess_language
from ingest.errors import CorpusError, LoadError
from ingest.folders import document_files, read_mapping
from ingest.load import load
from ingest.questions.known import read_questions

_MEND = "Write `title: …`, `intro: …` and `examples:`, with texts in quotes, or remove it."
EXAMPLES = 6  # questions that a visitor is offered to begin with, where the folder names none
LOOKED_AT = 3  # documents whose titles become questions, where there are no known ones either


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject of a folder: its name in English and in Chinese, and the files that are about it, as patterns."""

    names: tuple[str, str]
    files: tuple[str, ...]

    def holds(self, file: str) -> bool:
        """True if a file is about it."""
        return any(fnmatch(file, pattern) for pattern in self.files)


@dataclass(frozen=True, slots=True)
class About:
    """Title, introduction and example questions of a page, and questions to ask next, by the document's file. `lacks` says
    in a sentence what the documents do not cover; `chinese` are the same words in Chinese, where the folder has them."""

    title: str
    intro: str
    examples: tuple[str, ...]
    follow_ups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lacks: str = ""
    subjects: tuple[Subject, ...] = ()
    chinese: About | None = None

    def spoken(self, language: str) -> About:
        """The words in a language, where the folder has them, else its own."""
        return self.chinese if language == "zh" and self.chinese else self


def read_about(corpus: Path) -> About:
    """A corpus folder -> the page's own words for it.

    Raises:
        CorpusError: `_page.yaml`, or a file of known questions, is not what it should be.
    """
    path = corpus / "_page.yaml"
    given = read_mapping(path, _MEND) if path.is_file() else {}
    said = _said(path, given)
    name = re.sub(r"[\W_]+", " ", corpus.resolve().name).strip().capitalize()
    own = replace(said, title=said.title or name, examples=said.examples or _made_examples(corpus))
    follow_ups, subjects = _follow_ups(path, given.get("follow_ups") or {}), _subjects(path, given.get("subjects") or [])
    chinese = _in_chinese(path, given["zh"], own) if given.get("zh") else None
    return replace(own, follow_ups=follow_ups, subjects=subjects, chinese=chinese)


def _said(path: Path, given: Mapping[str, Any]) -> About:
    title, intro, lacks = (given.get(key) or "" for key in ("title", "intro", "lacks"))
    examples = given.get("examples") or []
    if not (isinstance(examples, list) and all(isinstance(t, str) for t in [title, intro, lacks, *examples])):
        raise CorpusError(f"{path}: title, intro and lacks are texts, examples a list of texts.", "Mend or remove it.")
    return About(title.strip(), intro.strip(), tuple(e.strip() for e in examples if e.strip()), lacks=lacks.strip())


def _in_chinese(path: Path, given: object, own: About) -> About:
    """The words under `zh`; the rest is said as in the folder's own words."""
    if not isinstance(given, Mapping):
        raise CorpusError(f"{path}: zh has a title, an intro and examples of its own.", "Mend or remove it.")
    said = _said(path, given)
    return About(
        said.title or own.title, said.intro or own.intro, said.examples or own.examples, lacks=said.lacks or own.lacks
    )


def _subjects(path: Path, given: object) -> tuple[Subject, ...]:
    try:
        assert isinstance(given, list)
        return tuple(Subject((str(s["name"]), str(s.get("zh") or s["name"])), tuple(map(str, s["files"]))) for s in given)
    except (AssertionError, KeyError, TypeError, AttributeError) as error:
        said = f"{path}: subjects is a list; each has a name, the same in Chinese (zh), and files."
        raise CorpusError(said, "Mend or remove it.") from error


def _follow_ups(path: Path, given: object) -> dict[str, tuple[str, ...]]:
    if isinstance(given, dict) and all(isinstance(v, list) and all(isinstance(q, str) for q in v) for v in given.values()):
        return {str(name): tuple(q.strip() for q in questions if q.strip()) for name, questions in given.items()}
    raise CorpusError(f"{path}: follow_ups is a list of questions for each file.", "Mend or remove it.")


def _made_examples(corpus: Path) -> tuple[str, ...]:
    """The first short known question of each document: its answer is ready. Where there are none, a question a document,
    from the titles of the first ones that can be read."""
    known: dict[str, str] = {}
    for question in read_questions(corpus):
        if not question.gap and is_brief(question.question):
            known.setdefault(question.origin, question.question)
    return tuple(known.values())[:EXAMPLES] or _from_titles(corpus)


def _from_titles(corpus: Path) -> tuple[str, ...]:
    made: list[str] = []
    for path in document_files(corpus):
        try:
            document = load(path, corpus)
        except LoadError:
            continue
        chinese = guess_language(document.title) == "zh"
        made.append(f"{document.title}是什么？" if chinese else f"What is said about {document.title}?")
        if len(made) == LOOKED_AT:
            break
    return tuple(made)
