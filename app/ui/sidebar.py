"""The sidebar beside the conversation: saved conversations to seek, open, pin, share, rename, export and delete."""

from __future__ import annotations

import itertools
from base64 import b64encode
from collections.abc import Sequence

from app.store.conversations import Conversation
from app.ui.escape import exact, literal, shown
from app.ui.words import Words

_numbers = itertools.count(1)


def saved_html(
    conversations: Sequence[Conversation], current: str, words: Words, problem: str = "", sought: str = ""
) -> str:
    """Render the list of saved conversations, with the open one marked.

    Above the list stand a problem with it and the words that were `sought`. Below it is the heading of the settings,
    which follow.
    """
    first, last = (f"<h2>{literal(words(key))}</h2>" for key in ("saved_conversations", "settings"))
    if problem:
        first += f'<p class="small" role="status">{literal(problem)}</p>'
    if conversations or sought:
        label = literal(words("seek_saved"))
        first += f'<input type="search" id="sought" aria-label="{label}" placeholder="{label}" value="{literal(sought)}">'
    if not conversations:
        return f'{first}<p class="none" role="status">{literal(words("none_found" if sought else "none_saved"))}</p>{last}'
    items = []
    for c in conversations:
        here = ' aria-current="true"' if c.id == current else ""
        when = " · ".join([words("pinned")] * c.pinned + [c.changed[:10], words.count("answer", "answers", c.answers)])
        title = f'<button type="button" class="act title" id="act-conversation-{c.id}"{here}>{shown(c.title)}</button>'
        tools = "".join(
            f'<button type="button" class="act text" id="act-{name}-{c.id}" '
            f'aria-label="{literal(words(name))}: {shown(c.title)}">{literal(words(name))}</button>'
            for name in ("unpin" if c.pinned else "pin", "share", "rename", "markdown", "word", "json", "delete")
        )
        items.append(f'<li>{title}<span class="when">{literal(when)}</span><span class="tools">{tools}</span></li>')
    return f'{first}<ul class="saved_conversations">{"".join(items)}</ul>{last}'


def delivery_html(name: str, content: str | bytes) -> str:
    """Render a text, or bytes as base64, as a file for `page.js` to save.

    It has a new number each time, so that the same file can be saved twice.
    """
    text, kind = (content, "") if isinstance(content, str) else (b64encode(content).decode(), " packed")
    return f'<pre hidden class="delivery{kind}" id="delivery-{next(_numbers)}" title="{literal(name)}">{exact(text)}</pre>'
