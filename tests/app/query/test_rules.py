"""The table of rules: each matches its example and not its counter-example, and none takes long."""

import re
import time

from app.query.rules import MAX_TEXT, language_rules

EVERY = language_rules()
PLAIN = [r for r in EVERY.rows if r.label != "substitute"]


def test_a_rule_matches_its_example_and_not_its_counter_example():
    assert [r.id for r in PLAIN if not r.pattern.search(r.example)] == []
    assert [r.id for r in PLAIN if r.pattern.search(r.counter_example)] == []


def test_every_rule_says_why_and_has_an_id_of_its_own():
    assert len({r.id for r in EVERY.rows}) == len(EVERY.rows)
    assert all(r.why and r.language in ("en", "zh", "both") for r in EVERY.rows)
    assert all(re.search("[\u4e00-\u9fff]", r.example) for r in EVERY.rows if r.language == "zh")


HOSTILE = (
    "a, " * 2_000,
    " " * MAX_TEXT,
    "the was target " * 300,
    "A b " * 1_000,
    "or " * 1_500,
    "2020, " * 700,
    "是" * MAX_TEXT,
)


def took(rule, text):
    """Seconds of this thread's processor time."""
    started = time.thread_time()
    rule.pattern.search(text, 0, MAX_TEXT)
    return time.thread_time() - started


def test_no_rule_takes_long_on_hostile_text():
    slow = [(rule.id, text[:20]) for rule in EVERY.rows for text in HOSTILE if took(rule, text) > 0.3]
    assert slow == []


def test_the_first_match_wins():
    found = EVERY.search("answer_type.year", "In which year was it?")
    assert found
    assert found.rule.id == "type.year"
    assert not EVERY.match("answer_type.share", "In which year was it?")
