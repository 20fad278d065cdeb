"""Each test is run by `make test` or by one of the targets that `make test-all` adds, and by one alone."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
MARKERS = [line.partition(":")[0] for line in SETTINGS["markers"]]


def selections() -> dict[str, str]:
    """Target -> which tests it has, of those that `make test-all` runs."""
    apart = re.findall(r"(?m)^APART = (.*)$", MAKEFILE)[0]
    rules = re.findall(r'(?m)^([a-z-]+):.*\n\t\$\(PYTEST\).* -m "?([^"\n]+)', MAKEFILE)
    wanted = re.findall(r"(?m)^test-all: (.*?) ##", MAKEFILE)[0].split()
    return {target: said.replace("$(APART)", apart) for target, said in rules if target in wanted}


def marked() -> Iterator[set[str]]:
    """What may stand at a test: up to three markers; a journey is a test of the browser."""
    for number in range(4):
        yield from ({*some} | ({"browser"} if "journey" in some else set()) for some in combinations(MARKERS, number))


def test_no_test_is_left_out_and_none_is_run_twice() -> None:
    targets = selections()
    assert {"test", "test-browser"} < targets.keys()
    for markers in marked():
        named = {marker: marker in markers for marker in MARKERS}
        runs = [target for target, said in targets.items() if eval(said, named)]
        assert runs, f"nothing runs a test that is marked {markers}"
        if len(markers - {"slow", "journey"}) < 2:
            assert len(runs) == 1, f"{runs} run a test that is marked {markers}"
