"""Known questions of a folder: what people will probably ask, in many wordings, each with the exact passages that answer it.

They lie beside the documents, one file a document, `_questions/NAME.yaml` for `NAME.md`, and `_questions/NAME.pdf.yaml`
if the document is `NAME.pdf`; those of an added document lie in the same way beside its copy:

    - question: What is Hefei for?
      also: [hefei tech hub, 合肥的定位是什么？]
      answers:
      - "Hefei is …"                       # a passage of NAME.md, letter for letter
      - cities-compared.md: "| Hefei | …"  # of another document
    - question: What does a flat in Hefei cost?
      also: [hefei house prices]
      gap: The documents do not cover house prices.
      gap_zh: 文件未涉及房价。                # the same for who asks in Chinese; may be left out
      nearest: []
    - question: What do Hefei and Wuhu spend on research?
      also: [hefei wuhu r&d]
      answers: ["Hefei spent …"]           # half of it is held
      gap: The documents do not say what Wuhu spends.

An answer in prose may stand with it, below `written` (`ingest.questions.written`).
Questions about the program itself come with it (`about.yaml` beside this file); a folder's `_page.yaml` may word their
answers anew under `about:`, by their key.

Written beforehand by whoever understands, checked to be exact, reviewed as text. See PAQ (Lewis et al., TACL 2021), whose
probably-asked questions answer as accurately as retrieving and reading, and abstain better.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, Field, model_validator

from ingest.documents import Document, Passage
from ingest.errors import CorpusError
from ingest.index import vector_key
from ingest.load import LOADERS
from ingest.questions.written import FOLDER, Words, question_files, read_written
from ingest.yaml_files import one_reason, read_mapping, read_yaml_file

ABOUT = Path(__file__).with_name("about.yaml")
ADDED = "added/"
"""The beginning of the names of added documents in the index."""
MAX_ANSWERS = 5
MAX_LIST_ITEMS = 30  # items of a list that are given whole
_ABOUT_ADVICE = "Write `about:` with keys as in the documentation, each with `en: …` and `zh: …`, or leave it out."
_QUESTIONS_ADVICE = "Write `question`, `also`, and `answers` (or `gap`, with `nearest`), as in the other files."


_Quote = Words | Annotated[dict[Words, Words], Field(min_length=1, max_length=1)]


class _Written(BaseModel, extra="allow"):
    quotes: list[_Quote]


class _Entry(BaseModel):
    """A known question as it stands in a file; a quote of another document has that one's name."""

    question: Words
    also: list[Words] = []
    answers: list[_Quote] = Field([], max_length=MAX_ANSWERS)
    gap: str = ""
    gap_zh: str = ""
    nearest: list[_Quote] = Field([], max_length=MAX_ANSWERS)
    written: _Written | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_empty_fields(cls, fields: Any) -> Any:
        return {k: v for k, v in fields.items() if v is not None} if isinstance(fields, dict) else fields


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage named by its document's file and its exact text."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """A written answer as it stands in a file: the passages that it rests on, and the rest as YAML gives it."""

    quotes: tuple[Quote, ...]
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    """`wordings`, the question itself first, all ask the same; `quotes` answer it, best first.

    If `gap` is not '' it says what the documents do not hold: `quotes` are what is nearest, or, if it is `partial`,
    what they do hold. `gap_zh` says the same to who asks in Chinese.
    If `about` is not empty the question is about the program: it holds the program's own words, by language.
    """

    origin: str
    wordings: tuple[str, ...]
    quotes: tuple[Quote, ...] = ()
    gap: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    partial: bool = False
    gap_zh: str = ""
    written: Written | None = None

    @property
    def question(self) -> str:
        """The question as it is shown."""
        return self.wordings[0]


def wording_key(text: str) -> str:
    """Return a key that is the same for wordings that differ in small things only.

    These are case, white space, full-width forms, and punctuation at the end.
    """
    return " ".join(unicodedata.normalize("NFKC", text).lower().split()).rstrip(" ?!.。？！")


