"""Layers of our own in a bundled model: the cross-encoder with layers that `evals.training.train_reader` trained.

The vocabulary stays in the package that brings it; our layers lie in `weights/reader.npz`, named as the
bundled ONNX model names them, and are put in their places when the model is loaded: all of ours, or a mean of ours and the
bundled ones (Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022, section 3).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

Arrays = dict[str, NDArray[Any]]
LEVELS = 127  # of a signed byte, both ways
QUANTISED = "_quantized"


def with_layers(base: Path, layers: Path, share: float = 1.0) -> bytes:
    """A model and layers -> the ONNX model `base` with the arrays of `layers` in the places of those that have their names:
    `share` of each weight is that of `layers`, the rest that of `base`."""
    model = onnx.load(str(base))
    with np.load(layers) as file:
        ours: Arrays = dict(file)
    if share < 1.0:
        theirs = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer if i.name in ours}
        ours = _mean(ours, theirs, share)
    for initializer in model.graph.initializer:
        if initializer.name in ours:
            initializer.CopyFrom(numpy_helper.from_array(ours[initializer.name], initializer.name))
    found: bytes = model.SerializeToString()
    return found


def dequantised(arrays: Arrays, name: str) -> NDArray[np.float32]:
    """A quantised matrix -> numbers."""
    levels = arrays[f"{name}{QUANTISED}"].astype(np.float32) - arrays[f"{name}_zero_point"].astype(np.float32)
    return np.asarray(levels * arrays[f"{name}_scale"], dtype=np.float32)


def quantised(name: str, matrix: NDArray[np.float32]) -> Arrays:
    """A matrix, (inputs, outputs) -> the same in 8 bits, with a scale for each output.

    The bundled model has one scale a matrix. With that our layers, which learnt by small steps, come out as another model:
    what they had learnt about near misses was gone (docs/decisions/031).
    """
    scale = np.asarray(np.abs(matrix).max(0) / LEVELS, dtype=np.float32)
    levels = np.clip(np.round(matrix / scale), -LEVELS, LEVELS).astype(np.int8)
    return {f"{name}{QUANTISED}": levels, f"{name}_scale": scale, f"{name}_zero_point": np.zeros(scale.shape, np.int8)}


def _mean(ours: Arrays, theirs: Arrays, share: float) -> Arrays:
    """`share` of ours and the rest of theirs, weight by weight."""
    matrices = {name.removesuffix(QUANTISED) for name in ours if name.endswith(QUANTISED)}
    found: Arrays = {}
    for name in matrices:
        found |= quantised(name, share * dequantised(ours, name) + (1 - share) * dequantised(theirs, name))
    for name, array in ours.items():
        if name not in found:
            found[name] = np.asarray(share * array + (1 - share) * theirs[name], dtype=np.float32)
    return found
