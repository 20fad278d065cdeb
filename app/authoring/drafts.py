"""Drafts of known questions: which sections a language model was asked about, the draft of a document, and its use.

Two files lie beside `_questions/NAME.yaml`. `NAME.asked.jsonl` has a line for each section that was asked about.
`NAME.yaml.draft` holds the draft. No answer uses it, and it is deleted once its questions are used.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from app.authoring.sections import Section, sections
from app.errors import AskError
from app.settings import Settings
from app.store.documents import find_document
from ingest.documents import Document
from ingest.errors import CorpusError
from ingest.index import Index
from ingest.questions.known import (
    ADDED,
    DocumentPassages,
    KnownQuestion,
    Quote,
    Written,
    all_questions,
    passage_of,
    read_file,
    to_yaml,
    wording_key,
)
from ingest.questions.written import questions_file
from ingest.storage import append_line, private_folder, storage_errors, write_whole

DROP_REASONS = {
    "misquoted": "quote what does not stand in the document letter for letter",
    "not found": "are not among what the search finds first for them",
    "twice": "ask what is asked already",
    "unreadable": "replies held no question that can be read",
    "orders": "wordings are no plain questions",
    "statements": "statements do not follow from their quotes, or were not judged",
    "held": "say that something is not held that a search finds, or nobody judged it",
    "unanswered": "questions are given in quotes alone: their short answer does not stand",
}
"""Why questions are dropped, in the words behind their number."""
JUDGED = "{} judged whether the answers follow from their quotes."
UNJUDGED = (
    "No model that has passed the exam judged these answers. They keep to the words of their quotes; check the translations."
)


@dataclass(frozen=True, slots=True)
class Target:
    """A document that known questions are written for, with their file and the document's sections."""

    source: DocumentPassages
    file: Path
    sections: tuple[Section, ...]

    @property
    def title(self) -> str:
        """The document's."""
        return self.source.document.title

    @property
    def draft(self) -> Path:
        """The file of the draft, which is shown before it is used."""
        return self.file.with_name(f"{self.file.name}.draft")

    @property
    def results_file(self) -> Path:
        """The file that records which sections were asked about."""
        return self.file.with_suffix(".asked.jsonl")

    def unasked_sections(self) -> list[Section]:
        """Return the sections that have not been asked about."""
        done = read_results(self)
        return [s for s in self.sections if s.key not in done]


@dataclass(frozen=True, slots=True)
class AskResult:
    """The result of asking about a section or a document.

    It holds the questions that passed the checks, and the number of those that did not, by the keys of `DROP_REASONS`.
    `judges` names the models that judged the answers; '' stands for nobody.
    """

    questions: tuple[KnownQuestion, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=Counter)
    judges: tuple[str, ...] = ()


def targets(settings: Settings, index: Index, names: Sequence[str], everything: bool) -> list[Target]:
    """Find the documents that known questions are to be written for.

    Args:
        settings: The settings.
        index: The index that has the documents.
        names: Ids or file names of documents. If it is empty, all added documents without known questions count.
        everything: True to include the documents of the corpus folder that have none.

    Raises:
        AskError: A name fits no document or several, or there is no document to write for.
    """
    origins = sorted(index.catalogue.origins().items(), key=lambda origin: (not origin[0].startswith(ADDED), origin[0]))
    if names:
        ids = [find_document(index.catalogue, name).id for name in names]
        file_names = [next(name for name, (_, key) in origins if key == document_id) for document_id in dict.fromkeys(ids)]
        return [_target(settings, index, name) for name in file_names]
    file_names = list({key: name for name, (_, key) in reversed(origins) if everything or name.startswith(ADDED)}.values())
    matching = [t for name in sorted(file_names) if not (t := _target(settings, index, name)).file.is_file()]
    if not matching:
        message = "No document is without known questions." if file_names else "No document was added."
        raise AskError(
            message, "Name documents as `ask-the-plan list` prints them, or give --all for those of the corpus folder."
        )
    return matching


def _target(settings: Settings, index: Index, name: str) -> Target:
    key = index.catalogue.origins()[name][1]
    document = index.document(key)
    assert document is not None
    source = DocumentPassages(name, document, index.passages(key))
    folder = settings.added_folder if name.startswith(ADDED) else settings.corpus
    file = questions_file(folder, name.removeprefix(ADDED) if name.startswith(ADDED) else name)
    return Target(source, file, tuple(sections(document, source.passages, settings.llm_room)))


# --- what was asked


def save_result(target: Target, section: Section, result: AskResult) -> None:
    """Keep what came of a section, at once: a kill loses nothing but what is under way.

    Raises:
        StorageError: it cannot be written.
    """
    questions = [
        {
            "wordings": q.wordings,
            "quotes": [a.text for a in q.quotes],
            "answer": q.written and dict(q.written.answer),
            "gap": q.gap,
            "gap_zh": q.gap_zh,
            "partial": q.partial,
        }
        for q in result.questions
    ]
    line = {"section": section.key, "questions": questions, "dropped": dict(result.dropped), "judges": result.judges}
    with storage_errors(target.results_file):
        append_line(target.results_file, json.dumps(line, ensure_ascii=False))


