"""A folder with known questions, indexed and asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from app.pipeline.chain import Chain
from app.pipeline.load import load_chain
from app.settings import read_settings
from app.store.documents import match
from ingest.index import Index
from ingest.models.load import load_embedder

Made = Callable[..., Chain]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A chain over documents by name, their known questions, and documents that a user added."""

    def make(documents: Mapping[str, str], questions: str = "", added: Mapping[str, str] | None = None) -> Chain:
        corpus, data = tmp_path_factory.mktemp("corpus"), tmp_path_factory.mktemp("data")
        settings = read_settings(corpus=corpus, data=data)
        _write(corpus, documents)
        if questions:
            _write(corpus / "_questions", {"tea.yaml": questions})
        if added:
            _write(settings.added_folder, added)
        index, embedder = Index(settings.index_folder), load_embedder()
        match(settings, index, embedder, lambda *_: None)
        return load_chain(settings, index, embedder)

    return make


def _write(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
