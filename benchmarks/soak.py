"""`make soak`: syncs are killed at random moments, and after each kill the next sync must leave exactly the right index.

Two stores: 100 documents embedded by the real model, and one of more than 20,000 vectors, which are found in the catalogue
and need no embedding. `python -m benchmarks.soak [KILLS OF THE FIRST] [KILLS OF THE SECOND]`.
"""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from ingest.documents import contextualised_texts
from ingest.index import Index
from ingest.models.load import Embedder, load_embedder
from ingest.sync import sync
from ingest.vectors import search as vectors
from tests.hash_embedder import HashEmbedder

ROOT = Path(__file__).resolve().parent.parent
OUTSIDE_TIDY = 100  # passages that become a segment
WORDS = "harbour plan fund region quantum valley blimp crown barley comet 合肥 规划 创新 director tonnes programme".split()


def text(rng: random.Random, paragraphs: int) -> str:
    """Return a document of random sentences, with each paragraph about as large as a chunk."""
    sentences = (f"{' '.join(rng.choices(WORDS, k=12)).capitalize()} {rng.randrange(10**6)}." for _ in range(paragraphs * 5))
    lines = list(sentences)
    return "# Text\n\n" + "\n\n".join(" ".join(lines[at : at + 5]) for at in range(0, len(lines), 5))


def embedder_of(kind: str) -> Embedder:
    """Return the real embedding model, or one that makes equally long vectors of hashed words."""
    return load_embedder() if kind == "real" else HashEmbedder("hash", 384)


def victim() -> None:
    """Run a sync and then the tidying, in a process of its own.

    Stores that are small are tidied too. A line is printed when the sync begins.
    """
    kind, folder, target = sys.argv[1:4]
    embedder = embedder_of(kind)
    vectors.OUTSIDE_TIDY = OUTSIDE_TIDY
    print("begin", flush=True)  # noqa: T201
    index = Index(Path(target))
    sync([Path(folder)], index, embedder)
    index.vectors.tidy()


def check(folder: Path, index: Index, embedder: Embedder, probes: int, rng: random.Random) -> int:
    """Check that both stores hold exactly the folder's documents and that vectors find themselves.

    Returns:
        The number of embedded passages.

    Raises:
        AssertionError: The stores are not right.
    """
    catalogue = index.catalogue
    texts = sorted(p.read_text(encoding="utf-8") for p in folder.iterdir())
    documents = [catalogue.document(i) for i in catalogue.document_ids()]
    assert sorted(d.text for d in documents if d) == texts
    rows = list(catalogue.vectors())
    index.open(embedder)
    counts = catalogue.counts()
    words = catalogue.db.execute("SELECT count(*) FROM words").fetchone()[0]
    assert counts["chunks"] == words, (counts, words)
    assert len(rows) == counts["embedded"] == index.vectors.count(), (len(rows), counts, index.vectors.count())
    for passage, document_id, vector in rng.sample(rows, min(probes, len(rows))):
        chunk_id = catalogue.chunks_around([passage])[passage]
        document, chunk = catalogue.document(document_id), catalogue.chunks([chunk_id])[chunk_id]
        assert document is not None
        position = [v.tobytes() for v in catalogue.vectors_in([chunk_id])[chunk_id]].index(vector.tobytes())
        embedding = embedder.passages([contextualised_texts(chunk, document)[position]])[0]
        assert float(embedding @ vector) > 0.999
        assert passage in [i for i, score in index.vectors.nearest(embedding, 5) if score > 0.999]
    return len(rows)


def soak(name: str, kind: str, documents: int, paragraphs: int, kills: int, probes: int) -> None:
    """Kill a sync `kills` times."""
    if not kills:
        return
    rng = random.Random(0)
    embedder = embedder_of(kind)
    with tempfile.TemporaryDirectory() as temporary:
        folder, target = Path(temporary, "docs"), Path(temporary, "index")
        folder.mkdir()
        for n in range(documents):
            (folder / f"{n:04}.md").write_text(text(rng, paragraphs), encoding="utf-8")
        _sync_and_kill(kind, folder, target, None)
        killed_early, chunks = 0, 0
        for number in range(kills):
            if number % 8 == 0:
                shutil.rmtree(target / "chroma", ignore_errors=True)
            _change(folder, documents, paragraphs, rng)
            if number % 8 < 2:  # how long such a sync takes when nobody kills it
                shutil.copytree(target, Path(temporary, "copy"))
                duration = _sync_and_kill(kind, folder, Path(temporary, "copy"), None)
                shutil.rmtree(Path(temporary, "copy"))
            killed_early += _sync_and_kill(kind, folder, target, rng.uniform(0.0, duration)) >= 0
            index = Index(target)
            sync([folder], index, embedder)
            if number % 2:
                index.vectors.tidy()
            chunks = check(folder, index, embedder, probes, rng)
            index.close()
            _say(f"{name}: {number + 1} of {kills} kills, {killed_early} before the sync was over, {chunks} vectors right")
        index = Index(target)
        check(folder, index, embedder, chunks if kind != "real" else 200, rng)
        index.close()
        _say(f"{name}: every one of the {chunks} vectors counted in both stores at the end")


def _change(folder: Path, documents: int, paragraphs: int, rng: random.Random) -> None:
    """One document in twenty is another."""
    for n in rng.sample(range(documents), max(1, documents // 20)):
        (folder / f"{n:04}.md").write_text(text(rng, paragraphs), encoding="utf-8")


def _sync_and_kill(kind: str, folder: Path, target: Path, seconds: float | None) -> float:
    """Start a sync and kill it after some seconds, or let it end if `seconds` is None.

    Returns:
        The seconds that it worked; below 0 if it was over before the kill.
    """
    code = "from benchmarks.soak import victim; victim()"
    command = [sys.executable, "-c", code, kind, str(folder), str(target)]
    process: Any = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process:
        process.stdout.readline()
        started = time.perf_counter()
        if seconds is None:
            process.wait()
            return time.perf_counter() - started
        time.sleep(seconds)
        is_running = process.poll() is None
        process.send_signal(signal.SIGKILL)
    return seconds if is_running else -1.0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


@click.command()
@click.argument("first", type=int, default=100)
@click.argument("second", type=int, default=40)
def main(first: int, second: int) -> None:
    """Kill FIRST syncs of real vectors, and SECOND past 20,000 vectors."""
    soak("100 documents, real model", "real", 100, 2, first, 5)
    soak("past 20,000 vectors", "hash", 420, 10, second, 300)


if __name__ == "__main__":
    main()
