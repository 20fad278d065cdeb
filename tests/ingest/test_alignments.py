"""Where originals carry summaries is kept in the catalogue until either document changes, in both databases."""

from __future__ import annotations

from pathlib import Path

from ingest.added import AddedFolder, Note
from ingest.database.alignments import AlignedPassage, Pair, aligned_passages, missing_pairs, put_alignment
from ingest.documents import Source
from ingest.index import Index
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder

SUMMARY = "---\nauthorship: summary\nsources:\n  ll31:\n    title: Lamp law\n---\n\n# Lamps\n\nThere are {n} lamps.[^ll31]\n"


def test_what_was_found_is_kept_until_either_document_changes(tmp_path: Path, database: str) -> None:
    folder, added, embedder = tmp_path / "docs", AddedFolder(tmp_path / "added"), HashEmbedder()
    folder.mkdir()
    (folder / "lamps.md").write_text(SUMMARY.format(n=300))
    index = Index(tmp_path / "index", exact=True, database=database)
    catalogue = index.catalogue

    def changed() -> list[Pair]:
        sync([folder], index, embedder, added=added.folder)
        return missing_pairs(catalogue, "1")

    def give(text: str) -> None:
        note = Note("Lamp law", names=("law.txt",), origins=("law.txt",), original_of=Source(title="Lamp law").key)
        with added.changing():
            added.put(text.encode(), ".txt", note, added.notes())

    assert changed() == []
    give("There shall be 300 lamps.")
    (pair,) = changed()
    assert pair.sources == {"ll31"}
    put_alignment(catalogue, pair, "1", [AlignedPassage(0, 0, 25, 0.91)])
    assert changed() == []
    assert aligned_passages(catalogue, pair.summary) == {pair.original: (AlignedPassage(0, 0, 25, 0.91),)}
    assert missing_pairs(catalogue, "2") == [pair], "another method finds other places"
    (folder / "lamps.md").write_text(SUMMARY.format(n=400))
    (pair,) = changed()
    put_alignment(catalogue, pair, "1", [])
    give("There shall be 400 lamps.")
    (renewed,) = changed()
    assert (renewed.summary, renewed.original != pair.original) == (pair.summary, True)
    assert aligned_passages(catalogue, pair.summary) == {}
    index.close()
