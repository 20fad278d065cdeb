"""Passages of the originals that are held, in their own words, below our summary of them."""

from __future__ import annotations

from collections.abc import Sequence

from app.sentences import Citation
from app.ui.escape import button, literal
from app.ui.excerpts import head, mark, tail
from app.ui.titles import name_of
from app.ui.words import Words
from app.web.shelf import InOriginal, Reading

ORIGINALS = 3
"""Passages of originals that a card shows at most: a list or a table may rest on many."""


def originals_html(citations: Sequence[Citation], reading: Reading | None, words: Words) -> str:
    """The citations of a summary -> the passages that carry them in the originals that are held; '' if there are none."""
    carried = reading.carried if reading else ()
    inside = [o for o in carried if any(c.start <= o.at < c.end for c in citations)]
    places: dict[tuple[str, int], InOriginal] = {}
    for one in sorted(inside, key=lambda o: -o.certainty):
        places.setdefault((one.document.id, one.start), one)
    return "".join(_in_original(one, words) for one in [*places.values()][:ORIGINALS])


def _in_original(one: InOriginal, words: Words) -> str:
    """A passage of an original, marked within its surroundings, with where it stands and the way there."""
    document, text = one.document, one.document.text
    before, after = text[: one.start].rpartition("\n\n")[2], text[one.end :].partition("\n\n")[0]
    page = document.page(one.start)
    place = words("page", n=page) if page else words("paragraph", n=one.paragraph)
    where = " · ".join((name_of(document, words), place, words.tongue(document.language)))
    there = button("place", f"{document.id}-{one.start}-{one.end}", words("in_its_place"), "text")
    quote = f"<p>{tail(before)}{mark(one.quote)}{head(after)}</p>"
    return (
        f'<section class="in-original"><p class="label">{literal(words("in_original"))}</p>'
        f'<blockquote lang="{literal(document.language)}">{quote}</blockquote>'
        f'<p class="by">{literal(where)}</p>{there}</section>'
    )
