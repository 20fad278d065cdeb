"""The index in PostgreSQL: its words find what SQLite finds; a server that is away is said, and used again."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from ingest.database.postgres import _pool as pool_of
from ingest.errors import DatabaseDown, IndexBusy, IndexDamaged, StorageError
from ingest.index import Index
from ingest.sync import sync
from tests.conftest import close_databases
from tests.hash_embedder import HashEmbedder
from tests.servers import PATIENCE, Postgres, why_no_postgres

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.skipif(bool(why_no_postgres()), reason=why_no_postgres())]

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
WORDS = (
    "barley grew growing regions region 合肥 科学中心 2.5 2024 10,000 naïve café polices policy R&D e-mail the of".split()
)
QUESTIONS = (
    "Which regions grew barley?", "合肥科学中心", "naive cafes", "2.5 of 10,000", "policy policies police", "?",
    "What is R&D?", "nothing-like-it", "2024年合肥", "barley " * 80,
)  # fmt: skip


@pytest.fixture
def pair(postgres: Postgres, tmp_path: Path) -> tuple[Index, Index]:
    """An index in SQLite and one in PostgreSQL."""
    close_databases()
    url = postgres.database()
    return Index(tmp_path / "local", exact=True), Index(tmp_path / "team", exact=True, database=url)


def write(folder: Path, number: int, rng: random.Random) -> None:
    folder.mkdir(exist_ok=True)
    paragraphs = (" ".join(rng.choices(WORDS, k=rng.randrange(3, 60))) + "." for _ in range(rng.randrange(1, 9)))
    (folder / f"{number}.md").write_text(f"# Region {number}\n\n" + "\n\n".join(paragraphs), encoding="utf-8")


def test_words_find_the_same_texts(pair: tuple[Index, Index], tmp_path: Path) -> None:
    rng, folder = random.Random(0), tmp_path / "docs"
    for number in range(20):
        write(folder, number, rng)
    for _ in range(2):
        for index in pair:
            sync([folder], index, HashEmbedder())
        local, team = pair
        assert team.catalogue.listing() == local.catalogue.listing()
        assert team.catalogue.counts() == local.catalogue.counts()
        some = rng.sample(local.catalogue.document_ids(), 5)
        for question in QUESTIONS:
            for within in (None, some, []):
                results = [{(f.chunk.document_id, f.chunk.start) for f in i.words(question, 500, within)} for i in pair]
                assert results[0] == results[1], (question, within)
        for number in rng.sample(range(20), 6):
            write(folder, number, rng)
        (folder / f"{rng.randrange(20)}.md").unlink(missing_ok=True)


def test_a_text_with_more_of_the_words_comes_first(pair: tuple[Index, Index], tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("# A\n\nBarley grew here, and rye, and oats, and wheat, and a little hemp for ropes.")
    (folder / "b.md").write_text("# B\n\nBarley is malted for beer; a brewery buys the barley in autumn.")
    for index in pair:
        sync([folder], index, HashEmbedder())
        assert [index.catalogue.document(f.chunk.document_id).title for f in index.words("barley brewery", 5)] == ["B", "A"]  # type: ignore[union-attr]


def test_words_that_a_tsvector_does_not_take(pair: tuple[Index, Index], tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.md").write_text("x" * 5_000 + " " + "often " * 2_000 + "it's a \\ back'slash.\n\nSee 'it'.")
    (folder / "b.md").write_text("Something else.")
    for index in pair:
        sync([folder], index, HashEmbedder())
    for question in ("often", "x" * 1_000, "back'slash"):
        assert len(pair[0].words(question, 5)) == len(pair[1].words(question, 5)) > 0


# --- a server that is away


def test_a_killed_server_is_said_and_used_again(postgres: Postgres, pair: tuple[Index, Index], tmp_path: Path) -> None:
    folder, index = tmp_path / "docs", pair[1]
    write(folder, 1, random.Random(3))
    sync([folder], index, HashEmbedder())
    assert index.words("barley region", 3)
    postgres.kill()
    try:
        with pytest.raises(DatabaseDown) as error:
            index.words("barley region", 3)
        assert "does not answer" in str(error.value)
        assert "ask@" not in error.value.sentence()
        assert error.value.next_step
        with pytest.raises(DatabaseDown):
            sync([folder], index, HashEmbedder())
    finally:
        postgres.start()
    assert index.words("barley region", 3)
    write(folder, 2, random.Random(4))
    sync([folder], index, HashEmbedder())
    assert len(index.catalogue.document_ids()) == 2


def test_who_loses_the_database_while_writing_writes_nothing(
    postgres: Postgres, pair: tuple[Index, Index], tmp_path: Path
) -> None:
    folder, index, rng = tmp_path / "docs", pair[1], random.Random(5)
    for number in range(3):
        write(folder, number, rng)
    sync([folder], index, HashEmbedder())
    before, killed = state_of(index), []

    def progress(what: str, done: int, total: int) -> None:
        if what == "Writing" and not killed:
            killed.append(what)
            postgres.kill()
            postgres.start()

    write(folder, 1, rng)
    with pytest.raises(DatabaseDown):
        sync([folder], index, HashEmbedder(), progress)
    assert killed
    assert state_of(index) == before
    with index.writing(0):  # the lock went with the connection
        pass
    sync([folder], index, HashEmbedder())
    assert state_of(index) == {p.read_text() for p in folder.iterdir()}


def state_of(index: Index) -> set[str]:
    return {d.text for i in index.catalogue.document_ids() if (d := index.catalogue.document(i))}


def test_the_lock_is_one_for_all_processes_and_threads(pair: tuple[Index, Index]) -> None:
    index = pair[1]
    other = Index(Path("/elsewhere", index.folder.name), exact=True, database=index.database)
    with ThreadPoolExecutor() as pool:
        with index.writing():
            with pytest.raises(IndexBusy, match="Another process is writing"), other.writing(0.2):
                pass
            with pytest.raises(IndexBusy):
                pool.submit(takes, other, 0.0).result()
            waiting = pool.submit(takes, other, PATIENCE)
            time.sleep(0.3)
            assert not waiting.done()
            released = time.monotonic()
        assert waiting.result() >= released


def takes(index: Index, patience: float) -> float:
    with index.writing(patience):
        return time.monotonic()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://ask:secret@127.0.0.1:1/postgres", "does not answer"),
        ("nobody-here:secret postgres", "does not exist"),
        ("ask none", "does not exist"),
    ],
)
def test_a_database_that_cannot_be_reached_is_a_sentence(postgres: Postgres, tmp_path: Path, url: str, said: str) -> None:
    user, _, name = url.partition(" ")
    index = Index(tmp_path / "team", database=postgres.url(name, user) if name else url)
    with pytest.raises(DatabaseDown) as error:
        index.catalogue.counts()
    assert said in str(error.value)
    assert "secret" not in error.value.sentence()


def test_a_user_who_may_not_write_is_told(postgres: Postgres, pair: tuple[Index, Index]) -> None:
    import psycopg

    index = pair[1]
    with psycopg.connect(index.database, autocommit=True) as db:
        db.execute("DROP ROLE IF EXISTS guest")
        db.execute("CREATE ROLE guest LOGIN")
    guest = Index(index.folder, database=index.database.replace("ask@", "guest@"))
    with pytest.raises(StorageError, match="may not be used so"):
        guest.catalogue.counts()


# --- the tables


def test_many_begin_at_once(pair: tuple[Index, Index], postgres: Postgres) -> None:
    index, url, together = pair[1], postgres.database(), Barrier(6)

    def begin(_: int) -> tuple[int, int]:
        together.wait()
        return index.catalogue.counts()["chunks"], id(pool_of(url, "ask_begun"))

    with ThreadPoolExecutor(6) as threads:
        chunk_counts = list(threads.map(begin, range(6)))
    assert [chunks for chunks, _ in chunk_counts] == [0] * 6
    assert len({pool for _, pool in chunk_counts}) == 1, "a pool that nobody closes"


def test_tables_that_were_lost_are_made_anew(pair: tuple[Index, Index], tmp_path: Path) -> None:
    index, folder = pair[1], tmp_path / "docs"
    write(folder, 1, random.Random(6))
    sync([folder], index, HashEmbedder())
    index.catalogue.db.execute("DROP TABLE origins")
    with pytest.raises(IndexDamaged, match="damaged"):
        index.catalogue.origins()
    sync([folder], index, HashEmbedder(), rebuild=True)
    assert state_of(index) == {p.read_text() for p in folder.iterdir()}
