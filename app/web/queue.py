"""A line of questions: so many are answered at once, the others wait in order and see their place; it has an end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import AskError


class LineFull(AskError):
    """Too many questions wait already."""


class Line:
    """First come, first served. Safe to share between threads."""

    def __init__(self, at_once: int, longest: int) -> None:
        self.at_once, self.longest = at_once, longest
        self._tickets: list[object] = []
        self._changed = threading.Condition()

    @property
    def idle(self) -> bool:
        """Whether nobody is being answered or waits."""
        return not self._tickets

    @contextmanager
    def place(self) -> Iterator[Place]:
        """A place in the line, given up at the end.

        Raises:
            LineFull: so many wait already.
        """
        ticket = object()
        with self._changed:
            if len(self._tickets) >= self.at_once + self.longest:
                raise LineFull(f"{self.longest} questions are waiting already.", "Try again in a minute.")
            self._tickets.append(ticket)
        try:
            yield Place(self, ticket)
        finally:
            with self._changed:
                self._tickets.remove(ticket)
                self._changed.notify_all()

    def before(self, ticket: object) -> int:
        """How many wait before this one; 0 when it is its turn."""
        return max(0, self._tickets.index(ticket) - self.at_once + 1)

    def wait(self, ticket: object, seconds: float) -> int:
        """Wait until it is the ticket's turn, its place changes or the time is over; how many are before it then."""
        until = time.monotonic() + seconds
        with self._changed:
            here = self.before(ticket)
            while here and self.before(ticket) == here and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            return self.before(ticket)


class Place:
    """One's place in the line."""

    def __init__(self, line: Line, ticket: object) -> None:
        self._line, self._ticket = line, ticket

    def waits(self, look: float = 1.0) -> Iterator[int]:
        """How many are before, at every change and every `look` seconds; ends when it is one's turn."""
        before = self._line.before(self._ticket)
        while before:
            yield before
            before = self._line.wait(self._ticket, look)
