"""Halves."""

import hashlib

from evals.halves import group_of, half_of


def test_what_a_question_belongs_to() -> None:
    assert group_of({"id": "7", "meta": {"about_doc": "Normans"}, "scope": ["r"]}) == "Normans"
    assert group_of({"id": "talk<::>7"}) == "talk"
    assert group_of({"id": "7", "scope": ["report"]}) == "report"
    assert group_of({"id": "7", "scope": [], "meta": None}) == "7"
    assert group_of({"id": "7", "group": "hefei", "scope": ["report"]}) == "hefei"


def test_the_half_is_the_first_digit_of_the_hash() -> None:
    for name in map(str, range(64)):
        first = int(hashlib.sha256(name.encode()).hexdigest()[0], 16)
        assert half_of(name) == ("tune" if first < 8 else "report")
