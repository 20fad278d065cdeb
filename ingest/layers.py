"""Layers of our own in a bundled model: the reader is the cross-encoder with layers that `evals.train_reader` trained.

The vocabulary stays in the package that brings it; our layers lie in `weights/reader.npz`, named as the
bundled ONNX model names them, and are put in their places when the model is loaded.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper


def with_layers(base: Path, layers: Path) -> bytes:
    """The ONNX model `base` with the arrays of `layers` in the places of those that have their names."""
    model = onnx.load(str(base))
    with np.load(layers) as ours:
        for initializer in model.graph.initializer:
            if initializer.name in ours:
                initializer.CopyFrom(numpy_helper.from_array(ours[initializer.name], initializer.name))
    found: bytes = model.SerializeToString()
    return found
