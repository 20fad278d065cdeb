"""The index is matched to the folders, whatever version of the program or model built it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings, read_settings
from app.store.documents import add, match
from ingest.added import Details
from ingest.errors import IndexMismatch
from ingest.index import Index
from ingest.models.load import Embedder
from ingest.progress import quiet
from ingest.questions.store import QuestionStore
from tests.hash_embedder import HashEmbedder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "lamp.md").write_text("# Lamp\n\nThe lamp of Fredonia was lit in 1931.\n")
    return read_settings(corpus=tmp_path / "docs", data=tmp_path / "data")


@pytest.fixture
def index(settings: Settings, tmp_path: Path) -> Iterator[Index]:
    """Built by a former version, with an added document."""
    new, old = Index(settings.index_folder, exact=True), HashEmbedder("built-in")
    late = tmp_path / "late.txt"
    late.write_text("The blimp of Quuxville flew in 1932.")
    match(settings, new, old, quiet)
    assert not add(settings, new, lambda: old, [str(late)], Details(), quiet).failed
    yield new
    new.close()


def test_an_upgrade_builds_the_index_anew_and_loses_nothing(settings: Settings, index: Index) -> None:
    before = {d.origin for d in index.catalogue.listing()}
    new = HashEmbedder("built-in", 32)
    report = match(settings, index, new, quiet)
    assert (len(before), len(report.unchanged), len(report.failed)) == (2, 2, 0)
    assert {d.origin for d in index.catalogue.listing()} == before
    assert {v.shape for _, _, v in index.catalogue.vectors()} == {(32,)}
    assert index.built_with()[2] == new.fingerprint
    assert match(settings, index, new, quiet).embedded == 0


def test_a_model_that_somebody_chose_is_refused_until_they_say_so(settings: Settings, index: Index) -> None:
    chosen = settings.model_copy(update={"embedding_model": "other"})
    with pytest.raises(IndexMismatch, match=r"built-in@64.*other@64"):
        match(chosen, index, HashEmbedder("other"), quiet)
    assert match(chosen, index, HashEmbedder("other"), quiet, rebuild=True).embedded


@pytest.mark.slow
def test_what_is_asked_about_the_program_is_not_embedded_again_for_each_folder(
    settings: Settings, embedder: Embedder
) -> None:
    steps: list[str] = []
    index = Index(settings.index_folder, exact=True)
    match(settings, index, embedder, lambda what, *_: steps.append(what))
    assert "Embedding" in steps
    assert "Embedding questions" not in steps
    assert len(QuestionStore(index.folder).wordings()) > 100
    index.close()
