"""What the catalogue finds by words where very many chunks have them, and what it knows without counting."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ingest.database import fulltext
from ingest.database.catalogue import Catalogue
from ingest.documents import Document, Source
from ingest.index import Index
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder


@pytest.fixture
def index(tmp_path: Path, database: str) -> Iterator[Index]:
    folder = tmp_path / "docs"
    folder.mkdir()
    for n in range(30):
        (folder / f"{n:02}.md").write_text(f"# Region {n}\n\nThe region grew barley.\n\n## Part\n\nIts comet{n} passed.\n")
    index = Index(tmp_path / "index", exact=True, database=database)
    sync([folder], index, HashEmbedder())
    yield index
    index.close()


def titles(index: Index, ids: list[int]) -> list[str]:
    chunks = index.catalogue.chunks(ids)
    documents = (index.document(chunks[i].document_id) for i in ids)
    return [d.title for d in documents if d]


def test_of_many_chunks_those_with_the_rarer_words_are_looked_at(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    if index.database:
        return  # PostgreSQL scores all
    question = "region barley comet7"
    all_ids = index.catalogue.word_search(question, 100)
    assert titles(index, all_ids)[0] == "Region 7"
    assert len(all_ids) > 30
    monkeypatch.setattr(fulltext, "MAX_SCORED", 10)
    few = index.catalogue.word_search(question, 100)
    assert set(titles(index, few)) == {"Region 7"}
    assert few[0] == all_ids[0]
    assert len(index.catalogue.word_search("region", 100)) == len(index.catalogue.word_search("the region", 100)) > 20
    monkeypatch.setattr(fulltext, "MAX_SCORED_RAREST", 15)
    assert len(index.catalogue.word_search("region", 100)) == 15


def test_chosen_documents_are_searched_alone(index: Index) -> None:
    chosen = index.catalogue.document_ids()[:3]
    ids = index.catalogue.word_search("region barley", 100, chosen)
    assert {c.document_id for c in index.catalogue.chunks(ids).values()} == set(chosen)
    everywhere = index.catalogue.word_search("region barley", 100)
    assert ids == [i for i in everywhere if i in set(ids)]


def test_sizes_are_known_without_reading_the_texts(index: Index) -> None:
    for listed in index.catalogue.listing():
        document = index.document(listed.id)
        assert document is not None
        assert (listed.characters, listed.passages) == (len(document.text), len(index.passages(listed.id)))
    ids = index.catalogue.document_ids()
    assert index.catalogue.passages_of(ids, 10**6) == index.catalogue.count("embedded")
    assert index.catalogue.dimension() == 64
    assert index.catalogue.between(0, index.catalogue.last(), 5) == 5


ODD = ("none", "", "a\x00b", "' OR 1=1 --", "%", "一" * 5_000)


def test_ids_are_known(index: Index) -> None:
    ids = index.catalogue.document_ids()
    assert index.catalogue.known_documents([*ids, *ODD]) == set(ids)
    assert [index.document(i) for i in ODD] == [None] * len(ODD)


def test_to_know_ids_no_document_is_read(tmp_path: Path) -> None:
    catalogue, messages = Index(tmp_path / "index").catalogue, list[str]()
    connection: Any = catalogue.db
    connection.set_trace_callback(messages.append)
    catalogue.known_documents(["a"] * 1_000)
    connection.set_trace_callback(None)
    assert messages
    assert all(statement.startswith("SELECT id FROM documents WHERE id IN (") for statement in messages)


def test_threads_that_are_over_leave_no_file_open(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "catalogue.db")
    catalogue.set_meta("a", "b")
    gc.disable()  # nobody may wait for it: a page that idles collects nothing for hours
    try:
        before = psutil.Process().num_fds()
        for _ in range(40):
            reading = threading.Thread(target=catalogue.meta, args=("a",))
            reading.start()
            reading.join()
        assert psutil.Process().num_fds() - before < 10
    finally:
        gc.enable()


def test_a_catalogue_in_a_circle_is_closed_where_it_is_freed(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    """Python 3.13 warns of a connection that is freed while it is open."""
    catalogue: Any = Catalogue(tmp_path / "catalogue.db")
    catalogue.counts()
    catalogue.itself = catalogue
    del catalogue
    gc.collect()
    assert not [w for w in recwarn if issubclass(w.category, ResourceWarning)]


def test_a_document_comes_back_with_all_that_was_said_of_it(index: Index) -> None:
    details = {"publisher": "Office", "date": "2021-03", "language": "zh", "url": "https://example.org/a"}
    more = {"title_zh": "灯", "authorship": "summary", "original_of": "key"}
    document = Document("Text.", "Lamps", "", True, **details, sources=(Source("a1", "Law"),), pages=(0, 3), **more)
    with index.catalogue.transaction() as db:
        index.catalogue.put(db, document, [], [])
    assert index.catalogue.document(document.id) == document


def test_the_id_of_a_deleted_passage_is_not_used_again(index: Index, tmp_path: Path) -> None:
    catalogue, last = index.catalogue, index.catalogue.last()
    newest = index.document(catalogue.documents_of([last])[last])
    assert newest is not None
    file = tmp_path / "docs" / f"{newest.title.removeprefix('Region '):0>2}.md"
    file.unlink()
    sync([tmp_path / "docs"], index, HashEmbedder())
    assert catalogue.last() < last
    file.write_text("# Another\n\nRivers rose.\n")
    sync([tmp_path / "docs"], index, HashEmbedder())
    assert catalogue.last() > last


def test_an_address_that_an_index_of_before_holds_is_not_handed_on(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A\n\nThe region grew barley.\n")
    built = Index(tmp_path / "index", exact=True)
    sync([tmp_path / "docs"], built, HashEmbedder())
    with built.catalogue.db:
        built.catalogue.db.execute("UPDATE documents SET url = 'javascript:alert(1)'")
    assert [listed.url for listed in built.catalogue.listing()] == [""]
    built.close()
