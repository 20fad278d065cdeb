"""The catalogue: one database that holds documents, chunks, passages, full text and a copy of every vector.

It is the index's own truth (Chroma is filled from it at will), written in transactions by one process at a time and
readable meanwhile.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.database.database import Database
from ingest.database.fulltext import FTS5_TABLE, Connection
from ingest.documents import Authorship, Chunk, Document, Passage, Source, is_address
from ingest.words import searchable

SCHEMA_VERSION = "9"
PUT_VECTOR = "INSERT INTO vectors VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET vector = excluded.vector"
Vector = NDArray[np.float32]
PAGE_SIZE = 1_000  # vectors that are read at once

_TABLES = f"""
CREATE TABLE IF NOT EXISTS documents (
  id TEXT PRIMARY KEY, title TEXT NOT NULL, title_zh TEXT NOT NULL, authorship TEXT NOT NULL, publisher TEXT NOT NULL,
  date TEXT NOT NULL, language TEXT NOT NULL, url TEXT NOT NULL, markdown INTEGER NOT NULL, passages INTEGER NOT NULL,
  characters INTEGER NOT NULL, original_of TEXT NOT NULL, sources TEXT NOT NULL, pages TEXT NOT NULL,
  text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS documents_date ON documents(date);
CREATE TABLE IF NOT EXISTS origins (
  path TEXT PRIMARY KEY, file_hash TEXT NOT NULL,
  document_id TEXT NOT NULL REFERENCES documents(id) DEFERRABLE INITIALLY DEFERRED,
  shown TEXT NOT NULL);  -- the name by which a reader knows it
CREATE INDEX IF NOT EXISTS origins_document ON origins(document_id);
CREATE TABLE IF NOT EXISTS chunks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  document_id TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
  start INTEGER NOT NULL, "end" INTEGER NOT NULL, heading TEXT NOT NULL, passages TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS chunks_document ON chunks(document_id);
CREATE TABLE IF NOT EXISTS embedded (  -- the passages of a chunk, in their order
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice: the vector store goes by it
  chunk_id INTEGER NOT NULL REFERENCES chunks(id) ON DELETE CASCADE, vector_key TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS embedded_chunk ON embedded(chunk_id);
CREATE INDEX IF NOT EXISTS embedded_key ON embedded(vector_key);
CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS loose (key TEXT PRIMARY KEY);  -- vectors that maybe no passage uses
CREATE TABLE IF NOT EXISTS aligned (  -- summaries that were held against originals, see ingest/database/alignments.py
  summary TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
  original TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE, method TEXT NOT NULL, carried TEXT NOT NULL,
  PRIMARY KEY (summary, original));
CREATE INDEX IF NOT EXISTS aligned_original ON aligned(original);
CREATE TABLE IF NOT EXISTS lacking (  -- passages without a vector
  embedded INTEGER PRIMARY KEY REFERENCES embedded(id) ON DELETE CASCADE);
{FTS5_TABLE}"""

_COLUMNS = ("title", "title_zh", "authorship", "publisher", "date", "language", "url", "original_of", "text")
"""Columns of `documents` that are fields of a `Document`, as they are there."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A document without its text.

    Attributes:
        characters: The length of the text.
        origin: The names of the document's files.
        added: True if all of its files are copies that a user added.
        publishers, years: Its own and those of its sources.
        sources: The titles of its sources.
    """

    id: str
    title: str
    publisher: str
    date: str
    language: str
    url: str
    characters: int
    passages: int
    origin: str
    added: bool
    publishers: tuple[str, ...] = ()
    years: tuple[str, ...] = ()
    title_zh: str = ""
    authorship: Authorship = "original"
    sources: tuple[str, ...] = ()


class Catalogue(Database):
    """One open catalogue."""

    def __init__(self, path: Path, url: str = "") -> None:
        super().__init__(path, _TABLES, url)

    def start_over(self) -> None:
        """Make the tables of this program version, empty; the vectors stay, so that nothing is embedded again."""
        self.set_meta("numbering", "")
        self.engine.empty(("origins", "aligned", "lacking", "embedded", "chunks", "words", "documents"))
        with self.unstamped() as db:
            db.execute("INSERT INTO loose SELECT key FROM vectors WHERE true ON CONFLICT DO NOTHING")

    def numbering(self) -> str:
        """Return the name of this numbering of embedded passages; the first call makes it, at random, and keeps it.

        Ids begin anew when the tables are made anew. The name changes then too, so that segments of vectors that were
        written for the earlier ids are no longer used.
        """
        if not (name := self.meta("numbering")):
            self.set_meta("numbering", name := secrets.token_hex(4))
        return name

    def count(self, table: str) -> int:
        """Count a table's rows.

        This reads all of them, which is slow for a table that grows with the passages.
        """
        return int(self.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def counts(self) -> dict[str, int]:
        """Numbers of documents, chunks, embedded passages and vectors."""
        return {table: self.count(table) for table in ("documents", "chunks", "embedded", "vectors")}

    def newest(self) -> str:
        """Return the latest date of a document; '' if none has one."""
        return self.db.execute("SELECT max(date) FROM documents").fetchone()[0] or ""

    # --- writing

    def put(self, db: Connection, document: Document, chunks: Sequence[Chunk], keys: Sequence[Sequence[str]]) -> None:
        """Store a document with its chunks, replacing what is stored under its id.

        `keys` contains for each chunk the keys of its passages' vectors. To be called in a transaction.
        """
        self.drop(db, document.id)
        columns = {name: getattr(document, name) for name in ("id", *_COLUMNS)} | {
            "passages": sum(len(c.passages) for c in chunks),
            "characters": len(document.text),
            "markdown": int(document.markdown),
            "sources": json.dumps([asdict(s) for s in document.sources], ensure_ascii=False),
            "pages": json.dumps(document.pages),
        }
        marks = ",".join("?" * len(columns))
        db.execute(f"INSERT INTO documents ({','.join(columns)}) VALUES ({marks})", list(columns.values()))
        words = []
        for chunk, chunk_keys in zip(chunks, keys, strict=True):
            (row,) = db.execute(
                'INSERT INTO chunks (document_id, start, "end", heading, passages) VALUES (?,?,?,?,?) RETURNING id',
                (chunk.document_id, chunk.start, chunk.end, chunk.heading, json.dumps(list(map(_stored, chunk.passages)))),
            ).fetchall()
            db.executemany("INSERT INTO embedded (chunk_id, vector_key) VALUES (?,?)", [(row[0], key) for key in chunk_keys])
            words.append((row[0], searchable(chunk.embedded(document.text, document.title))))
        db.executemany(self.engine.words.put, words)
        db.execute(
            "INSERT INTO lacking SELECT e.id FROM chunks c JOIN embedded e ON e.chunk_id = c.id WHERE c.document_id = ? "
            "AND NOT EXISTS (SELECT 1 FROM vectors WHERE key = e.vector_key)",
            (document.id,),
        )

    def drop(self, db: Connection, document_id: str) -> None:
        """Forget a document and its chunks; its vectors stay until `prune`. To be called in a transaction."""
        db.execute(
            "INSERT INTO loose SELECT DISTINCT e.vector_key FROM chunks c JOIN embedded e ON e.chunk_id = c.id "
            "WHERE c.document_id = ? ON CONFLICT DO NOTHING",
            (document_id,),
        )
        db.execute("DELETE FROM words WHERE rowid IN (SELECT id FROM chunks WHERE document_id = ?)", (document_id,))
        db.execute("DELETE FROM chunks WHERE document_id = ?", (document_id,))
        db.execute("DELETE FROM documents WHERE id = ?", (document_id,))

    def prune(self, db: Connection) -> None:
        """Delete vectors that no passage uses.

        Only new vectors and those of deleted passages are examined. To be called in a transaction.
        """
        db.execute(
            "DELETE FROM vectors WHERE key IN (SELECT key FROM loose) "
            "AND NOT EXISTS (SELECT 1 FROM embedded WHERE vector_key = vectors.key)"
        )
        db.execute("DELETE FROM loose")

    def put_vectors(self, keys: Sequence[str], vectors: Iterable[Vector]) -> None:
        """Store vectors by their keys, at once and durably, so that an interrupted sync need not embed them again."""
        rows = [(k, np.asarray(v, dtype=np.float32).tobytes()) for k, v in zip(keys, vectors, strict=True)]
        with self.unstamped() as db:
            db.executemany(PUT_VECTOR, rows)
            key_rows = [(key,) for key in keys]
            db.executemany("INSERT INTO loose VALUES (?) ON CONFLICT DO NOTHING", key_rows)
            db.executemany("DELETE FROM lacking WHERE embedded IN (SELECT id FROM embedded WHERE vector_key = ?)", key_rows)

    # --- reading

    def _among(self, sql: str, values: Sequence[Any], size: int = 500) -> Iterator[Any]:
        """Yield the rows of a statement with `IN {}`, `size` values at a time.

        SQLite takes only so many at once.
        """
        for start in range(0, len(values), size):
            batch = list(values[start : start + size])
            yield from self.db.execute(sql.format(f"({','.join('?' * len(batch))})"), batch).fetchall()

    def known_vectors(self, keys: Sequence[str]) -> set[str]:
        """Return those of the keys that have a vector."""
        return {r[0] for r in self._among("SELECT key FROM vectors WHERE key IN {}", keys)}

    def origins(self) -> dict[str, tuple[str, str]]:
        """Return the file's hash and the document's id for each path."""
        return {r[0]: (r[1], r[2]) for r in self.db.execute("SELECT path, file_hash, document_id FROM origins")}

    def document_named(self, name: str) -> str:
        """Return the id of the document with a file of this name, as readers know it; '' if there is none."""
        row = self.db.execute("SELECT document_id FROM origins WHERE shown = ? ORDER BY path LIMIT 1", (name,)).fetchone()
        return str(row[0]) if row else ""

    def documents_below(self, prefix: str) -> tuple[str, ...]:
        """Return the ids of the documents with a path that begins with `prefix`."""
        rows = self.db.execute(
            "SELECT DISTINCT document_id FROM origins WHERE substr(path, 1, ?) = ? ORDER BY document_id",
            (len(prefix), prefix),
        )
        return tuple(r[0] for r in rows)

    def document(self, document_id: str) -> Document | None:
        """Return the document with this id, or None."""
        columns = f"markdown, sources, pages, {', '.join(_COLUMNS)}"
        row = self.db.execute(f"SELECT {columns} FROM documents WHERE id = ?", (document_id,)).fetchone()
        if row is None:
            return None
        markdown, sources, pages, *rest = row
        names = self.db.execute("SELECT shown FROM origins WHERE document_id = ? ORDER BY path", (document_id,))
        return Document(
            origin=", ".join(dict.fromkeys(r[0] for r in names)),
            markdown=bool(markdown),
            sources=tuple(Source(**s) for s in json.loads(sources)),
            pages=tuple(json.loads(pages)),
            **dict(zip(_COLUMNS, rest, strict=True)),
        )

    def originals(self) -> dict[str, str]:
        """Return for each original, by its id, the key of the source whose own text it is."""
        return dict(self.db.execute("SELECT id, original_of FROM documents WHERE original_of <> '' ORDER BY id"))

    def known_documents(self, ids: Sequence[str]) -> set[str]:
        """Return those of the ids that a document has; no document is read."""
        return {r[0] for r in self._among("SELECT id FROM documents WHERE id IN {}", ids)}

    def listing(self) -> list[Listed]:
        """All documents, by title."""
        with self.snapshot() as db:
            rows = db.execute(
                "SELECT id, title, publisher, date, language, url, characters, passages, title_zh, "
                "authorship, sources FROM documents ORDER BY title, id"
            ).fetchall()
            names: dict[str, list[tuple[str, str]]] = {}
            for document_id, path, shown in db.execute("SELECT document_id, path, shown FROM origins ORDER BY path"):
                names.setdefault(document_id, []).append((path, shown))
        return [_listed(row, names.get(row[0], [])) for row in rows]

    def document_ids(self) -> list[str]:
        """Ids of all documents, by title."""
        return [r[0] for r in self.db.execute("SELECT id FROM documents ORDER BY title, id")]

    def vectors(self, after: int = 0, last: int | None = None) -> Iterator[tuple[int, str, Vector]]:
        """Yield (embedded passage, document id, vector) for the embedded passages, by id.

        Their ids are higher than `after`, up to `last` inclusive. Passages without a vector are left out. They are read
        page by page, each page as it is by then.
        """
        upto = self.last() if last is None else last
        while rows := self.db.execute(
            "SELECT e.id, c.document_id, v.vector FROM embedded e JOIN chunks c ON c.id = e.chunk_id "
            "JOIN vectors v ON v.key = e.vector_key WHERE e.id > ? AND e.id <= ? ORDER BY e.id LIMIT ?",
            (after, upto, PAGE_SIZE),
        ).fetchall():
            yield from map(_with_vector, rows)
            after = rows[-1][0]

    def vectors_of(self, documents: Sequence[str]) -> Iterator[tuple[int, str, Vector]]:
        """Yield the same as `vectors` for these documents alone, a few documents at a time.

        The order is not defined.
        """
        sql = (
            "SELECT e.id, c.document_id, v.vector FROM chunks c JOIN embedded e ON e.chunk_id = c.id "
            "JOIN vectors v ON v.key = e.vector_key WHERE c.document_id IN {}"
        )
        return map(_with_vector, self._among(sql, documents, PAGE_SIZE // 50))

    def last(self) -> int:
        """Return the highest id of an embedded passage; 0 if there is none."""
        return self.db.execute("SELECT max(id) FROM embedded").fetchone()[0] or 0

    def dimension(self) -> int:
        """Return the length of a vector; 0 if there is none."""
        newest = "SELECT v.vector FROM embedded e JOIN vectors v ON v.key = e.vector_key ORDER BY e.id DESC LIMIT 1"
        row = self.db.execute(newest).fetchone()
        return len(row[0]) // 4 if row else 0

    def between(self, first: int, last: int, limit: int = sys.maxsize) -> int:
        """Count the embedded passages with ids in (first, last], up to `limit`."""
        sql = "SELECT count(*) FROM (SELECT 1 FROM embedded WHERE id > ? AND id <= ? LIMIT ?) AS few"
        return int(self.db.execute(sql, (first, last, limit)).fetchone()[0])

    def passages_of(self, documents: Sequence[str], limit: int) -> int:
        """Count the passages of the documents, stopping once there are more than `limit`."""
        count = 0
        for (passages,) in self._among("SELECT coalesce(sum(passages), 0) FROM documents WHERE id IN {}", documents):
            if (count := count + int(passages)) > limit:
                break
        return count

    def lacking(self) -> dict[str, int]:
        """Return how many passages of each document have no vector yet, by document id.

        Equal texts of a document count once. The documents are in the order in which they were written.
        """
        return dict(
            self.db.execute(
                "SELECT c.document_id, count(DISTINCT e.vector_key) FROM lacking l JOIN embedded e ON e.id = l.embedded "
                "JOIN chunks c ON c.id = e.chunk_id GROUP BY c.document_id ORDER BY min(e.id)"
            )
        )

    def first_lacking(self) -> int | None:
        """Return the lowest id of an embedded passage that has no vector yet; None if there is none."""
        lowest = self.db.execute("SELECT min(embedded) FROM lacking").fetchone()[0]
        return None if lowest is None else int(lowest)

    def documents_of(self, embedded: Sequence[int]) -> dict[int, str]:
        """Return the document's id for each embedded passage that still exists."""
        rows = "SELECT e.id, c.document_id FROM embedded e JOIN chunks c ON c.id = e.chunk_id WHERE e.id IN {}"
        return dict(self._among(rows, embedded))

    def chunks_around(self, embedded: Sequence[int]) -> dict[int, int]:
        """Return the chunk's id for each embedded passage that still exists."""
        return dict(self._among("SELECT id, chunk_id FROM embedded WHERE id IN {}", embedded))

    def vectors_in(self, chunk_ids: Sequence[int]) -> dict[int, list[Vector]]:
        """Return the vectors of each chunk's passages, in their order, by chunk id.

        A chunk is left out if it no longer exists, or if one of its passages has no vector.
        """
        sql = (
            "SELECT e.chunk_id, v.vector FROM embedded e LEFT JOIN vectors v ON v.key = e.vector_key "
            "WHERE e.chunk_id IN {} ORDER BY e.id"
        )
        blobs_of: dict[int, list[bytes | None]] = {}
        for chunk_id, blob in self._among(sql, chunk_ids):
            blobs_of.setdefault(chunk_id, []).append(blob)
        chunks = ((chunk_id, [b for b in blobs if b is not None], len(blobs)) for chunk_id, blobs in blobs_of.items())
        return {i: [np.frombuffer(b, dtype=np.float32) for b in blobs] for i, blobs, n in chunks if len(blobs) == n}

    def chunks(self, ids: Sequence[int]) -> dict[int, Chunk]:
        """Return those of the chunks that still exist, by id."""
        rows = self._among('SELECT id, document_id, start, "end", heading, passages FROM chunks WHERE id IN {}', ids)
        return {r[0]: Chunk(r[1], r[2], r[3], r[4], _passages_from_json(r[1], r[4], r[5])) for r in rows}

    def document_chunks(self, document_id: str) -> list[Chunk]:
        """Return a document's chunks in order."""
        ids = [r[0] for r in self.db.execute("SELECT id FROM chunks WHERE document_id = ? ORDER BY start", (document_id,))]
        chunks = self.chunks(ids)
        return [chunks[i] for i in ids]

    def word_search(self, question: str, limit: int, within: Sequence[str] | None = None) -> list[int]:
        """Return chunk ids by BM25, best first; only of the documents `within` if that is given."""
        return self.engine.words.search(self.db, question, limit, within)


def _with_vector(row: Sequence[Any]) -> tuple[int, str, Vector]:
    """Return a row with its vector, made of the bytes: embedded passage, document id, vector."""
    return row[0], row[1], np.frombuffer(row[2], dtype=np.float32)


def _listed(row: Sequence[Any], names: Sequence[tuple[str, str]]) -> Listed:
    *fields, title_zh, authorship, sources_json = row
    publisher, date, sources = fields[2], fields[3], json.loads(sources_json)
    fields[5] = fields[5] if is_address(fields[5]) else ""  # an index of before may have others
    publishers = {publisher, *(s["publisher"] for s in sources)} - {""}
    years = {date_text[:4] for date_text in (date, *(s["date"] for s in sources)) if date_text}
    origin, added = ", ".join(shown for _, shown in names), all(path.startswith("added/") for path, _ in names)
    titles = tuple(s["title"] for s in sources)
    return Listed(*(*fields, origin, added, tuple(sorted(publishers)), tuple(sorted(years)), title_zh, authorship, titles))


def _stored(p: Passage) -> list[Any]:
    """Return what is stored of a passage, up to the last span that it has: most have none of a table's."""
    fields = [p.start, p.end, p.kind, p.block, p.sources, p.header, p.lead, p.section, p.unit, p.above]
    while fields[-1] is None:
        fields.pop()
    return fields


def _passages_from_json(document_id: str, heading: str, data: str) -> tuple[Passage, ...]:
    def pair(value: list[int] | None) -> tuple[int, int] | None:
        return (value[0], value[1]) if value else None

    return tuple(
        Passage(document_id, start, end, kind, block, heading, tuple(sources), *map(pair, spans))
        for start, end, kind, block, sources, *spans in json.loads(data)
    )
