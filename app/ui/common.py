"""What all parts of the page are made with: labels in the browser's language, properties of components and events, a line
that says how something goes."""

from __future__ import annotations

from typing import Any

import gradio as gr

from app.ui.render import literal
from app.ui.words import translations

I18N = gr.I18n(**translations())
PLAIN: dict[str, Any] = {"apply_default_css": False}
SHOW: dict[str, Any] = {"fn": None, "js": "() => ({visible: true, __type__: 'update'})", "api_visibility": "private"}
"""An event that fills a place which a visitor opens for the first time: until then the browser need not load it."""
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def told(kind: str, sentence: str) -> str:
    """What is going on (`busy`), came of it (`done`) or went wrong (`error`)."""
    dots = '<span class="dots"></span>' if kind == "busy" else ""
    role = "alert" if kind == "error" else "status"
    return f'<div class="told {kind}" role="{role}">{dots}{literal(sentence)}</div>'