def wording_vector_key(wording: str, fingerprint: str) -> str:
    """Return the key of a wording's vector under the model with this fingerprint.

    Wordings are embedded as questions and passages are not, so the same text has two keys.
    """
    return vector_key(wording, f"{fingerprint} question")


def read_questions(folder: Path, prefix: str = "") -> tuple[KnownQuestion, ...]:
    """Read all known questions of a folder, by file and in the order of each file.

    Args:
        folder: The folder of documents.
        prefix: The text in front of its documents' names in the index.

    Raises:
        CorpusError: A file cannot be read as YAML, or an entry is malformed; the message says which.
    """
    return tuple(q for path in question_files(folder) for q in read_file(path, prefix + _document_of(path, folder)))


def _document_of(path: Path, folder: Path) -> str:
    """Return the name of the document that a file of questions belongs to."""
    name = path.relative_to(folder / FOLDER).as_posix().removesuffix(".yaml")
    return name if Path(name).suffix.lower() in LOADERS else f"{name}.md"


def read_file(path: Path, document: str) -> Iterator[KnownQuestion]:
    """Yield the known questions of one file, in order.

    Args:
        path: The file of questions.
        document: The document that a quote without a document's name is from.

    Raises:
        CorpusError: The file cannot be read as YAML, or an entry is malformed; the message says which.
    """
    for number, entry in enumerate(read_yaml_file(path, list[Any], _QUESTIONS_ADVICE) or [], 1):
        try:
            yield _known_question(path.name.removesuffix(".yaml"), document, entry)
        except ValueError as error:
            message = "{path}: question {number} is not what it should be ({why})."
            raise CorpusError(message, _QUESTIONS_ADVICE, path, number, one_reason(error)) from error


def _known_question(origin: str, document: str, entry: Any) -> KnownQuestion:
    fields = _Entry.model_validate(entry)
    partial = bool(fields.gap and fields.answers)
    quotes = _quotes(document, fields.answers if partial or not fields.gap else fields.nearest)
    if not (quotes or fields.gap):
        raise ValueError("it has neither answers nor a gap")
    wordings, gap_zh = (fields.question, *fields.also), fields.gap_zh if fields.gap else ""
    written = None
    if fields.written:
        written = Written(_quotes(document, fields.written.quotes), fields.written.model_extra or {})
        read_written(written.answer, len(written.quotes))
    return KnownQuestion(origin, wordings, quotes, fields.gap, partial=partial, gap_zh=gap_zh, written=written)


def _quotes(document: str, entries: Iterable[str | dict[str, str]]) -> tuple[Quote, ...]:
    return tuple(Quote(document, e) if isinstance(e, str) else Quote(*next(iter(e.items()))) for e in entries)


def to_yaml(questions: Iterable[KnownQuestion], document: str = "") -> str:
    """Return YAML from which `read_file` reads these questions again.

    Quotes of the document `document` are written without its name.
    """
    entries = [
        {
            "question": q.question,
            "also": list(q.wordings[1:]),
            ("nearest" if q.gap and not q.partial else "answers"): _entries(q.quotes, document),
        }
        | ({"gap": q.gap} if q.gap else {})
        | ({"gap_zh": q.gap_zh} if q.gap_zh else {})
        | ({"written": {"quotes": _entries(q.written.quotes, document), **q.written.answer}} if q.written else {})
        for q in questions
    ]
    return yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=128) if entries else ""


def _entries(quotes: Iterable[Quote], document: str) -> list[Any]:
    return [quote.text if quote.file == document else {quote.file: quote.text} for quote in quotes]


def all_questions(folder: Path, added: Path | None = None) -> tuple[KnownQuestion, ...]:
    """Read the known questions of a folder, of the added documents and about the program.

    A question about the program keeps only the wordings that the folder and the added documents do not answer
    themselves.

    Raises:
        CorpusError: See `read_questions` and `about_questions`.
    """
    documents_questions = (*read_questions(folder), *(read_questions(added, ADDED) if added else ()))
    known_wordings = {wording_key(w) for q in documents_questions for w in q.wordings}
    remaining = ((q, tuple(w for w in q.wordings if wording_key(w) not in known_wordings)) for q in about_questions(folder))
    return (*documents_questions, *(replace(q, wordings=wordings) for q, wordings in remaining if wordings))


