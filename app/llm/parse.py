"""A model's words as they come -> sentences, each with the keys that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz

from app.llm.prompts import NO_ANSWER, PromptPassage
from app.llm.untrusted import plain_text
from app.sentences import GeneratedSentence
from ingest.sentences import sentences

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
    """What a model says -> the same without what it says to itself before."""
    return _THOUGHT.sub("", text)


class SentenceStream:
    """A text piece by piece -> each sentence once it is whole, which it is when the next one begins."""

    def __init__(self) -> None:
        self.buffer = ""
        self._given = 0

    def feed(self, piece: str) -> Iterator[GeneratedSentence]:
        """The sentences that are whole now."""
        self.buffer += piece
        yield from self._further(self._sentences(_before_open(self.buffer))[:-1])

    def close(self) -> Iterator[GeneratedSentence]:
        """What is left at the end; the last words may be half a sentence, and then they are not given."""
        found = self._sentences(self.buffer)
        if found and not found[-1].keys and not re.search(r"[.!?。！？…][\"'”’」』）)]*\s*$", self.buffer):
            found = found[:-1]
        yield from self._further(found)

    @property
    def declined(self) -> bool:
        """Whether it says that the evidence holds no answer."""
        return bool(_DECLINED.match(without_thoughts(self.buffer)))

    def _further(self, found: Sequence[GeneratedSentence]) -> Iterator[GeneratedSentence]:
        new = found[self._given :]
        self._given += len(new)
        yield from new

    def _sentences(self, text: str) -> list[GeneratedSentence]:
        said = without_thoughts(text)
        found = []
        for line in said.split("\n"):
            line = _BEHIND.sub(r"\2\1", _ITEM.sub("", line))  # keys behind the full stop belong to the sentence before it
            found += [generated(line[start:end]) for start, end in sentences(line, 0, len(line))]
        return [w for w in found if not _DECLINED.match(w.text)]


def generated(text: str, keys: Sequence[str] = ()) -> GeneratedSentence:
    """A sentence -> the same without the keys that stand in it; those and the ones given apart, each once."""
    named = [*keys, *(f"S{n}" for group in _KEYS.findall(text) for n in re.findall(r"\d+", group))]
    bare = re.sub(r"(?<!\s)\s++([.,;!?。，！？])", r"\1", _KEYS.sub("", text)).strip()
    return GeneratedSentence(bare, tuple(dict.fromkeys(named)))


def clean_output(text: str, shown: Sequence[PromptPassage]) -> str:
    """A model's sentence -> what would be shown of it: plain text, without what small models put in front of it, “The answer
    is:” or words of the title and heading that they were shown."""
    text = _PROMISE.sub("", plain_text(text))
    least, most = _THIRD_WORD.match(text), max((2 * len(s.breadcrumb) for s in shown), default=0)
    ends = [colon.end() for colon in _COLON.finditer(text[:most]) if least and colon.end() >= least.end()]
    alike = {end: max((_alike(text[:end], s.breadcrumb) for s in shown), default=0.0) for end in ends if text[end:]}
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


def _alike(above: str, breadcrumb: str) -> float:
    """How far what stands before a colon is words of a breadcrumb, of 100; altered words count behind its mark."""
    above, breadcrumb = above.strip().lower(), f"{breadcrumb}:".lower()
    if above in breadcrumb:
        return 100.0
    return fuzz.ratio(above, breadcrumb) if "›" in above else 0.0


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


class JsonSentenceStream:
    """A structured answer as it grows -> its sentences: the same as `SentenceStream`, of JSON."""

    def __init__(self) -> None:
        self._given = 0
        self._last: list[GeneratedSentence] = []
        self._answered = False

    def feed(self, grown: object) -> Iterator[GeneratedSentence]:
        """The sentences that are whole now."""
        items = grown.get("sentences") if isinstance(grown, Mapping) else None
        self._answered = isinstance(items, list)
        self._last = [_item(i) for i in items if isinstance(i, Mapping)] if isinstance(items, list) else []
        yield from self._further(self._last[:-1])

    def close(self) -> Iterator[GeneratedSentence]:
        """The last one."""
        yield from self._further(self._last)

    @property
    def declined(self) -> bool:
        """Whether it gave no sentence, or says that there is no answer."""
        return self._answered and (not self._last or bool(_DECLINED.match(self._last[0].text)))

    def _further(self, found: Sequence[GeneratedSentence]) -> Iterator[GeneratedSentence]:
        new = found[self._given :]
        self._given += len(new)
        yield from new


def _item(item: Mapping[str, Any]) -> GeneratedSentence:
    keys = item.get("keys")
    named = [str(k).strip("[] ").upper() for k in keys] if isinstance(keys, list) else []
    return generated(str(item.get("text", "")), named)
