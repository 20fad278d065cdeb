"""The index holds exactly what the folder holds, whatever happened before."""

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest import folders as folders_module
from ingest.database.catalogue import SCHEMA_VERSION
from ingest.documents import contextualised_texts
from ingest.errors import CorpusError, IndexBusy, IndexMismatch, IndexMissing, ModelError
from ingest.index import Index, vector_key
from ingest.split import SPLIT_VERSION, split
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder
from tests.servers import waited_for

TEXT = "Document {n} tells that region {n} grew.\n\nA second paragraph of document {n} names the figure {n}000."


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "docs"
    path.mkdir()
    for n in range(12):
        (path / f"d{n:02}.md").write_text(f"# D{n}\n\n" + TEXT.format(n=n))
    return path


@pytest.fixture
def index(tmp_path, database):
    index = Index(tmp_path / "index", database=database)
    yield index
    index.close()


def state(index):
    """What a reader can find: texts by document, and whether each passage's own vector finds it."""
    catalogue, embedder = index.catalogue, HashEmbedder()
    index.vectors.refresh(catalogue.dimension())
    texts = {catalogue.document(i).text for i in catalogue.document_ids()}
    rows = list(catalogue.vectors())
    around = catalogue.chunks_around([i for i, _, _ in rows])
    for chunk_id, chunk in catalogue.chunks(sorted(set(around.values()))).items():
        document = catalogue.document(chunk.document_id)
        own = [(i, vector) for i, _, vector in rows if around[i] == chunk_id]
        for (i, vector), text in zip(own, contextualised_texts(chunk, document), strict=True):
            assert embedder.queries([text])[0] == pytest.approx(vector, abs=1e-6)
            assert i in [passage_id for passage_id, score in index.vectors.nearest(vector, 3) if score > 0.9999]
            cosines = index.cosines([chunk_id], vector)[chunk_id]
            assert cosines == pytest.approx([float(v @ vector) for _, v in own], abs=1e-6)
            assert chunk_id in [hit.id for hit in index.dense(vector, 3)]
    counts = catalogue.counts()
    words = catalogue.db.execute("SELECT count(*) FROM words").fetchone()[0]
    assert counts["chunks"] == words == len(set(around.values()))
    assert counts["embedded"] == len(rows) == index.vectors.count()
    return texts


def folder_texts(folder):
    return {p.read_text() for p in folder.glob("*.md")}


def test_sync_twice_changes_nothing(folder, index):
    embedder = HashEmbedder()
    first = sync([folder], index, embedder)
    assert len(first.added) == 12
    assert first.embedded == embedder.embedded > 0
    stamp = index.catalogue.stamp
    second = sync([folder], index, embedder)
    assert (len(second.unchanged), second.embedded, second.has_changes) == (12, 0, False)
    assert index.catalogue.stamp == stamp
    assert state(index) == folder_texts(folder)


def test_changes_additions_and_removals_are_followed(folder, index):
    embedder = HashEmbedder()
    sync([folder], index, embedder)
    (folder / "d00.md").write_text("# D0\n\nNow it says something else.")
    (folder / "d01.md").unlink()
    (folder / "new.txt").write_text("A new text.")
    report = sync([folder], index, embedder)
    assert (report.changed, report.removed, report.added, report.embedded) == (("d00.md",), ("d01.md",), ("new.txt",), 2)
    assert state(index) == folder_texts(folder) | {"A new text."}


def test_one_document_under_two_names_is_indexed_once(folder, index):
    (folder / "copy.md").write_text((folder / "d03.md").read_text())
    sync([folder], index, HashEmbedder())
    assert len(index.catalogue.document_ids()) == 12
    (folder / "d03.md").unlink()
    sync([folder], index, HashEmbedder())
    assert state(index) == folder_texts(folder)


