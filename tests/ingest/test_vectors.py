"""The vector search finds the same in the built-in store and on a Chroma server; a server that is away is one sentence."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.errors import AskError
from ingest.index import Index
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder

TEXTS = {f"d{n}.txt": f"Region {n} grew barley and the figure was {n}17." for n in range(8)}


@pytest.mark.parametrize("where", ["built in", "server"])
def test_each_text_finds_itself_through_changes(where, tmp_path, request):
    url = request.getfixturevalue("chroma_server").url if where == "server" else ""
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    embedder, index = HashEmbedder(), Index(tmp_path / "index", url)
    sync([folder], index, embedder)
    (folder / "d0.txt").unlink()
    (folder / "d1.txt").write_text("A comet passed.")
    sync([folder], index, embedder)
    again = Index(tmp_path / "index", url)
    again.open(embedder)
    for passage, document_id, vector in again.catalogue.vectors():
        (nearest, similarity), *_ = again.vectors.nearest(vector, 3)
        assert nearest == passage
        assert similarity == pytest.approx(1.0, abs=1e-3)
        assert [i for i, _ in again.vectors.nearest(vector, 5, [document_id])] == [passage]
    assert len(again.vectors.nearest(vector, 100)) == 7
    assert again.vectors.nearest(vector, 5, []) == []
    shutil.rmtree(tmp_path / "docs")
    again.close()
    index.close()


def test_a_chunk_is_found_once_by_its_nearest_passage(tmp_path):
    (tmp_path / "docs").mkdir()
    for town in ("Ulm", "Bonn", "Trier"):
        text = f"A comet was seen over {town}. Rye was sown in {town}. The harbour of {town} froze."
        (tmp_path / "docs" / f"{town}.txt").write_text(text)
    embedder, index = HashEmbedder(), Index(tmp_path / "index")
    sync([tmp_path / "docs"], index, embedder)
    index.open(embedder)
    question = embedder.queries(["Who saw the comet over Bonn?"])[0]
    hits = index.dense(question, 3)
    assert len(hits) == len({f.id for f in hits}) == 3
    cosines = index.cosines([f.id for f in hits], question)
    assert [len(cosines[f.id]) for f in hits] == [3, 3, 3]
    assert [f.score for f in hits] == pytest.approx([max(cosines[f.id]) for f in hits], abs=1e-5)
    assert [f.score for f in hits] == sorted((f.score for f in hits), reverse=True)
    assert "Bonn" in index.document(hits[0].chunk.document_id).text
    assert index.cosines([9_999], question) == {}
    index.close()


def docs_of(place):
    place.mkdir()
    for name, text in TEXTS.items():
        (place / name).write_text(text)
    return place


def test_a_search_that_fails_in_chroma_is_made_exactly_and_heals(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("ingest.vectors.search.log.disabled", False)  # another library's tests switch all logs off
    folder, embedder, index = docs_of(tmp_path / "docs"), HashEmbedder(), Index(tmp_path / "index")
    sync([folder], index, embedder)
    index.open(embedder)
    question = embedder.queries(["Region 7 grew barley"])[0]
    before = [(f.id, pytest.approx(f.score, abs=1e-4)) for f in index.dense(question, 3)]
    with monkeypatch.context() as patch:
        patch.setattr(type(index.vectors._view.stores[0]), "nearest", lambda *_: 1 / 0)
        for _ in range(2):
            index.open(embedder)
            assert [(f.id, f.score) for f in index.dense(question, 3)] == before
            (found,) = index.dense(question, 3, [index.document(index.dense(question, 1)[0].chunk.document_id).id])
            assert (found.id, found.score) == before[0]
    warned = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert len(warned) == 1
    assert "searched exactly for a minute" in warned[0]
    assert index.vectors._view.stores == ()
    sync([folder], index, embedder)
    index.open(embedder)
    assert index.vectors.count() == index.catalogue.counts()["embedded"]
    assert [(f.id, f.score) for f in index.dense(question, 3)] == before
    index.close()


def test_a_reader_whose_server_is_away_searches_exactly(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("ingest.vectors.search.log.disabled", False)
    folder, embedder = docs_of(tmp_path / "docs"), HashEmbedder()
    sync([folder], Index(tmp_path / "index", exact=True), embedder)
    index = Index(tmp_path / "index", "http://127.0.0.1:9")
    for _ in range(3):
        index.open(embedder)
        (hit, *_) = index.dense(embedder.queries([TEXTS["d7.txt"]])[0], 3)
        assert "Region 7" in index.document(hit.chunk.document_id).text
    assert sum("does not answer" in r.getMessage() for r in caplog.records) == 1
    index.close()


def test_few_passages_are_searched_without_chroma(tmp_path):
    folder = docs_of(tmp_path / "docs")
    code = """if True:
        import sys
        from pathlib import Path
        import app.cli.asking, app.pipeline.load, app.store.documents, app.retrieval.retriever
        from tests.hash_embedder import HashEmbedder
        from ingest.index import Index
        from ingest.sync import sync
        embedder, index = HashEmbedder(), Index(Path(sys.argv[2]), exact=True)
        sync([Path(sys.argv[1])], index, embedder)
        index.open(embedder)
        (found, *_) = index.dense(embedder.queries(["Region 7 grew barley and the figure was 717."])[0], 3)
        assert "Region 7" in index.document(found.chunk.document_id).text
        sys.exit("chromadb" in sys.modules)
    """
    command = [sys.executable, "-c", code, str(folder), str(tmp_path / "index")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert (done.returncode, done.stderr) == (0, "")


def test_many_passages_are_searched_in_chroma_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("ingest.vectors.search.OUTSIDE", 7)
    embedder, index = HashEmbedder(), Index(tmp_path / "index", exact=True)
    sync([docs_of(tmp_path / "docs")], index, embedder)
    index.open(embedder)
    assert sum(len(store.ids()) for store in index.vectors._view.stores) == 8
    index.close()


def test_a_server_that_is_away_is_one_sentence(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("A text.")
    index = Index(tmp_path / "index", "http://127.0.0.1:9")
    with pytest.raises(AskError, match="does not answer") as error:
        sync([tmp_path / "docs"], index, HashEmbedder())
    assert "CHROMA_URL" in error.value.next_step
