"""What is told of each question: counts, spans of a trace, a line of the log. Its words are not."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from app.answers import Answer
from app.errors import QuestionError
from app.web.queue import QueueFull

if TYPE_CHECKING:
    from app.web.service import Event

log = logging.getLogger("ask.questions")

STATUSES = ("answered", "partial", "not_found", "about", "refused", "full", "left", "failed")
"""How a question ends: with an answer of that status; `refused` cannot be asked, `full` found no place in the queue, `left`
is one whose asker went away."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a question ended, after how many seconds since it was asked, with its answer where there is one, and the kind of
    error that ended it, '' for none."""

    status: str
    seconds: float
    answer: Answer | None = None
    error: str = ""


class Watcher(Protocol):
    """One that is told of a question."""

    def event(self, event: Event) -> None:
        """Something happens."""

    def ended(self, ended: Ended) -> None:
        """It is over."""


Begin = Callable[[], Watcher]
"""Called as the work on a question begins."""


class Watching:
    """Tells all watchers of every question. Safe to share between threads once they are named."""

    def __init__(self, *begins: Begin) -> None:
        self.begins = list(begins)

    @contextmanager
    def question(self, asked: float) -> Iterator[Callable[[Event], None]]:
        """Around the work on a question that was asked then (`time.monotonic`): what is called with each event."""
        watchers = [begin() for begin in self.begins]
        answer: Answer | None = None

        def told(event: Event) -> None:
            nonlocal answer
            answer = event if isinstance(event, Answer) else answer
            for watcher in watchers:
                watcher.event(event)

        status, error = "failed", ""
        try:
            yield told
            status = answer.status if answer else "failed"
        except GeneratorExit:  # nobody listens any more; after the answer that is how it always ends
            status = answer.status if answer else "left"
            raise
        except BaseException as raised:
            status, error = _why(raised), type(raised).__name__
            raise
        finally:
            ended = Ended(status, time.monotonic() - asked, answer, error)
            for watcher in watchers:
                watcher.ended(ended)

    def unasked(self, error: Exception) -> None:
        """A question was not taken at all."""
        with_nothing = Ended(_why(error), 0.0, error=type(error).__name__)
        for begin in self.begins:
            begin().ended(with_nothing)


def _why(error: BaseException) -> str:
    if isinstance(error, QueueFull):
        return "full"
    return "refused" if isinstance(error, QuestionError) else "failed"


class Logged:
    """A line of the log when it is over."""

    def event(self, _: Event) -> None:
        """Nothing yet."""

    def ended(self, ended: Ended) -> None:
        """The line: how it ended, and the seconds of its steps."""
        fields: dict[str, Any] = {"event": "question", "status": ended.status, "seconds": round(ended.seconds, 3)}
        if ended.error:
            fields["error"] = ended.error
        if answer := ended.answer:
            fields["confidence"] = round(answer.confidence, 4)
            fields["steps"] = {name: round(seconds, 3) for name, seconds in answer.timings}
            if answer.model:
                fields["model"] = answer.model.name
                fields |= {"model_failure": answer.model.failure} if answer.model.failure else {}
        log.info("a question", extra={"fields": fields})
