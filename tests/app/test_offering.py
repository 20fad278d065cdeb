"""Questions offered below an answer: until the visitor goes on, and nothing of it stays behind."""

from typing import Any

import pytest

from app.ui.session import Talk, Visitor
from app.ui.talk import Desk
from app.ui.wish import Wish
from app.ui.words import Words


@pytest.fixture
def desk() -> Desk:
    nobody: Any = None  # neither the service nor what is kept has a part in it
    return Desk(nobody, nobody)


def visitor(session: str = "s1") -> Visitor:
    return Visitor("v", Words(), Wish(3, 0.25, None, "quotes"), session)


def test_all_are_offered_to_who_stays(desk):
    assert list(desk.offering(visitor(), ["a", "b", "c"])) == ["a", "b", "c"]
    assert not desk.offers


def test_no_more_are_offered_to_who_goes_on(desk):
    offered = desk.offering(visitor(), ["a", "b", "c"])
    other = desk.offering(visitor("s2"), ["x", "y"])
    assert (next(offered), next(other)) == ("a", "x")
    desk.instead(visitor(), ([], "", "", Talk()))
    assert list(offered) == []
    assert list(other) == ["y"]
    assert not desk.offers


def test_later_offers_take_the_place_of_earlier_ones(desk):
    early, late = (desk.offering(visitor(), ["a", "b"]) for _ in range(2))
    assert (next(early), next(late)) == ("a", "a")
    assert (list(early), list(late)) == ([], ["b"])
    assert not desk.offers


def test_who_leaves_in_between_leaves_nothing_behind(desk):
    offered = desk.offering(visitor(), ["a", "b"])
    next(offered)
    offered.close()
    assert not desk.offers
