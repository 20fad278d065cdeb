"""`make bench-large`: how an index grows: a changed document, searches, memory, disk and start, by its size.

Texts are made up of the corpus' words as often as it has them, vectors of a few hundred centres with noise; the program does
with both what it does with real ones. `python -m benchmarks.large [--sizes 1000,10000,100000] [--plain 10000] [--plot FILE]`
(`--plain`: up to which size a plain LangChain + Chroma pipeline holds the same).
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from zlib import crc32

import click
import numpy as np
import psutil

from ingest.index import Index
from ingest.models.load import Vectors
from ingest.sync import sync
from ingest.words import tokens
from tests.hash_embedder import HashEmbedder

ROOT = Path(__file__).resolve().parent.parent
PASSAGES = 100  # of a document
SLICE = 2_500  # documents that come in at once
CENTRES, NOISE = 300, 0.7
CHANGES, QUESTIONS = 7, 100
MB = 1e6


class MadeUp(HashEmbedder):
    """Vectors as they lie in a real index: those of one title around one centre. Counts the seconds that it takes."""

    def __init__(self) -> None:
        super().__init__("made-up", 384)
        self.centres = np.random.default_rng(0).normal(size=(CENTRES, self.dimension)).astype(np.float32)
        self.seconds = 0.0

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of queries, (n, dimension), normalised."""
        started = time.perf_counter()
        vectors = np.stack([self._vector(text) for text in texts])
        self.seconds += time.perf_counter() - started
        return vectors

    def _vector(self, text: str) -> Vectors:
        noise = np.random.default_rng(crc32(text.encode())).normal(size=self.dimension)
        vector = self.centres[crc32(text.partition(".")[0].encode()) % CENTRES] + NOISE * noise
        unit_vector: Vectors = (vector / np.linalg.norm(vector)).astype(np.float32)
        return unit_vector


class Author:
    """Writes documents in the corpus' words."""

    def __init__(self, seed: int) -> None:
        word_counts = Counter(w for path in sorted((ROOT / "corpus").glob("*.md")) for w in tokens(path.read_text("utf-8")))
        self.words, self.often = list(word_counts), list(accumulate(word_counts.values()))
        self.rng = random.Random(seed)

    def sentence(self, max_words: int = 24) -> str:
        """Return 6 to `max_words` random words, each as frequent as it is in the corpus."""
        return " ".join(self.rng.choices(self.words, cum_weights=self.often, k=self.rng.randint(6, max_words))).capitalize()

    def document(self) -> str:
        """Ten sections of ten sentences."""
        paragraphs = (" ".join(f"{self.sentence()}." for _ in range(5)) for _ in range(20))
        sections = [f"## {self.sentence(7)}\n\n{first}\n\n{next(paragraphs)}" for first in paragraphs]
        return f"# {self.sentence(7)}\n\n" + "\n\n".join(sections) + "\n"


@dataclass(frozen=True, slots=True)
class Row:
    """The measurements at one size; seconds, milliseconds (half of the searches, 95 of 100 take no longer), bytes."""

    passages: int
    loaded: float
    tidied: float
    changed: float
    slowest: float
    dense: tuple[float, float]
    words: tuple[float, float]
    few: tuple[float, float]
    half: tuple[float, float]
    listed: float
    start: float
    memory: float
    disk: float
    segments: int
    plain_changed: float = 0.0
    plain_search: tuple[float, float] = (0.0, 0.0)


def percentiles(calls: Iterator[Callable[[], object]]) -> tuple[float, float]:
    """Time the calls and return the 50th and the 95th percentile, in milliseconds."""
    durations = []
    for call in calls:
        started = time.perf_counter()
        call()
        durations.append((time.perf_counter() - started) * 1e3)
    median, p95 = np.percentile(durations, [50, 95])
    return float(median), float(p95)


def measure(folder: Path, index: Index, embedder: MadeUp, author: Author, documents: int) -> Row:
    """Bring the folder to so many documents, and measure."""
    loaded = grow(folder, index, embedder, author, documents)
    started = time.perf_counter()
    index.vectors.tidy()
    tidied = time.perf_counter() - started
    index.open(embedder)
    index.dense(embedder.queries(["a"])[0], 40)
    search_times = searches(index, embedder, author)
    started = time.perf_counter()
    index.catalogue.listing()
    listed = time.perf_counter() - started
    index.close()
    first_search = json.loads(child("start", folder, index.folder))
    disk = sum(p.stat().st_size for p in index.folder.rglob("*") if p.is_file())
    changes = [changed(folder, index, embedder, author) for _ in range(CHANGES)]
    passages, segments = index.catalogue.count("embedded"), first_search["segments"]
    median, slowest = statistics.median(changes), max(changes)
    return Row(
        passages,
        loaded,
        tidied,
        median,
        slowest,
        *search_times,
        listed,
        first_search["seconds"],
        first_search["memory"],
        disk,
        segments,
    )


