"""How often a visitor may do something in an hour; the clock stands where it is put."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from app.web import visitors
from app.web.visitors import HOUR, Hourly


def test_so_many_in_an_hour_and_each_visitor_for_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(visitors, "time", SimpleNamespace(monotonic=lambda: now[0]))
    hourly = Hourly(3)
    assert hourly.wait("ann") == 0
    now[0] += HOUR / 2
    assert [hourly.wait("ann", 2), hourly.wait("ann"), hourly.wait("ann", 2)] == [0, 30, 60]
    assert hourly.wait("bob", 3) == 0
    assert hourly.wait("eve", 4) == 60  # never at once
    now[0] += HOUR / 2
    assert [hourly.wait("ann"), hourly.wait("ann")] == [0, 30]


def test_of_very_many_visitors_the_latest_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitors, "VISITORS", 2)
    hourly = Hourly(1)
    assert [hourly.wait(name) > 0 for name in ("ann", "bob", "ann", "eve", "ann", "bob")] == [
        False,
        False,
        True,
        False,
        True,
        False,
    ]
