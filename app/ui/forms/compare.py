"""A comparison -> a column a side; what is said of several sides at once stands across them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.ui.escape import literal
from app.ui.forms.pieces import Piece
from app.ui.forms.table import empty
from app.ui.words import Words


def compared(sides: Sequence[str], pieces: Sequence[Piece], words: Words) -> str:
    """Sentences on the sides of a comparison -> a table; '' where none is on one side alone, or one is on no side."""
    if len(sides) < 2 or any(piece.kind != "sentence" for piece in pieces):
        return ""
    about = [_about(piece, sides) for piece in pieces]
    if not any(len(found) == 1 for found in about) or not all(about):
        return ""
    heads = "".join(f'<th scope="col">{literal(side)}</th>' for side in sides)
    columns = "".join(f"<td>{_own(side, pieces, about, words)}</td>" for side in sides)
    common = "".join(
        f'<tr><td class="across" colspan="{len(sides)}">{piece.html()}</td></tr>'
        for piece, found in zip(pieces, about, strict=True)
        if len(found) > 1
    )
    body = f"<thead><tr>{heads}</tr></thead><tbody><tr>{columns}</tr>{common}</tbody>"
    return f'<div class="wide" tabindex="0"><table class="rows sides">{body}</table></div>'


def _about(piece: Piece, sides: Sequence[str]) -> list[str]:
    return [s for s in sides if re.search(rf"(?<!\w){re.escape(s)}(?!\w)", piece.sentence.text, re.IGNORECASE)]


def _own(side: str, pieces: Sequence[Piece], about: Sequence[Sequence[str]], words: Words) -> str:
    """What is said of one side alone, or that nothing is."""
    own = [f"<p>{p.html()}</p>" for p, found in zip(pieces, about, strict=True) if list(found) == [side]]
    return "".join(own) or empty(words("empty_side"))
