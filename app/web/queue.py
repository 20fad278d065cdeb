"""A bounded queue of questions: a few are worked on at once, the others wait in order and see their place.

A worker thread holds a place from the start of an answer to its end, and puts its events into a queue for the listener. So a
listener that is slow, suspended or gone delays nobody else. Nobody gains by asking often: a visitor's second place comes
after everybody's first, and a visitor gets no fifth place while others wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import statistics
import threading
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from app.errors import AskError, Translatable

PULSE = 1.0  # seconds after which a listener hears that nothing is new, and can leave; a page is sent an update each time
MAX_OF_VISITOR = 4  # places of one visitor while others wait
USUAL_SECONDS = 5.0  # seconds of an answer before there was one
KEPT_SECONDS = 30.0  # seconds for which a place is kept for one who was told when to come again
T = TypeVar("T")
E = TypeVar("E")
Work = Callable[[threading.Event], Generator[E, None, None]]
"""The work to do when it is one's turn; the event tells it that nobody listens any more."""


class QueueFull(AskError):
    """The error if too many questions wait. After `seconds` there is a place for the visitor who got this error."""

    def __init__(self, message: str, seconds: float = 1, *values: object) -> None:
        self.seconds = max(1, math.ceil(seconds))
        step = Translatable("Try again in {n} seconds.", n=self.seconds) if self.seconds > 1 else "Try again in a second."
        super().__init__(message, step, *values)


@dataclass(frozen=True, slots=True)
class Asker:
    """A visitor's name, and the address that the request comes from, '' if it is unknown."""

    name: str = ""
    address: str = ""


NOBODY = Asker()


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """An event while there is nothing to show: what is waited for, how many are before, or only that time passes."""

    message: str = ""
    before: int = 0


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