def test_an_unreadable_file_is_named_and_keeps_its_last_good_version(folder, index):
    sync([folder], index, HashEmbedder())
    before = state(index)
    (folder / "d05.md").write_bytes(b"\xff\xfe\xff")
    (folder / "bad.md").write_bytes(b"\x00\x01")
    report = sync([folder], index, HashEmbedder())
    assert [name for name, _ in report.failed] == ["bad.md", "d05.md"]
    assert all(re.search("binary|unknown text encoding", reason) for _, reason in report.failed)
    assert state(index) == before


@pytest.mark.parametrize("kind", ["missing", "empty", "file"])
def test_a_folder_that_cannot_be_read_loses_nothing(kind, folder, index, tmp_path):
    sync([folder], index, HashEmbedder())
    other = tmp_path / "other"
    if kind == "empty":
        other.mkdir()
    if kind == "file":
        other.write_text("x")
    with pytest.raises(CorpusError) as error:
        sync([other], index, HashEmbedder())
    assert str(other) in str(error.value)
    assert error.value.next_step
    assert state(index) == folder_texts(folder)


def test_another_model_is_refused_until_rebuilt(folder, index):
    sync([folder], index, HashEmbedder())
    with pytest.raises(IndexMismatch, match=r"hash@64.*other@32"):
        sync([folder], index, HashEmbedder("other", 32))
    with pytest.raises(IndexMismatch):
        index.open(HashEmbedder("other", 64))
    sync([folder], index, HashEmbedder("other", 32), rebuild=True)
    index.open(HashEmbedder("other", 32))
    assert {v.shape for _, _, v in index.catalogue.vectors()} == {(32,)}


def test_a_file_that_cannot_be_read_any_more_gets_vectors_of_the_other_model(folder, index):
    sync([folder], index, HashEmbedder())
    (folder / "d05.md").write_bytes(b"\xff\xfe\xff")
    other = HashEmbedder("other", 64)  # of the same length: nothing but the name tells them apart
    report = sync([folder], index, other, rebuild=True)
    assert [name for name, _ in report.failed] == ["d05.md"]
    document_id = index.catalogue.origins()["d05.md"][1]
    chunk = index.catalogue.document_chunks(document_id)[0]
    text = contextualised_texts(chunk, index.catalogue.document(document_id))[0]
    assert vector_key(text, other.fingerprint) in index.catalogue.known_vectors([vector_key(text, other.fingerprint)])
    assert not index.catalogue.known_vectors([vector_key(text, HashEmbedder().fingerprint)])
    assert index.dense(other.queries([text])[0], 1)[0].chunk == chunk


@pytest.mark.parametrize(
    ("built", "asked", "chosen", "anew"),
    [
        ("e5@1", "e5@1", False, False),
        ("e5@1", "e5@2", False, True),  # other weights of the same model, or another engine
        ("e5@1", "e5@2", True, True),
        ("e5@1", "bge@7", False, True),  # the program has another model of its own now
        ("e5@1", "bge@7", True, False),  # somebody wants that one
        ("org/name@hub", "e5@1", False, False),  # somebody wanted the former
    ],
)
def test_what_an_upgrade_outgrew_is_told_from_what_somebody_chose(built, asked, chosen, anew, index):
    assert index.outdated_reason(asked, chosen) == ""  # there is none
    with index.catalogue.transaction():
        for name, value in (("schema", SCHEMA_VERSION), ("split", SPLIT_VERSION), ("model", built)):
            index.catalogue.set_meta(name, value)
    assert bool(index.outdated_reason(asked, chosen)) == anew
    if built == asked:
        index.catalogue.set_meta("split", "former")
        assert "built with splitting former" in index.outdated_reason(asked, chosen)


def test_no_index(tmp_path):
    with pytest.raises(IndexMissing, match="There is no index"):
        Index(tmp_path / "none").open(HashEmbedder())


def test_writers_take_turns(index):
    with index.writing(), pytest.raises(IndexBusy), index.writing(0.1):
        pass