def grow(folder: Path, index: Index, embedder: MadeUp, author: Author, documents: int) -> float:
    """Write documents and bring them in, slice by slice; the seconds without making vectors."""
    existing, seconds = len(list(folder.iterdir())), 0.0
    for first in range(existing, documents, SLICE):
        for n in range(first, min(first + SLICE, documents)):
            (folder / f"{n:06}.md").write_text(author.document(), encoding="utf-8")
        seconds += synced(folder, index, embedder)
    return seconds


def synced(folder: Path, index: Index, embedder: MadeUp) -> float:
    """Seconds of a sync, without those of making vectors."""
    started, before = time.perf_counter(), embedder.seconds
    sync([folder], index, embedder)
    return time.perf_counter() - started - (embedder.seconds - before)


def changed(folder: Path, index: Index, embedder: MadeUp, author: Author) -> float:
    """Seconds to bring one document in that is another."""
    path = author.rng.choice(sorted(folder.iterdir()))
    path.write_text(author.document(), encoding="utf-8")
    return synced(folder, index, embedder)


def searches(index: Index, embedder: MadeUp, author: Author) -> tuple[tuple[float, float], ...]:
    """By meaning, by words, and by both in ten documents and in every second one."""
    ids = index.catalogue.document_ids()
    queries = []
    for _ in range(QUESTIONS):
        document = index.document(author.rng.choice(ids))
        assert document is not None
        passage = author.rng.choice(index.passages(document.id))
        text = passage.read(document.text)
        queries.append((embedder.queries([f"{document.title}. {text[:-9]}"])[0], f"what is the {text}"))

    def both(vector: Vectors, text: str, within: Sequence[str]) -> None:
        index.dense(vector, 40, within)
        index.words(text, 40, within)

    return (
        percentiles((lambda v=v: index.dense(v, 40)) for v, _ in queries),  # type: ignore[misc]
        percentiles((lambda t=t: index.words(t, 40)) for _, t in queries),  # type: ignore[misc]
        percentiles((lambda v=v, t=t: both(v, t, ids[:10])) for v, t in queries),  # type: ignore[misc]
        percentiles((lambda v=v, t=t: both(v, t, ids[::2])) for v, t in queries[:40]),  # type: ignore[misc]
    )


def start(folder: Path) -> None:
    """In a process of its own: seconds from an `Index` to its first search, and what it then has in memory."""
    embedder = MadeUp()
    vector = embedder.queries(["a. b"])[0]
    before, started = psutil.Process().memory_info().rss, time.perf_counter()
    index = Index(folder)
    index.open(embedder)
    index.dense(vector, 40)
    index.words("growth of the region", 40)
    seconds = time.perf_counter() - started
    memory = psutil.Process().memory_info().rss - before
    segments = len(index.vectors._view.stores)
    click.echo(json.dumps({"seconds": seconds, "memory": memory, "segments": segments}))


