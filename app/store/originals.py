"""The original texts of summaries: a list of them, and fetching them onto this machine."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.groundedness.quantities import figures_of
from app.settings import Settings
from app.store.carried import summaries
from app.store.documents import match
from app.text.spans import content_stems
from ingest.add import Outcome, import_files, save_page
from ingest.added import Details
from ingest.database.catalogue import Catalogue
from ingest.documents import Document, Source, is_address
from ingest.errors import AskError, LoadError, Translatable
from ingest.fetch import HOST_PAUSE, Downloaded, Fetched, FetchError, download, host_of
from ingest.index import Index
from ingest.models.load import Embedder
from ingest.progress import Progress, quiet
from ingest.storage import scratch_folder

log = logging.getLogger(__name__)
NOT_THIS = "This is not the right text"
_AND_FIGURES = ", and {held:.0%} of the figures cited from it."


@dataclass(frozen=True, slots=True)
class CitedSource:
    """A source that the documents cite.

    Attributes:
        name: Its name on the command line.
        sentences: The sentences of ours that rest on it.
        held: The languages of its originals that are held.
    """

    name: str
    source: Source
    sentences: tuple[str, ...]
    held: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """Say in a word or two if it is held."""
        if self.held:
            return f"held ({', '.join(self.held)})"
        return "not held" if is_address(self.source.url) else "no address"


def cited_sources(catalogue: Catalogue) -> list[CitedSource]:
    """All sources that sentences rest on, those with the most sentences first."""
    originals = catalogue.originals()
    sources: dict[str, Source] = {}
    names: defaultdict[str, list[str]] = defaultdict(list)
    sentences: defaultdict[str, list[str]] = defaultdict(list)
    languages: defaultdict[str, list[str]] = defaultdict(list)
    for document, passages in summaries(catalogue):
        by_id = {s.id: s for s in document.sources}
        for source in document.sources:
            sources.setdefault(source.key, source)
            names[source.key].append(f"{document.origin}:{source.id}")
        for passage in passages:
            for key in dict.fromkeys(by_id[i].key for i in passage.sources if i in by_id):
                sentences[key].append(passage.introduced(document.text))
    for listed in catalogue.listing() if originals else ():
        if listed.id in originals:
            languages[originals[listed.id]].append(listed.language)
    display_names = _names(names)
    cited = [CitedSource(display_names[k], s, tuple(sentences[k]), tuple(languages[k])) for k, s in sources.items()]
    return sorted(cited, key=lambda c: (-len(c.sentences), c.name))


def _names(names: dict[str, list[str]]) -> dict[str, str]:
    """Choose a name for each source from the places that list it.

    It is the source's id if no other source has that id, else the first of the places.
    """
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for key, places in names.items():
        for place in places:
            owners[place.rpartition(":")[2]].add(key)
    ids = {key: [i for p in places if len(owners[i := p.rpartition(":")[2]]) == 1] for key, places in names.items()}
    return {key: max(candidates, key=candidates.count) if (candidates := ids[key]) else names[key][0] for key in names}


def chosen_sources(sources: Sequence[CitedSource], names: Sequence[str]) -> list[CitedSource]:
    """Return the sources with these names, addresses or titles.

    Raises:
        AskError: No source is called so, or several are.
    """
    chosen = []
    for name in names:
        matching = [s for s in sources if name in (s.name, s.source.url, s.source.title, s.source.title_zh)]
        if len(matching) != 1:
            message = "{n} sources are called {name}."
            raise AskError(message, "`ask-the-plan originals` lists them.", len(matching) or "No", name)
        chosen += matching
    return chosen


def requests_per_host(sources: Sequence[CitedSource]) -> Counter[str]:
    """Count the requests to each host that are needed to fetch the sources."""
    return Counter(host_of(s.source.url) for s in sources if is_address(s.source.url))


@dataclass(frozen=True, slots=True)
class FetchResult:
    """The result for a source; `reason` says why its original is missing, and what to do."""

    name: str
    result: str
    reason: str = ""


def fetch_originals(
    settings: Settings,
    index: Index,
    load_embedder: Callable[[], Embedder],
    sources: Sequence[CitedSource],
    progress: Progress = quiet,
    pause: float = HOST_PAUSE,
) -> list[FetchResult]:
    """Fetch sources from their addresses and keep each text that is the right one.

    An original that was fetched from an address before is updated.
    """
    addressed = [s for s in sources if is_address(s.source.url)]
    pages = download([s.source.url for s in addressed], settings.limits, progress, pause)
    results = [FetchResult(s.name, "no address", s.source.where) for s in sources if s not in addressed]
    try:
        with scratch_folder() as scratch:
            results.extend(_import_page(settings, s, pages[s.source.url], scratch) for s in addressed)
    finally:
        _index_new(settings, index, load_embedder, results, progress)
    return results


def _import_page(settings: Settings, source: CitedSource, page: Downloaded, scratch: Path) -> FetchResult:
    """Keep what came from a source's address; whatever goes wrong concerns this source alone."""
    try:
        if isinstance(page, Fetched):
            return _import(settings, source, save_page(page, scratch), source.source.url)
        return FetchResult(source.name, page.failure if isinstance(page, FetchError) else "failed", page.sentence())
    except AskError as error:
        return FetchResult(source.name, "failed", error.sentence())
    except Exception as error:
        log.warning("%r cannot be kept", source.source.url, exc_info=True)
        message = "What {url} sent cannot be kept ({why})."
        problem = LoadError(message, "Save it as a file and add that.", source.source.url, type(error).__name__)
        return FetchResult(source.name, "failed", problem.sentence())


