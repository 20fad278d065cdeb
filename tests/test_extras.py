"""What an extra brings is not needed by what does without it, and its absence is a sentence."""

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from app.errors import EXTRAS
from benchmarks.footprint import sizes

ROOT = Path(__file__).resolve().parent.parent
WITHOUT = (
    "import sys; sys.modules |= dict.fromkeys({missing!r}); sys.argv = ['ask-the-plan', *{words!r}]; "
    "from ask_the_plan import main; main()"
)


def run(missing, *words):
    code = WITHOUT.format(missing=missing, words=words)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize(("extra", "words"), [("page", ["chat", "--port", "0"]), ("eval", ["eval", "run"])])
@pytest.mark.slow
def test_a_missing_extra_is_a_sentence(extra, words, tmp_path):
    done = run(EXTRAS[extra], "--data", str(tmp_path), *words)
    assert done.returncode == 2, done.stderr
    assert f"pip install -e '.[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_line_and_the_chain_need_no_extra():
    modules = "app.cli.main, app.cli.asking, app.pipeline.load, app.store.documents, app.store.export, evals.cli"
    code = f"import sys; sys.modules |= dict.fromkeys({[m for e in EXTRAS.values() for m in e]!r}); import {modules}"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_nobody_is_sent_to_a_name_in_an_index():
    for folder in ("app", "ingest", "evals", "docs", "corpus", "ask_the_plan"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".md", ".js"):
                assert "install 'ask-the-plan" not in path.read_text(), path
                assert "install ask-the-plan" not in path.read_text(), path


def test_what_is_imported_is_declared():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = [declared["dependencies"], *declared["optional-dependencies"].values()]
    names = {requirement_name(r) for each in lists for r in each}
    for folder in ("app", "ingest", "evals", "benchmarks", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            unknown = {CALLED.get(m, m) for m in imported(path)} - names - OURS - set(sys.stdlib_module_names)
            assert not unknown, f"{path}: {unknown}"


OURS = {"app", "ingest", "evals", "tests", "benchmarks", "ask_the_plan"}
CALLED = {
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "docx": "python_docx",
    "dotenv": "python_dotenv",
    "importlinter": "import_linter",
    "langsmith": "langchain_core",  # it brings it: what is sent to it is what is tested
    "llama_cpp": "llama_cpp_python",
    "markdown_it": "markdown_it_py",
    "pptx": "python_pptx",
    "psycopg_pool": "psycopg",
    "pydantic_core": "pydantic",
    "sklearn": "scikit_learn",
    "transformers": "sentence_transformers",
    "yaml": "pyyaml",
}
"""Modules whose package has another name, or that come with a package that is declared."""


def requirement_name(requirement):
    import re

    return re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower().replace("-", "_")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.skipif(not shutil.which("make"), reason="make is not here")
def test_what_an_installation_takes_is_said_before_it_begins(tmp_path):
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    nothing = tmp_path / "no Python"  # in its place: says that it is of the right version, and makes no environment
    nothing.write_text("#!/bin/sh\nexit 0\n")
    nothing.chmod(0o755)
    done = subprocess.run(["make", "install", f"PYTHON={nothing}"], cwd=tmp_path, capture_output=True, text=True)
    assert "About 400 MB are downloaded, once, and take 1.2 GB in .venv" in done.stdout
    said = ("About 400 MB", "1 of 4: a virtual environment in .venv")
    assert list(said) == sorted(said, key=done.stdout.index)
    assert 1.0e9 < sum(sizes(("page",)).values()) < 1.3e9  # else say what is so now
    (tmp_path / ".venv/lib/python3/site-packages/gradio").mkdir(parents=True)
    again = subprocess.run(["make", "install", f"PYTHON={nothing}"], cwd=tmp_path, capture_output=True, text=True)
    assert "About 400 MB" not in again.stdout
    steps = subprocess.run(["make", "--dry-run", "run"], cwd=tmp_path, capture_output=True, text=True).stdout
    assert [f"{n} of 4" in steps for n in (1, 2, 3, 4)] == [True] * 4
    shown = subprocess.run(
        ["make", "--eval", 'told: ; @echo "$$RUNS"', "told"], cwd=tmp_path, capture_output=True, text=True
    )
    assert all(said in shown.stdout for said in ("Ctrl-C stops it", ".ask", "make clean", "uninstalls"))