@dataclass(frozen=True, slots=True)
class DocumentPassages:
    """A document as known questions name it: its file and its passages."""

    file: str
    document: Document
    passages: Sequence[Passage]


def about_questions(folder: Path) -> tuple[KnownQuestion, ...]:
    """Return the questions about the program, with a folder's own answers if its `_page.yaml` has some.

    Raises:
        CorpusError: The file cannot be read, or its `about` does not map known keys to one text for each language.
    """
    page = folder / "_page.yaml"
    own = (read_mapping(page, _ABOUT_ADVICE) if page.is_file() else {}).get("about") or {}
    entries = read_yaml_file(ABOUT, list[dict[str, Any]], _ABOUT_ADVICE)
    keys = {e["key"] for e in entries}
    if not isinstance(own, Mapping) or not all(k in keys and isinstance(v, Mapping) for k, v in own.items()):
        message = "{page}: `about` is not a mapping with these keys: {names}."
        raise CorpusError(message, _ABOUT_ADVICE, page, ", ".join(sorted(keys)))
    return tuple(
        KnownQuestion("about", tuple(e["wordings"]), about=e["answer"] | dict(own.get(e["key"], {}))) for e in entries
    )


def passage_of(quote: Quote, documents: Mapping[str, DocumentPassages]) -> Passage | None:
    """Return the passage that a quote names, or None if its document lacks that exact text."""
    document = documents.get(quote.file)
    if document is None:
        return None
    return next((p for p in document.passages if p.quote(document.document.text) == quote.text), None)


def answers_of(question: KnownQuestion, documents: Mapping[str, DocumentPassages]) -> list[tuple[DocumentPassages, Passage]]:
    """Return the passages that a question names, in its order and each once, with their documents.

    Passages that no document has any more are left out. A question names few passages, and a list may have more items,
    so a list is given whole (at most `MAX_LIST_ITEMS` items) in two cases: the passage that introduces it is named
    directly before one of its items, or it is named first and none of the items is named.
    """
    passages = [(documents[q.file], p) for q in question.quotes if (p := passage_of(q, documents)) is not None]
    answers: list[tuple[DocumentPassages, Passage]] = []
    for n, (document, passage) in enumerate(passages):
        items = [(document, p) for p in document.passages if p.lead == (passage.start, passage.end)][:MAX_LIST_ITEMS]
        following = passages[n + 1 : n + 2]
        gives_list = following[0] in items if following and any(i in passages for i in items) else n == 0
        answers += [(document, passage), *(items if gives_list else ())]
    return list({(d.document.id, p.start): (d, p) for d, p in answers}.values())


def heading_questions(document: DocumentPassages) -> Iterator[KnownQuestion]:
    """Yield a known question for each heading of a document that ends in a question mark.

    As on a page of frequently asked questions, the passages below the heading answer it; the first `MAX_ANSWERS` count.
    """
    quotes_by_heading: dict[str, list[Quote]] = {}
    for passage in document.passages:
        heading = passage.heading.rsplit(" › ", 1)[-1]
        if heading.rstrip().endswith(("?", "？")):
            quotes_by_heading.setdefault(heading, []).append(Quote(document.file, passage.quote(document.document.text)))
    for heading, quotes in quotes_by_heading.items():
        yield KnownQuestion(document.file, (heading,), tuple(quotes[:MAX_ANSWERS]))


def contradictions(questions: Iterable[KnownQuestion]) -> Iterator[tuple[str, KnownQuestion, KnownQuestion]]:
    """Yield each wording that two questions with different answers share, with both questions."""
    questions_by_wording: dict[str, KnownQuestion] = {}
    for question in questions:
        for wording in question.wordings:
            other = questions_by_wording.setdefault(wording_key(wording), question)
            if other is not question and (other.quotes, other.gap) != (question.quotes, question.gap):
                yield wording, other, question
