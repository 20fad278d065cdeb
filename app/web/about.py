"""What the page says of the folder that it serves: `_page.yaml` in that folder, or made from its documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.errors import CorpusError, LoadError
from ingest.folders import document_files, read_mapping
from ingest.load import load

_MEND = "Write `title: …`, `intro: …` and `examples:`, with texts in quotes, or remove it."
LOOKED_AT = 3  # documents whose titles become questions


@dataclass(frozen=True, slots=True)
class About:
    """Title, introduction and example questions of a page, and questions to ask next, by the document's file."""

    title: str
    intro: str
    examples: tuple[str, ...]
    follow_ups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_about(corpus: Path) -> About:
    """A corpus folder -> the page's own words for it.

    Raises:
        CorpusError: `_page.yaml` is not what it should be.
    """
    path = corpus / "_page.yaml"
    given = read_mapping(path, _MEND) if path.is_file() else {}
    title, intro, examples = given.get("title") or "", given.get("intro") or "", given.get("examples") or []
    if not (isinstance(examples, list) and all(isinstance(t, str) for t in [title, intro, *examples])):
        raise CorpusError(f"{path}: title and intro are texts, examples a list of texts.", "Mend or remove it.")
    title = title.strip() or re.sub(r"[\W_]+", " ", corpus.resolve().name).strip().capitalize()
    intro = intro.strip() or "Every sentence of an answer rests on words of the documents, shown with their source."
    made = tuple(e.strip() for e in examples if e.strip()) or _made_examples(corpus)
    return About(title, intro, made, _follow_ups(path, given.get("follow_ups") or {}))


def _follow_ups(path: Path, given: object) -> dict[str, tuple[str, ...]]:
    if isinstance(given, dict) and all(isinstance(v, list) and all(isinstance(q, str) for q in v) for v in given.values()):
        return {str(name): tuple(q.strip() for q in questions if q.strip()) for name, questions in given.items()}
    raise CorpusError(f"{path}: follow_ups is a list of questions for each file.", "Mend or remove it.")


def _made_examples(corpus: Path) -> tuple[str, ...]:
    """A question a document, from the titles of the first ones that can be read."""
    made: list[str] = []
    for path in document_files(corpus):
        try:
            document = load(path, corpus)
        except LoadError:
            continue
        chinese = document.language == "zh"
        made.append(f"{document.title}是什么？" if chinese else f"What is said about {document.title}?")
        if len(made) == LOOKED_AT:
            break
    return tuple(made)
