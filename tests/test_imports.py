"""Which package may import which stands in pyproject.toml; here it is checked, with a proof that the check can fail."""

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parent.parent


def test_import_direction(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0


def test_a_wrong_import_is_noticed(tmp_path):
    for name in ("app", "ingest", "evals"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / "ingest" / "__init__.py").write_text("import app\n")
    config = '[tool.importlinter]\nroot_packages = ["app", "ingest", "evals"]\n'
    layers = '[[tool.importlinter.contracts]]\nname = "x"\ntype = "layers"\nlayers = ["evals", "app", "ingest"]\n'
    (tmp_path / "pyproject.toml").write_text(config + layers)
    command = [
        sys.executable,
        "-c",
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 1, done.stdout


def test_the_command_line_starts_light():
    code = (
        "import sys, app.cli.main, app.cli.asking; "
        "heavy = {'torch', 'chromadb', 'gradio', 'sentence_transformers', 'numpy'}; "
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def bound_twice(code: str) -> list[str]:
    """The names that a module binds more than once by plain assignment."""
    assigned = (t for n in ast.parse(code).body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name))
    return [name for name, times in Counter(t.id for t in assigned).items() if times > 1]


def test_no_constant_of_a_module_replaces_another():
    assert bound_twice("SURE = 0.6\n\ndef f():\n    return SURE\n\nSURE = 8.0\n") == ["SURE"]
    files = [path for package in ("app", "ingest", "evals") for path in (ROOT / package).rglob("*.py")]
    assert {str(p): names for p in files if (names := bound_twice(p.read_text(encoding="utf-8")))} == {}