class RequestQueue:
    """A queue of questions: first come, first served among visitors with one place each.

    Safe to share between threads. Its own threads exist only while there is work.
    """

    def __init__(self, at_once: int, longest: int) -> None:
        self.at_once, self.longest = at_once, longest
        self._running: list[Ticket[Any]] = []
        self._waiting: list[Ticket[Any]] = []  # in the order in which they came
        self._reserved: dict[str, float] = {}  # for whom a place is kept, from which moment on
        self._round = 0  # of the latest that was begun
        self._durations: deque[float] = deque(maxlen=20)  # of the latest answers, by which the next ones are estimated
        self._lock = threading.Lock()

    @property
    def length(self) -> int:
        """The number of those that are worked on or wait."""
        with self._lock:
            return len(self._running) + len(self._waiting)

    @property
    def working(self) -> int:
        """The number of those that are worked on."""
        with self._lock:
            return len(self._running)

    @property
    def idle(self) -> bool:
        """True if nothing is worked on or waits."""
        return not self.length

    def submit(self, work: Work[E], asker: Asker = NOBODY) -> Ticket[E]:
        """Queue the work and return a ticket to listen to.

        The work begins at once if there is room, else when its turn comes.

        Raises:
            QueueFull: Too many questions wait, or too many of this visitor or network while others wait.
        """
        ticket = Ticket(work, asker, self._leave)
        with self._lock:
            ticket.round = self._round_of(asker.name)
            if len(self._running) < self.at_once:
                self._begin(ticket)
                threading.Thread(target=self._work, args=(ticket,), name="answer", daemon=True).start()
                return ticket
            self._admit(asker)
            self._waiting.append(ticket)
            self._announce_places()
        return ticket

    def stalled_seconds(self) -> float:
        """Return the seconds since the last event of a running question while others wait; 0 if nobody waits."""
        with self._lock:
            return max((t.silent() for t in self._running), default=0.0) if self._waiting else 0.0

    # --- who may wait, with the lock held

    def _admit(self, asker: Asker) -> None:
        """Raise if there is no place for one more."""
        of_visitor = sum(t.asker.name == asker.name for t in (*self._running, *self._waiting))
        of_network = sum(t.asker.address == asker.address for t in self._waiting)
        if of_visitor >= MAX_OF_VISITOR and any(t.asker.name != asker.name for t in self._waiting):
            raise self._too_many(asker.name, of_visitor)
        if of_network * 2 >= self.longest and any(t.asker.address != asker.address for t in self._waiting):
            message = "{n} questions from your network are waiting, and so are other visitors."
            raise QueueFull(message, self._seconds(1), of_network)
        name, taken = asker.name, len(self._waiting)
        if not (self._is_expected(name) or taken + self._reserved_now() < self.longest or self._give_up(name)):
            raise QueueFull("{n} questions are waiting already.", self._reserve(name), taken)

    def _is_expected(self, name: str) -> bool:
        """Return True if this visitor was asked to come back now; that is valid once.

        Visitors who did not come back within `KEPT_SECONDS` seconds are forgotten.
        """
        now = time.monotonic()
        self._reserved = {n: at for n, at in self._reserved.items() if now < at + KEPT_SECONDS}
        return self._reserved.get(name, math.inf) <= now and self._reserved.pop(name) > 0

    def _reserved_now(self) -> int:
        """Return the number of places that are reserved for visitors who may come back now."""
        now = time.monotonic()
        return sum(at <= now for at in self._reserved.values())

    def _reserve(self, name: str) -> float:
        """Reserve a place and return the seconds until it is free; a visitor who asks earlier gets the same time."""
        now, seconds = time.monotonic(), self._seconds(len(self._reserved) + 1)
        if name in self._reserved or len(self._reserved) < self.longest:
            seconds = self._reserved.setdefault(name, now + seconds) - now
        return seconds

    def _give_up(self, name: str) -> bool:
        """Remove the last waiting question of the other visitor with the most places.

        This happens only if that visitor has more than `MAX_OF_VISITOR` places, the most while others wait.

        Returns:
            True if a question was removed.
        """
        places = Counter(t.asker.name for t in (*self._running, *self._waiting) if t.asker.name != name)
        greediest, count = max(places.items(), key=lambda pair: pair[1], default=("", 0))
        last = next((t for t in reversed(self._waiting) if t.asker.name == greediest), None)
        if count <= MAX_OF_VISITOR or last is None:
            return False
        self._waiting.remove(last)
        last.put(_End(self._too_many(greediest, count)))
        return True

    def _too_many(self, name: str, count: int) -> QueueFull:
        """Make the error for a visitor who gets no further place until one of their questions is done."""
        working = any(t.asker.name == name for t in self._running)
        first = 0 if working else next((n for n, t in enumerate(self._line(), 1) if t.asker.name == name), 0)
        message = "{n} of your questions are waiting, and so are other visitors."
        return QueueFull(message, self._seconds(first + self.at_once), count)

    def _seconds(self, places: int) -> float:
        """Estimate the seconds until so many places are free, from the latest answers and from those under way."""
        median = statistics.median(self._durations) if self._durations else USUAL_SECONDS
        running = statistics.median(t.worked() for t in self._running) if self._running else 0.0
        return places * max(median, running) / self.at_once

    def _line(self) -> list[Ticket[Any]]:
        """Return the waiting tickets in the order of their turns."""
        return sorted(self._waiting, key=lambda ticket: ticket.round)

    def _round_of(self, name: str) -> int:
        """In which round the next place of a visitor is: each gets one in a round."""
        rounds = (t.round + 1 for t in (*self._running, *self._waiting) if t.asker.name == name)
        return max([self._round, *rounds])

    # --- the work

    def _work(self, ticket: Ticket[Any]) -> None:
        """Work on this one, then on whatever is next until nothing waits."""
        next_ticket: Ticket[Any] | None = ticket
        while next_ticket:
            ticket = next_ticket
            error = ticket.run()
            with self._lock:
                self._running.remove(ticket)
                self._durations.append(ticket.worked())
                next_ticket = next(iter(self._line()), None)
                if next_ticket:
                    self._waiting.remove(next_ticket)
                    self._begin(next_ticket)
                    self._announce_places()
            ticket.put(_End(error))

    def _begin(self, ticket: Ticket[Any]) -> None:
        ticket.started, self._round = time.monotonic(), max(self._round, ticket.round)
        self._running.append(ticket)

    def _leave(self, ticket: Ticket[Any]) -> None:
        with self._lock:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                self._announce_places()

    def _announce_places(self) -> None:
        """Tell every waiting ticket its new place."""
        for before, ticket in enumerate(self._line(), 1):
            if ticket.before != before:
                ticket.before = before
                ticket.put(QueueStatus("", before))


