"""What becomes of the documents that are changed -> the line that says so: what is going on, then each file's outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from app.errors import AskError
from app.store.documents import AddReport
from app.ui.common import told
from app.ui.render import literal
from app.ui.titles import name_of
from app.ui.words import Words
from app.web.replies import visible
from ingest.documents import Document

log = logging.getLogger(__name__)


def each_told(
    work: Iterator[Any], outcome: Callable[[AddReport | Document], str], words: Words
) -> Iterator[tuple[str, bool]]:
    """The line of what is going on, then the outcome; whether it is done."""
    try:
        for event in work:
            done = not isinstance(event, str)
            yield (outcome(event), True) if done else (told("busy", event), False)
    except AskError as error:
        yield told("error", words.sentence(visible(error))), False
    except Exception:
        log.exception("the documents could not be changed")
        yield told("error", words("documents_failed")), False


def outcome_html(event: AddReport | Document, words: Words | None = None, first: Callable[[str], str] = lambda _: "") -> str:
    """An event -> what became of each file, with the `first` question to ask of one that was added; or that a document is
    gone."""
    words = words or Words()
    if isinstance(event, Document):
        return told("done", words("removed", title=name_of(event, words)))
    failed = [o for o in event.outcomes if o.status == "failed"]
    counts = (
        words(f"n_{status}", n=n)
        for status in ("added", "updated", "unchanged", "failed")
        if (n := sum(o.status == status for o in event.outcomes))
    )
    reasons = "".join(f"<li>{literal(words.sentence(o.reason) or o.name)}</li>" for o in failed)
    also = words("found_later") if event.lacking else ""
    head = told("error" if failed else "done", words("comma").join(counts) + words("stop_mark") + also)
    new = [o.document_id for o in event.outcomes if o.status in ("added", "updated") and o.document_id]
    return head + (f'<ul class="reasons">{reasons}</ul>' if reasons else "") + _begin_with(map(first, new[:3]), words)


def _begin_with(questions: Iterator[str], words: Words) -> str:
    asked = "".join(
        f'<button type="button" class="act chip" id="act-ask-new{n}">{literal(q)}</button>'
        for n, q in enumerate(dict.fromkeys(filter(None, questions)))
    )
    return f'<div class="asked-of"><p class="by">{literal(words("ask_it"))}</p>{asked}</div>' if asked else ""
