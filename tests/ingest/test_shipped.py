"""Vectors that come along with a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.index import Index
from ingest.models.load import fingerprint_of
from ingest.questions.store import QuestionStore
from ingest.sync import sync
from ingest.vectors.shipped import outdated_files, read_vectors, shipped_vectors, write_shipped, write_vectors
from tests.hash_embedder import HashEmbedder

KEYS = ["00" * 16, "ff" * 16]


@given(st.lists(st.floats(-1, 1, width=32), min_size=8, max_size=8).filter(lambda v: np.linalg.norm(v) > 0.1))
def test_a_vector_comes_back_nearly_as_it_was(tmp_path_factory: pytest.TempPathFactory, numbers: list[float]) -> None:
    vector = np.array(numbers, dtype=np.float32) / np.linalg.norm(numbers)
    path = tmp_path_factory.mktemp("v") / "a.bin"
    write_vectors(path, {KEYS[0]: vector})
    ((key, found),) = read_vectors(path, 8)
    assert key == KEYS[0]
    assert float(found @ vector) > 0.999


def test_a_file_that_is_cut_off_or_of_another_length_brings_nothing(tmp_path: Path) -> None:
    write_vectors(tmp_path / "_vectors" / "a.bin", {KEYS[0]: np.ones(8, np.float32), KEYS[1]: np.ones(8, np.float32)})
    assert shipped_vectors([tmp_path], KEYS[1:], 8).keys() == {KEYS[1]}
    assert shipped_vectors([tmp_path], KEYS, 9) == {}
    raw = (tmp_path / "_vectors" / "a.bin").read_bytes()
    (tmp_path / "_vectors" / "a.bin").write_bytes(raw[:-1])
    assert shipped_vectors([tmp_path], KEYS, 8) == {}


def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "_questions").mkdir(parents=True)
    (folder / "tea.md").write_text("# Tea\n\nOolong is half oxidised.\n", encoding="utf-8")
    questions = "- question: What is oolong?\n  also: [oolong]\n  answers: [Oolong is half oxidised.]\n"
    (folder / "_questions" / "tea.yaml").write_text(questions, encoding="utf-8")
    return folder


def test_nothing_is_embedded_where_vectors_come_along(tmp_path: Path) -> None:
    docs, embedder = folder(tmp_path), HashEmbedder()
    written, anew = write_shipped(docs, embedder)
    assert written == anew > 3
    assert write_shipped(docs, embedder) == (written, 0)
    index = Index(tmp_path / "index")
    assert sync([docs], index, embedder).embedded == 0
    assert QuestionStore(index.folder).update(docs, index, embedder) == 0
    assert len(QuestionStore(index.folder).wordings()) > 2
    index.close()


def test_vectors_of_other_texts_are_named(tmp_path: Path) -> None:
    docs, embedder = folder(tmp_path), HashEmbedder()
    assert outdated_files(docs, embedder.fingerprint, embedder.dimension) == []
    write_shipped(docs, embedder)
    assert outdated_files(docs, embedder.fingerprint, embedder.dimension) == []
    (docs / "tea.md").write_text("# Tea\n\nOolong is half oxidised. It is sweet.\n", encoding="utf-8")
    assert outdated_files(docs, embedder.fingerprint, embedder.dimension) == ["tea"]


def test_a_row_that_stands_is_written_byte_for_byte(tmp_path: Path) -> None:
    """Two files hold one text whose vectors differ a little, as two processors make them."""
    docs, embedder = folder(tmp_path), HashEmbedder()
    (docs / "_questions" / "pu-erh.yaml").write_text(
        "- question: What is oolong?\n  gap: Nothing is said.\n", encoding="utf-8"
    )
    write_shipped(docs, embedder)
    path = docs / "_vectors" / "tea.bin"
    write_vectors(path, {key: vector + np.float32(0.01) for key, vector in read_vectors(path, embedder.dimension)})
    before = {p.name: p.read_bytes() for p in path.parent.iterdir()}
    write_shipped(docs, embedder)
    assert {p.name: p.read_bytes() for p in path.parent.iterdir()} == before


def test_the_vectors_of_the_corpus_are_written_as_they_stand(tmp_path: Path) -> None:
    corpus = shutil.copytree(Path(__file__).parents[2] / "corpus", tmp_path / "corpus")
    embedder = HashEmbedder(dimension=384)  # it has nothing to embed
    embedder.fingerprint = fingerprint_of("")
    before = {p.name: p.read_bytes() for p in (corpus / "_vectors").iterdir()}
    assert write_shipped(corpus, embedder)[1] == 0
    changed = [p.name for p in (corpus / "_vectors").iterdir() if p.read_bytes() != before[p.name]]
    assert not changed
