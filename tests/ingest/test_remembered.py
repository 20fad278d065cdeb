"""Known questions are worked out anew only where a document that they name changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ingest.index import Index
from ingest.questions.store import QuestionStore
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder

EMBEDDER = HashEmbedder()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "docs"
    (path / "_questions").mkdir(parents=True)
    for n in range(6):
        (path / f"t{n}.md").write_text(f"# T{n}\n\n## Who lit lamp {n}?\n\nAda {n} did.\n")
        questions = [{"question": f"Whose was lamp {n}?", "answers": [f"Ada {n} did."]}]
        (path / "_questions" / f"t{n}.yaml").write_text(yaml.safe_dump(questions))
    return path


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Index(tmp_path / "index", exact=True)
    yield index
    index.close()


def answers(store: QuestionStore, index: Index) -> dict[str, str]:
    """Each question with the text that answers it."""
    answers = {}
    for known in store.wordings().questions:
        for place in known.answers[:1]:
            document = index.document(place.document_id)
            assert document is not None
            passage = next(p for p in index.passages(document.id) if p.start == place.start)
            answers[known.question] = passage.quote(document.text)
    return answers


def test_only_the_document_that_changed_is_read(folder: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    sync([folder], index, EMBEDDER)
    store = QuestionStore(index.folder)
    store.update(folder, index, EMBEDDER)
    expected = {f"{w} lamp {n}?": f"Ada {n} did." for n in range(6) for w in ("Who lit", "Whose was")}
    assert answers(store, index) == expected
    (folder / "t3.md").write_text("# T3\n\nFirst a word.\n\n## Who lit lamp 3?\n\nAda 3 did.\n")
    sync([folder], index, EMBEDDER)
    read, passages = [], index.passages
    monkeypatch.setattr(index, "passages", lambda i: read.append(i) or passages(i))  # type: ignore[func-returns-value]
    store.update(folder, index, EMBEDDER)
    assert read == [index.catalogue.origins()["t3.md"][1]]
    assert answers(store, index) == expected
    assert store.db.execute("SELECT count(*) FROM remembered").fetchone()[0] == 12 + 1  # those about the program have none


def test_a_document_without_questions_changes_nothing_of_them(folder: Path, index: Index) -> None:
    sync([folder], index, EMBEDDER)
    store = QuestionStore(index.folder)
    store.update(folder, index, EMBEDDER)
    stamp = store.stamp
    (folder / "other.md").write_text("# Other\n\nA comet passed.\n")
    sync([folder], index, EMBEDDER)
    assert store.update(folder, index, EMBEDDER) == 0
    assert store.stamp == stamp
    (folder / "t2.md").unlink()
    sync([folder], index, EMBEDDER)
    store.update(folder, index, EMBEDDER)
    assert store.stamp > stamp
    assert "Who lit lamp 2?" not in answers(store, index)
