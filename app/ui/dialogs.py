"""The dialogs above the page.

They show who makes it, a document at a quoted place, why an answer is as it is, a comment's form, and the choice of the
right passage.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from importlib.metadata import version
from urllib.parse import urlsplit

from markupsafe import Markup

from app.sentences import Citation
from app.store.records import Record
from app.ui.reader import sections_html
from app.ui.template import Macros, macros
from app.ui.titles import name_of
from app.ui.words import Words
from app.web.about import About
from app.web.shelf import Reading
from app.web.visitors import is_loopback
from ingest.documents import Source

_numbers = itertools.count(1)
UNDO = 10
"""Seconds in which a visitor may undo a deletion."""


def macros_of(words: Words) -> Macros:
    """Return the templates of the dialogs."""
    return macros("dialogs", words, next_number)


def next_number() -> int:
    """Return a new number for a dialog or a link; with the same number, the same document would not open twice."""
    return next(_numbers)


def about_html(about: About, words: Words) -> Markup:
    """Render the dialog about the page, which begins with the folder's own introduction.

    It says whose words the page shows, who makes the program, its licence, and whom to ask.
    """
    return macros_of(words).about(about.spoken(words.language).intro, version("ask-the-plan"))


def going_html(act: str, what: str, sentence: str, words: Words) -> Markup:
    """Render a line on a pending deletion, with a button that undoes it.

    `act` is `delete` for a conversation and `drop` for a document; `sentence` tells what is deleted with it. After `UNDO`
    seconds `page.js` requests the deletion.
    """
    return macros_of(words).going(act, what, words("marks.between").join((sentence, words("going_kept"))), UNDO)


def link_html(link: str, words: Words, kind: str = "answer") -> Markup:
    """Render the dialog with the link to a shared answer or conversation (`kind`).

    It says who may read there, and offers the same as a file for others. `page.js` copies the link at once, unless it
    opens on this computer only. The dialog says so, and the visitor copies such a link with a button.
    """
    return macros_of(words).link(link, kind, next_number(), is_loopback(urlsplit(link).hostname or ""))


def get_html(source: Source, group: int, words: Words) -> Markup:
    """Render a dialog that says which host is asked for an original, with the button that fetches it."""
    return macros_of(words).get(source, urlsplit(source.url).netloc, group)


def told_html(title: str, line: Markup, words: Words) -> Markup:
    """Render a dialog with a line on work that was begun in a dialog."""
    return macros_of(words).progress(title, line)


def document_html(citation: Citation, reading: Reading | None, words: Words) -> Markup:
    """Render the whole text of a cited document, with the quoted words marked.

    If the document is gone (`reading` is None), the dialog says so.
    """
    if reading is None:
        return macros_of(words).gone(citation)
    return place_html(reading, (citation.start, citation.end), words)


def place_html(reading: Reading, marked: tuple[int, int], words: Words) -> Markup:
    """Render the whole text of a document, with the words of a span marked."""
    return macros_of(words).place(reading.document, sections_html(reading, reading.passages, marked, words))


def why_html(record: Record, words: Words, conversation: Sequence[Record] = ()) -> Markup:
    """Render a dialog on why an answer is as it is, how its question was read, and what was considered.

    It says what a language model took for the answer, and for the whole `conversation`. The numbers behind it are folded.
    """
    uses = [r.answer.model for r in conversation if r.answer.model]
    total = {
        "calls": sum(use.calls for use in uses),
        "tokens": sum(use.input_tokens + use.output_tokens for use in uses),
        "s": f"{sum(use.seconds for use in uses):.1f}",
    }
    titles = list(dict.fromkeys(name_of(passage, words) for passage in record.considered))[:3]
    semicolon = words("marks.semicolon")
    return macros_of(words).why(record, record.answer, semicolon.join(titles), total if len(uses) > 1 else None)
