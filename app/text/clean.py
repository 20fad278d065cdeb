"""Text as others send it -> text that every part of the program takes."""

from __future__ import annotations

import re

UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
"""Control characters, signs without width that turn text around or join it, and halves of characters."""


def cleaned(text: str) -> str:
    """The text without unseen characters, its words one blank apart."""
    return " ".join(UNSEEN.sub(" ", text).split())
