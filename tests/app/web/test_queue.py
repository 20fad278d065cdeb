"""The line of questions: order, places and its end."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

import pytest

from app.web.queue import Line, LineFull


def test_so_many_at_once_and_the_others_in_order() -> None:
    line, order, running, most = Line(2, 20), [], [0], [0]
    lock = threading.Lock()

    def work(number: int) -> None:
        with line.place() as place:
            list(place.waits(0.05))
            with lock:
                order.append(number)
                running[0] += 1
                most[0] = max(most[0], running[0])
            time.sleep(0.02)
            with lock:
                running[0] -= 1

    threads = []
    for number in range(10):
        threads.append(threading.Thread(target=work, args=(number,)))
        threads[-1].start()
        time.sleep(0.005)
    for thread in threads:
        thread.join()
    assert sorted(order) == list(range(10))
    assert all(abs(place - number) <= 2 for place, number in enumerate(order))
    assert most[0] <= 2
    assert line.idle


def test_one_sees_how_many_are_before() -> None:
    line = Line(1, 5)
    with ExitStack() as first:
        first.enter_context(line.place())
        with line.place() as second, line.place() as third:
            assert next(second.waits(0)) == 1
            waits = third.waits(0.01)
            assert next(waits) == 2
            assert next(waits) == 2
            first.close()
            assert list(second.waits()) == []
            assert next(third.waits(0)) == 1


def test_the_line_has_an_end() -> None:
    line = Line(1, 1)
    with line.place(), line.place(), pytest.raises(LineFull, match="waiting"), line.place():
        pass
    assert line.idle
