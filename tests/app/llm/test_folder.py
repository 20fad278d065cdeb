"""What a language model is told of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.llm.composing import folder_description
from ingest.errors import CorpusError


def test_title_and_background_on_one_line(tmp_path: Path) -> None:
    assert folder_description(tmp_path) == ""
    page = tmp_path / "_page.yaml"
    page.write_text("title: Clocks\nbackground: |\n  The plan is\n  that of Quaville.\n", encoding="utf-8")
    assert folder_description(tmp_path) == "Clocks. The plan is that of Quaville."
    page.write_text("background: [1, 2]\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="are texts"):
        folder_description(tmp_path)
