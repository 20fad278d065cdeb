"""A run says when it was made and which program it measured."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.settings import read_settings
from evals import evaluation
from evals import run as state
from ingest.errors import AskError


def test_a_run_says_its_day_version_and_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before, program, after = datetime.now(UTC).date(), state.state(), datetime.now(UTC).date()
    assert program["date"] in (before.isoformat(), after.isoformat())  # midnight may come between
    assert re.match(r"\d+\.\d+\.\d+", program["state"])
    monkeypatch.setattr(state, "HERE", tmp_path)
    assert "commit" not in state.state()["state"]


def test_no_report_is_written_of_a_changed_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    dirty = {"date": "2026-01-01", "state": "0.1.0, commit 1234567-dirty"}
    monkeypatch.setattr(evaluation, "state", lambda: dirty)
    with pytest.raises(AskError, match="changed tree"):
        evaluation.evaluation(read_settings(), None, None, None, None, write_baseline=True)
