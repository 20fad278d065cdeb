"""Documents in languages that the reader does not know: found, quoted, and what is foreign to them refused."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.pipeline.chain import Chain
from app.settings import read_settings
from ingest.index import Index
from ingest.models.load import Embedder, Reranker
from ingest.sync import sync

SETS = Path(__file__).resolve().parents[2] / "languages"
ASKED = 10  # questions of each kind
RIGHT = 8  # of them, at least
REFUSED = 9


@pytest.fixture(scope="module", params=["fr", "de", "es", "ja", "ko"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def chain(language: str, tmp_path_factory: pytest.TempPathFactory, embedder: Embedder, reader: Reranker) -> Iterator[Chain]:
    settings = read_settings(corpus=SETS / language / "docs", data=tmp_path_factory.mktemp(language))
    index = Index(settings.index_folder, exact=True)
    sync([settings.corpus], index, embedder)
    yield Chain(index, embedder, reader, settings)
    index.close()


def test_what_is_held_is_quoted_and_what_is_foreign_refused(chain: Chain, language: str) -> None:
    lines = (SETS / language / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    held = [c for c in cases if c["answerable"]][:ASKED]
    answers = [chain.ask(c["question"]) for c in held]
    right = [c["answers"][0] in a.sentences[0].text for c, a in zip(held, answers, strict=True) if a.sentences]
    assert sum(right) >= RIGHT
    assert {c.language for a in answers for c in a.citations} == {language}
    foreign = [chain.ask(c["question"]) for c in cases if not c["answerable"]][:ASKED]
    assert sum(a.status == "not_found" for a in foreign) >= REFUSED
    assert all(a.note.isascii() for a in foreign if a.status == "not_found")  # the program speaks English of them
