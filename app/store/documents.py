"""The documents behind the answers: updating the index from the folders, adding, finding and removing documents."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.settings import HOME, Settings
from ingest.add import Outcome, import_files, undo
from ingest.added import AddedFolder, Details
from ingest.database.catalogue import Catalogue
from ingest.database.kept import LOCK_TIMEOUT
from ingest.documents import Document, readable_name
from ingest.errors import AskError, Stopped, Translatable
from ingest.folders import list_files
from ingest.index import Index
from ingest.models.load import Embedder, fingerprint_of
from ingest.progress import Progress, stoppable
from ingest.questions.store import QuestionStore
from ingest.questions.written import question_files
from ingest.storage import close_to_others, private_folder, storage_errors
from ingest.sync import SyncReport, embed_lacking, sync

OWN_FILES = "added team-* index* eval conversations.db* feedback.jsonl server*.json token reports".split()
"""The files and folders that the program makes in ASK_DATA; other things may stand there as well."""


@dataclass(frozen=True, slots=True)
class AddReport:
    """The result for each file, how many passages were embedded for it, and how many of the index are still to be."""

    outcomes: tuple[Outcome, ...]
    embedded: int = 0
    lacking: int = 0

    @property
    def failed(self) -> bool:
        """True if any file is not in."""
        return any(o.status == "failed" for o in self.outcomes)


def index_of(settings: Settings, exact: bool = False) -> Index:
    """Return the index of the settings; `exact` as in `Index`.

    Before the index is written, the files that users added on any machine are fetched.
    """
    return Index(settings.index_folder, settings.chroma_url, exact, settings.database, lambda: settings.kept.updated())


def match(
    settings: Settings,
    index: Index,
    embedder: Embedder,
    progress: Progress,
    rebuild: bool = False,
    stop: threading.Event | None = None,
    later: bool = False,
) -> SyncReport:
    """Make the index match the corpus folder and the added documents; see `ingest.sync.sync`.

    An index that a former version of the program built is rebuilt. Files in the data folder that other users of the
    machine could read are closed to them. If many vectors must be made and `later` is true, they are left to
    `embed_rest`.

    Raises:
        Stopped: `stop` was set, which is checked between files and between batches.
    """
    with storage_errors(settings.data):
        private_folder(settings.data)
    for path in (p for pattern in OWN_FILES for p in settings.data.glob(pattern)):
        close_to_others(path)
    state = _state_of_files(settings)  # as they are before they are read
    rebuild = rebuild or bool(rebuild_reason(settings, index, embedder.fingerprint))
    corpus, added, progress = [settings.corpus], settings.added_folder, stoppable(progress, stop)
    report = sync(corpus, index, embedder, progress, rebuild, added, settings.limits, LOCK_TIMEOUT, later)
    with index.writing(LOCK_TIMEOUT):
        _complete(settings, index, embedder, progress, later)
        index.catalogue.set_meta("files", state)
    return report


def has_changed(settings: Settings, index: Index) -> bool:
    """Return True if a file that the index is made from is another, or has gone or come, since `match` last ran."""
    return index.catalogue.meta("files") != _state_of_files(settings)


def _state_of_files(settings: Settings) -> str:
    """Return a hash of the names, sizes and times of the documents and the files of known questions.

    A file that cannot be looked at is left out.
    """
    corpus, added = settings.corpus, settings.added_folder
    documents = (file.path for file in list_files([corpus], added).files)
    paths = (*documents, *question_files(corpus), *question_files(added), corpus / "_page.yaml")
    stats = [(path, path.stat().st_size, path.stat().st_mtime_ns) for path in filter(os.path.isfile, paths)]
    return hashlib.sha256(repr(stats).encode()).hexdigest()


def embed_rest(settings: Settings, index: Index, embedder: Embedder, progress: Progress) -> None:
    """Embed what `match` left for later; documents may be added and removed at the same time.

    Raises:
        AskError: see `ingest.sync.embed_lacking`.
    """
    embed_lacking(index, embedder, progress)
    with index.writing(LOCK_TIMEOUT):
        if not index.lacking and index.built_with()[2] == embedder.fingerprint:
            index.vectors.fill(embedder.dimension)
            _complete(settings, index, embedder, progress)
    if index.built_with()[2] == embedder.fingerprint:
        index.vectors.tidy(progress)


def _complete(settings: Settings, index: Index, embedder: Embedder, progress: Progress, later: bool = False) -> None:
    """Make the known questions match; once all is embedded, align the summaries with the originals, if there are any.

    The built-in corpus has vectors of the questions about the program, for any folder.
    """
    QuestionStore(index.folder, index.database).update(
        settings.corpus, index, embedder, progress, settings.added_folder, later, [HOME / "corpus"]
    )
    if not index.lacking and index.catalogue.originals():
        from app.store.carried import align_originals  # what it needs is imported only then

        align_originals(index.catalogue, progress)


def rebuild_reason(settings: Settings, index: Index, fingerprint: str = "") -> str:
    """Return a sentence on why `match` rebuilds the index by itself; '' if it does not.

    `fingerprint` names the embedding model, '' for that of the settings.
    """
    return index.outdated_reason(fingerprint or fingerprint_of(settings.embedding_model), bool(settings.embedding_model))


def add(
    settings: Settings,
    index: Index,
    load_embedder: Callable[[], Embedder],
    sources: Sequence[str],
    details: Details,
    progress: Progress,
    place: Callable[[str], str] = str,
    stop: threading.Event | None = None,
    later: bool = False,
) -> AddReport:
    """Copy files, folders, patterns, zip archives and addresses, and index what can be read.

    The rest is reported as failed. The embedding model is loaded only if there is something to index. `later` is
    explained in `match`.

    Raises:
        AskError: See `ingest.sync.sync`; what was copied is indexed by the next sync.
        Stopped: `stop` was set (see `match`); files that were new are not kept.
    """
    with settings.kept.changing():
        outcomes = import_files(sources, settings.added_folder, details, settings.limits, stoppable(progress, stop), place)
    if all(o.status == "failed" for o in outcomes):
        return AddReport(outcomes)
    try:
        report = match(settings, index, load_embedder(), progress, stop=stop, later=later)
    except Stopped:
        with settings.kept.changing():
            undo(outcomes, settings.added_folder)
        raise
    failed = (Outcome(name, "failed", reason) for name, reason in report.failed)
    return AddReport((*outcomes, *failed), report.embedded, index.lacking)


def find_document(catalogue: Catalogue, name: str) -> Document:
    """Find a document by its id, which may be shortened, or by a file's name.

    Raises:
        AskError: No document fits, or several do.
    """
    ids_by_path = {path: document_id for path, (_, document_id) in catalogue.origins().items()}
    listed = catalogue.listing()
    ids = {ids_by_path[name]} if name in ids_by_path else {d.id for d in listed if d.id.startswith(name)}
    ids = ids or {d.id for d in listed if name in d.origin.split(", ")}
    document = catalogue.document(min(ids)) if len(ids) == 1 else None
    if document is None:  # it may have been removed since it was listed
        several = Translatable("{n} documents with the id {id}.", n=len(ids), id=name) if len(ids) > 1 else ""
        raise AskError(several or Translatable("No document with the id {id}.", id=name), "`ask-the-plan list` prints them.")
    return document


def remove(settings: Settings, catalogue: Catalogue, name: str) -> Document:
    """Delete the copies of an added document and return it; the next sync removes it from the index.

    A copy that never came into the index, because it or its note cannot be read, is found by its name. It is returned as
    a document without text.

    Raises:
        AskError: The document is unknown, or it is in the corpus folder, from which nothing is deleted.
    """
    with settings.kept.changing():
        return _remove(settings, catalogue, name)


def _remove(settings: Settings, catalogue: Catalogue, name: str) -> Document:
    origins, added = catalogue.origins(), AddedFolder(settings.added_folder)
    try:
        document = find_document(catalogue, name)
    except AskError:
        copies = [p for p in added.named(name) if f"added/{readable_name(p.name)}" not in origins]
        if not copies:
            raise
        with added.changing():
            for copy in copies:
                added.remove(copy)
        return Document("", name, name)
    paths = [path for path, (_, document_id) in origins.items() if document_id == document.id]
    for path in paths:
        if not path.startswith("added/"):
            step = "Delete {path} yourself, then run `ask-the-plan sync`."
            raise AskError("“{title}” is in the corpus folder.", step, document.title, settings.corpus / path)
    files = {f.name: f.path for f in list_files([], settings.added_folder).files}
    with added.changing():
        for copy in (files[path] for path in paths if path in files):
            added.remove(copy)
    return document
