"""Two that ask, one that writes and a database that is killed, for seconds; `benchmarks.team` does it for minutes."""

from __future__ import annotations

import pytest

from benchmarks.team import AnswerSeen, TeamRun, load
from tests.servers import Chroma, Postgres

pytestmark = pytest.mark.slow


def test_no_error_and_no_stale_answer_and_a_killed_database_is_said(postgres: Postgres, chroma_server: Chroma) -> None:
    run = load(12, False, 0.2, postgres, chroma_server)
    assert run.wrong() == []
    assert len(run.written) > 5
    assert len([s for s in run.seen if not s.error]) > 50
    assert any("does not answer" in s.error for s in run.seen)
    assert max(s.number for s in run.seen) == run.written[-1][1]


def test_what_is_wrong_is_seen() -> None:
    run = TeamRun(written=[(0.0, 1), (10.0, 2)], away=(100.0, 104.0))
    run.seen = [AnswerSeen(12.0, 12.1, 1), AnswerSeen(102.0, 103.0, 0, "It does not answer.")]
    assert run.wrong() == []
    run.seen = [
        AnswerSeen(16.0, 16.1, 1),
        AnswerSeen(102.0, 103.0, 0, "KeyError()"),
        AnswerSeen(130.0, 131.0, 0, "It does not answer."),
    ]
    assert len(run.wrong()) == 3
