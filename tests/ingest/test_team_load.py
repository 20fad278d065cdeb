"""Two that ask, one that writes and a database that is killed; `benchmarks.team` does it for minutes, by the clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.team import AnswerSeen, TeamRun, by_index
from ingest.errors import DatabaseDown
from tests.servers import Chroma, Postgres, waited_for

pytestmark = pytest.mark.slow


def test_no_error_and_no_stale_answer_and_a_killed_database_is_said(
    postgres: Postgres, chroma_server: Chroma, tmp_path: Path
) -> None:
    run = TeamRun()

    def seen(number: int) -> bool:
        return len(last := run.seen[-20:]) == 20 and all(answer.number == number for answer in last)  # both have asked

    with by_index(tmp_path, postgres.database(), chroma_server.url, run) as write:
        for number in range(2, 8):
            write(number)
            waited_for(lambda number=number: seen(number))
        assert not [s.error for s in run.seen if s.error]
        postgres.kill()
        waited_for(lambda: any(s.error for s in run.seen))
        with pytest.raises(DatabaseDown, match="does not answer"):
            write(8)
        postgres.start()
        write(9)
        waited_for(lambda: seen(9))
    assert {"does not answer" in s.error for s in run.seen if s.error} == {True}


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
