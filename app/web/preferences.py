"""What a visitor has set for the answers to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.answering.lists import is_list
from app.answers import Answer
from app.sentences import VerifiedSentence
from app.settings import Engine

if TYPE_CHECKING:
    from app.pipeline.values import Step


@dataclass(frozen=True, slots=True)
class AnswerPreferences:
    """The most citations of an answer, lists excepted, and the confidence asked for (None: as the settings say), the
    documents to ask, by id (None: all), and who words the answer (None: as the settings say)."""

    sources: int | None = None
    threshold: float | None = None
    within: tuple[str, ...] | None = None
    engine: Engine | None = None

    def truncate(self, event: Step | VerifiedSentence | Answer) -> Step | VerifiedSentence | Answer:
        """An answer -> at most so many sentences of it, each with its citation; a list stays whole, and so does what a
        language model wrote."""
        if self.sources is None or not isinstance(event, Answer):
            return event
        passages = {(h.passage.document_id, h.passage.start): h.passage for h in event.hits}
        listed = is_list([p for c in event.citations if (p := passages.get((c.document_id, c.start)))])
        if listed or event.model or event.written or len(event.sentences) <= self.sources:
            return event
        return event.first(self.sources)
