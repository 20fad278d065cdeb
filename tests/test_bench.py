"""What `make bench` reckons with. Its times are worth something on an idle machine only, and are not looked at here."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.answers import Times
from benchmarks.bench import at_most
from benchmarks.first_minute import Usage, program, wait_for_end
from benchmarks.footprint import sizes


def test_a_measure_stands_beside_what_is_asked() -> None:
    used = Usage(3.25, 900_000_000)
    assert at_most("cold", 4.96, 5, used).cells() == ("cold", "5.0 s (3.2 of processors)", "", "≤ 5 s", "yes")
    assert at_most("cold", 5.04, 5).cells()[-1] == "NO"


def test_medians_are_of_the_same_questions() -> None:
    times = Times([(1.0, 0.5), (3.0, 2.5), (2.0, 1.0)], [(4.0, 1.0), (5.0, 2.0), (9.0, 3.0)], [False, True, False])
    assert times.medians() == (2.0, 5.0)
    assert times.medians(1) == (1.0, 2.0)
    assert times.medians(known=True) == (3.0, 5.0)
    assert times.medians(known=False) == (1.5, 6.5)


def test_an_installation_is_what_its_extras_need_of_what_is_here() -> None:
    small, page, team = sizes(()), sizes(("page",)), sizes(("page", "team"))
    assert small.keys() < page.keys() < team.keys()
    assert {"numpy", "onnxruntime", "langchain-core"} <= small.keys()
    assert ("gradio" in page, "gradio" in small, "psycopg" in page, "psycopg" in team) == (True, False, False, True)
    assert all(size > 0 for name, size in page.items() if name in ("numpy", "gradio"))
    assert list(page.values()) == sorted(page.values(), reverse=True)


@pytest.mark.slow
def test_a_program_runs_with_the_defaults_and_tells_what_it_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASK_THRESHOLD", "0.9")
    with program(tmp_path / "data", "settings") as running:
        said = running.stdout.read()
        used = wait_for_end(running, tmp_path / "data")
    assert ("0.2" in said, "0.9" in said) == (True, False)
    assert 0.05 < used.cpu < 60
    assert 20e6 < used.peak < 2e9
    assert running.returncode == 0
