"""`ask-the-plan corpus check`."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from app.cli.main import main
from tests.corpus_form import GOOD, folder_of, line_of


def test_check_prints_file_and_line_and_exits_1(tmp_path: Path) -> None:
    text = GOOD.replace("in 2020.[^gwr21]", "in 2020.")
    result = CliRunner().invoke(main, ["corpus", "check", "--corpus", str(folder_of(tmp_path, a=text))])
    assert result.exit_code == 1
    assert result.output.startswith(f"{tmp_path / 'a.md'}:{line_of(text, 'The output of')}: No source id")
    assert "| All 1 | " in result.output
    assert result.output.endswith("1 problem.\n")


def test_check_exits_0_on_a_good_folder(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["corpus", "check", "--corpus", str(folder_of(tmp_path, a=GOOD))])
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "No problems.")
