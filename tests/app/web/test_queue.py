"""The queue of questions: order, places, its end, and listeners that are slow or gone."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Generator
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any

import pytest

from app.web.queue import (
    KEPT_SECONDS,
    MAX_OF_VISITOR,
    USUAL_SECONDS,
    Asker,
    QueueFull,
    QueueStatus,
    RequestQueue,
    Ticket,
    Work,
)
from tests.servers import PATIENCE, waited_for


def saying(*words: str, after: float = 0.0) -> Work[str]:
    def work(_: threading.Event) -> Generator[str, None, None]:
        time.sleep(after)
        yield from words

    return work


def until(gate: threading.Event) -> Work[str]:
    """Works until the gate is open or nobody listens."""

    def work(stop: threading.Event) -> Generator[str, None, None]:
        yield "begun"
        while not gate.wait(0.01) and not stop.is_set():
            pass
        yield "done"

    return work


def words(ticket: Ticket[str]) -> list[str]:
    return [e for e in ticket.events() if not isinstance(e, QueueStatus)]


def soon_idle(queue: RequestQueue) -> bool:
    waited_for(lambda: queue.idle)
    return True


def test_so_many_at_once() -> None:
    queue, running, together = RequestQueue(2, 20), [], threading.Barrier(2)

    def work(_: threading.Event) -> Generator[str, None, None]:
        running.append(1)
        together.wait(PATIENCE)  # nobody works alone
        yield str(len(running) <= 2)
        running.pop()

    tickets = [queue.submit(work) for _ in range(10)]
    assert [words(t) for t in tickets] == [["True"]] * 10
    assert soon_idle(queue)


def test_those_who_wait_come_in_order() -> None:
    queue, order = RequestQueue(1, 20), []

    def work(number: int) -> Work[str]:
        def run(_: threading.Event) -> Generator[str, None, None]:
            order.append(number)
            yield "done"

        return run

    tickets = [queue.submit(work(n)) for n in range(10)]
    assert [words(t) for t in tickets] == [["done"]] * 10
    assert order == list(range(10))
    assert queue.idle


def test_one_sees_how_many_are_before() -> None:
    queue, gate = RequestQueue(1, 5), threading.Event()
    first, second, third = queue.submit(until(gate)), queue.submit(until(gate)), queue.submit(saying("third"))
    waits = third.events()
    assert next(waits) == QueueStatus("", 2)
    assert next(waits) == QueueStatus("", 2)  # nothing new
    listening = second.events()
    assert next(listening) == QueueStatus("", 1)
    listening.close()
    assert next(waits) == QueueStatus("", 1)
    gate.set()
    assert words(first) == ["begun", "done"]
    assert list(waits) == ["third"]


def test_the_queue_has_an_end_and_one_who_leaves_makes_room() -> None:
    queue, gate = RequestQueue(1, 1), threading.Event()
    queue.submit(until(gate))
    waits = queue.submit(until(gate)).events()
    next(waits)
    with pytest.raises(QueueFull, match="waiting"):
        queue.submit(until(gate))
    waits.close()
    queue.submit(saying("there is room"))
    gate.set()
    assert soon_idle(queue)


def test_a_suspended_listener_holds_up_nobody() -> None:
    queue = RequestQueue(1, 5)
    suspended = queue.submit(saying("a", "b")).events()
    assert next(suspended) == "a"
    assert words(queue.submit(saying("c"))) == ["c"]
    assert queue.idle
    assert list(suspended) == ["b"]


def test_one_who_goes_away_frees_the_place_at_once() -> None:
    queue = RequestQueue(1, 5)
    listening = queue.submit(until(threading.Event())).events()
    assert next(listening) == "begun"
    listening.close()
    assert words(queue.submit(saying("next"))) == ["next"]


def test_what_goes_wrong_is_told_to_who_asked_and_to_nobody_else() -> None:
    def wrong(_: threading.Event) -> Generator[str, None, None]:
        yield "so far"
        raise ValueError("wrong")

    queue = RequestQueue(1, 5)
    failing, after = queue.submit(wrong), queue.submit(saying("well"))
    with pytest.raises(ValueError, match="wrong"):
        list(failing.events())
    assert words(after) == ["well"]


def test_an_event_loop_listens_without_threads() -> None:
    queue = RequestQueue(2, 40)

    async def listen() -> list[list[Any]]:
        async def one(number: int) -> list[Any]:
            async with aclosing(queue.submit(saying(str(number), after=0.01)).aevents()) as events:
                return [e async for e in events if not isinstance(e, QueueStatus)]

        before = threading.active_count()
        listening = asyncio.gather(*(one(n) for n in range(40)))
        await asyncio.sleep(0.05)
        assert threading.active_count() <= before + 2
        return await listening

    assert asyncio.run(listen()) == [[str(n)] for n in range(40)]


def test_who_is_cancelled_in_an_event_loop_leaves() -> None:
    queue, gate = RequestQueue(1, 1), threading.Event()

    async def run() -> None:
        async def listen() -> None:
            async for _ in queue.submit(until(gate)).aevents():
                pass

        tasks = [asyncio.create_task(listen()) for _ in range(2)]
        await asyncio.sleep(0.05)
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(run())
    assert soon_idle(queue)


def test_a_place_that_does_not_move_is_seen_once_others_wait() -> None:
    queue, gate = RequestQueue(1, 1), threading.Event()
    queue.submit(until(gate))
    time.sleep(0.1)
    assert queue.stalled_seconds() == 0
    queue.submit(saying("next"))
    waited_for(lambda: queue.stalled_seconds() > 0)
    gate.set()
    assert soon_idle(queue)
    assert queue.stalled_seconds() == 0


ANN, BOB, EVE = Asker("ann", "1.1.1.1"), Asker("bob", "2.2.2.2"), Asker("eve", "3.3.3.3")


class PausedQueue:
    """A queue of one place, on which somebody works until the gate opens; the clock stands where it is put."""

    def __init__(self, longest: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        monkeypatch.setattr("app.web.queue.time", SimpleNamespace(monotonic=lambda: self.now))
        self.queue, self.gate, self.order = RequestQueue(1, longest), threading.Event(), list[str]()
        self.tickets = [self.queue.submit(until(self.gate), Asker("first", "9.9.9.9"))]

    def ask(self, asker: Asker) -> Ticket[str]:
        def work(_: threading.Event) -> Generator[str, None, None]:
            self.order.append(asker.name)
            yield asker.name

        self.tickets.append(self.queue.submit(work, asker))
        return self.tickets[-1]

    def finish(self) -> list[str]:
        """Who was answered, in this order."""
        self.gate.set()
        assert soon_idle(self.queue)
        return self.order


def test_a_second_place_comes_behind_everybodys_first(monkeypatch: pytest.MonkeyPatch) -> None:
    paused = PausedQueue(10, monkeypatch)
    for asker in (ANN, ANN, ANN, BOB, EVE, BOB):
        paused.ask(asker)
    assert next(paused.tickets[4].events()) == QueueStatus("", 2)
    paused.ask(BOB)
    assert paused.finish() == ["ann", "eve", "ann", "bob", "ann", "bob"]  # who asked for the first BOB has closed it


def test_while_others_wait_there_is_no_fifth_place(monkeypatch: pytest.MonkeyPatch) -> None:
    paused = PausedQueue(10, monkeypatch)
    for _ in range(MAX_OF_VISITOR + 2):
        paused.ask(ANN)  # nobody else waits
    paused.ask(BOB)
    with pytest.raises(QueueFull, match="6 of your questions are waiting, and so are other visitors"):
        paused.ask(ANN)
    assert paused.finish()[:2] == ["ann", "bob"]


def test_who_holds_all_places_gives_one_up_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    paused = PausedQueue(6, monkeypatch)
    places = [paused.ask(ANN) for _ in range(6)]
    paused.ask(BOB)
    with pytest.raises(QueueFull, match="6 of your questions"):
        words(places[-1])
    paused.ask(EVE)
    with pytest.raises(QueueFull, match="5 of your questions"):
        words(places[-2])
    with pytest.raises(QueueFull, match="6 questions are waiting already"):
        paused.ask(Asker("dan", "4.4.4.4"))  # nobody has more places than are anybody's
    assert sorted(paused.finish()) == ["ann"] * 4 + ["bob", "eve"]


def test_one_network_has_half_of_the_places_while_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    paused = PausedQueue(6, monkeypatch)
    many = (Asker(f"cookie {n}", "5.5.5.5") for n in itertools.count())
    paused.ask(BOB)
    for _ in range(3):
        paused.ask(next(many))
    with pytest.raises(QueueFull, match="3 questions from your network"):
        paused.ask(next(many))
    paused.ask(EVE)
    assert paused.finish()[-1] == "eve"


def test_who_comes_when_told_finds_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    paused = PausedQueue(2, monkeypatch)
    for name in ("a", "b"):
        paused.ask(Asker(name))
    with pytest.raises(QueueFull) as error:
        paused.ask(ANN)
    assert error.value.seconds == USUAL_SECONDS
    with pytest.raises(QueueFull) as later:
        paused.ask(BOB)
    assert later.value.seconds == 2 * USUAL_SECONDS
    with pytest.raises(QueueFull) as again:
        paused.ask(ANN)
    assert again.value.seconds == USUAL_SECONDS  # asking early changes nothing
    paused.now += USUAL_SECONDS
    with pytest.raises(QueueFull):
        paused.ask(EVE)
    paused.ask(ANN)  # although nobody has been answered meanwhile
    with pytest.raises(QueueFull):
        paused.ask(ANN)  # it holds once
    assert paused.finish() == ["a", "b", "ann"]


def test_a_place_that_is_kept_is_no_newcomers(monkeypatch: pytest.MonkeyPatch) -> None:
    paused = PausedQueue(1, monkeypatch)
    waiting = paused.ask(Asker("a"))
    with pytest.raises(QueueFull):
        paused.ask(ANN)
    paused.now += USUAL_SECONDS
    waiting.events().close()
    leaving = waiting.events()
    next(leaving)
    leaving.close()
    with pytest.raises(QueueFull):
        paused.ask(BOB)
    paused.now += KEPT_SECONDS
    paused.ask(BOB)  # who does not come loses it
    assert paused.finish() == ["bob"]


def test_when_to_come_again_is_told_by_the_latest_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    paused = PausedQueue(1, monkeypatch)
    paused.now += 8
    paused.finish()
    paused.gate.clear()
    paused.queue.submit(until(paused.gate), BOB)
    paused.ask(BOB)
    with pytest.raises(QueueFull) as error:
        paused.ask(ANN)
    assert error.value.seconds == 8
    assert error.value.next_step == "Try again in 8 seconds."
    paused.now += 60  # the one under way takes longer than the others did
    with pytest.raises(QueueFull) as error:
        paused.ask(EVE)
    assert error.value.seconds >= 60
    paused.finish()
