"""Escapes a text for HTML, so that it is shown as it is and does nothing else."""

from __future__ import annotations

import re

from app.text.words import one_line

_PUNCTUATION = {ord(c): f"&#{ord(c)};" for c in r"""!"#$&'()*+-.:<=>@[\]^_`{|}~"""}
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def exact(text: str) -> str:
    """Escape a text so that it reads the same and does nothing.

    Each sign that HTML, Markdown or a template could act on becomes a character reference.
    """
    return text.translate(_PUNCTUATION)


def literal(text: str) -> str:
    """Escape a text for people to read, without the signs that change the writing direction."""
    return exact(_DIRECTION.sub("", text))


def shown(text: str) -> str:
    """Escape a text for people to read, on one line."""
    return literal(one_line(text))


def hidden(text: str) -> str:
    """Render a text that a screen reader says and nobody sees."""
    return f'<span class="sr">{literal(text)}</span>'
