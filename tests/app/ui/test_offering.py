"""Questions offered below an answer: until the visitor goes on, and nothing of it stays behind."""

from typing import Any

import pytest

from app.ui.conversation import Desk
from app.ui.session import Talk, Visitor
from app.ui.words import Words
from app.web.preferences import AnswerPreferences


@pytest.fixture
def desk() -> Desk:
    nobody: Any = None  # neither the service nor what is kept has a part in it
    return Desk(nobody, nobody)


def visitor(session: str = "s1") -> Visitor:
    return Visitor("v", Words(), AnswerPreferences(3, 0.25, None, "quotes"), session)


def answered(desk: Desk, session: str = "s1", record: str = "r1") -> None:
    """As after an answer."""
    desk.offers[session] = record


def test_all_are_offered_to_who_stays(desk):
    answered(desk)
    assert list(desk.offering(visitor(), "r1", ["a", "b", "c"])) == ["a", "b", "c"]
    assert not desk.offers


def test_no_more_are_offered_to_who_goes_on(desk):
    answered(desk)
    answered(desk, "s2")
    offered = desk.offering(visitor(), "r1", ["a", "b", "c"])
    other = desk.offering(visitor("s2"), "r1", ["x", "y"])
    assert (next(offered), next(other)) == ("a", "x")
    desk.instead(visitor(), ([], "", "", Talk()))
    assert list(offered) == []
    assert list(other) == ["y"]
    assert not desk.offers


def test_nothing_is_offered_or_looked_for_to_who_has_gone_on_before_it_begins(desk):
    answered(desk)
    desk.instead(visitor(), ([], "", "", Talk()))
    questions = iter(["a", "b"])
    assert list(desk.offering(visitor(), "r1", questions)) == []
    assert list(questions) == ["a", "b"]
    answered(desk, record="r2")
    assert list(desk.offering(visitor(), "r1", ["a"])) == []
    assert desk.offers == {"s1": "r2"}


def test_later_offers_take_the_place_of_earlier_ones(desk):
    answered(desk)
    early = desk.offering(visitor(), "r1", ["a", "b"])
    assert next(early) == "a"
    answered(desk, record="r2")
    late = desk.offering(visitor(), "r2", ["a", "b"])
    assert next(late) == "a"
    assert (list(early), list(late)) == ([], ["b"])
    assert not desk.offers


def test_who_leaves_in_between_leaves_nothing_behind(desk):
    answered(desk)
    offered = desk.offering(visitor(), "r1", ["a", "b"])
    next(offered)
    offered.close()
    assert not desk.offers
