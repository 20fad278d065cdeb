"""`ask-the-plan originals`: lists, asks before it fetches, says what came."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.main import main

SUMMARY = """---
title: The lamp law in brief
authorship: summary
sources:
  ll31:
    title: Lamp law of Fredonia
    publisher: Parliament of Fredonia
    date: 1931-05-02
    url: https://lamps.example.org/law
    official: true
---

# The lamp law in brief

The lamp law of Fredonia lights 300 lamps in the harbour.[^ll31] The lamp law names moths.[^ll31]
"""
LAW = "Lamp law of Fredonia\n\nIn the harbour 300 lamps shall be lit at dusk.\n\nThe law holds from today.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "lamps.md").write_text(SUMMARY)
    (tmp_path / "law.txt").write_text(LAW)
    return tmp_path


def run(folder: Path, *words: str, typed: str = "") -> Result:
    where = ["--corpus", str(folder / "docs"), "--data", str(folder / "data")]
    return CliRunner().invoke(main, [*where, *words], input=typed)


@pytest.mark.slow
def test_from_the_list_to_the_share_that_is_carried(folder: Path) -> None:
    (row,) = (line for line in run(folder, "originals").stdout.splitlines() if "ll31" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "ll31", "Lamp law of Fredonia", "Parliament of Fredonia", "", "yes", "https://lamps.example.org/law", "2", "not held"
    ]  # fmt: skip
    declined = run(folder, "originals", "fetch", typed="n\n")
    assert "Originals to fetch: 1, from lamps.example.org (1)." in declined.stdout
    assert not list((folder / "data").glob("added/*.txt")), "whoever says no has nothing fetched"
    added = run(folder, "originals", "add", "ll31", str(folder / "law.txt"))
    assert (added.exit_code, added.stdout.splitlines()[-1]) == (0, "1 held, 0 not.")
    assert "held (en)" in run(folder, "originals").stdout


@pytest.mark.slow
def test_a_source_that_nobody_names_is_refused(folder: Path) -> None:
    result = run(folder, "originals", "add", "nothing", str(folder / "law.txt"))
    assert result.exit_code == 2
    assert "No sources are called nothing." in result.stderr
