"""Vectors that are left for later: what is asked meanwhile is found by its words, in the end all is as if made at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ingest import sync as sync_module
from ingest import sync as syncing
from ingest.errors import Stopped
from ingest.index import Index
from ingest.models.load import Vectors
from ingest.questions import store as question_store
from ingest.questions.store import QuestionStore
from ingest.sync import embed_lacking, sync
from tests.hash_embedder import HashEmbedder
from tests.ingest.test_sync import folder_texts, state


class Choosy(HashEmbedder):
    """Fails at some texts."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        if any("region 3 " in text for text in texts):
            raise ValueError("no such sign")
        return super().passages(texts)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "docs"
    path.mkdir()
    for n in range(12):
        (path / f"d{n:02}.md").write_text(
            f"# D{n}\n\nRegion {n} grew. In region {n} barley was sown.\n\nIts figure is {n}000."
        )
    return path


@pytest.fixture
def index(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """Of the folder, without a vector."""
    monkeypatch.setattr(sync_module, "MAX_IMMEDIATE", 0)
    monkeypatch.setattr(syncing, "REFRESH_INTERVAL", 1)
    index = Index(tmp_path / "index")
    report = sync([folder], index, HashEmbedder(), later=True)
    assert (len(report.added), report.embedded, index.lacking) == (12, 0, 36)
    yield index
    index.close()


def test_words_find_what_has_no_vector_yet(index: Index) -> None:
    embedder = HashEmbedder()
    index.open(embedder)
    hit = index.words("barley in region 7", 3)[0]
    document = index.document(hit.chunk.document_id)
    assert document is not None
    assert document.title == "D7"
    assert index.dense(embedder.queries(["barley"])[0], 3) == []
    assert index.cosines([hit.id], embedder.queries(["barley"])[0]) == {}  # the retriever makes them for itself
    assert not (index.folder / "chroma").exists()  # a store holds all, or is not filled


def test_in_the_end_all_is_as_if_made_at_once(index: Index, folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    assert embed_lacking(index, HashEmbedder(), lambda _, done, total: seen.append((done, total))) == 36
    assert (seen[0], seen[-1], index.lacking) == ((0, 36), (36, 36), 0)
    index.open(HashEmbedder())
    assert state(index) == folder_texts(folder)
    assert sync([folder], index, HashEmbedder()).embedded == 0


def test_half_of_them_are_searched_and_a_chunk_that_lacks_one_is_left_out(index: Index, folder: Path) -> None:
    embedder = HashEmbedder()

    def stopping(_: str, done: int, total: int) -> None:
        if done >= 8:
            raise Stopped("enough")

    with pytest.raises(Stopped):
        embed_lacking(index, embedder, stopping)
    index.open(embedder)
    vector = embedder.queries(["region 1 barley"])[0]
    hits = index.dense(vector, 40)
    assert 0 < len(hits) < 12
    cosines = index.cosines([f.id for f in hits], vector)
    assert all(len(cosines[f.id]) == len(f.chunk.passages) for f in hits if f.id in cosines)
    assert len(cosines) == len(hits) - 1
    assert sync([folder], index, embedder).embedded == 36 - 8  # the next start goes on
    assert state(index) == folder_texts(folder)


def test_documents_come_and_go_meanwhile(index: Index, folder: Path) -> None:
    def changing(_: str, done: int, total: int) -> None:
        if done == 8 and (folder / "d11.md").exists():
            (folder / "d11.md").unlink()
            (folder / "d99.md").write_text("# D99\n\nA comet passed over the harbour.")
            report = sync([folder], other, HashEmbedder(), later=True)
            assert (len(report.added), len(report.removed)) == (1, 1)

    other = Index(index.folder, database=index.database)
    embed_lacking(index, HashEmbedder(), changing)
    other.close()
    assert index.lacking == 0
    index.open(HashEmbedder())
    assert state(index) == folder_texts(folder)


def test_it_ends_where_the_index_is_built_anew_with_another_model(index: Index, folder: Path) -> None:
    def changing(_: str, done: int, total: int) -> None:
        if done == 8:
            sync([folder], index, HashEmbedder("other", 64), rebuild=True)

    embed_lacking(index, HashEmbedder(), changing)
    assert index.lacking == 0
    other = HashEmbedder("other", 64)
    index.open(other)
    assert index.catalogue.lacking() == {}


def test_a_text_that_the_model_cannot_take_is_found_by_its_words(index: Index) -> None:
    embedder = Choosy()
    assert embed_lacking(index, embedder) == 36
    assert index.lacking == 0
    index.open(embedder)
    assert len({f.id for f in index.words("region 3", 12)}) == 12
    scores = [f.score for f in index.dense(HashEmbedder().queries(["region 4 grew"])[0], 12)]
    assert scores == sorted(scores, reverse=True)


def test_few_are_made_at_once(tmp_path: Path, folder: Path) -> None:
    index = Index(tmp_path / "few")
    assert sync([folder], index, HashEmbedder(), later=True).embedded == 36
    assert index.lacking == 0
    index.close()


def test_known_questions_without_a_vector_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "faq"
    path.mkdir()
    (path / "faq.md").write_text("# F\n\n## Who lit the lamp?\n\nAda did.\n\n## Who flew the blimp?\n\nBob did.\n")
    index, embedder = Index(tmp_path / "index"), HashEmbedder()
    sync([path], index, embedder)
    monkeypatch.setattr(question_store, "MAX_IMMEDIATE", 1)
    store = QuestionStore(index.folder, index.database)
    assert (store.update(path, index, embedder, later=True), len(store.wordings())) == (0, 0)
    assert store.update(path, index, embedder) == len(store.wordings()) > 2  # those about the program are among them
    assert {"Who lit the lamp?", "Who flew the blimp?"} <= set(store.wordings().texts)
    assert store.update(path, index, embedder) == 0
    index.close()
