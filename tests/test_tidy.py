import subprocess
from pathlib import Path

import pytest

from tests.tidy import MAX_BYTES, large_files, ports_not_own


@pytest.mark.parametrize(
    "source",
    [
        "blocks.launch(prevent_thread_lock=True)",
        "blocks.launch(server_port=7861)",
        "uvicorn.run(app, port=8000)",
        "HTTPServer(('127.0.0.1', 8080), Handler)",
        "listener.bind(('', 7860))",
        "serve(read_settings(corpus=folder), mount)",
        "command = [sys.executable, '-m', 'app', 'chat', '--open']",
        "command = ['chroma', 'run', '--port', '8000']",
    ],
)
def test_a_server_without_a_port_of_its_own_is_found(source: str) -> None:
    assert [line for line, _ in ports_not_own(f"\n{source}")] == [2]


@pytest.mark.parametrize(
    "source",
    [
        "playwright.chromium.launch(args=FLAGS)",
        "launch(playwright)",
        "HTTPServer(('127.0.0.1', 0), Handler)",
        "socket.create_server(('127.0.0.1', port))",
        "serve(read_settings(port=0), mount)",
        "command = ['chat', '--port', '0']",
        "command = ['chroma', 'run', '--port', str(port)]",
        "client.connect(('127.0.0.1', 80))",
    ],
)
def test_a_port_of_its_own_is_not(source: str) -> None:
    assert list(ports_not_own(source)) == []


def test_a_large_file_has_to_be_on_the_list(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "pyproject.toml").write_text('[tool.ask-the-plan]\nlarge-files = ["weights/*.npz"]\n')
    for name, size in {"weights/a.npz": 1, "new.bin": 1, "small.bin": 0, "ignored.bin": 1}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(bytes(MAX_BYTES + size))
    (tmp_path / ".gitignore").write_text("ignored.bin\n")
    assert [line.partition(":")[0] for line in large_files(tmp_path)] == ["new.bin"]
