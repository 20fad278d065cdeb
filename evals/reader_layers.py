"""The bundled cross-encoder in torch, to be trained, and its trained layers in the form that `ingest.layers` puts back:
saved, and loaded to be trained further.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from tokenizers import Tokenizer

from ingest.bundles import BUNDLES, CROSS_ENCODER

LEVELS = 127  # of a signed byte, both ways
Arrays = dict[str, NDArray[Any]]


def bundled_classifier() -> tuple[Any, Any]:
    """The bundled cross-encoder in torch, in full precision, and its tokenizer: where training begins."""
    from transformers import BertConfig, BertForSequenceClassification

    folder = BUNDLES[CROSS_ENCODER].path()
    model = onnx.load(str(folder / "model.onnx"))
    arrays = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    sizes: dict[str, Any] = {"vocab_size": 30_522, "hidden_size": 384, "intermediate_size": 1_536, "num_labels": 1}
    config = BertConfig(num_hidden_layers=12, num_attention_heads=12, **sizes)
    classifier = BertForSequenceClassification(config)
    state = {name: array for name, array in arrays.items() if name in classifier.state_dict()}
    for name in arrays:
        if name.endswith("_quantized") and "embeddings" in name:
            state[name.removesuffix("_quantized")] = _plain(arrays, name.removesuffix("_quantized"))
    state |= {torch_name: _plain(arrays, name).T for torch_name, name in _matrices(model).items()}
    import torch

    missing, extra = classifier.load_state_dict({n: torch.tensor(np.array(a)) for n, a in state.items()}, strict=False)
    assert not extra
    assert set(missing) <= {"bert.embeddings.position_ids"}, missing
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()  # the file carries a fixed padding to 512 tokens
    tokenizer.enable_padding()
    tokenizer.enable_truncation(192)
    return classifier, tokenizer


def save_layers(classifier: Any, path: Path) -> None:
    """Write all layers, without the vocabulary, in the bundled model's own form but for the scales."""
    model = onnx.load(str(BUNDLES[CROSS_ENCODER].path() / "model.onnx"))
    state = {name: value.detach().float().numpy() for name, value in classifier.state_dict().items()}
    matrices = _matrices(model)
    ours: Arrays = {}
    for name, value in state.items():
        if "embeddings" not in name:
            ours |= _packed(matrices[name], value.T) if name in matrices else {name: value}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **ours)  # type: ignore[arg-type]


def load_layers(classifier: Any, path: Path) -> None:
    """Put the layers that `save_layers` wrote into the classifier, as far as 8 bits kept them."""
    import torch

    matrices = _matrices(onnx.load(str(BUNDLES[CROSS_ENCODER].path() / "model.onnx")))
    with np.load(path) as file:
        arrays = dict(file)
    state = {
        name: _plain(arrays, matrices[name]).T if name in matrices else arrays[name]
        for name in classifier.state_dict()
        if "embeddings" not in name
    }
    classifier.load_state_dict({name: torch.tensor(np.array(a)) for name, a in state.items()}, strict=False)


def _matrices(model: Any) -> dict[str, str]:
    """torch's name of each quantised matrix, and the ONNX model's."""
    found = {}
    for node in model.graph.node:
        if node.op_type == "MatMulInteger":
            place = re.sub(r"\.(MatMul|Gemm_MatMul)_quant$", "", node.name.strip("/").replace("/", "."))
            found[f"{place}.weight"] = node.input[1].removesuffix("_quantized")
    return found


def _plain(arrays: Arrays, name: str) -> NDArray[np.float32]:
    """A quantised matrix as numbers."""
    levels = arrays[f"{name}_quantized"].astype(np.float32) - arrays[f"{name}_zero_point"].astype(np.float32)
    return np.asarray(levels * arrays[f"{name}_scale"], dtype=np.float32)


def _packed(name: str, matrix: NDArray[np.float32]) -> Arrays:
    """A matrix, (inputs, outputs), in 8 bits, with a scale for each output.

    The bundled model has one scale a matrix. With that our layers, which learnt by small steps, come out as another model:
    what they had learnt about near misses was gone (evals/LOG.md).
    """
    scale = np.asarray(np.abs(matrix).max(0) / LEVELS, dtype=np.float32)
    levels = np.clip(np.round(matrix / scale), -LEVELS, LEVELS).astype(np.int8)
    return {f"{name}_quantized": levels, f"{name}_scale": scale, f"{name}_zero_point": np.zeros(scale.shape, np.int8)}