def plain(folder: Path, target: Path, embedder: MadeUp, author: Author) -> tuple[float, tuple[float, float]]:
    """LangChain and Chroma with the same texts: seconds to change a document, and its searches."""
    from langchain_chroma import Chroma
    from langchain_core.embeddings import Embeddings

    class Given(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return embedder.queries(texts).tolist()  # type: ignore[no-any-return]

        def embed_query(self, text: str) -> list[float]:
            return embedder.queries([text])[0].tolist()  # type: ignore[no-any-return]

    store = Chroma("plain", Given(), persist_directory=str(target))

    def add(path: Path) -> None:
        title, _, body = path.read_text("utf-8").removeprefix("# ").partition("\n")
        texts = [f"{title}. {s}" for line in body.split("\n") if line and line[0] != "#" for s in line.split(". ")]
        store.add_texts(texts, [{"source": path.name}] * len(texts))

    paths = sorted(folder.iterdir())
    for path in paths:
        add(path)
    durations = []
    for path in author.rng.sample(paths, min(CHANGES, len(paths))):
        path.write_text(author.document(), encoding="utf-8")
        started, before = time.perf_counter(), embedder.seconds
        store.delete(where={"source": path.name})
        add(path)
        durations.append(time.perf_counter() - started - (embedder.seconds - before))
    vectors = embedder.queries([f"{author.sentence()}. {n}" for n in range(QUESTIONS)])
    search_times = percentiles((lambda v=v: store.similarity_search_by_vector(v.tolist(), 40)) for v in vectors)  # type: ignore[misc]
    return statistics.median(durations), search_times


def child(what: str, *places: Path) -> str:
    """Return what a part says that is measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.large", f"--{what}", str(places[-1])]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def exponent(rows: Sequence[Row], measure: Callable[[Row], float]) -> float:
    """Return the slope of a measure over the size of the index, both as logarithms.

    0 means that the measure stays the same, 1 that it grows as the index does.
    """
    return float(np.polyfit(np.log([r.passages for r in rows]), np.log([max(measure(r), 1e-9) for r in rows]), 1)[0])


def table(rows: Sequence[Row]) -> str:
    """As Markdown."""

    def pair(values: tuple[float, float]) -> str:
        return f"{values[0]:.1f}, {values[1]:.1f}" if any(values) else ""

    heads = (
        "passages", "loaded", "tidied", "one document changed (slowest)", "by meaning, ms (half, 95 %)", "by words",
        "both, in 10 documents", "both, in half of them", "listing", "start", "memory", "disk", "segments",
        "plain: changed", "plain: search",
    )  # fmt: skip
    lines = [f"| {' | '.join(heads)} |", "|" + "--:|" * len(heads)]
    for r in rows:
        cells = [
            f"{r.passages:,}", f"{r.loaded:.0f} s", f"{r.tidied:.0f} s", f"{r.changed:.2f} s ({r.slowest:.2f})",
            *map(pair, (r.dense, r.words, r.few, r.half)), f"{r.listed:.2f} s", f"{r.start:.1f} s",
            f"{r.memory / MB:.0f} MB", f"{r.disk / MB:.0f} MB", str(r.segments),
            f"{r.plain_changed:.2f} s" if r.plain_changed else "", pair(r.plain_search),
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    slopes = (("a change", lambda r: r.changed), ("a search by meaning", lambda r: r.dense[1]),
              ("a search by words", lambda r: r.words[1]), ("memory", lambda r: r.memory))  # fmt: skip
    grows = ", ".join(f"{name} {exponent(rows, measure):.2f}" for name, measure in slopes) if len(rows) > 1 else ""
    return "\n".join([*lines, *([f"\nGrowth exponents: {grows}."] if grows else [])])


def plot(rows: Sequence[Row], path: Path) -> None:
    """Seconds over the size, both logarithmic."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    for name, measure in (
        ("one document changed", lambda r: r.changed),
        ("first search of a process", lambda r: r.start),
        ("search by meaning, 95 %", lambda r: r.dense[1] / 1e3),
        ("search by words, 95 %", lambda r: r.words[1] / 1e3),
        ("both in half of the documents, 95 %", lambda r: r.half[1] / 1e3),
        ("plain LangChain + Chroma: one document changed", lambda r: r.plain_changed),
        ("plain LangChain + Chroma: search, 95 %", lambda r: r.plain_search[1] / 1e3),
    ):
        points = [(r.passages, measure(r)) for r in rows if measure(r)]  # type: ignore[no-untyped-call]
        axes.plot(*zip(*points, strict=True), "o--" if name.startswith("plain") else "o-", label=name)
    axes.set(xscale="log", yscale="log", xlabel="passages in the index", ylabel="seconds")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    figure.savefig(path, dpi=150)


@click.command()
@click.option("--sizes", default="1000,10000,100000", help="Passages, with commas between them.")
@click.option("--plain", "plain_up_to", default=10_000, help="Up to which size a plain pipeline stands beside it.")
@click.option("--plot", "picture", type=click.Path(path_type=Path), help="Where the picture goes.")
@click.option("--start", "started", type=click.Path(path_type=Path), hidden=True)
def main(sizes: str, plain_up_to: int, picture: Path | None, started: Path | None) -> None:
    """Measure an index at some sizes."""
    if started:
        start(started)
        return
    embedder, author, rows = MadeUp(), Author(0), []
    for size in map(int, sizes.split(",")):
        with tempfile.TemporaryDirectory() as place:
            folder, index = Path(place, "docs"), Index(Path(place, "index"))
            folder.mkdir()
            row = measure(folder, index, embedder, author, max(size // PASSAGES, 1))
            if size <= plain_up_to:
                changed_in, search = plain(folder, Path(place, "plain"), embedder, author)
                row = replace(row, plain_changed=changed_in, plain_search=search)
            index.close()
        rows.append(row)
        click.echo(table(rows[-1:]), err=True)
    click.echo(table(rows))
    if picture:
        plot(rows, picture)


if __name__ == "__main__":
    main()
