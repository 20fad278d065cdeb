"""Asks a folder of documents from Python: `AskThePlan().ask("…")` returns an answer.

Every sentence of it is quoted and cited.

Installed, this is the one package of ours in `site-packages`: `app`, `ingest`, `evals` and the corpus lie inside it (in a
checkout beside it), and their folder is put in front of the path, so that no other project's `app` can take their place.
"""

from __future__ import annotations

import importlib
import logging
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

_HERE = Path(__file__).resolve().parent
_HOME = _HERE if (_HERE / "app").is_dir() else _HERE.parent
if str(_HOME) not in sys.path[:1]:
    sys.path.insert(0, str(_HOME))

for _name in ("app", "ingest"):
    _found = getattr(importlib.import_module(_name), "__file__", None)
    if not _found or Path(_found).resolve().parent.parent != _HOME:
        raise ImportError(
            f"Another package named {_name!r} is loaded already ({_found or 'without a file'}), ask_the_plan needs its own: "
            "import ask_the_plan first, or use the command `ask-the-plan ask --json` in a process of its own."
        )

if TYPE_CHECKING:
    from app.answers import Answer
    from app.pipeline.chain import Chain

log = logging.getLogger(__name__)

__all__ = ["AskThePlan", "main"]


class AskThePlan:
    """A folder of documents that answers questions; the built-in corpus if no folder is given.

    The first question loads the models, and builds the index if there is none. `settings` are those of `ask-the-plan
    settings`, by their names: `AskThePlan("reports", data="/tmp/mine", threshold=0.4)`.

    Raises:
        AskError: A setting is wrong; `sentence()` of the error says what to do next.
    """

    def __init__(self, folder: str | Path | None = None, **settings: Any) -> None:
        from app.settings import read_settings

        self.settings = read_settings(corpus=folder, **settings)
        self._chain: Chain | None = None
        self._lock = threading.Lock()

    def ask(self, question: str, history: Sequence[Mapping[str, str]] = ()) -> Answer:
        """Answer a question.

        Args:
            question: The question.
            history: What was said before, in order: {"role": "user" or "assistant", "content": "…"}.

        Raises:
            QuestionError: The question is empty or too long.
            AskError: The folder cannot be read or a model cannot be loaded; `sentence()` of the error says what to do
                next.
        """
        from app.query.understand import check_question
        from app.query.values import Turn

        check_question(question, self.settings.max_question)
        turns = [Turn("user" if t["role"] == "user" else "assistant", t["content"]) for t in history]
        with self._lock:  # loaded once, however many ask
            self._chain = self._chain or self._loaded()
        return self._chain.ask(question, turns)

    def _loaded(self) -> Chain:
        """Bring the index up to date with the folder and load the chain on it."""
        from app.pipeline.load import load_chain
        from app.store.documents import index_of, match
        from ingest.folders import document_files
        from ingest.models.load import load_embedder
        from ingest.progress import quiet

        document_files(self.settings.corpus)  # a wrong folder is said before any model is loaded
        embedder = load_embedder(self.settings.embedding_model)
        index = index_of(self.settings)
        for _, reason in match(self.settings, index, embedder, quiet).failed:
            log.warning("left out: %s", reason)
        return load_chain(self.settings, index, embedder)


def main() -> None:
    """Run the command `ask-the-plan`."""
    from app.cli.main import main as command

    command(prog_name="ask-the-plan")
