"""A test that leaves something open fails, and no other."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = """
import socket, subprocess, sys, threading
import pytest

LEFT, GO_ON = [], threading.Event()

@pytest.fixture(scope="module")
def listener():
    with socket.create_server(("127.0.0.1", 0)) as one:
        yield one

def test_file(): LEFT.append(open(__file__))
def test_socket(): LEFT.append(socket.socket())
def test_collected():
    cycle = [open(__file__)]
    cycle.append(cycle)
def test_process(): LEFT.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))
def test_thread(): threading.Thread(target=GO_ON.wait).start()
def test_fixture(listener):
    with socket.create_connection(listener.getsockname()), listener.accept()[0]: pass
def test_daemon(): threading.Thread(target=threading.Event().wait, daemon=True).start()
def test_late():
    one = socket.socket()
    threading.Timer(0.3, one.close).start()
def test_end(): GO_ON.set(); LEFT[-1].communicate()
"""


def test_who_leaves_something_open_fails(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests import leaks\nleaks.PATIENCE = 5.0", encoding="utf-8")
    (tmp_path / "test_it.py").write_text(TESTS, encoding="utf-8")
    words = ["-m", "pytest", "-p", "tests.leaks", "-p", "no:cacheprovider", "-W", "error", "-q", "-rA", "test_it.py"]
    done = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    failed = re.findall(r"^(?:ERROR|FAILED) test_it.py::test_(\w+)", done.stdout, re.MULTILINE)
    assert sorted(failed) == ["collected", "file", "process", "socket", "thread"], done.stdout
