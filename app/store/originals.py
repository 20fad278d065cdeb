"""The texts that summaries rest on: which there are, and getting them onto the reader's machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from app.groundedness.quantities import figures_of
from app.settings import Settings
from app.store.carried import summaries
from app.store.documents import match
from app.text.spans import content
from ingest import downloads
from ingest.add import Details, Outcome, import_files
from ingest.database.catalogue import Catalogue
from ingest.documents import Document, Source
from ingest.errors import AskError, LoadError
from ingest.fetch import FetchError, is_address
from ingest.index import Index
from ingest.models.load import Embedder
from ingest.progress import Progress, quiet

HEAD = 600
"""Characters of a text within which its title stands."""
TITLE_FITS = 0.6
FIGURES_FIT = 0.45
FIGURES_MISSING = 0.2
FEWEST_FIGURES = 6
"""A text is taken for a source if it has this share of the figures of our sentences, where they are so many, or of the words
of its title and no fewer than `FIGURES_MISSING` of the figures (docs/decisions/061)."""


@dataclass(frozen=True, slots=True)
class CitedSource:
    """A source of the documents: `name` is what the command line calls it, `sentences` are ours that rest on it, each with
    the file that it stands in, and `held` the ids and languages of the originals that are held of it."""

    name: str
    source: Source
    sentences: tuple[tuple[str, str], ...]
    held: tuple[tuple[str, str], ...] = ()

    @property
    def state(self) -> str:
        """What there is of it, in a word or two."""
        if self.held:
            return f"held ({', '.join(language for _, language in self.held)})"
        return "not held" if is_address(self.source.url) else "no address"


def cited_sources(catalogue: Catalogue) -> list[CitedSource]:
    """All sources that sentences rest on, those with the most sentences first."""
    originals = catalogue.originals()
    found: dict[str, Source] = {}
    names: dict[str, list[str]] = {}
    sentences: dict[str, list[tuple[str, str]]] = {}
    for document, passages in summaries(catalogue):
        by_id = {s.id: s for s in document.sources}
        for source in document.sources:
            found.setdefault(source.key, source)
            names.setdefault(source.key, []).append(f"{document.origin}:{source.id}")
        for passage in passages:
            for key in dict.fromkeys(by_id[i].key for i in passage.sources if i in by_id):
                sentences.setdefault(key, []).append((document.origin, passage.introduced(document.text)))
    held: dict[str, list[tuple[str, str]]] = {}
    for listed in catalogue.listing() if originals else ():
        if listed.id in originals:
            held.setdefault(originals[listed.id], []).append((listed.id, listed.language))
    shown = _names(names)
    every = [CitedSource(shown[k], s, tuple(sentences.get(k, ())), tuple(held.get(k, ()))) for k, s in found.items()]
    return sorted(every, key=lambda c: (-len(c.sentences), c.name))


def _names(names: dict[str, list[str]]) -> dict[str, str]:
    """Of each source the places that list it -> its id where no other has that, else the first of those places."""
    owners: dict[str, set[str]] = {}
    for key, places in names.items():
        for place in places:
            owners.setdefault(place.rpartition(":")[2], set()).add(key)
    ids = {key: [i for p in places if len(owners[i := p.rpartition(":")[2]]) == 1] for key, places in names.items()}
    return {key: max(own, key=own.count) if (own := ids[key]) else names[key][0] for key in names}


def chosen_sources(sources: Sequence[CitedSource], wanted: Sequence[str]) -> list[CitedSource]:
    """Names, addresses or titles -> their sources.

    Raises:
        AskError: nothing, or several sources, are called so.
    """
    found = []
    for name in wanted:
        fitting = [s for s in sources if name in (s.name, s.source.url, s.source.title, s.source.title_zh)]
        if len(fitting) != 1:
            raise AskError(f"{len(fitting) or 'No'} sources are called {name}.", "`ask-the-plan originals` lists them.")
        found += fitting
    return found


def hosts(sources: Sequence[CitedSource]) -> dict[str, int]:
    """Sources -> the hosts that are asked for them, with the number of requests."""
    found: dict[str, int] = {}
    for source in sources:
        host = urlsplit(source.source.url).netloc
        found[host] = found.get(host, 0) + 1
    return found


@dataclass(frozen=True, slots=True)
class Got:
    """What became of a source's original; `reason` says why it is not held, and what to do."""

    name: str
    result: str
    reason: str = ""


