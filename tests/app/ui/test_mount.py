"""Gradio without the stubs that it writes at each import."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from app.ui.mount import MODULE, WRITES, no_stubs

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.slow
def test_gradio_is_imported_without_writing_its_stubs() -> None:
    code = "from app.ui.mount import no_stubs\nwith no_stubs(): import gradio\n"
    code += f"import {MODULE} as m; print(m.{WRITES}.__name__)"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "<lambda>", done.stderr
    spec = importlib.util.find_spec(MODULE)  # else it does nothing, and the page is slow again
    assert spec is not None
    assert f"def {WRITES}(" in Path(str(spec.origin)).read_text()


def test_other_modules_are_imported_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some_other_module.py").write_text(f"def {WRITES}():\n    return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    before = list(sys.meta_path)
    with no_stubs():
        other = importlib.import_module("some_other_module")
    assert getattr(other, WRITES)() == 1
    assert sys.meta_path == before