def read_results(target: Target) -> dict[str, AskResult]:
    """Read the result for each section that was asked about, by the key of the section.

    A line that is cut off is skipped, so its section counts as not asked about. So is a line with questions that does
    not say who judged them.
    """
    results: dict[str, AskResult] = {}
    text = target.results_file.read_text(encoding="utf-8", errors="replace") if target.results_file.is_file() else ""
    for line in filter(str.strip, text.split("\n")):
        try:
            raw = json.loads(line)
            questions = tuple(_saved_question(target, q) for q in raw["questions"])
            judges = tuple(raw["judges"]) if questions else ()
            results[raw["section"]] = AskResult(questions, Counter(raw["dropped"]), judges)
        except (ValueError, KeyError, TypeError):
            continue
    return results


def _saved_question(target: Target, raw: Mapping[str, Any]) -> KnownQuestion:
    quotes = tuple(Quote(target.source.file, text) for text in raw["quotes"])
    written = Written(quotes, raw["answer"]) if raw["answer"] else None
    gap = {name: raw[name] for name in ("gap", "gap_zh", "partial") if name in raw}
    return KnownQuestion(target.file.name.removesuffix(".yaml"), tuple(raw["wordings"]), quotes, written=written, **gap)


# --- the draft


def write_draft(target: Target, result: AskResult) -> None:
    """Write the draft whole or not at all; without questions, delete it.

    Its first lines say who judged the answers.

    Raises:
        StorageError: It cannot be written.
    """
    with storage_errors(target.draft):
        if result.questions:
            judged = "".join(f"# {JUDGED.format(judge) if judge else UNJUDGED}\n" for judge in result.judges)
            _replace(target.draft, judged + to_yaml(result.questions, target.source.file))
        else:
            target.draft.unlink(missing_ok=True)


def read_draft(target: Target) -> tuple[KnownQuestion, ...]:
    """Read the draft as it is now, perhaps edited; () if there is none.

    Raises:
        CorpusError: The draft is malformed.
    """
    return tuple(read_file(target.draft, target.source.file)) if target.draft.is_file() else ()


def use_draft(settings: Settings, index: Index, target: Target) -> tuple[int, int]:
    """Add the draft's questions to the known ones, and delete the draft.

    The draft may have been edited. A question is used only if all its quotes stand in their documents and the question
    is not known already.

    Returns:
        The number of questions that are used, and of those that are left out.

    Raises:
        CorpusError: The draft, or a file of known questions, is malformed.
        StorageError: It cannot be written.
    """
    draft = read_draft(target)
    files = {q.file for d in draft for q in _quotes(d)}
    documents = {n: h for n in files if (h := document_passages(index, n)) is not None}
    known_keys = {wording_key(w) for q in all_questions(settings.corpus, settings.added_folder) for w in q.wordings}
    quoted = [q for q in draft if all(passage_of(quote, documents) for quote in _quotes(q))]
    new = without_known(quoted, known_keys)
    if new:
        _append(target, new)
    with storage_errors(target.draft):
        target.draft.unlink(missing_ok=True)
        _forget_results(target)
    return len(new), len(draft) - len(new)


def _forget_results(target: Target) -> None:
    """Forget the results for the sections, and remember that they were asked about.

    Only a section that changes is asked about again.
    """
    lines = [json.dumps({"section": key, "questions": [], "dropped": {}}) for key in read_results(target)]
    _replace(target.results_file, "".join(f"{line}\n" for line in lines))


def _quotes(question: KnownQuestion) -> tuple[Quote, ...]:
    return (*question.quotes, *(question.written.quotes if question.written else ()))


def document_passages(index: Index, name: str) -> DocumentPassages | None:
    """Return the document of a file name in the index, None if there is none."""
    document_id = index.catalogue.origins().get(name, ("", ""))[1]
    document: Document | None = index.document(document_id) if document_id else None
    return DocumentPassages(name, document, index.passages(document_id)) if document else None


def without_known(questions: Sequence[KnownQuestion], known_keys: set[str]) -> list[KnownQuestion]:
    """Return the questions that are not known, each with the wordings that are not.

    The keys of the wordings that are returned are added to `known_keys`.
    """
    new = []
    for question in questions:
        fresh = {key: w for w in question.wordings if (key := wording_key(w)) not in known_keys}
        if wording_key(question.question) in fresh:
            new.append(replace(question, wordings=tuple(fresh.values())))
            known_keys |= fresh.keys()
    return new


def _append(target: Target, questions: Sequence[KnownQuestion]) -> None:
    before = tuple(read_file(target.file, target.source.file)) if target.file.is_file() else ()
    with storage_errors(target.file):
        text = target.file.read_text(encoding="utf-8") if before else ""
        combined = f"{text.rstrip()}\n{to_yaml(questions, target.source.file)}".lstrip()
        trial = target.file.with_name(f".{target.file.name}.trial")
        _replace(trial, combined)
        try:
            if len(list(read_file(trial, target.source.file))) != len(before) + len(questions):
                raise CorpusError("{trial} is not a list of questions.", "", trial)
        except CorpusError as error:
            trial.unlink()
            message = "{file} is not written as a list that more can be put behind."
            step = "Copy the questions of {draft} into it yourself."
            raise CorpusError(message, step, target.file, target.draft) from error
        trial.replace(target.file)


def _replace(path: Path, text: str) -> None:
    """Write a file for its owner alone; whoever shares a folder can open it to others."""
    if not path.parent.exists():
        private_folder(path.parent)
    write_whole(path, text)
