"""Vectors that a sync left for later. Full text finds the passages meanwhile; of the search by meaning they are missing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import chain, islice

import numpy as np

from ingest.errors import AskError
from ingest.index import Index, vector_key
from ingest.models.load import Embedder, Vectors
from ingest.progress import Progress, quiet
from ingest.reading import contextualised_texts

log = logging.getLogger(__name__)

BATCH = 8  # few: a question that is asked meanwhile waits for no more
SHOWN = 1_000  # vectors after which searches look at what there is by now


def embed_rest(index: Index, embedder: Embedder, progress: Progress = quiet) -> int:
    """Make the vectors that passages of the index lack, until none does; returns how many.

    It needs no writers' lock: documents may come and go meanwhile, and what they bring is embedded as well. It ends where
    another process builds the index anew with another model.

    Raises:
        AskError: the model or the disk cannot be used; what was made until then is kept.
        Stopped: `progress` says so.
    """
    made, catalogue = 0, index.catalogue
    while index.lacking and (lacking := catalogue.lacking()):
        before, total = made, made + sum(lacking.values())
        texts = chain.from_iterable(_texts_lacking(index, d, embedder.fingerprint).items() for d in lacking)
        while part := dict(islice(texts, BATCH)):
            progress("Embedding", made, total)
            catalogue.put_vectors(list(part), _vectors(embedder, list(part.values())))
            if made // SHOWN < (made := made + len(part)) // SHOWN:
                index.count_lacking()
                index.vectors.fill(embedder.dimension)
        index.count_lacking()
        progress("Embedding", made, max(total, made))
        if made == before:
            break
    return made


def _texts_lacking(index: Index, document_id: str, fingerprint: str) -> dict[str, str]:
    """Key -> text of the document's passages without a vector; {} where it is gone, or of another model by now."""
    document = index.catalogue.document(document_id)
    if document is None or index.built_with()[2] != fingerprint:
        return {}
    texts = (
        text for chunk in index.catalogue.document_chunks(document_id) for text in contextualised_texts(chunk, document)
    )
    wanted = {vector_key(text, fingerprint): text for text in texts}
    known = index.catalogue.known_vectors(list(wanted))
    return {key: text for key, text in wanted.items() if key not in known}


def _vectors(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    """One a text; of one that the model cannot take all zeros, which is near to nothing: its words are found still."""
    try:
        return embedder.passages(texts)
    except AskError:  # the model is at fault, no text
        raise
    except Exception as error:
        if len(texts) > 1:
            return np.concatenate([_vectors(embedder, [text]) for text in texts])
        log.warning("a passage cannot be embedded: %s", texts[0][:200], exc_info=error)
        return np.zeros((1, embedder.dimension), np.float32)
