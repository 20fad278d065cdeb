"""The line above everything: title, how far loading is and what is held. The tabs stand at its end (style.css)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.ui.render import literal
from app.ui.words import Words
from app.web.about import About


def header_html(about: About, words: Words) -> str:
    """The title; what stands behind its colon says more where there is room."""
    name, *more = re.split(r"(?=[:：])", about.spoken(words.language).title, maxsplit=1)
    said = "".join(f'<span class="more">{literal(m)}</span>' for m in more)
    return f"<header><h1>{literal(name)}{said}</h1></header>"


def state_html(
    status: str,
    message: str,
    held: tuple[int, str],
    unread: Sequence[str],
    words: Words,
    lacking: tuple[int, int] = (0, 0),
) -> str:
    """How far loading is -> a line; once ready, what the documents are as of, how many passages of all are found by their
    words alone until now, and which files could not be read."""
    if status == "loading":
        return f'<div class="state busy" role="status"><span class="dots"></span>{literal(words(message))}…</div>'
    if status == "failed":
        return f'<div class="state error" role="alert">{literal(words.sentence(message))}</div>'
    number, newest = held
    said = words.count("held_one", "held", number) + (words("as_of", date=newest) if newest else "")
    if lacking[0]:
        said += words("lacking", share=100 * (lacking[1] - lacking[0]) // lacking[1])
    missing = ""
    if unread:
        reasons = "".join(f"<li>{literal(words.sentence(r))}</li>" for r in unread)
        missing = f"<details><summary>{literal(words('not_read', n=len(unread)))}</summary><ul>{reasons}</ul></details>"
    return f'<div class="state" role="status">{literal(said)}{missing}</div>'