@pytest.mark.parametrize("damage", ["deleted", "unmarked", "truncated"])
def test_the_vector_store_is_filled_again_from_the_catalogue(damage, folder, index):
    sync([folder], index, HashEmbedder())
    chroma = index.folder / "chroma"
    index.vectors.close()
    (segment,) = chroma.iterdir()
    if damage == "deleted":
        shutil.rmtree(chroma)
    elif damage == "unmarked":
        (segment / "READY").unlink()
    else:
        os.truncate(segment / "chroma.sqlite3", 1_000)
    fresh = Index(index.folder, database=index.database)
    fresh.open(HashEmbedder())
    assert state(fresh) == folder_texts(folder)
    fresh.close()


def test_an_open_reader_sees_what_another_process_wrote(folder, index):
    sync([folder], index, HashEmbedder())
    (folder / "late.txt").write_text("A comet was seen over the harbour.")
    code = "import sys; sys.argv = ['x', *sys.argv[1:]]; from tests.ingest.test_sync import run; run()"
    words = [str(folder), str(index.folder), index.database]
    subprocess.run([sys.executable, "-c", code, *words], check=True, cwd=Path(__file__).parents[2])
    embedder = HashEmbedder()
    index.open(embedder)
    hits = index.dense(embedder.queries(["comet harbour seen"])[0], 1)
    assert "comet" in index.document(hits[0].chunk.document_id).text


def run():
    """A sync in a process of its own; beside the index it leaves a word that it has begun."""
    folder, target, database = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    sync([folder], Index(target, database=database), HashEmbedder(), lambda *_: target.with_suffix(".begun").touch())


@pytest.mark.kills
def test_ten_kills_at_random_moments_lose_and_double_nothing(folder, tmp_path, database):
    rng = random.Random(0)
    code = "from tests.ingest.test_sync import run; run()"
    target = tmp_path / "killed"
    for number in range(10):
        (folder / f"d{number:02}.md").write_text(f"# New\n\nVersion {number} of text. " + TEXT.format(n=number))
        words, begun = [str(folder), str(target), database], target.with_suffix(".begun")
        begun.unlink(missing_ok=True)
        victim = subprocess.Popen([sys.executable, "-c", code, *words], cwd=Path(__file__).parents[2])
        waited_for(begun.exists)
        time.sleep(rng.uniform(0.0, 1.2))
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        index = Index(target, database=database)
        sync([folder], index, HashEmbedder())
        assert state(index) == folder_texts(folder)
        index.close()
        if database:
            continue
        with sqlite3.connect(target / "catalogue.db") as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.close()


class Picky(HashEmbedder):
    """Cannot embed texts that hold a certain word."""

    def passages(self, texts):
        if any("poison" in t for t in texts):
            raise RuntimeError("index out of range in self")
        return super().passages(texts)


def broken(document):
    if "Nine" in document.title:
        raise ZeroDivisionError("no such luck")
    return split(document)


