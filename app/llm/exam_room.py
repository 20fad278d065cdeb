"""The models of a chain and their exams: what they may do now; one without takes it while nobody asks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.errors import AskError
from app.llm.exam import ExamResult, Terms, terms
from app.llm.exam_record import keep, known
from app.llm.exam_sitting import examine
from ingest.database.kept import Kept

if TYPE_CHECKING:
    from app.llm.client import Writer

log = logging.getLogger(__name__)

PAUSE = 1.0  # seconds without an answer before each call: a program that answers once has ended by then
AGAIN = 600.0  # seconds until a model that could not be examined is asked once more
_RUNNING = threading.Lock()  # a processor that runs one model at a time examines one


class Examiner:
    """Knows what a model and its `judge`, None where it judges itself, may do. Safe to share between threads."""

    def __init__(self, kept: Kept, writer: Writer, judge: Writer | None = None) -> None:
        self._kept, self._writer, self._judge = kept, writer, judge
        self._changed = threading.Condition()
        self._answers, self._busy, self._not_before = 0, False, 0.0
        self._disturbed = threading.Event()

    def terms(self) -> Terms:
        """What may be done now, by what is kept."""
        own, other = self._own(), self._other()
        return terms(own, other, self._judge is not None, self._writer.chosen, self._writer.form)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """While an answer is made no exam is: a call that is under way is broken off, and made again later. After it, what
        is left of exams begins, in the background."""
        with self._changed:
            self._answers += 1
            self._disturbed.set()
        try:
            yield
        finally:
            with self._changed:
                self._answers -= 1
                self._changed.notify_all()
            self.begin()

    def begin(self) -> None:
        """Take the exams that were not taken, in the background, once nobody waits for an answer. Returns at once."""
        if self._own() and (self._other() or not self._judge):
            return
        with self._changed:
            if self._busy or time.monotonic() < self._not_before:
                return
            self._busy = True
        threading.Thread(target=self._examine, name="exam", daemon=True).start()

    # --- parts

    def _own(self) -> ExamResult | None:
        result = known(self._kept.seen(), self._writer.name, self._writer.address)
        return result if result and result.writes else None

    def _other(self) -> ExamResult | None:
        return known(self._kept.seen(), self._judge.name, self._judge.address) if self._judge else None

    def _keep(self, result: ExamResult) -> None:
        with self._kept.changing() as data:
            keep(data, result)

    def _examine(self) -> None:
        try:
            with _RUNNING:  # another chain's exam may have been the same
                if not self._own():
                    self._keep(examine(self._writer, step=self._quiet))
                if self._judge and not self._other():
                    self._keep(examine(self._judge, writes=False, step=self._quiet))
        except AskError as error:
            log.warning("The exam could not be taken: %s", error.sentence())
        except Exception:  # a thread has nobody else to tell
            log.exception("the exam in the background failed")
        finally:
            with self._changed:
                self._busy, self._not_before = False, time.monotonic() + AGAIN

    def _quiet(self) -> threading.Event:
        """Wait until no answer has been made for a while; what is given is set once the next one is."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: not self._answers)
                if not self._changed.wait_for(lambda: self._answers > 0, PAUSE):
                    self._disturbed = threading.Event()
                    return self._disturbed
