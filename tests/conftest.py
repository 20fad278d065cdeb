"""Shared by all tests: the real models, and an index of a few real documents."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import hypothesis
import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from app.pipeline.chain import Chain
from app.settings import Settings, read_settings
from ingest.index import Index
from ingest.models.bundles import READER
from ingest.models.load import Embedder, Reranker, load_embedder, load_reranker
from ingest.sync import sync
from tests.servers import Chroma, Postgres, why_no_postgres

for kind in ("connect", "read", "write", "pool"):  # httpx's own limit of 5 seconds wants an idle machine
    setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, kind, 120.0)

hypothesis.settings.register_profile(
    "timeless", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)  # a busy machine would fail what is right
hypothesis.settings.load_profile("timeless")

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
SMALL = ("hefei.md", "chip-policy.md", "outline-indicators.md", "outline-innovation.md", "science-centres.md")


GROUPS = {
    "page": {"browser", "page_server"},
    "attacked": {"attacked", "walled"},
    "postgres": {"postgres", "chroma_server"},
    "models": {"embedder", "reranker", "reader"},
}
"""What one worker alone starts or loads, by the fixtures that do so; all other tests go by file."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by what it wants, itself or by another fixture, and give it to a group of workers' tests."""
    for item in items:
        wanted = set(getattr(item, "fixturenames", ()))
        groups = [group for group, fixtures in GROUPS.items() if wanted & fixtures]
        if groups:
            item.add_marker(pytest.mark.slow)
        for marker in {"browser", "postgres"} & wanted:
            item.add_marker(marker)
        item.add_marker(pytest.mark.xdist_group(groups[0] if groups else item.path.stem))


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return load_embedder()


@pytest.fixture(scope="session")
def reranker() -> Reranker:
    return load_reranker()


@pytest.fixture(scope="session")
def reader() -> Reranker:
    return load_reranker(READER)


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    for name in SMALL:
        shutil.copy(CORPUS / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def settings(small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return read_settings(corpus=small_corpus, data=tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def index(settings: Settings, embedder: Embedder) -> Iterator[Index]:
    found = Index(settings.index_folder)
    sync([settings.corpus], found, embedder)
    yield found
    found.close()


@pytest.fixture(scope="session")
def chain(index: Index, embedder: Embedder, reader: Reranker, settings: Settings) -> Chain:
    return Chain(index, embedder, reader, settings)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of the tests' own."""
    if why := why_no_postgres():
        pytest.skip(why)
    server = Postgres()
    yield server
    close_databases()
    server.stop()


@pytest.fixture(scope="session")
def chroma_server() -> Iterator[Chroma]:
    server = Chroma()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """'' for SQLite, and the URL of an empty PostgreSQL database: what is true of one is true of the other."""
    if request.param == "sqlite":
        yield ""
        return
    yield request.getfixturevalue("postgres").database()
    close_databases()


def close_databases() -> None:
    from ingest.database.postgres import close_all

    close_all()
