"""What `make lint` checks besides style and types: large files, lines of code a package, ports of tests' servers."""

from __future__ import annotations

import ast
import subprocess
import sys
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MAX_BYTES = 300_000
SERVERS = ("create_server", "bind", "start_server", "HTTPServer", "ThreadingHTTPServer", "TCPServer", "Server")
STARTERS = ("run", "serve", "launch", "Config", "read_settings")
COMMANDS = ("chat",)
OWN = "take port 0, and then the one that was given"
NO_CODE = ("COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENCODING", "ENDMARKER")


def own_settings(root: Path) -> dict[str, Any]:
    """Return the section `tool.ask-the-plan` of pyproject.toml."""
    settings: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ask-the-plan"]
    return settings


def code_lines(file: Path) -> int:
    """Count the lines of code of a file; docstrings, comments and blank lines are not counted."""
    with tokenize.open(file) as stream:
        tokens = [t for t in tokenize.generate_tokens(stream.readline) if tokenize.tok_name[t.type] not in NO_CODE]
    code = {line for t in tokens for line in range(t.start[0], t.end[0] + 1)}
    bodies = [getattr(node, "body", ()) for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    texts = [
        n
        for body in bodies
        if isinstance(body, list)
        for n in body
        if isinstance(n, ast.Expr) and isinstance(_constant(n.value), str)
    ]
    return len(code - {line for n in texts for line in range(n.lineno, (n.end_lineno or 0) + 1)})


def rooms_over(root: Path) -> Iterator[str]:
    """Yield the packages of app, ingest and evals that have more lines than their ceiling in pyproject.toml."""
    lines: Counter[str] = Counter()
    for file in (f for top in ("app", "ingest", "evals") for f in (root / top).rglob("*.py")):
        lines["/".join(file.relative_to(root).parts[:-1][:2])] += code_lines(file)
    ceilings = own_settings(root)["ceilings"]
    for room, count in sorted(lines.items()):
        if count > ceilings.get(room, 0):
            ceiling = f"{count:,} lines of code, more than its ceiling of {ceilings.get(room, 0):,}"
            yield f"{room}: {ceiling}: take something out, or say in the commit why the ceiling rises"


def large_files(root: Path) -> Iterator[str]:
    """Yield the files of the repository that are too large and not on the list `large-files` of pyproject.toml."""
    allowed = own_settings(root)["large-files"]
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False).stdout  # '' in an archive
    for name in filter(None, listed.split("\0")):
        file = root / name
        if file.is_file() and file.stat().st_size > MAX_BYTES and not any(fnmatch(name, glob) for glob in allowed):
            yield f"{name}: {file.stat().st_size:,} bytes, more than {MAX_BYTES:,}: see `large-files` in pyproject.toml"


def ports_not_own(source: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a test that start a server on a fixed port, or leave it to the server to look for one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from ((node.lineno, said) for said in _of_call(node))
        elif isinstance(node, ast.List):
            yield from ((node.lineno, said) for said in _of_command([_constant(e) for e in node.elts]))


def _of_call(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    ports = [_constant(k.value) for k in call.keywords if k.arg in ("port", "server_port")]
    if name in SERVERS:
        ports += [_constant(a.elts[1]) for a in call.args if isinstance(a, ast.Tuple) and len(a.elts) == 2]
    if name in (*SERVERS, *STARTERS) and any(isinstance(p, int) and p for p in ports):
        yield f"a fixed port: {OWN}"
    if name == "launch" and not ports and isinstance(call.func, ast.Attribute) and "chromium" not in ast.unparse(call.func):
        yield f"Gradio looks for a port itself: {OWN}"
    if name == "serve" and any(_lacks_port(a) for a in call.args):
        yield f"the page's usual port: {OWN}"


def _lacks_port(argument: ast.expr) -> bool:
    """Return True for settings that are read here and leave the port as it is."""
    is_settings = isinstance(argument, ast.Call) and getattr(argument.func, "id", "") == "read_settings"
    return is_settings and all(k.arg not in ("port", None) for k in argument.keywords)


def _of_command(words: list[object]) -> Iterator[str]:
    if "--port" in words:
        given = words[words.index("--port") + 1 :][:1]
        if given and given[0] not in ("0", None):
            yield f"a fixed port: {OWN}"
    elif any(command in words for command in COMMANDS) and "--help" not in words:
        yield f"the page's usual port: {OWN}"


def _constant(node: ast.expr) -> object:
    """Return the value of a constant; None for whatever else."""
    return node.value if isinstance(node, ast.Constant) else None


def main() -> None:
    """Print what is found, and fail if there is anything."""
    found = [*large_files(ROOT), *rooms_over(ROOT)]
    for file in sorted((ROOT / "tests").rglob("*.py")):
        found += [f"{file.relative_to(ROOT)}:{n}: {said}" for n, said in ports_not_own(file.read_text(encoding="utf-8"))]
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
