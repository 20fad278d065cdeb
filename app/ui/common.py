"""Helpers for all parts of the page.

They are labels in the browser's language, properties of components and events, and a line that says how something goes.
"""

from __future__ import annotations

from typing import Any

import gradio as gr
from markupsafe import Markup

from app.ui.template import macros
from app.ui.words import Words, translations

INK = gr.themes.Color(
    name="ink", c50="#f7f8fa", c100="#eef0f4", c200="#dfe3ea", c300="#c3cad5", c400="#8e98a8", c500="#667085",
    c600="#4b5565", c700="#364152", c800="#1f2937", c900="#141b26", c950="#0d131c",
)  # fmt: skip


TOKENS = {
    "paper": (
        "body_background_fill", "background_fill_primary", "block_background_fill", "button_secondary_background_fill",
    ),
    "tint": ("background_fill_secondary",), "line": ("border_color_primary",), "edge": ("input_placeholder_color",),
    "ink": ("body_text_color", "link_text_color", "slider_color"), "quiet": ("body_text_color_subdued",),
    "brick": ("button_primary_background_fill", "button_primary_background_fill_hover"),
    "on-brick": ("button_primary_text_color",),
}  # fmt: skip
"""Gradio's own names for the colours of `tokens.css`."""
I18N = gr.I18n(**translations())
PLAIN: dict[str, Any] = {"apply_default_css": False}
SHOW: dict[str, Any] = {"fn": None, "js": "() => ({visible: true, __type__: 'update'})", "api_visibility": "private"}
"""An event that fills a place which a visitor opens for the first time: until then the browser need not load it."""
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def theme() -> gr.themes.Base:
    """Ink on paper with one colour, and the reader's own fonts: nothing is loaded from elsewhere."""
    latin, chinese = ["system-ui", "-apple-system", "Segoe UI", "Noto Sans"], ["PingFang SC", "Hiragino Sans GB"]
    fonts = [*latin, *chinese, "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "sans-serif"]
    type_sizes = (f"var(--{name})" for name in ("small", "small", "small", "body", "lead", "lead", "large"))
    looks = {f"{of}{dark}": f"var(--{name})" for name, all_of in TOKENS.items() for of in all_of for dark in ("", "_dark")}
    return gr.themes.Base(
        primary_hue=INK, secondary_hue=INK, neutral_hue=INK, font=fonts, font_mono=["monospace"],
        text_size=gr.themes.Size(*type_sizes), radius_size=gr.themes.Size(*["var(--round)"] * 7),
    ).set(**looks, button_transition="background-color 0.2s ease")  # fmt: skip
    # Gradio's own transition is of everything, the width of a button with it


def status_line(kind: str, sentence: str) -> Markup:
    """Render a line on work that is under way (`busy`), has succeeded (`done`) or failed (`error`)."""
    return macros("parts", Words()).status_line(kind, sentence)
