"""The brackets of the text form, `[S2 "it grew by 5 percent"]`: keys of evidence, and the words that are quoted of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.sentences import Quoted

_OPENS = re.compile(r"[\[【［(（]\s{0,9}S\s{0,9}\d", re.IGNORECASE)
_KEY = re.compile(r"\s*+(?:[,，;；、&和]|and\b)?+\s*+S\s*+(\d{1,4})\s*+[:：,，]?\s*+", re.IGNORECASE)
_NUMBER = re.compile(r"\s*+[,，;；、]\s*+(\d{1,4})(?=\s*+[\]】］)）,，;；、])")
_QUOTE = re.compile(r"\s*+[,，;；、]?\s*+[\"“”„«「『'‘’]")
_QUOTE_ENDS = re.compile(
    r"[\"“”»」』'’]\s*+(?=[\]】］)）]|[,，;；、]?\s*+S\s*+\d|[,，;；、]?\s*+[\"“„«「『])", re.IGNORECASE
)
_CLOSES = re.compile(r"\s*+[\]】］)）]")
HELD = re.compile(r"(?:(?<!\s)\s*+\ue000\d++\ue001)+")


def held(line: str, whole: bool) -> tuple[str, list[list[Quoted]]]:
    """A line -> the same with a mark in place of each bracket of keys and quoted words, and what each bracket says. A last
    one that nothing closes goes on to the end of a `whole` line; else the line ends before it."""
    line = line.replace("\ue000", "").replace("\ue001", "")
    parts: list[str] = []
    groups: list[list[Quoted]] = []
    at = 0
    while opens := _OPENS.search(line, at):
        group, end = _group(line, opens.start() + 1)
        if end < 0 and not whole:
            return "".join([*parts, line[at : opens.start()]]), groups
        if not group:
            parts.append(line[at : opens.end()])
            at = opens.end()
            continue
        parts += [line[at : opens.start()], f"\ue000{len(groups)}\ue001"]
        groups.append(group)
        at = len(line) if end < 0 else end
    return "".join([*parts, line[at:]]), groups


def _group(line: str, at: int) -> tuple[list[Quoted], int]:
    """What stands in a bracket that opens before `at` -> keys with quoted words, and where it ends, -1 if nothing closes
    it; [] where it is none."""
    found: list[Quoted] = []
    while True:
        if closes := _CLOSES.match(line, at):
            return found, closes.end()
        if at >= len(line):
            return found, -1
        if key := _KEY.match(line, at):
            found.append(Quoted(f"S{int(key[1])}"))
            at = key.end()
        elif found and (number := _NUMBER.match(line, at)):
            found.append(Quoted(f"S{int(number[1])}"))
            at = number.end()
        elif found and (quote := _QUOTE.match(line, at)):
            end = _QUOTE_ENDS.search(line, quote.end())
            words = line[quote.end() : end.start() if end else len(line)].strip()
            found[-1:] = [Quoted(found[-1].key, words)] if not found[-1].words else [found[-1], Quoted(found[-1].key, words)]
            at = end.end() if end else len(line)
        else:
            return [], at


def without_held(said: str) -> str:
    """A line -> its words without the marks of brackets."""
    return re.sub(r"(?<!\s)\s++([.,;!?。，！？])", r"\1", HELD.sub("", said)).strip()


def named(said: str, groups: Sequence[Sequence[Quoted]]) -> list[Quoted]:
    """What the brackets say whose marks stand in these words."""
    return [q for n in re.findall(r"\ue000(\d+)\ue001", said) for q in groups[int(n)]]
