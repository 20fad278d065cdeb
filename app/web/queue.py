"""A queue of questions: so many are worked on at once, the others wait in order and see their place; it has an end.

Whoever asks only listens. A place belongs to the thread that works on the answer, from its turn to its end, and what it says
is laid down for the listener: one that is slow, suspended or gone holds up nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from app.errors import AskError

PULSE = 0.5  # seconds after which a listener hears that there is nothing new, and can leave
T = TypeVar("T")
E = TypeVar("E")
Work = Callable[[threading.Event], Generator[E, None, None]]
"""What is done when it is one's turn; it is told by the event that nobody listens any more."""


class QueueFull(AskError):
    """Too many questions wait already."""


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """Said while there is nothing to show: what is waited for, how many questions are before, or only that time goes by."""

    message: str = ""
    before: int = 0


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


class _Relay(Generic[E]):
    """What comes next for one listener, however that waits."""

    def __init__(self) -> None:
        self._waited_for = QueueStatus()

    def following(self, taken: E | QueueStatus | _End | None) -> E | QueueStatus | None:
        """What was laid down, None for nothing new -> what the listener hears, None at the end. Raises what ended the
        work."""
        if isinstance(taken, _End):
            if taken.error:
                raise taken.error
            return None
        if taken is None:
            return self._waited_for
        self._waited_for = taken if isinstance(taken, QueueStatus) else QueueStatus()
        return taken


class RequestQueue:
    """First come, first served. Safe to share between threads. Its threads live only while there is work."""

    def __init__(self, at_once: int, longest: int) -> None:
        self.at_once, self.longest = at_once, longest
        self._running: list[Ticket[Any]] = []
        self._waiting: deque[Ticket[Any]] = deque()
        self._lock = threading.Lock()

    @property
    def length(self) -> int:
        """How many are worked on or wait."""
        with self._lock:
            return len(self._running) + len(self._waiting)

    @property
    def working(self) -> int:
        """How many are worked on."""
        with self._lock:
            return len(self._running)

    @property
    def idle(self) -> bool:
        """Whether nothing is worked on or waits."""
        return not self.length

    def submit(self, work: Work[E]) -> Ticket[E]:
        """A ticket to listen to; the work begins at once or at its turn.

        Raises:
            QueueFull: so many wait already.
        """
        ticket = Ticket(work, self._leave)
        with self._lock:
            if len(self._running) < self.at_once:
                threading.Thread(target=self._work, args=(ticket,), name="answer", daemon=True).start()
                self._running.append(ticket)
            elif len(self._waiting) < self.longest:
                self._waiting.append(ticket)
                ticket.say(QueueStatus("", len(self._waiting)))
            else:
                raise QueueFull(f"{self.longest} questions are waiting already.", "Try again in a minute.")
        return ticket

    def held(self) -> float:
        """Seconds since the last sign of life of a place that others wait for; 0 where nobody waits."""
        with self._lock:
            return max((t.silent() for t in self._running), default=0.0) if self._waiting else 0.0

    def _work(self, ticket: Ticket[Any]) -> None:
        """Work on this one, then on whatever is next until nothing waits."""
        following: Ticket[Any] | None = ticket
        while following:
            ticket = following
            error = ticket.run()
            with self._lock:
                self._running.remove(ticket)
                following = self._waiting.popleft() if self._waiting else None
                if following:
                    self._running.append(following)
                    self._tell()
            ticket.say(_End(error))

    def _leave(self, ticket: Ticket[Any]) -> None:
        with self._lock:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                self._tell()

    def _tell(self) -> None:
        """Everybody who waits hears of a new place."""
        for before, ticket in enumerate(self._waiting, 1):
            ticket.say(QueueStatus("", before))


class Ticket(Generic[E]):
    """One question in the queue. It is listened to once; whoever stops listening gives up the place."""

    def __init__(self, work: Work[E], leave: Callable[[Ticket[E]], None]) -> None:
        self._work, self._leave = work, leave
        self._gone = threading.Event()
        self._said: SimpleQueue[E | QueueStatus | _End] = SimpleQueue()
        self._lock = threading.Lock()  # over the two below
        self._moved = time.monotonic()
        self._wake: Callable[[], object] = lambda: None

    def events(self) -> Generator[E | QueueStatus, None, None]:
        """What is said, as it is said. Where nothing is for `PULSE` seconds, what was waited for comes again."""
        relay: _Relay[E] = _Relay()
        try:
            while (event := relay.following(self._taken())) is not None:
                yield event
        finally:
            self._quit()

    async def aevents(self) -> AsyncGenerator[E | QueueStatus, None]:
        """The same for an event loop, without a thread that waits."""
        loop, news, relay = asyncio.get_running_loop(), asyncio.Event(), _Relay[E]()
        with self._lock:
            self._wake = lambda: loop.call_soon_threadsafe(news.set)
        try:
            while (event := relay.following(await self._ataken(news))) is not None:
                yield event
        finally:
            self._quit()

    def _taken(self) -> E | QueueStatus | _End | None:
        """What was laid down next; None after `PULSE` seconds without."""
        try:
            return self._said.get(timeout=PULSE)
        except Empty:
            return None

    async def _ataken(self, news: asyncio.Event) -> E | QueueStatus | _End | None:
        while True:
            news.clear()
            with contextlib.suppress(Empty):
                return self._said.get_nowait()
            if not await _set_within(news, PULSE):
                return None

    def run(self) -> BaseException | None:
        """Do the work, unless nobody listens any more; what went wrong is for the listener."""
        try:
            with closing(self._work(self._gone)) as events:
                for event in events:
                    self.say(event)
                    if self._gone.is_set():
                        break
        except BaseException as error:
            return error
        return None

    def say(self, event: E | QueueStatus | _End) -> None:
        """Lay something down for the listener."""
        self._said.put(event)
        with self._lock:
            self._moved, wake = time.monotonic(), self._wake
        with contextlib.suppress(RuntimeError):  # the listener's loop is closed
            wake()

    def silent(self) -> float:
        """Seconds since something was said."""
        with self._lock:
            return time.monotonic() - self._moved

    def _quit(self) -> None:
        self._gone.set()
        self._leave(self)


async def _set_within(news: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await news.wait()
    except TimeoutError:
        return False
