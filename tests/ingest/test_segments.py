"""Which segments are searched, what none of them holds, and how seldom a passage is written anew."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.vectors.segments import MAX_SEGMENT, Segment, Span, segments_to_rewrite, segments_to_search, uncovered_spans


def segment(first: int, last: int, count: int | None = None, name: str = "a") -> Segment:
    return Segment(first, last, last - first if count is None else count, name)


def test_a_mark_is_read_as_it_was_written_and_no_other() -> None:
    complete = segment(3, 90, 80, "x")
    assert Segment.read("x", complete.mark("n1 e5@1 q"), "n1 e5@1 q") == complete
    for mark in ("", "3 90", complete.mark("n1 e5@2"), complete.mark("n2 e5@1 q"), complete.mark("n1 e5@1 q")[:6]):
        assert Segment.read("x", mark, "n1 e5@1 q") is None


def test_what_took_the_place_of_others_is_searched_alone() -> None:
    old, new, merged = segment(0, 10), segment(10, 20), segment(0, 20, 18, "b")
    assert segments_to_search([old, new]) == (old, new)
    assert segments_to_search([old, merged, new]) == (merged,)
    assert segments_to_search([merged, segment(0, 20, 11, "c"), old]) == (
        segment(0, 20, 11, "c"),
    )  # written anew without what is gone


def test_what_none_holds_is_named_between_and_behind() -> None:
    assert uncovered_spans([], 7) == (Span(0, 7),)
    assert uncovered_spans([segment(0, 10), segment(15, 20)], 30) == (Span(10, 15), Span(20, 30))
    assert uncovered_spans([segment(0, 10)], 4) == ()  # the newest documents are gone
    assert uncovered_spans([], 0) == ()


def test_one_that_is_worn_is_written_anew_alone() -> None:
    large, small = segment(0, 1_000), segment(1_000, 1_100)
    assert segments_to_rewrite([large, small], lambda s: s.count) == ()
    assert segments_to_rewrite([large, small], lambda s: 600 if s == large else 100) == (large,)
    assert segments_to_rewrite([large], lambda _: 0) == (large,)
    assert segments_to_rewrite([segment(0, MAX_SEGMENT), segment(MAX_SEGMENT, 2 * MAX_SEGMENT)], lambda s: s.count) == ()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 300))
def test_segments_stay_few_and_passages_are_seldom_written_anew(seed: int, changes: int) -> None:
    rng, segments, written, last = random.Random(seed), [], 0, 0
    for _ in range(changes):
        added = rng.randint(2_000, 2_600)
        segments, written, last = [*segments, segment(last, last + added)], written + added, last + added
        while parts := segments_to_rewrite(segments, lambda s: s.count):
            merged = segment(parts[0].first, parts[-1].last)
            written += merged.count
            segments = list(segments_to_search([*segments, merged]))
    assert uncovered_spans(segments, last) == ()
    doublings = max(1, changes).bit_length() + 1
    assert len(segments) <= doublings
    assert written <= last * (doublings + 1)
