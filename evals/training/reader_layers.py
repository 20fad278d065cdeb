"""The bundled cross-encoder in torch, to be trained, and its trained layers.

The layers have the form that `ingest.models.layers` reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper
from tokenizers import Tokenizer

from ingest.models.bundles import BUNDLES, CROSS_ENCODER
from ingest.models.layers import QUANTISED, Arrays, dequantised, difference, quantised, read_layers, with_layers


def classifier(layers: Sequence[Path] = ()) -> tuple[Any, Any]:
    """Load the bundled cross-encoder in torch, in full precision, and its tokenizer.

    If there are files of `layers`, they stand in place of the bundled ones, as far as 8 bits kept them.
    """
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    folder = BUNDLES[CROSS_ENCODER].path()
    base = folder / "model.onnx"
    model = onnx.load_from_string(with_layers(base, layers)) if layers else onnx.load(str(base))
    arrays = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    sizes: dict[str, Any] = {"vocab_size": 30_522, "hidden_size": 384, "intermediate_size": 1_536, "num_labels": 1}
    config = BertConfig(num_hidden_layers=12, num_attention_heads=12, **sizes)
    result = BertForSequenceClassification(config)
    state = {name: array for name, array in arrays.items() if name in result.state_dict()}
    for name in arrays:
        if name.endswith(QUANTISED) and "embeddings" in name:
            state[name.removesuffix(QUANTISED)] = dequantised(arrays, name.removesuffix(QUANTISED))
    state |= {torch_name: dequantised(arrays, name).T for torch_name, name in _matrices(model).items()}
    missing, extra = result.load_state_dict({n: torch.tensor(np.array(a)) for n, a in state.items()}, strict=False)
    assert not extra
    assert set(missing) <= {"bert.embeddings.position_ids"}, missing
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()  # the file carries a fixed padding to 512 tokens
    tokenizer.enable_truncation(192)
    return result, tokenizer


def save_layers(model: Any, path: Path, older: Sequence[Path] = ()) -> None:
    """Write all layers, without the vocabulary, in the bundled model's own form but for the scales.

    If there are files of `older` layers, what is to be added to them is written, compressed.
    """
    state = {name: value.detach().float().numpy() for name, value in model.state_dict().items()}
    matrices = _matrices(onnx.load(str(BUNDLES[CROSS_ENCODER].path() / "model.onnx")))
    ours: Arrays = {}
    for name, value in state.items():
        if "embeddings" not in name:
            ours |= quantised(matrices[name], value.T) if name in matrices else {name: value}
    path.parent.mkdir(parents=True, exist_ok=True)
    if older:
        np.savez_compressed(path, **difference(ours, read_layers(older)))  # type: ignore[arg-type]
    else:
        np.savez(path, **ours)  # type: ignore[arg-type]


def _matrices(model: Any) -> dict[str, str]:
    """Return the ONNX name of each quantised matrix, by its name in torch."""
    names = {}
    for node in model.graph.node:
        if node.op_type == "MatMulInteger":
            layer = node.name.strip("/").replace("/", ".").removesuffix("_quant").removesuffix(".MatMul")
            layer = layer.removesuffix(".Gemm_MatMul")
            names[f"{layer}.weight"] = node.input[1].removesuffix(QUANTISED)
    return names
