"""Questions offered below an answer: until the visitor goes on, and nothing of it stays behind."""

from typing import Any

import pytest

from app.ui.conversation import ConversationController
from app.ui.session import SessionState, Visitor
from app.ui.words import Words
from app.web.service import AnswerPreferences


@pytest.fixture
def controller() -> ConversationController:
    nobody: Any = None  # neither the service nor what is kept has a part in it
    return ConversationController(nobody, nobody)


def visitor(session: str = "s1") -> Visitor:
    return Visitor("v", Words(), AnswerPreferences(None, "quotes"), session)


def answered(controller: ConversationController, session: str = "s1", record: str = "r1") -> None:
    """As after an answer."""
    controller.offers[session] = record


def test_all_are_offered_to_who_stays(controller):
    answered(controller)
    assert list(controller.offering(visitor(), "r1", ["a", "b", "c"])) == ["a", "b", "c"]
    assert not controller.offers


def test_no_more_are_offered_to_who_goes_on(controller):
    answered(controller)
    answered(controller, "s2")
    offered = controller.offering(visitor(), "r1", ["a", "b", "c"])
    other = controller.offering(visitor("s2"), "r1", ["x", "y"])
    assert (next(offered), next(other)) == ("a", "x")
    controller.instead(visitor(), ([], "", "", SessionState()))
    assert list(offered) == []
    assert list(other) == ["y"]
    assert not controller.offers


def test_nothing_is_offered_or_looked_for_to_who_has_gone_on_before_it_begins(controller):
    answered(controller)
    controller.instead(visitor(), ([], "", "", SessionState()))
    questions = iter(["a", "b"])
    assert list(controller.offering(visitor(), "r1", questions)) == []
    assert list(questions) == ["a", "b"]
    answered(controller, record="r2")
    assert list(controller.offering(visitor(), "r1", ["a"])) == []
    assert controller.offers == {"s1": "r2"}


def test_later_offers_take_the_place_of_earlier_ones(controller):
    answered(controller)
    early = controller.offering(visitor(), "r1", ["a", "b"])
    assert next(early) == "a"
    answered(controller, record="r2")
    late = controller.offering(visitor(), "r2", ["a", "b"])
    assert next(late) == "a"
    assert (list(early), list(late)) == ([], ["b"])
    assert not controller.offers


def test_who_leaves_in_between_leaves_nothing_behind(controller):
    answered(controller)
    offered = controller.offering(visitor(), "r1", ["a", "b"])
    next(offered)
    offered.close()
    assert not controller.offers