def fetch_originals(
    settings: Settings,
    index: Index,
    load_embedder: Callable[[], Embedder],
    sources: Sequence[CitedSource],
    progress: Progress = quiet,
    pause: float = downloads.PAUSE,
) -> list[Got]:
    """Fetch sources from their addresses and hold what is the text that is meant. What was held of an address before is
    brought up to date."""
    wanted, arrived = [s for s in sources if is_address(s.source.url)], iter(range(1, len(sources) + 1))
    folder = settings.data / "fetching"

    def count() -> None:
        progress("Fetching", next(arrived, len(wanted)), len(wanted))

    progress("Fetching", 0, len(wanted))
    pages = downloads.download([s.source.url for s in wanted], folder, settings.limits, count, pause)
    found = [Got(s.name, "no address", s.source.where) for s in sources if s not in wanted]
    with TemporaryDirectory() as scratch:
        for number, source in enumerate(wanted):
            page = pages[source.source.url]
            if isinstance(page, LoadError):
                found.append(Got(source.name, page.failure if isinstance(page, FetchError) else "failed", page.sentence()))
                continue
            path = Path(scratch, str(number), page.name.lstrip("._") or "page.html")
            path.parent.mkdir()
            path.write_bytes(page.raw)
            found.append(_kept(settings, source, path, source.source.url))
    return _matched(settings, index, load_embedder, found, progress)


def add_original(
    settings: Settings,
    index: Index,
    load_embedder: Callable[[], Embedder],
    source: CitedSource,
    path: Path,
    progress: Progress = quiet,
    surely: bool = False,
) -> list[Got]:
    """Hold a file as the original of a source; `surely`: also if its title and figures are others."""
    return _matched(settings, index, load_embedder, [_kept(settings, source, path, "", surely)], progress)


def _kept(settings: Settings, source: CitedSource, path: Path, address: str, surely: bool = False) -> Got:
    """Copy a file into the folder of added documents, marked as an original, if it is the text that is meant."""
    about = source.source
    details = Details(about.title, about.publisher, about.date, about.url, about.key)
    with settings.kept.changing():
        outcomes = import_files(
            [str(path)],
            settings.added_folder,
            details,
            settings.limits,
            quiet,
            lambda place: address or place,
            None if surely else partial(check_text, source),
        )
    outcome = next(iter(outcomes), Outcome(source.name, "failed", f"{path} holds nothing that is read."))
    result = "not this text" if outcome.reason.startswith(NOT_THIS) else outcome.status
    return Got(source.name, result, outcome.reason)


def _matched(
    settings: Settings, index: Index, load_embedder: Callable[[], Embedder], found: list[Got], progress: Progress
) -> list[Got]:
    if any(g.result in ("added", "updated") for g in found):
        match(settings, index, load_embedder(), progress)
    return found


NOT_THIS = "This is not the text that is meant"


def check_text(source: CitedSource, document: Document) -> None:
    """Check that a document may be the text of a source.

    Raises:
        LoadError: its title and its figures do not fit.
    """
    title, figures = title_share(source.source, document), figures_share(source, document)
    has_title = title >= TITLE_FITS and (figures is None or figures >= FIGURES_MISSING)
    if not has_title and (figures or 0.0) < FIGURES_FIT:
        said = f"{NOT_THIS}: “{document.title}” has {title:.0%} of the words of the title"
        said += "." if figures is None else f", and {figures:.0%} of the figures that rest on it."
        raise LoadError(said, "Look at what the address shows; a right file is given with `ask-the-plan originals add`.")


def title_share(source: Source, document: Document) -> float:
    """The share of the words of a source's title, of a Chinese one of its pairs of characters, in a text's head."""
    head = _pieces(f"{document.title} {document.text[:HEAD]}")
    titles = [pieces for t in (source.title, source.title_zh) if (pieces := _pieces(t))]
    return max((len(pieces & head) / len(pieces) for pieces in titles), default=0.0)


def _pieces(title: str) -> set[str]:
    """The words that carry meaning, and of Chinese each two characters that stand side by side."""
    runs = re.findall("[\u4e00-\u9fff]+", title)
    return {*content(re.sub("[\u4e00-\u9fff]+", " ", title)), *(r[n : n + 2] for r in runs for n in range(len(r) - 1))}


def figures_share(source: CitedSource, document: Document) -> float | None:
    """The share of the figures in our sentences that a text has; None for too few to tell."""
    ours = {(f.value, f.unit): f for _, s in source.sentences for f in figures_of(s) if f.unit not in ("", "ordinal")}
    if len(ours) < FEWEST_FIGURES:
        return None
    theirs: dict[str, list[float]] = {}
    for figure in figures_of(document.text):
        theirs.setdefault(figure.unit, []).append(figure.value)
    held = sum(any(abs(v - f.value) <= 1e-9 * abs(v) for v in theirs.get(f.unit, ())) for f in ours.values())
    return held / len(ours)
