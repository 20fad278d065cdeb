"""Known questions of an index, resolved to passages and embedded: `questions.db` beside the catalogue, derived like it.

Searching some ten thousand wordings exactly takes milliseconds and cannot miss; see docs/decisions on why not Chroma.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.database.catalogue import PUT_VECTOR
from ingest.database.database import Database
from ingest.documents import PassageLocation
from ingest.index import Index
from ingest.models.load import Embedder
from ingest.progress import Progress, quiet
from ingest.questions.known import (
    ABOUT,
    DocumentPassages,
    KnownQuestion,
    Quote,
    all_questions,
    answers_of,
    heading_questions,
    passage_of,
    wording_vector_key,
)
from ingest.questions.written import WrittenAnswer, question_files, read_written
from ingest.vectors.shipped import shipped_vectors
from ingest.words import searchable

CACHE_VERSION = "1"
Documents = Mapping[str, DocumentPassages]
"""Documents by the name of their file."""
log = logging.getLogger(__name__)
Matrix = NDArray[np.float32]
BATCH_SIZE = 256
MAX_IMMEDIATE = 200  # vectors that are made at once also if the others may come later
FORMAT_VERSION = "5"  # written answers
_TABLES = """
CREATE TABLE IF NOT EXISTS known_questions (
  id INTEGER PRIMARY KEY, gap TEXT NOT NULL, partial INTEGER NOT NULL, about TEXT NOT NULL, answers TEXT NOT NULL,
  written TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS wordings (
  id INTEGER PRIMARY KEY, question_id INTEGER NOT NULL, text TEXT NOT NULL, vector_key TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS remembered (key TEXT PRIMARY KEY, said TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL);
"""


class IndexedDocuments(Mapping[str, DocumentPassages]):
    """An index's documents as known questions name them, by file; each is read when it is asked for."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.ids = {name: document_id for name, (_, document_id) in sorted(index.catalogue.origins().items())}
        self._latest: tuple[str, DocumentPassages] | None = None  # several questions in a row name one

    def __getitem__(self, name: str) -> DocumentPassages:
        if self._latest is None or self._latest[0] != name:
            document = self.index.document(self.ids[name])
            if document is None:
                raise KeyError(name)
            self._latest = name, DocumentPassages(name, document, self.index.passages(document.id))
        return self._latest[1]

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(slots=True)
class ResultCache:
    """Results that were worked out before (`earlier`), and those that still hold or are new (`used`), by what each is of."""

    earlier: Mapping[str, str]
    used: dict[str, str] = field(default_factory=dict)

    def headings(self, documents: IndexedDocuments) -> Iterator[KnownQuestion]:
        """Yield a known question for each heading, in all documents, that is a question.

        The results of earlier runs are used for documents that have not changed.
        """
        for name, document_id in documents.ids.items():
            key = _key("headings", name, document_id)
            if (cached := self.earlier.get(key)) is None:
                questions = heading_questions(documents[name]) if name in documents else ()
                cached = json.dumps([(q.question, [quote.text for quote in q.quotes]) for q in questions])
            self.used[key] = cached
            for heading, texts in json.loads(cached):
                yield KnownQuestion(name, (heading,), tuple(Quote(name, text) for text in texts))

    def answers(self, question: KnownQuestion, documents: IndexedDocuments) -> list[tuple[str, int]]:
        """Document id and start of each passage that answers a question, best first."""
        key = _key("answers", *(part for q in question.quotes for part in (q.file, documents.ids.get(q.file, ""), q.text)))
        if (cached := self.earlier.get(key)) is None:
            cached = json.dumps([(h.document.id, p.start) for h, p in answers_of(question, documents)])
        self.used[key] = cached
        return [(document_id, start) for document_id, start in json.loads(cached)]


def _key(*parts: str) -> str:
    return hashlib.sha256(json.dumps([CACHE_VERSION, *parts]).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class ResolvedQuestion:
    """A known question as the index holds it.

    `answers` are best first. For a gap that is not `partial` they are only the nearest passages. `about` holds the
    program's own words by language, if the question is about the program.
    """

    question: str
    gap: str
    about: Mapping[str, str]
    answers: tuple[PassageLocation, ...]
    partial: bool = False
    gap_zh: str = ""
    written_json: str = ""
    """The written answer as JSON, '' if there is none: most are never read."""

    @property
    def written(self) -> tuple[WrittenAnswer, tuple[PassageLocation, ...]] | None:
        """The written answer, with the passages that its statements number; None if there is none."""
        if not self.written_json:
            return None
        fields = json.loads(self.written_json)
        places = tuple(PassageLocation(*place) for place in fields.pop("places"))
        return read_written(fields, len(places)), places

    def gap_in(self, language: str) -> str:
        """Return the sentence on what the documents lack, or '' if there is none in this language."""
        return self.gap_zh if language == "zh" else self.gap

    @property
    def held(self) -> tuple[PassageLocation, ...]:
        """The answers, () of a gap."""
        return self.answers if self.partial or not self.gap else ()

    @property
    def key(self) -> object:
        """A key that two questions have in common if they are answered alike."""
        return self.about.get("en") or self.gap or self.answers[:1]


@dataclass(frozen=True, slots=True)
class Wordings:
    """All wordings of the known questions.

    `texts[n]` asks `questions[owner[n]]`, `words[n]` is the text as full-text search sees it, and `vectors[n]` (of unit
    length) is its embedding.
    """

    texts: tuple[str, ...]
    words: tuple[str, ...]
    owner: NDArray[np.int64]
    vectors: Matrix
    questions: tuple[ResolvedQuestion, ...]

    def __len__(self) -> int:
        return len(self.texts)


class QuestionStore(Database):
    """The known questions of one index. Readers see the state before or after a change, never half of one."""

    def __init__(self, folder: Path, database: str = "") -> None:
        super().__init__(folder / "questions.db", _TABLES, database)

    def update(
        self,
        folder: Path,
        index: Index,
        embedder: Embedder,
        progress: Progress = quiet,
        added: Path | None = None,
        later: bool = False,
        also: Sequence[Path] = (),
    ) -> int:
        """Bring the store up to date with the files of questions and with the documents of the index.

        Args:
            folder: The folder of documents, which may bring vectors.
            index: The index of its documents and of the added ones.
            embedder: The model that embeds the wordings.
            progress: Called while wordings are embedded.
            added: The folder of the added documents, if there is one.
            later: True to leave out the wordings without a vector for now if they are many (more than `MAX_IMMEDIATE`).
            also: Other folders that may bring vectors.

        Returns:
            The number of wordings that were embedded.

        Raises:
            CorpusError: A file of questions is malformed.
        """
        state = _state_digest(folder, added, index, embedder.fingerprint)
        if self.meta("state") == state:
            return 0
        documents, cache = IndexedDocuments(index), ResultCache(dict(self.db.execute("SELECT key, said FROM remembered")))
        known = [*all_questions(folder, added), *cache.headings(documents)]
        resolved = [(q, _resolve(q, cache.answers(q, documents), documents)) for q in known]
        self._store_results(cache)
        return self._replace(resolved, embedder, progress, (folder, *also), state, later)

    def replace_questions(
        self, known: Iterable[KnownQuestion], documents: Documents, embedder: Embedder, progress: Progress = quiet
    ) -> int:
        """Hold these questions and no others; returns how many wordings were embedded."""
        places = ((q, [(h.document.id, p.start) for h, p in answers_of(q, documents)]) for q in known)
        return self._replace([(q, _resolve(q, answers, documents)) for q, answers in places], embedder, progress)

    def _store_results(self, cache: ResultCache) -> None:
        outdated, new = cache.earlier.keys() - cache.used.keys(), cache.used.keys() - cache.earlier.keys()
        if outdated or new:
            with self.unstamped() as db:
                db.executemany("DELETE FROM remembered WHERE key = ?", [(key,) for key in outdated])
                db.executemany("INSERT INTO remembered VALUES (?, ?)", [(key, cache.used[key]) for key in new])

    def _replace(
        self,
        resolved: Sequence[tuple[KnownQuestion, ResolvedQuestion]],
        embedder: Embedder,
        progress: Progress,
        folders: Sequence[Path] = (),
        state: str = "",
        later: bool = False,
    ) -> int:
        usable = [(q, r) for q, r in resolved if r.answers or r.gap or r.about]
        if unusable := len(resolved) - len(usable):
            log.warning("%d known questions name no passage of the documents as they are now", unusable)
        keys = {w: wording_vector_key(w, embedder.fingerprint) for q, _ in usable for w in q.wordings}
        missing = self._missing(keys, folders, embedder)
        if later and len(missing) > MAX_IMMEDIATE:
            keys = {wording: key for wording, key in keys.items() if wording not in missing}
            self._write([(q, r) for q, r in usable if keys.keys() & set(q.wordings)], keys, f"{state} in part")
            return 0
        self._embed(missing, embedder, progress)
        self._write(usable, keys, state)
        return len(missing)

    def _missing(self, keys: dict[str, str], folders: Sequence[Path], embedder: Embedder) -> dict[str, str]:
        """Return the wordings, each with its key, whose vectors are neither stored nor in the folders.

        Vectors that the folders bring are stored first.
        """
        stored = {row[0] for row in self.db.execute("SELECT key FROM vectors")}
        shipped = shipped_vectors(folders, set(keys.values()) - stored, embedder.dimension)
        with self.unstamped() as db:
            db.executemany(PUT_VECTOR, [(k, v.tobytes()) for k, v in shipped.items()])
        stored |= shipped.keys()
        return {wording: key for wording, key in keys.items() if key not in stored}

    def _embed(self, missing: dict[str, str], embedder: Embedder, progress: Progress) -> None:
        wordings = list(missing)
        for done in range(0, len(wordings), BATCH_SIZE):
            progress("Embedding questions", done, len(wordings))
            batch = wordings[done : done + BATCH_SIZE]
            pairs = zip(batch, embedder.queries(batch), strict=True)
            rows = [(missing[wording], vector.astype(np.float32).tobytes()) for wording, vector in pairs]
            with self.unstamped() as db:  # at once: an interrupted run goes on where it stopped
                db.executemany(PUT_VECTOR, rows)

    def _write(self, usable: Sequence[tuple[KnownQuestion, ResolvedQuestion]], keys: dict[str, str], state: str) -> None:
        rows = repr((FORMAT_VERSION, [(q, r, [keys.get(w) for w in q.wordings]) for q, r in usable]))
        digest = hashlib.sha256(rows.encode("utf-8", "surrogatepass")).hexdigest()
        if self.meta("said") == digest:  # a document changed, and no question with it
            self.set_meta("state", state)
            return
        questions, wordings = [], list[tuple[int, int, str, str]]()
        for number, (question, resolved) in enumerate(usable):
            answers = json.dumps([(p.document_id, p.start) for p in resolved.answers])
            about = json.dumps(dict(resolved.about), ensure_ascii=False)
            gap = json.dumps([resolved.gap, resolved.gap_zh], ensure_ascii=False)
            questions.append((number, gap, int(resolved.partial), about, answers, resolved.written_json))
            known = (w for w in question.wordings if w in keys)
            wordings += [(n, number, wording, keys[wording]) for n, wording in enumerate(known, len(wordings) + 1)]
        with self.transaction() as db:
            self.set_meta("said", digest)
            for table in ("known_questions", "wordings"):
                db.execute(f"DELETE FROM {table}")
            db.executemany("INSERT INTO known_questions VALUES (?, ?, ?, ?, ?, ?)", questions)
            db.executemany("INSERT INTO wordings (id, question_id, text, vector_key) VALUES (?, ?, ?, ?)", wordings)
            db.execute("DELETE FROM vectors WHERE key NOT IN (SELECT vector_key FROM wordings)")
            self.set_meta("state", state)

    def wordings(self) -> Wordings:
        """All of them, to be searched in memory."""
        with self.snapshot() as db:
            rows = db.execute(
                "SELECT w.text, w.question_id, v.vector FROM wordings w JOIN vectors v ON v.key = w.vector_key ORDER BY w.id"
            ).fetchall()
            question_rows = db.execute("SELECT * FROM known_questions ORDER BY id").fetchall()
        texts = tuple(row[0] for row in rows)
        words = tuple(map(searchable, texts))
        owner = np.array([row[1] for row in rows], dtype=np.int64)
        vectors = np.frombuffer(b"".join(row[2] for row in rows), dtype=np.float32)
        first = dict(zip(reversed(owner.tolist()), reversed(texts), strict=True))
        questions = tuple(_read_question(first[row[0]], *row[1:]) for row in question_rows)
        matrix = vectors.reshape(len(rows), -1) if rows else np.zeros((0, 1), np.float32)
        return Wordings(texts, words, owner, matrix, questions)


def _state_digest(folder: Path, added: Path | None, index: Index, fingerprint: str) -> str:
    """Return a hash that changes with any file of questions, any document and the embedding model."""
    digest = hashlib.sha256(f"{FORMAT_VERSION} {fingerprint}".encode())
    added_files = question_files(added) if added else []
    for path in (*question_files(folder), *added_files, ABOUT, folder / "_page.yaml"):
        digest.update(path.name.encode() + (path.read_bytes() if path.is_file() else b""))
    for name, (_, document_id) in sorted(index.catalogue.origins().items()):
        digest.update(f"{name} {document_id}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _read_question(question: str, gap: str, partial: int, about: str, answers: str, written: str) -> ResolvedQuestion:
    in_english, in_chinese = json.loads(gap)
    places = tuple(PassageLocation(*pair) for pair in json.loads(answers))
    return ResolvedQuestion(question, in_english, json.loads(about), places, bool(partial), in_chinese, written)


def _resolve(question: KnownQuestion, answers: Sequence[tuple[str, int]], documents: Documents) -> ResolvedQuestion:
    places = tuple(PassageLocation(document_id, start) for document_id, start in answers)
    q, written = question, _written_json(question, documents)
    return ResolvedQuestion(q.question, q.gap, q.about, places, q.partial, q.gap_zh, written)


def _written_json(question: KnownQuestion, documents: Documents) -> str:
    """Return the written answer as JSON; '' if there is none, or if a document holds one of its passages no more."""
    if question.written is None:
        return ""
    passages = [passage_of(quote, documents) for quote in question.written.quotes]
    if not all(passages):
        return ""
    places = [(p.document_id, p.start) for p in passages if p]
    return json.dumps({"places": places, **question.written.answer}, ensure_ascii=False)
