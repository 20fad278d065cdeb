"""Vectors that come with a folder, `_vectors/NAME.bin`, so that it can be opened without embedding anything.

A row a text: its key (16 bytes; model and text are in it, see `ingest.index.vector_key`), a scale (float16) and 384 or so
numbers in eight bits: within 0.0001 of the vector's cosine. Rows are sorted by key, and a file holds what one document and
its known questions need, so that a changed sentence changes one row of one file, which git stores as a small difference.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.documents import contextualised_texts
from ingest.folders import document_files
from ingest.index import vector_key
from ingest.load import load
from ingest.models.load import Embedder
from ingest.progress import Progress, quiet
from ingest.questions.known import all_questions, wording_vector_key
from ingest.split import split

FOLDER = "_vectors"
KEY_BYTES = 16
Vector = NDArray[np.float32]


def shipped_vectors(folders: Iterable[Path], keys: Iterable[str], dimension: int) -> dict[str, Vector]:
    """Return the vectors that the folders bring for the wanted keys, each of unit length."""
    key_set = set(keys)
    files = [p for folder in folders for p in sorted((folder / FOLDER).glob("*.bin"))] if key_set else []
    return {key: vector for path in files for key, vector in read_vectors(path, dimension, key_set)}


def read_vectors(path: Path, dimension: int, keys: Container[str] | None = None) -> Iterable[tuple[str, Vector]]:
    """Yield the key and the vector of each row of a file of vectors; if `keys` is given, only of rows with these keys."""
    rows_by_key = {key: row for key, row in _read_rows(path, dimension).items() if keys is None or key in keys}
    rows = np.frombuffer(b"".join(rows_by_key.values()), np.uint8).reshape(-1, KEY_BYTES + 2 + dimension)
    scales = np.ascontiguousarray(rows[:, KEY_BYTES : KEY_BYTES + 2]).view(np.float16).astype(np.float32)
    levels = np.ascontiguousarray(rows[:, KEY_BYTES + 2 :]).view(np.int8).astype(np.float32)
    vectors = levels * scales
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    yield from zip(rows_by_key, vectors, strict=True)


def _read_rows(path: Path, dimension: int) -> dict[str, bytes]:
    """Return the rows of a file by key; none if the file is missing, cut off or holds vectors of another length."""
    raw, size = path.read_bytes() if path.is_file() else b"", KEY_BYTES + 2 + dimension
    rows = () if len(raw) % size else (raw[start : start + size] for start in range(0, len(raw), size))
    return {row[:KEY_BYTES].hex(): row for row in rows}


def texts_of(folder: Path, fingerprint: str) -> dict[str, dict[str, tuple[str, bool]]]:
    """Return all texts that an index of a folder embeds.

    Returns:
        A mapping for each file of vectors, by its name without suffix. It maps a key to the text and whether that is
            embedded as a question.

    Raises:
        CorpusError: The folder or a file of questions cannot be read.
        LoadError: A document cannot be read.
    """
    texts_by_file: dict[str, dict[str, tuple[str, bool]]] = {}
    for path in document_files(folder):
        document = load(path, folder)
        texts = [text for chunk in split(document) for text in contextualised_texts(chunk, document)]
        texts_by_file.setdefault(path.stem, {}).update({vector_key(t, fingerprint): (t, False) for t in texts})
    for question in all_questions(folder):
        file_texts = texts_by_file.setdefault(question.origin, {})
        file_texts.update({wording_vector_key(w, fingerprint): (w, True) for w in question.wordings})
    return texts_by_file


def write_shipped(folder: Path, embedder: Embedder, progress: Progress = quiet) -> tuple[int, int]:
    """Write the vectors of a folder; each row that a file holds already stays as it is, byte for byte.

    Returns:
        (vectors written, of them embedded anew)
    """
    files = texts_of(folder, embedder.fingerprint)
    paths = {stem: folder / FOLDER / f"{stem}.bin" for stem in files}
    stored = {stem: _read_rows(path, embedder.dimension) for stem, path in paths.items()}
    rows = {key: row for stem in files for key, row in stored[stem].items()}
    had = len(rows.keys() & {key for texts in files.values() for key in texts})
    for number, texts in enumerate(files.values()):
        progress("Embedding", number, len(files))
        for question in (False, True):
            missing = {k: t for k, (t, q) in texts.items() if q is question and k not in rows}
            if missing:
                embedded = (embedder.queries if question else embedder.passages)(list(missing.values()))
                rows |= {key: _row(key, vector) for key, vector in zip(missing, embedded, strict=True)}
    progress("Embedding", len(files), len(files))
    for path in {*(folder / FOLDER).glob("*.bin")} - {*paths.values()}:
        path.unlink()
    for stem, texts in files.items():
        _write_rows(paths[stem], {key: stored[stem].get(key, rows[key]) for key in texts})
    written = len({key for texts in files.values() for key in texts})
    return written, written - had


def outdated_files(folder: Path, fingerprint: str, dimension: int) -> list[str]:
    """Return the names, without suffix, of a folder's files of vectors that do not match its texts.

    Such a file lacks vectors or holds others. Returns [] if the folder brings no vectors.
    """
    if not (folder / FOLDER).is_dir():
        return []
    texts = texts_of(folder, fingerprint)
    stored = {p.stem: {k for k, _ in read_vectors(p, dimension)} for p in (folder / FOLDER).glob("*.bin")}
    return sorted(stem for stem in texts.keys() | stored.keys() if stored.get(stem, set()) != texts.get(stem, {}).keys())


def write_vectors(path: Path, vectors: Mapping[str, Vector]) -> None:
    """Write a file of vectors, sorted by key; none if there are none."""
    _write_rows(path, {key: _row(key, vector) for key, vector in vectors.items()})


def _row(key: str, vector: Vector) -> bytes:
    scale = np.float16(max(float(np.abs(vector).max()) / 127, 1e-6))
    levels = np.clip(np.rint(vector / np.float32(scale)), -127, 127).astype(np.int8)
    return b"".join((bytes.fromhex(key), scale.tobytes(), levels.tobytes()))


def _write_rows(path: Path, rows: Mapping[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(rows[key] for key in sorted(rows)))
