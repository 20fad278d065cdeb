"""A whole page in a process of its own, with the fake embedder and a reranker that counts words: `python -m` with settings
as JSON. It starts in seconds, and what strangers can do to it does not depend on weights."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from app.pipeline.chain import Chain
from app.settings import Settings, read_settings
from app.store.documents import index_of, match
from app.ui.mount import mount
from app.web import loading
from app.web.server import serve
from ingest.words import tokens
from tests.hash_embedder import HashEmbedder


class Overlap:
    """A `Reranker` without weights."""

    fingerprint = "overlap"

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        wanted = set(tokens(question))
        return [float(len(wanted.intersection(tokens(t)))) - 2 for t in texts]

    judged = scores


def load(settings: Settings, _: Callable[[str], None]) -> loading.LoadState:
    embedder: Any = HashEmbedder()
    index = index_of(settings)
    match(settings, index, embedder, lambda *_: None)
    reranker: Any = Overlap()
    return loading.LoadState(settings, chain=Chain(index, embedder, reranker, settings))


if __name__ == "__main__":
    loading.load_first = load
    serve(read_settings(**json.loads(sys.argv[1])), mount)
