"""The sidebar beside the conversation: saved conversations to seek, open, pin, share, rename, export and delete."""

from __future__ import annotations

import itertools
from base64 import b64encode
from collections.abc import Sequence

from markupsafe import Markup

from app.store.conversations import Conversation
from app.ui.template import macros
from app.ui.words import Words

_numbers = itertools.count(1)


def saved_html(
    conversations: Sequence[Conversation], current: str, words: Words, problem: str = "", sought: str = ""
) -> Markup:
    """Render the list of saved conversations, with the open one marked.

    Above the list stand a problem with it and the words that were `sought`.
    """
    return macros("sidebar", words).saved(conversations, current, problem, sought)


def delivery_html(name: str, content: str | bytes) -> Markup:
    """Render a text, or bytes as base64, as a file for `page.js` to save.

    It has a new number each time, so that the same file can be saved twice.
    """
    text = content if isinstance(content, str) else b64encode(content).decode()
    return macros("sidebar", Words()).delivery(next(_numbers), name, text, isinstance(content, bytes))
