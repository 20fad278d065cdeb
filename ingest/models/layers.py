"""Puts ONNX models together: the bundled cross-encoder with layers that we trained, and the graph of e5.

`evals.training.train_reader` trains the layers. The vocabulary stays in the package that brings it. Our layers lie in
`weights/reader.npz`, named as the bundled ONNX model names them, and are put in their places when the model is loaded: all
of ours, or a mean of ours and the bundled ones (Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022,
section 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from ingest.models.e5 import HEADS, HIDDEN, LAYERS, LEVELS, E5File

Arrays = dict[str, NDArray[Any]]
BYTE_LEVELS = 127  # of a signed byte, both ways
QUANTISED = "_quantized"
RUNTIME = "com.microsoft"  # onnxruntime's own operators


def with_layers(base: Path, layers: Sequence[Path], share: float = 1.0) -> bytes:
    """Return the ONNX model `base`, with the arrays of `layers` in place of its own of the same names.

    `share` of each weight comes from `layers`, the rest from `base`. Each file of `layers` after the first holds what is
    to be added to the ones before (`difference`).
    """
    model = onnx.load(str(base))
    ours = read_layers(layers)
    if share < 1.0:
        theirs = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer if i.name in ours}
        ours = _mean(ours, theirs, share)
    for initializer in model.graph.initializer:
        if initializer.name in ours:
            initializer.CopyFrom(numpy_helper.from_array(ours[initializer.name], initializer.name))
    serialised: bytes = model.SerializeToString()
    return serialised


def read_layers(files: Sequence[Path]) -> Arrays:
    """Read layers from a file, and what other files add to them."""
    arrays: Arrays = {}
    for path in files:
        with np.load(path) as file:
            arrays |= {name: arrays[name] + file[name] if _is_added(name, arrays) else file[name] for name in file}
    return arrays


def difference(ours: Arrays, older: Arrays) -> Arrays:
    """Return what `read_layers` adds to older layers to get ours: of bytes their difference, which wraps around."""
    return {name: array - older[name] if _is_added(name, older) else array for name, array in ours.items()}


def _is_added(name: str, older: Arrays) -> bool:
    return name.endswith(QUANTISED) and name in older


def dequantised(arrays: Arrays, name: str) -> NDArray[np.float32]:
    """Turn a quantised matrix into floats."""
    levels = arrays[f"{name}{QUANTISED}"].astype(np.float32) - arrays[f"{name}_zero_point"].astype(np.float32)
    return np.asarray(levels * arrays[f"{name}_scale"], dtype=np.float32)


def quantised(name: str, matrix: NDArray[np.float32]) -> Arrays:
    """Quantise a matrix, (inputs, outputs), to 8 bits with one scale for each output.

    The bundled model has one scale for each matrix. With that, our layers, which were trained in small steps, come out
    as another model: what they had learnt about near misses was lost (docs/decisions/031).
    """
    scale = np.asarray(np.abs(matrix).max(0) / BYTE_LEVELS, dtype=np.float32)
    levels = np.clip(np.round(matrix / scale), -BYTE_LEVELS, BYTE_LEVELS).astype(np.int8)
    return {f"{name}{QUANTISED}": levels, f"{name}_scale": scale, f"{name}_zero_point": np.zeros(scale.shape, np.int8)}


def _mean(ours: Arrays, theirs: Arrays, share: float) -> Arrays:
    """`share` of ours and the rest of theirs, weight by weight."""
    matrices = {name.removesuffix(QUANTISED) for name in ours if name.endswith(QUANTISED)}
    mean: Arrays = {}
    for name in matrices:
        mean |= quantised(name, share * dequantised(ours, name) + (1 - share) * dequantised(theirs, name))
    for name, array in ours.items():
        if name not in mean:
            mean[name] = np.asarray(share * array + (1 - share) * theirs[name], dtype=np.float32)
    return mean


# --- multilingual-e5-small's twelve layers as an ONNX graph, its matrices in 8 bits
#
# It is made at every load, in a fifth of a second: nothing has to be kept, or trusted.


class E5Graph:
    """Nodes and arrays as they are added; each method returns the name of what its nodes bring."""

    def __init__(self, file: E5File) -> None:
        self.file = file
        self.nodes: list[NodeProto] = []
        self.arrays: list[TensorProto] = []

    def model(self) -> bytes:
        """Return the model as bytes: it reads `tokens` (1, n, 384) and gives `mean` (1, 384).

        `mean` is the mean over the last layer's tokens, not normalised.
        """
        self.array("parts", np.array([HIDDEN] * 3, np.int64))
        self.array("places", np.array([1], np.int64))
        output = self.norm("tokens", "emb.ln")
        for number in range(LAYERS):
            output = self.layer(output, f"l{number}.")
        self.nodes.append(helper.make_node("ReduceMean", [output, "places"], ["mean"], keepdims=0))
        graph_input = helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [1, "n", HIDDEN])
        graph_output = helper.make_tensor_value_info("mean", TensorProto.FLOAT, [1, HIDDEN])
        graph = helper.make_graph(self.nodes, "multilingual-e5-small", [graph_input], [graph_output], self.arrays)
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid(RUNTIME, 1)]
        serialised: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
        return serialised

    def layer(self, hidden: str, prefix: str) -> str:
        """Add one of the twelve layers."""
        projections = self.linear(hidden, [f"{prefix}q", f"{prefix}k", f"{prefix}v"])
        heads = [f"{prefix}query", f"{prefix}key", f"{prefix}value"]
        self.nodes.append(helper.make_node("Split", [projections, "parts"], heads, axis=-1))
        attention = self.node("MultiHeadAttention", heads, f"{prefix}seen", RUNTIME, num_heads=HEADS)
        hidden = self.add_and_norm(hidden, self.linear(attention, [f"{prefix}ao"]), f"{prefix}aln")
        inner = self.node("Gelu", [self.linear(hidden, [f"{prefix}fi"])], f"{prefix}gelu", RUNTIME)
        return self.add_and_norm(hidden, self.linear(inner, [f"{prefix}fo"]), f"{prefix}oln")

    def add_and_norm(self, first: str, second: str, norm: str) -> str:
        """Add a sum and its norm."""
        return self.norm(self.node("Add", [first, second], f"{norm}.sum"), norm)

    def norm(self, hidden: str, name: str) -> str:
        """Layer normalisation."""
        arrays = [self.array(f"{name}.{kind}", self.file.floats(f"{name}.{kind}")) for kind in "wb"]
        return self.node("LayerNormalization", [hidden, *arrays], f"{name}.out", epsilon=1e-12)

    def linear(self, hidden: str, names: list[str]) -> str:
        """Multiply by several matrices side by side, and add their biases.

        In 8 bits each output has its own scale, but the input has one scale for the whole text. That is why each text is
        read alone.
        """
        matrix = np.concatenate([self.file.matrix(f"{name}.w") for name in names]).T
        bias = self.array(f"{names[0]}.bias", np.concatenate([self.file.floats(f"{name}.b") for name in names]))
        scale = np.abs(matrix).max(0) / np.float32(LEVELS)
        levels = self.array(f"{names[0]}.levels", np.round(matrix / scale).astype(np.int8))
        inputs = [hidden, levels, self.array(f"{names[0]}.scale", scale), "", bias]
        return self.node("DynamicQuantizeMatMul", inputs, f"{names[0]}.out", RUNTIME)

    def array(self, name: str, values: NDArray[np.generic]) -> str:
        """Add an array."""
        self.arrays.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        """Add a node."""
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output
