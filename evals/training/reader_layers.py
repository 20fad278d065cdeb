"""The bundled cross-encoder in torch, to be trained, and its trained layers.

The layers have the form that `ingest.models.layers` reads. They are saved, and loaded to be trained further.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper
from tokenizers import Tokenizer

from ingest.models.bundles import BUNDLES, CROSS_ENCODER
from ingest.models.layers import QUANTISED, Arrays, dequantised, quantised


def bundled_classifier() -> tuple[Any, Any]:
    """Load the bundled cross-encoder in torch, in full precision, and its tokenizer.

    Training begins with it.
    """
    from transformers import BertConfig, BertForSequenceClassification

    folder = BUNDLES[CROSS_ENCODER].path()
    model = onnx.load(str(folder / "model.onnx"))
    arrays = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    sizes: dict[str, Any] = {"vocab_size": 30_522, "hidden_size": 384, "intermediate_size": 1_536, "num_labels": 1}
    config = BertConfig(num_hidden_layers=12, num_attention_heads=12, **sizes)
    classifier = BertForSequenceClassification(config)
    state = {name: array for name, array in arrays.items() if name in classifier.state_dict()}
    for name in arrays:
        if name.endswith(QUANTISED) and "embeddings" in name:
            state[name.removesuffix(QUANTISED)] = dequantised(arrays, name.removesuffix(QUANTISED))
    state |= {torch_name: dequantised(arrays, name).T for torch_name, name in _matrices(model).items()}
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
            ours |= quantised(matrices[name], value.T) if name in matrices else {name: value}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **ours)  # type: ignore[arg-type]


def load_layers(classifier: Any, path: Path) -> None:
    """Put the layers that `save_layers` wrote into the classifier, as far as 8 bits kept them."""
    import torch

    matrices = _matrices(onnx.load(str(BUNDLES[CROSS_ENCODER].path() / "model.onnx")))
    with np.load(path) as file:
        arrays = dict(file)
    state = {
        name: dequantised(arrays, matrices[name]).T if name in matrices else arrays[name]
        for name in classifier.state_dict()
        if "embeddings" not in name
    }
    classifier.load_state_dict({name: torch.tensor(np.array(a)) for name, a in state.items()}, strict=False)


def _matrices(model: Any) -> dict[str, str]:
    """Return the ONNX name of each quantised matrix, by its name in torch."""
    names = {}
    for node in model.graph.node:
        if node.op_type == "MatMulInteger":
            layer = node.name.strip("/").replace("/", ".").removesuffix("_quant").removesuffix(".MatMul")
            layer = layer.removesuffix(".Gemm_MatMul")
            names[f"{layer}.weight"] = node.input[1].removesuffix(QUANTISED)
    return names
