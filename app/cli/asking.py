"""How the command line comes to an answer: by a page that is already running on the same index, else by its own models."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TextIO

import httpx

from app.errors import AskError, QuestionError
from app.query.history import read_turns
from app.query.understand import check_question
from app.settings_shown import comparable
from app.web.token import proof

if TYPE_CHECKING:
    from app.settings import Settings
    from ingest.index import Index
    from ingest.progress import Progress
    from ingest.sync import SyncReport

ProgressBar = Callable[[], AbstractContextManager["Progress"]]
Asker = Callable[[dict[str, Any]], dict[str, Any]]


def read_batch(lines: TextIO, longest: int) -> Iterator[dict[str, Any]]:
    """A JSON Lines file -> its questions, in order.

    Raises:
        AskError: a line is not an object with a question that can be asked; says which.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except json.JSONDecodeError as error:
            raise AskError(f"Line {number} of the batch is not JSON: {error.msg}.", "One object a line.") from error
        if not isinstance(item, dict) or not isinstance(item.get("question"), str):
            raise AskError(f"Line {number} of the batch has no question.", 'Write {"id": "1", "question": "…"}.')
        try:
            check_question(item["question"], longest)
            read_turns(item.get("history") or [])
        except QuestionError as error:
            raise QuestionError(f"Line {number} of the batch: {error}", error.next_step) from error
        yield item


def asker(settings: Settings, local: bool, announce: Callable[[str], None]) -> Asker:
    """Settings -> a function from {question, id?, history?} to the public answer object."""
    page = None if local else running_page(settings)
    if page is not None:
        return page
    from app.pipeline.load import load_chain
    from app.progress import sync_bar
    from app.store.documents import outgrown
    from ingest.models.load import load_beside

    reranker = load_beside(settings.reranker)
    index = built(settings, sync_bar, announce)
    why = outgrown(settings, index)
    if why or index.lacking:  # a page embeds in the background, and was stopped
        announce(why or f"{index.lacking} passages of the index in {index.folder} are still to be embedded.")
        synchronise(settings, index, sync_bar)
    chain = load_chain(settings, index, reranker=reranker())

    def answer(item: dict[str, Any]) -> dict[str, Any]:
        history = read_turns(item.get("history") or [])
        return chain.ask(item["question"], history, item.get("documents")).to_dict(item.get("id"))

    return answer


def running_page(settings: Settings) -> Asker | None:
    """Settings -> a page that runs on the same index and is ready, as an asker; None where there is none."""
    try:
        said = json.loads((settings.data / "server.json").read_text(encoding="utf-8"))
        url, token = said["url"], said["token"]
        nonce = secrets.token_hex(16)
        health = httpx.get(f"{url}/health", params={"nonce": nonce}, timeout=0.3, trust_env=False).json()
        proved = hmac.compare_digest(str(health["proof"]), proof(token, nonce))
    except (OSError, ValueError, KeyError, TypeError, httpx.HTTPError):
        return None
    if not proved:  # the record is old, and another program listens there now
        return None
    if health.get("status") != "ready" or health.get("fingerprint") != said.get("fingerprint"):
        return None
    if said.get("settings") != comparable(settings):
        return None

    def answer(item: dict[str, Any]) -> dict[str, Any]:
        headers, longest = {"Authorization": f"Bearer {token}"}, 120 + settings.llm_seconds
        response = httpx.post(f"{url}/v1/ask", json=item, headers=headers, timeout=longest, trust_env=False)
        if response.status_code in (400, 503):
            problem = QuestionError if response.status_code == 400 else AskError
            raise problem(str(response.json()["error"]))
        found: dict[str, Any] = response.raise_for_status().json()
        return found

    return answer


def built(settings: Settings, progress_bar: ProgressBar, announce: Callable[[str], None] = lambda _: None) -> Index:
    """Settings -> their index, for a process that soon ends; built first, with progress, where there is none, or where a
    former version of the program made its tables."""
    from app.store.documents import index_of, outgrown

    index = index_of(settings, exact=True)
    if not index.exists:
        announce(f"No index in {settings.index_folder} yet: building it from {settings.corpus}.")
        synchronise(settings, index, progress_bar)
    elif not index.fits_program() and (why := outgrown(settings, index)):
        announce(why)
        synchronise(settings, index, progress_bar)
    return index


def synchronise(settings: Settings, index: Index, progress_bar: ProgressBar, rebuild: bool = False) -> SyncReport:
    """Make the index match the corpus folder and what was added; the folder is looked at before any model is loaded."""
    from app.store.documents import match
    from ingest.folders import document_files
    from ingest.models.load import load_embedder

    document_files(settings.corpus)
    embedder = load_embedder(settings.embedding_model)
    with progress_bar() as progress:
        return match(settings, index, embedder, progress, rebuild)
