import subprocess
from pathlib import Path

import pytest

from tests.tidy import MAX_BYTES, code_lines, large_files, ports_not_own, rooms_over


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


def test_a_package_with_more_lines_of_code_than_its_ceiling_is_found(tmp_path: Path) -> None:
    file = tmp_path / "app" / "ui" / "forms" / "chart.py"
    file.parent.mkdir(parents=True)
    file.write_text(
        '"""What it is."""\n\nX = (\n    1,  # one\n    # two\n)\n\n\ndef f() -> None:\n    """Nothing."""\n    ...\n'
    )
    assert code_lines(file) == 5
    settings = tmp_path / "pyproject.toml"
    settings.write_text('[tool.ask-the-plan.ceilings]\n"app/ui" = 5\n')
    assert list(rooms_over(tmp_path)) == []
    settings.write_text('[tool.ask-the-plan.ceilings]\n"app/ui" = 4\n')
    assert [line.partition(":")[0] for line in rooms_over(tmp_path)] == ["app/ui"]
