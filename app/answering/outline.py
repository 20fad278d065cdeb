"""The parts of a document, each under what introduces it, and what they say first: a document read without a question.

A part begins at a heading, or at a sentence with a colon before a list.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import groupby, pairwise

from app.query.rules import language_rules
from app.text.spans import content_stems, find_spans
from ingest.columns import PATH
from ingest.documents import Document, Passage, plain

MAX_QUOTE = 420  # characters of a passage that a gist quotes
MAX_GIST = 8  # passages of a gist; a shorter document gets a third of its own, but four, or one for each part
MAX_READ = 1_000  # passages of which the figures and names are counted
MAX_LIST = 50  # passages of a list that is given whole
MIN_SHARE = 0.6  # of what a question asks, weighted, that must stand in the introduction of a list
_MARKER = re.compile(r"\s*(?:[-*•–+]\s+|[(（]?(?:\d{1,3}|[a-z]|[一二三四五六七八九十]{1,3})(?:[.)]\s+|[）、]\s*))\S")
_COPYRIGHT = re.compile(r"\W*(?:\(c\)|©|copyright)", re.IGNORECASE)
_LEGAL = re.compile(r"licen[cs]|copyright|warranty|lizenz|版权|许可", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """Holds the passages under one introduction.

    Attributes:
        title: The introduction in words, behind those that it stands under.
        own: The passage of the introduction; None for a heading, which is no passage.
        passages: The passages under it.
        level: 0 for the whole of a heading, 1 for a list within it.
    """

    title: str
    own: Passage | None
    passages: tuple[Passage, ...]
    level: int = 0

    @property
    def quotes(self) -> tuple[Passage, ...]:
        """The introduction, if it is a passage, and what stands under it."""
        return (self.own, *self.passages) if self.own and self.own not in self.passages else self.passages

    def listed(self, text: str) -> tuple[Passage, ...]:
        """Return the list that stands under the introduction, with it; () if most of it is no list."""
        entries = [n for n, p in enumerate(self.passages) if p.kind == "item" or _MARKER.match(p.quote(text))]
        if len(entries) < 2 or len(self.quotes) > MAX_LIST:
            return ()
        return (*self.quotes[: -len(self.passages)], *self.passages[entries[0] :])


def outline(document: Document, passages: Sequence[Passage]) -> tuple[Part, ...]:
    """Return the parts of a document in order, each list after the heading that it stands under."""
    return tuple(
        part for section in _sections(document.text, passages) for part in (section, *_lists(document.text, section))
    )


def _sections(text: str, passages: Sequence[Passage]) -> Iterator[Part]:
    for heading, group in groupby(passages, lambda p: p.heading):
        first, *others = group
        said, title = first.read(text), plain(heading.split(PATH)[-1])
        own = first if title and said.startswith(title) else None  # a plain text: the heading is a passage, or begins one
        yield Part(plain(heading), own, (*others,) if own and said == title else (first, *others))


def _lists(text: str, section: Part) -> Iterator[Part]:
    """Yield the lists of a section, each under the sentence with a colon before it."""
    leads = [n for n, p in enumerate(section.passages) if p.quote(text).rstrip(" *_\n").endswith((":", "："))]
    for start, end in pairwise([*leads, len(section.passages)]):
        lead, entries = section.passages[start], section.passages[start + 1 : end]
        blocks = [b for b, _ in groupby(p.block for p in entries)]
        if entries and entries[0].kind == "item":
            entries = tuple(p for p in entries if p.block == blocks[0])
        yield Part(f"{section.title} {lead.read(text)}", lead, entries, 1)


# --- what it says on the whole


def gist(document: Document, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Choose the passages that say what a document is about, in its order.

    These are its first two sentences, what each part says first, or each of the longest, and if there is room the
    sentences with the most figures and names.
    What it says of its own licence stands back, unless nothing else is there.
    """
    told = [p for p in passages if _tells(document.text, p)]
    sections = [part for part in outline(document, passages) if not part.level]
    most = min(MAX_GIST, max(4, len(told) // 3, len(sections) + 1))
    prose = [p for p in told if p.kind != "item" and not _MARKER.match(p.quote(document.text))]
    entered = [
        (s.own, item) for s in sections if s.own and (item := next((p for p in s.passages[:2] if p.kind == "item"), None))
    ]
    if len(sections) > 2 and 2 * len(entered) > len(sections):  # a change log: its first entries, each under its heading
        return tuple(p for entry in entered for p in entry)[:most]
    prose = prose if len(prose) >= most else told
    legal = {p for p in prose if _LEGAL.search(f"{p.heading} {p.read(document.text)}")}
    subject = [p for p in prose if p not in legal] if 3 * len(legal) < len(prose) else prose
    chosen, telling = subject[:2], frozenset(subject)
    for part in sorted(sections, key=lambda part: -len(part.passages)):
        first = next((p for p in part.quotes if p in telling), None)
        if first and len(chosen) < most and not set(part.quotes) & set(chosen):
            chosen.append(first)
    by_facts = sorted(subject[:MAX_READ], key=lambda p: -facts(document.text, p))
    chosen += [p for p in by_facts if p not in chosen][: most - len(chosen)]
    return tuple(sorted(chosen, key=lambda p: p.start))


def _tells(text: str, passage: Passage) -> bool:
    """Return True if a passage says something by itself: it is neither a heading nor a rule nor a mere address."""
    said = passage.read(text)
    words = [w for w in re.findall(r"[^\W\d_]{2,}", said) if "://" not in w]
    if len(words) < 5 and sum("\u4e00" <= c <= "\u9fff" for c in said) < 10:
        return False
    is_mark = _COPYRIGHT.match(said) or said.endswith((":", "："))
    return len(said) <= MAX_QUOTE and not is_mark


def facts(text: str, passage: Passage) -> int:
    """Count the figures, dates, sums and names that a passage has."""
    said = passage.read(text)
    return sum(len(find_spans(kind, said)) for kind in ("figure", "date", "money", "name"))


# --- the list that a question asks for


def list_for(question: str, document: Document, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Return the list that a question asks for, whole and with its introduction; () if none is introduced so."""
    parts, wanted = outline(document, passages), _asked(question)
    weights = _weights(wanted, document.text, passages)
    lists = [(_share(part.title, weights), part, found) for part in parts if (found := part.listed(document.text))]
    most = max((share for share, *_ in lists), default=0.0)
    best = [(part, found) for share, part, found in lists if share == most]
    sections = [part for part in parts if not part.level]
    if most < MIN_SHARE or sum(_share(part.title, weights) == most for part in sections) > 2:
        return _titles(wanted, sections)
    return min((found for _, found in best), key=len)


def part_for(question: str, document: Document, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Return the part that a question names by its heading, with it; () if none, or if it is long."""
    weights = _weights(_asked(question), document.text, passages)
    shares = sorted(((_share(p.title, weights), n, p) for n, p in enumerate(outline(document, passages))), reverse=True)
    if not shares or shares[0][0] < MIN_SHARE:
        return ()
    if len(shares) > 1 and shares[1][0] == shares[0][0] and not shares[1][2].level:
        return ()
    quotes = shares[0][2].quotes
    return quotes if 1 < len(quotes) <= MAX_GIST else ()


def _asked(question: str) -> set[str]:
    """Return the words by which a part is asked for, without those for what stands under any heading."""
    return content_stems(language_rules().remove("members", question)) or content_stems(question)


def _titles(wanted: Set[str], sections: Sequence[Part]) -> tuple[Passage, ...]:
    """Return the headings that have the words of the question, if they are a list by themselves."""
    stems = [(content_stems(part.title), part) for part in sections if part.title]
    known = wanted & set().union(*(words for words, _ in stems))
    fitting = [part for words, part in stems if known and known <= words]
    long = [word for word in wanted if len(word) > 4 or not word.isascii()]
    if len(fitting) < 3 or len(long) > 3 or len(fitting) > MAX_LIST:
        return ()
    return tuple(p for part in fitting if (p := part.own or next(iter(part.passages), None)))


def _weights(wanted: Iterable[str], text: str, passages: Sequence[Passage]) -> dict[str, float]:
    """Weigh the words of a question: a word that n of N passages have weighs log((N + 1) / (n + 1/2))."""
    frequency = Counter(word for p in passages for word in content_stems(f"{p.heading} {p.read(text)}"))
    return {word: math.log((len(passages) + 1) / (frequency[word] + 0.5)) for word in wanted}


def _share(title: str, weights: dict[str, float]) -> float:
    total = sum(weights.values())
    return sum(weights[word] for word in content_stems(title) & weights.keys()) / total if total else 0.0
