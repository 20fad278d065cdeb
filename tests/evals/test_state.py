"""A run says when it was made and which program it measured."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evals import run as state


def test_a_run_says_its_day_version_and_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before, program, after = datetime.now(UTC).date(), state.state(), datetime.now(UTC).date()
    assert program["date"] in (before.isoformat(), after.isoformat())  # midnight may come between
    assert re.match(r"\d+\.\d+\.\d+", program["state"])
    monkeypatch.setattr(state, "HERE", tmp_path)
    assert "commit" not in state.state()["state"]
