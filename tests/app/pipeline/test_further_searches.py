"""A question of two steps, asked of real models."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.pipeline.chain import Chain
from app.settings import read_settings
from ingest.index import Index
from ingest.models import PairReranker, SentenceEmbedder
from ingest.sync import sync

TEXTS = {
    "Tin Whistles": "Tin Whistles is the authorised biography of the English rock band Marrow.",
    "Marrow (band)": "Marrow were formed in the city of Leeds in 1989. They play in a barn.",
    "The Otter Club": "The Otter Club is an English rock band. It was formed in the city of York.",
    "Harbour Street": "Harbour Street is a novel about a rock band from Bristol.",
}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory, embedder: SentenceEmbedder, reader: PairReranker) -> Iterator[Chain]:
    folder: Path = tmp_path_factory.mktemp("bands")
    for title, text in TEXTS.items():
        (folder / f"{title}.md").write_text(f"# {title}\n\n{text}\n", encoding="utf-8")
    settings = read_settings(corpus=folder, data=tmp_path_factory.mktemp("data"))
    index = Index(settings.index_folder, exact=True)
    sync([folder], index, embedder)
    yield Chain(index, embedder, reader, settings)
    index.close()


def test_the_passage_on_what_the_first_names_is_quoted_beside_it(chain: Chain) -> None:
    answer = chain.ask("Tin Whistles is the authorised biography of a rock band formed in what city?", threshold=0.0)
    assert [c.title for c in answer.citations][:1] == ["Tin Whistles"]
    assert "Leeds" in answer.text


def test_what_would_be_refused_is_not_looked_into_further(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    search = chain.retriever.search
    monkeypatch.setattr(chain.retriever, "search", lambda query: searched.append(query.searched) or search(query))
    chain.ask("Tin Whistles is the authorised biography of a rock band formed in what city?", threshold=1.0)
    assert len(searched) == 1
