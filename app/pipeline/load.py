"""Loads the chain with the models that the settings name, and the language model if one is set."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.known.choosing import Chooser
from app.known.match import Matcher, shipped_model
from app.pipeline.chain import Chain
from app.query.translate import read_folder
from app.settings import Settings
from ingest.index import Index
from ingest.models.load import Embedder, Reranker, load_embedder, load_pair_reader, load_reranker, load_statement_reader
from ingest.questions.store import QuestionStore

if TYPE_CHECKING:
    from app.llm.writing import Writing


def load_chain(
    settings: Settings, index: Index, embedder: Embedder | None = None, reranker: Reranker | None = None,
    writing: Writing | None = None,
) -> Chain:  # fmt: skip
    """Load the chain with the models that the settings name.

    A model that is passed in is not loaded again.

    Raises:
        AskError: The language model that the settings name cannot be used.
        CorpusError: `_words.yaml`, `_publishers.yaml` or `_page.yaml` of the corpus folder is malformed.
        ModelError: The embedding model or the reranker cannot be loaded.
        IndexMissing: There is no index.
        IndexMismatch: The index was built with another model, split or program version.
    """
    load = load_writing(settings) if settings.llm and writing is None else None
    folder = read_folder(settings.corpus)
    embedder = embedder or load_embedder(settings.embedding_model)
    reranker = reranker or load_reranker(settings.reranker)
    matcher = Matcher(QuestionStore(index.folder, index.database), embedder, shipped_model(), load_pair_reader())
    chooser = Chooser(matcher, load_statement_reader())
    return Chain(index, embedder, reranker, settings, load() if load else writing, folder, matcher, chooser)


def load_writing(settings: Settings, key: str | None = None) -> Callable[[], Writing | None]:
    """Check the language model that the settings name, and return a function that loads it.

    A wrong setting is reported at once, before any model is loaded. The function returns None if the model may not write.

    Args:
        settings: The settings.
        key: The key of the language model, as in `load_writer`.

    Raises:
        AskError: The language model cannot be used.
        CorpusError: `_page.yaml` of the corpus folder is malformed.
    """
    # imported here: without a language model nothing of it is loaded
    from app.llm.composing import folder_description
    from app.llm.exam import may_write
    from app.llm.provider import load_writer
    from app.llm.writing import Writing

    # a wrong setting is said before any model is loaded
    writer, folder = load_writer(settings, key), folder_description(settings.corpus)
    passed = may_write(settings.kept.updated(), writer.name, writer.address)
    return lambda: Writing(writer, folder=folder) if passed else None
