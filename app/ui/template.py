"""Fills the templates of the page's HTML, in which each value is escaped unless it is HTML already.

A template holds macros, one for each part of the page. Its line breaks and indentation are for the reader of the template:
they do not reach the HTML, which therefore has no empty line that would end an HTML block in Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Protocol, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup

from app.store.quality import percent
from app.text.words import one_line, titles
from app.ui.escape import exact, literal
from app.ui.titles import by_whom, is_web_address, name_of, resting, span, standing
from app.ui.words import Words
from ingest.documents import guess_language, plain

FOLDER = Path(__file__).with_name("templates")
_AT_A_TAG = re.compile(r"(?:\A|(?<=>))\s*\n\s*|\s*\n\s*(?=<|\Z)")
_WITHIN = re.compile(r"\s*\n\s*")


class OneLine(Extension):
    """Takes out line breaks with the blanks around them; within a tag or a text, a space replaces them."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Yield the tokens of a template, those of HTML without line breaks."""
        for token in stream:
            text = _WITHIN.sub(" ", _AT_A_TAG.sub("", token.value)) if token.type == "data" else token.value
            yield Token(token.lineno, token.type, text)


def _escaped(value: object) -> Markup:
    return value if isinstance(value, Markup) else Markup(literal(str(value)))


environment = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, finalize=_escaped, undefined=StrictUndefined, extensions=[OneLine]
)
environment.filters["exact"] = lambda text: Markup(exact(text))
environment.filters |= {"one_line": one_line, "percent": percent, "plain": plain}
environment.globals |= {
    f.__name__: f for f in (titles, by_whom, is_web_address, name_of, resting, span, standing, guess_language)
}


class Macros(Protocol):
    """The macros of a template."""

    def __getattr__(self, name: str) -> Callable[..., Markup]:
        """Return the macro of a name."""


@lru_cache(maxsize=64)
def macros(name: str, words: Words, *functions: Callable[..., object]) -> Macros:
    """Return the macros of `templates/NAME.html` in the language of `words`, which may call `functions` by their names."""
    values = {"words": words} | {f.__name__: f for f in functions}
    return cast(Macros, environment.get_template(f"{name}.html").make_module(values))