class Ticket(Generic[E]):
    """One question in the queue. It has one listener, and whoever stops listening gives up the place."""

    def __init__(self, work: Work[E], asker: Asker, leave: Callable[[Ticket[E]], None]) -> None:
        self._work, self.asker, self._leave = work, asker, leave
        self.before = 0  # the place that it was told of
        self.round = 0  # whose turn it is with
        self.started = 0.0
        self._cancelled = threading.Event()
        self._queue_status = QueueStatus()  # the latest state of the queue that the listener has heard
        self._events: SimpleQueue[E | QueueStatus | _End] = SimpleQueue()
        self._lock = threading.Lock()  # over the two below
        self._last_event = time.monotonic()
        self._wake: Callable[[], object] = lambda: None

    def events(self) -> Generator[E | QueueStatus, None, None]:
        """Yield the events as they come.

        If none comes for `PULSE` seconds, the latest state of the queue is repeated.
        """
        try:
            while (event := self._deliver(self._next_event())) is not None:
                yield event
        finally:
            self._quit()

    async def aevents(self) -> AsyncGenerator[E | QueueStatus, None]:
        """Yield the same events as `events` in an event loop, without a thread that waits."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()
        with self._lock:
            self._wake = lambda: loop.call_soon_threadsafe(news.set)
        try:
            while (event := self._deliver(await self._anext_event(news))) is not None:
                yield event
        finally:
            self._quit()

    def _deliver(self, event: E | QueueStatus | _End) -> E | QueueStatus | None:
        """Give an event to the listener, None at the end; raises the error that ended the work."""
        if isinstance(event, _End):
            if event.error:
                raise event.error
            return None
        self._queue_status = event if isinstance(event, QueueStatus) else QueueStatus()
        return event

    def _next_event(self) -> E | QueueStatus | _End:
        """Return the next event; after `PULSE` seconds without one, the last state of the queue."""
        try:
            return self._events.get(timeout=PULSE)
        except Empty:
            return self._queue_status

    async def _anext_event(self, news: asyncio.Event) -> E | QueueStatus | _End:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PULSE):
                while True:
                    news.clear()
                    with contextlib.suppress(Empty):
                        return self._events.get_nowait()
                    await news.wait()
        return self._queue_status

    def run(self) -> BaseException | None:
        """Do the work, unless nobody listens any more; return the error that ended it, for the listener."""
        try:
            with closing(self._work(self._cancelled)) as events:
                for event in events:
                    self.put(event)
                    if self._cancelled.is_set():
                        break
        except BaseException as error:
            return error
        return None

    def put(self, event: E | QueueStatus | _End) -> None:
        """Put an event into the queue of the listener."""
        self._events.put(event)
        with self._lock:
            self._last_event, wake = time.monotonic(), self._wake
        with contextlib.suppress(RuntimeError):  # the listener's loop is closed
            wake()

    def silent(self) -> float:
        """Seconds since the last event."""
        with self._lock:
            return time.monotonic() - self._last_event

    def worked(self) -> float:
        """Seconds since the work on it began."""
        return time.monotonic() - self.started

    def _quit(self) -> None:
        self._cancelled.set()
        self._leave(self)
