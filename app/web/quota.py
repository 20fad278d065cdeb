"""How often a visitor may do something in an hour."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque

HOUR = 3_600.0
VISITORS = 10_000  # of whom it is known; those who did nothing for longest are forgotten first


class Hourly:
    """So many of something for each visitor within an hour. Safe to share between threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._done: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, name: str, number: int = 1) -> int:
        """Minutes until this visitor may do it so often, or 0: then it counts as done. More than all at once is never
        allowed, and told as an hour."""
        now = time.monotonic()
        with self._lock:
            done = self._done.setdefault(name, deque())
            self._done.move_to_end(name)
            if len(self._done) > VISITORS:
                self._done.popitem(last=False)
            while done and done[0] <= now - HOUR:
                done.popleft()
            beyond = len(done) + number - self.most
            if beyond <= 0:
                done.extend([now] * number)
                return 0
            until = done[beyond - 1] + HOUR - now if beyond <= len(done) else HOUR
            return max(1, math.ceil(until / 60))
