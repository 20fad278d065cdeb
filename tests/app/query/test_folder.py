"""Chinese terms of an index's documents: each document is read once, and the same terms come out as from all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.query.translate import Terms, term_pairs
from ingest.index import Index
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder


def all_at_once(index: Index) -> list[tuple[str, str]]:
    documents = [d for i in index.catalogue.document_ids() if (d := index.document(i)) is not None]
    return list(term_pairs(sorted(documents, key=lambda d: d.origin)).items())


def test_terms_follow_the_documents_and_each_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, index, terms = tmp_path / "docs", Index(tmp_path / "index", exact=True), Terms()
    folder.mkdir()
    for name, said in (("a", "Quantum Valley (量子谷)"), ("b", "Big Fund (大基金)"), ("c", "Quantum Hill (量子谷)")):
        (folder / f"{name}.md").write_text(f"# {name}\n\nThe {said} grew.\n")
    sync([folder], index, HashEmbedder())
    assert list(terms.of(index).items()) == all_at_once(index)
    assert terms.of(index)["量子谷"] == "Quantum Valley"
    (folder / "a.md").unlink()
    (folder / "d.md").write_text("# d\n\nThe Blue Harbour (蓝港) froze.\n")
    sync([folder], index, HashEmbedder())
    read, document = [], index.document
    with monkeypatch.context() as patch:
        patch.setattr(index, "document", lambda i: read.append(i) or document(i))  # type: ignore[func-returns-value]
        found = terms.of(index)
    assert read == [index.catalogue.origins()["d.md"][1]]
    assert list(found.items()) == all_at_once(index)
    assert found["量子谷"] == "Quantum Hill"
    index.close()