@pytest.mark.parametrize("fault", ["split", "embed", "read"])
def test_one_file_that_cannot_be_indexed_is_its_own_failure(fault, folder, index, monkeypatch):
    sync([folder], index, HashEmbedder())
    (folder / "d03.md").write_text("# D3\n\nThe newest word of document 3.")
    bad = folder / "bad.md"
    bad.write_text("# Nine\n\nA good line.\n\nA poison line.")
    embedder = HashEmbedder()
    if fault == "split":
        monkeypatch.setattr("ingest.sync.split", broken)
    if fault == "embed":
        embedder = Picky()
    if fault == "read":
        plain = folders_module.load
        monkeypatch.setattr(folders_module, "load", lambda path, *more: 1 // 0 if path == bad else plain(path, *more))
    report = sync([folder], index, embedder)
    assert [name for name, _ in report.failed] == [bad.name]
    assert str(bad.name) in report.failed[0][1]
    assert report.changed == ("d03.md",)
    assert len(report.unchanged) == 11
    assert index.words("newest", 5)
    assert not index.words("poison", 5)
    assert state(index) == folder_texts(folder) - {bad.read_text()}


def test_a_file_that_can_no_longer_be_embedded_keeps_its_last_version(folder, index):
    sync([folder], index, Picky())
    before = state(index)
    (folder / "d05.md").write_text("# D5\n\nA poison line.")
    report = sync([folder], index, Picky())
    assert [name for name, _ in report.failed] == ["d05.md"]
    assert state(index) == before
    assert sync([folder], index, Picky()).failed  # it is tried again each time
    assert index.words("5000", 5)


def test_a_model_that_fails_is_no_file_s_failure(folder, index, monkeypatch):
    def fail(*_):
        raise ModelError("The model is gone.", "Install it.")

    monkeypatch.setattr(HashEmbedder, "passages", fail)
    with pytest.raises(ModelError):
        sync([folder], index, HashEmbedder())


def test_names_and_titles_that_no_store_takes(folder, index):
    strange = Path(os.fsdecode(os.fsencode(str(folder)) + b"/caf\xe9.md"))
    strange.write_text("# Coffee\n\nThe price of coffee rose.")
    (folder / "nothing.md").write_text('---\ntitle: "Nothing \\0"\npublisher: "\\x07"\n---\n\nThe bell rang.')
    report = sync([folder], index, HashEmbedder())
    assert not report.failed
    titles = {d.title: d.origin for d in index.catalogue.listing()}
    assert titles["Coffee"] == r"caf\xe9.md"
    assert titles["Nothing"] == "nothing.md"
    assert not sync([folder], index, HashEmbedder()).has_changes
    strange.unlink()
    assert sync([folder], index, HashEmbedder()).removed == (r"caf\xe9.md",)


def test_a_document_is_read_once_until_something_changes(folder, index, monkeypatch):
    sync([folder], index, HashEmbedder())
    document_id, read = index.catalogue.origins()["d03.md"][1], []
    from_file = index.catalogue.document
    monkeypatch.setattr(index.catalogue, "document", lambda i: read.append(i) or from_file(i))
    assert index.document(document_id) is index.document(document_id)
    assert read == [document_id]
    (folder / "copy.md").write_text((folder / "d03.md").read_text())
    sync([folder], index, HashEmbedder())
    read.clear()
    assert index.document(document_id).origin == "copy.md, d03.md"  # the same text under two names now
    assert read == [document_id]
    for name in ("copy.md", "d03.md"):
        (folder / name).unlink()
    sync([folder], index, HashEmbedder())
    assert index.document(document_id).origin == "copy.md, d03.md"  # gone a moment ago: an answer ends on what it began with
    assert index.document("0" * 16) is None


def test_a_chinese_title_and_the_authorship_are_kept_and_embed_nothing_anew(folder, index):
    sync([folder], index, HashEmbedder())
    path = folder / "d03.md"
    front = (
        "---\ntitle: D3\ntitle_zh: 第三份文件\nauthorship: summary\nsources:\n  s1: {title: Report, title_zh: 报告}\n---\n"
    )
    path.write_text(front + path.read_text())
    report = sync([folder], index, HashEmbedder())
    assert (report.changed, report.embedded) == (("d03.md",), 0)
    document = index.catalogue.document(index.catalogue.origins()["d03.md"][1])
    assert (document.title, document.title_zh, document.sources[0].title_zh) == ("D3", "第三份文件", "报告")
    assert {d.title: d.title_zh for d in index.catalogue.listing()}["D3"] == "第三份文件"
    assert {d.title_zh for d in index.catalogue.listing()} == {"", "第三份文件"}
    assert document.authorship == "summary"
    assert {d.title for d in index.catalogue.listing() if d.authorship == "summary"} == {"D3"}


def test_an_index_of_the_former_layout_is_built_anew_without_embedding(folder, index):
    sync([folder], index, HashEmbedder())
    index.catalogue.set_meta("schema", "5")
    assert index.outdated_reason(HashEmbedder().fingerprint, is_chosen=False)
    assert sync([folder], index, HashEmbedder(), rebuild=True).embedded == 0
    assert state(index) == folder_texts(folder)
