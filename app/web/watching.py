"""Tells watchers how each question ended, without its words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from app.answers import Answer
from app.errors import QuestionError
from app.sentences import VerifiedSentence
from app.web.queue import QueueFull, QueueStatus

if TYPE_CHECKING:
    from app.pipeline.values import Step

Event: TypeAlias = "QueueStatus | Step | VerifiedSentence | Answer"
"""The events of a question, the answer last."""

STATUSES = ("answered", "partial", "not_found", "about", "refused", "full", "left", "failed")
"""The ends of a question: with an answer of that status; `refused` cannot be asked, `full` found no place in the queue,
`left` is one whose asker went away."""


@dataclass(frozen=True, slots=True)
class QuestionEnd:
    """The end of a question: one of `STATUSES`, the seconds since it was asked, and the answer if there is one."""

    status: str
    seconds: float
    answer: Answer | None = None


Watcher = Callable[[QuestionEnd], None]
"""Called when a question is over."""


class Watchers:
    """Tells all watchers of every question. Safe to share between threads once they are added."""

    def __init__(self) -> None:
        self.watchers: list[Watcher] = []

    @contextmanager
    def question(self, started: float) -> Iterator[Callable[[Event], None]]:
        """Around the work on a question that was asked then (`time.monotonic`): what is called with each event."""
        answer: Answer | None = None
        status = "failed"

        def record(event: Event) -> None:
            nonlocal answer
            if isinstance(event, Answer):
                answer = event

        try:
            yield record
            status = answer.status if answer else "failed"
        except GeneratorExit:  # nobody listens any more; after the answer that is how it always ends
            status = answer.status if answer else "left"
            raise
        except BaseException as error:
            status = _status_of(error)
            raise
        finally:
            self._notify(QuestionEnd(status, time.monotonic() - started, answer))

    def not_accepted(self, error: Exception) -> None:
        """Report a question that was not accepted at all."""
        self._notify(QuestionEnd(_status_of(error), 0.0))

    def _notify(self, end: QuestionEnd) -> None:
        for watcher in self.watchers:
            watcher(end)


def _status_of(error: BaseException) -> str:
    if isinstance(error, QueueFull):
        return "full"
    return "refused" if isinstance(error, QuestionError) else "failed"
