"""Reads a question while the search is limited to some documents: which one it names, and which turns it goes on from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from app.query.rules import language_rules, read_wish
from app.query.values import Turn
from app.text.spans import content_stems

_FILE_NAME = re.compile(r"(?<![\w.-])[\w.-]{1,120}\.[a-z]{2,5}\b", re.IGNORECASE)
_YOU = re.compile(r"\byou\b|[你您]", re.IGNORECASE)


def asks_for_gist(text: str) -> bool:
    """Return True if all that a question asks is what a document says on the whole, in whatever form."""
    rules = language_rules()
    return any(rules.search("gist", said) for said in (text, read_wish(text)[1]))


def names_program(text: str, is_known: bool = False) -> bool:
    """Return True if a question names the program or its page, or if it `is_known` word for word and says "you"."""
    return language_rules().search("the program", text) is not None or (is_known and _YOU.search(text) is not None)


def without_document(text: str) -> str:
    """Return a question without the words for the document in hand, such as "this file"."""
    return language_rules().remove("this document", text)


def about_documents(history: Sequence[Turn], within: Sequence[str] | None) -> tuple[Turn, ...]:
    """Return the turns from which a question about some documents may go on.

    A question that was refused, or answered from other documents alone, is left out with its answer.
    """
    if within is None:
        return tuple(history)
    return tuple(_kept(history, frozenset(within)))


def _kept(history: Sequence[Turn], within: frozenset[str]) -> Iterator[Turn]:
    for turn, following in pairwise([*history, None]):
        reply = following if turn and turn.role == "user" else turn
        if turn and not (reply and reply.role == "assistant" and _is_elsewhere(reply, within)):
            yield turn


def _is_elsewhere(reply: Turn, within: frozenset[str]) -> bool:
    return reply.refused or bool(reply.cited and within.isdisjoint(place[0] for place in reply.cited))


def named_document(text: str, names: Callable[[], Mapping[str, Iterable[str]]]) -> tuple[str, str] | None:
    """Find the one document that a question names, as in "the robot programme document" or "notes.pdf".

    Args:
        text: The question.
        names: Returns the names of each document by its id: its title, its files, its first heading.

    Returns:
        The document's id, and the question with "this document" in place of the name; None unless exactly one fits.
    """
    match = language_rules().search("named document", text)
    said = next(filter(None, match.match.groups())) if match else ""
    span = match.match.span() if match else (0, 0)
    if file := _FILE_NAME.search(text):
        said, span = file[0], file.span()
    wanted = content_stems(said)
    fits = [d for d, own in (names() if wanted else {}).items() if any(_is_named(said, wanted, name) for name in own)]
    if len(fits) != 1:
        return None
    this = "这份文件" if match and not said.isascii() else "this document"
    return fits[0], text[: span[0]] + this + text[span[1] :]


def _is_named(said: str, wanted: set[str], name: str) -> bool:
    if _FILE_NAME.fullmatch(said):
        return said.lower() == name.lower()
    return wanted <= content_stems(name)
