"""A model's words as they come, cut into sentences with the keys that each names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz

from app.answers import Written
from app.llm.prompts import NO_ANSWER, Shown
from app.llm.untrusted import plain_text
from ingest.split import sentences

_GROUP = r"(?:(?<!\s)\s*+[\[【［(（]\s*+S\s*+\d++(?:\s*+[,，;、]\s*+S?\s*+\d++|\s++S\s*+\d++)*+\s*+[\]】］)）])+"
_KEYS = re.compile(_GROUP, re.IGNORECASE)
_BEHIND = re.compile(rf"([.!?。！？…][\"'”’」』）)]*)({_GROUP})", re.IGNORECASE)
_ITEM = re.compile(r"^\s*(?:\d{1,2}[.)、]|[-*•·])\s+")
_BRACKET = re.compile(r"[\[【［(（\]】］)）]")
_THOUGHT = re.compile(r"(?<!\s)\s*+<think(?:ing)?>.*?(</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_DECLINED = re.compile(rf"\W*({NO_ANSWER}|no_answer)\b|\W*(没有|无)答案\W*$", re.IGNORECASE)

HEADING, ALIKE = 3, 85
"""Words from which what stands before a colon can be a title or heading that a model repeats, and not a subject; how like it
must be, of 100, where it has been altered."""
_COLON = re.compile(r"[:：]\s*")
_THIRD_WORD = re.compile(rf"\s*(?:\S++\s++){{{HEADING - 1}}}\S")
_PROMISE = re.compile(r"^(?:the\s+)?(?:answer|evidence)(?:\s+is)?\s*[:：]\s*", re.IGNORECASE)


def without_thoughts(text: str) -> str:
    """What a model says, without what it says to itself before."""
    return _THOUGHT.sub("", text)


class Listener:
    """Hears a text piece by piece and gives each sentence once it is whole, which it is when the next one begins."""

    def __init__(self) -> None:
        self.heard = ""
        self._given = 0

    def hear(self, piece: str) -> Iterator[Written]:
        """The sentences that are whole now."""
        self.heard += piece
        yield from self._further(self._sentences(_before_open(self.heard))[:-1])

    def close(self) -> Iterator[Written]:
        """What is left at the end; the last words may be half a sentence, and then they are not given."""
        found = self._sentences(self.heard)
        if found and not found[-1].keys and not re.search(r"[.!?。！？…][\"'”’」』）)]*\s*$", self.heard):
            found = found[:-1]
        yield from self._further(found)

    @property
    def declined(self) -> bool:
        """Whether it says that the evidence holds no answer."""
        return bool(_DECLINED.match(without_thoughts(self.heard)))

    def _further(self, found: Sequence[Written]) -> Iterator[Written]:
        new = found[self._given :]
        self._given += len(new)
        yield from new

    def _sentences(self, text: str) -> list[Written]:
        said = without_thoughts(text)
        found = []
        for line in said.split("\n"):
            line = _BEHIND.sub(r"\2\1", _ITEM.sub("", line))  # keys behind the full stop belong to the sentence before it
            found += [written(line[start:end]) for start, end in sentences(line, 0, len(line))]
        return [w for w in found if not _DECLINED.match(w.text)]


def written(text: str, keys: Sequence[str] = ()) -> Written:
    """A sentence without the keys that stand in it; those and the ones given apart, each once."""
    named = [*keys, *(f"S{n}" for group in _KEYS.findall(text) for n in re.findall(r"\d+", group))]
    return Written(re.sub(r"(?<!\s)\s++([.,;!?。，！？])", r"\1", _KEYS.sub("", text)).strip(), tuple(dict.fromkeys(named)))


def as_said(text: str, shown: Sequence[Shown]) -> str:
    """A model's sentence as it would be shown: plain text, without what small models put in front of it, “The answer is:” or
    words of the title and heading that they were shown."""
    text = _PROMISE.sub("", plain_text(text))
    least, most = _THIRD_WORD.match(text), max((2 * len(s.place) for s in shown), default=0)
    ends = [colon.end() for colon in _COLON.finditer(text[:most]) if least and colon.end() >= least.end()]
    alike = {end: max((_alike(text[:end], s.place) for s in shown), default=0.0) for end in ends if text[end:]}
    best = max(alike, key=lambda end: (alike[end], end), default=0)
    return text[best:] if best and alike[best] >= ALIKE else text


def _before_open(text: str) -> str:
    """The text up to a bracket that nothing closes yet."""
    opened = -1
    for bracket in _BRACKET.finditer(text):
        if bracket[0] not in "[【［(（":
            opened = -1
        elif opened < 0:
            opened = bracket.start()
    return text if opened < 0 else text[:opened]


def _alike(above: str, place: str) -> float:
    """How far what stands before a colon is words of a place, of 100; altered words count behind its mark."""
    above, place = above.strip().lower(), f"{place}:".lower()
    if above in place:
        return 100.0
    return fuzz.ratio(above, place) if "›" in above else 0.0


SCHEMA: dict[str, Any] = {
    "title": "answer",
    "description": "The sentences of an answer, each with the keys of the evidence that it rests on; none without evidence.",
    "type": "object",
    "properties": {
        "sentences": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string", "description": "One short sentence of plain text."},
                    "keys": {"type": "array", "items": {"type": "string"}, "description": "Such as S1."},
                },
                "required": ["text", "keys"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["sentences"],
    "additionalProperties": False,
}


class Reader:
    """Reads a structured answer as it grows: the same as `Listener`, of JSON."""

    def __init__(self) -> None:
        self._given = 0
        self._last: list[Written] = []
        self._answered = False

    def hear(self, grown: object) -> Iterator[Written]:
        """The sentences that are whole now."""
        items = grown.get("sentences") if isinstance(grown, Mapping) else None
        self._answered = isinstance(items, list)
        self._last = [_item(i) for i in items if isinstance(i, Mapping)] if isinstance(items, list) else []
        yield from self._further(self._last[:-1])

    def close(self) -> Iterator[Written]:
        """The last one."""
        yield from self._further(self._last)

    @property
    def declined(self) -> bool:
        """Whether it gave no sentence, or says that there is no answer."""
        return self._answered and (not self._last or bool(_DECLINED.match(self._last[0].text)))

    def _further(self, found: Sequence[Written]) -> Iterator[Written]:
        new = found[self._given :]
        self._given += len(new)
        yield from new


def _item(item: Mapping[str, Any]) -> Written:
    keys = item.get("keys")
    named = [str(k).strip("[] ").upper() for k in keys] if isinstance(keys, list) else []
    return written(str(item.get("text", "")), named)
