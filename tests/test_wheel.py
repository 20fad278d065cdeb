"""The wheel in an empty environment and an empty folder: it answers offline, and writes nowhere but into the user's data."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

pytestmark = [pytest.mark.wheel, pytest.mark.slow, pytest.mark.timeout(900)]
ROOT = Path(__file__).resolve().parent.parent
PARTS = ("ask_the_plan", "app", "ingest", "evals", "corpus", "pyproject.toml", "README.md", "LICENSE", "NOTICE")
NO_NETWORK = """
import sys


def refuse(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple) and arguments[1][0] not in ("127.0.0.1", "::1"):
        raise OSError(f"the network is asked: {arguments[1]}")


sys.addaudithook(refuse)
"""
QUESTION = "When was the comprehensive national science centre in Hefei approved?"
SCRIPT = f"""
from ask_the_plan import AskThePlan

answer = AskThePlan().ask({QUESTION!r})
print(answer.status, answer.citations[0].quote, answer.citations[0].sources[0].url)
"""


def run(*command, **more):
    return subprocess.run([str(c) for c in command], check=False, capture_output=True, text=True, **more)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder of an environment that holds the wheel; what it depends on comes from this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # a copy: a build leaves files beside the code, and takes what lies there from before
    source.mkdir()
    for name in PARTS:
        whole = ROOT / name
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(whole, source / name, ignore=leave) if whole.is_dir() else shutil.copy(whole, source)
    pip = [sys.executable, "-m", "pip", "--quiet"]
    built = run(*pip, "wheel", "--no-deps", "--wheel-dir", folder / "dist", source)
    assert built.returncode == 0, built.stderr
    (wheel,) = (folder / "dist").iterdir()
    venv.create(folder / "venv")
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    done = run(*pip, "install", "--no-index", "--no-deps", "--target", packages, wheel)
    assert done.returncode == 0, done.stderr
    (packages / "no_network.py").write_text(NO_NETWORK)
    shared = [p for p in sys.path if p.endswith("site-packages")]
    (packages / "zz_shared.pth").write_text("\n".join(["import no_network", *shared]))
    return packages


@pytest.fixture
def here(tmp_path):
    """An empty folder, and an environment in which the user's own one is elsewhere."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("ASK_", "PYTHON", "HF_"))}
    for name in ("here", "home"):
        (tmp_path / name).mkdir()
    return {
        "cwd": tmp_path / "here",
        "env": kept | {"HOME": str(tmp_path / "home"), "XDG_DATA_HOME": str(tmp_path / "data")},
    }


def test_one_name_in_site_packages(installed):
    ours = {p.name for p in installed.iterdir()} - {"no_network.py", "zz_shared.pth", "bin", "__pycache__"}
    assert {n.partition("-")[0] for n in ours} == {"ask_the_plan"}, ours
    for folder in ("app", "ingest", "evals", "corpus"):
        for path in (ROOT / folder).rglob("*"):
            left = {"__pycache__", "training", "blind"} & set(path.parts)  # sets that lie in the repository alone
            assert left or (installed / "ask_the_plan" / path.relative_to(ROOT)).exists(), path


def test_the_wheel_answers_offline_and_writes_into_the_users_data(installed, here, tmp_path):
    python, command = installed.parents[2] / "bin" / "python", installed / "bin" / "ask-the-plan"
    before = {p for p in installed.rglob("*") if p.suffix != ".pyc" and p.name != "__pycache__"}
    done = run(python, command, "ask", QUESTION, timeout=800, **here)
    assert done.returncode == 0, done.stderr
    assert "10 January 2017" in done.stdout
    assert "based on: " in done.stdout
    by_script = run(python, "-c", SCRIPT, timeout=400, **here)
    assert by_script.returncode == 0, by_script.stderr
    assert by_script.stdout.startswith("answered | Hefei (合肥) | Hefei in Anhui | 10 January 2017 | https://")
    other = run(python, command, "eval", "--help", **here)
    assert other.returncode == 0, other.stderr
    assert list(here["cwd"].iterdir()) == []
    assert {p for p in installed.rglob("*") if p.suffix != ".pyc" and p.name != "__pycache__"} == before
    assert [p.name for p in tmp_path.rglob("catalogue.db")] == ["catalogue.db"]  # in the user's own folder


def test_another_package_named_app_is_said_in_a_sentence(installed, here):
    (here["cwd"] / "app.py").write_text("")
    python = installed.parents[2] / "bin" / "python"
    done = run(python, "-c", "import app, ask_the_plan", **here)
    assert "Another package named 'app' is loaded already" in done.stderr
    done = run(python, "-c", "import ask_the_plan, app; print(app.__doc__)", **here)
    assert "From a question" in done.stdout, done.stderr
