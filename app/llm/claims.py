"""The statements of a language model before they are checked."""

from __future__ import annotations

from dataclasses import dataclass

from app.sentences import BlockKind


@dataclass(frozen=True, slots=True)
class Quoted:
    """The words on which a statement rests, as a language model says.

    Attributes:
        key: The key of the evidence that contains them, as the model says.
        words: The exact words, '' if the model named only a key.
    """

    key: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement of a language model, with what the model says it rests on; nobody has checked it.

    Attributes:
        block: The number of the paragraph, list or table that contains it, from 1.
        answers: True if the model said before it that nothing asked first is missing.
        cells: If it is a row of a table, pairs of a column's heading ('' without one) and the cell below it.
    """

    text: str
    supports: tuple[Quoted, ...] = ()
    kind: BlockKind = "paragraph"
    block: int = 1
    cells: tuple[tuple[str, str], ...] = ()
    answers: bool = False
