"""What only may be the same question lifts its answers and changes nothing else."""

from __future__ import annotations

from app.answering.known import LIFT, lifted, near_answers
from app.answers import Hit
from app.retrieval.match import Match
from ingest.documents import Passage
from ingest.question_store import Place, Resolved


def test_near_matches_lift_their_first_answer() -> None:
    hits = [Hit(Passage("d", n, n + 1), n + 1, rerank_score=-float(n)) for n in range(3)]
    known = Resolved("q", "", {}, (Place("d", 2), Place("d", 1)))
    near = near_answers([Match(0, known, "q", 0.6), Match(1, known, "q", 0.4)])
    assert near == {("d", 2): 0.6}
    ranked = lifted(hits, near)
    assert [h.passage.start for h in ranked] == [2, 0, 1]
    assert [h.rank for h in ranked] == [1, 2, 3]
    assert ranked[0].match_score == LIFT * 0.6


def test_a_gap_lifts_nothing() -> None:
    assert near_answers([Match(0, Resolved("q", "Not held.", {}, (Place("d", 2),)), "q", 0.6)]) == {}
    assert lifted([], {}) == ()