def add_original(
    settings: Settings,
    index: Index,
    load_embedder: Callable[[], Embedder],
    source: CitedSource,
    path: Path,
    progress: Progress = quiet,
    surely: bool = False,
) -> list[FetchResult]:
    """Hold a file as the original of a source; `surely`: also if its title and figures are others."""
    results = [_import(settings, source, path, "", surely)]
    _index_new(settings, index, load_embedder, results, progress)
    return results


def _import(settings: Settings, source: CitedSource, path: Path, address: str, surely: bool = False) -> FetchResult:
    """Copy a file into the folder of added documents, marked as an original, if it is the text that is meant."""
    cited = source.source
    details = Details(cited.title, cited.publisher, cited.date, cited.url, cited.key)
    folder, limits, check = settings.added_folder, settings.limits, None if surely else partial(check_text, source)
    with settings.kept.changing():
        outcomes = import_files([str(path)], folder, details, limits, quiet, lambda place: address or place, check)
    nothing = Translatable("{path} holds nothing that is read.", path=path)
    outcome = next(iter(outcomes), Outcome(source.name, "failed", nothing))
    result = "not this text" if outcome.reason.startswith(NOT_THIS) else outcome.status
    return FetchResult(source.name, result, outcome.reason)


def _index_new(
    settings: Settings, index: Index, load_embedder: Callable[[], Embedder], results: list[FetchResult], progress: Progress
) -> None:
    if any(g.result in ("added", "updated") for g in results):
        match(settings, index, load_embedder(), progress)


def check_text(source: CitedSource, document: Document) -> None:
    """Check that a document may be the text of a source.

    It needs 45 % of the figures of our sentences, or 60 % of the words of the source's title and at least 20 % of the
    figures (docs/decisions/061).

    Raises:
        LoadError: its title and its figures do not fit.
    """
    title, figures = title_share(source.source, document), figures_share(source, document)
    has_title = title >= 0.6 and (figures is None or figures >= 0.2)
    if not has_title and (figures or 0.0) < 0.45:
        message = "This is not the right text: “{title}” has only {share:.0%} of the words of the source's title"
        message, held = (f"{message}.", []) if figures is None else (message + _AND_FIGURES, [figures])
        step = "Check it; if it is the right text, add it as a file with `ask-the-plan originals add --surely`."
        raise LoadError(message, step, document.title, title, *held)


def title_share(source: Source, document: Document) -> float:
    """Return the share of the words of a source's title that are in the head of a text, 0..1.

    Of a Chinese title the pairs of characters count. If a source has two titles, the better share counts.
    """
    head = content_stems(f"{document.title} {document.text[:600]}")
    titles = [words for t in (source.title, source.title_zh) if (words := content_stems(t))]
    return max((len(words & head) / len(words) for words in titles), default=0.0)


def figures_share(source: CitedSource, document: Document) -> float | None:
    """Return the share of our sentences' figures that a text has; None if they are fewer than six, too few to tell."""
    ours = {(f.value, f.unit) for s in source.sentences for f in figures_of(s) if f.unit not in ("", "ordinal")}
    if len(ours) < 6:
        return None
    theirs: defaultdict[str, list[float]] = defaultdict(list)
    for figure in figures_of(document.text):
        theirs[figure.unit].append(figure.value)
    shared = sum(any(abs(v - value) <= 1e-9 * abs(v) for v in theirs[unit]) for value, unit in ours)
    return shared / len(ours)
