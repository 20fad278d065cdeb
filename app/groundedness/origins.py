"""The sources that passages rest on, in a statement: it may name them and their dates, and gives them no words.

A summary's words are its own. A title or a name says where a figure comes from and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.groundedness.support import QUOTED
from app.text.words import letters
from ingest.documents import Source


@dataclass(frozen=True, slots=True)
class Origins:
    """The sources that cited passages rest on.

    Attributes:
        sources: The sources.
        others: Publishers whose documents are not written in their own words.
    """

    sources: tuple[Source, ...] = ()
    others: tuple[str, ...] = ()

    def without_titles(self, claim: str) -> str:
        """Remove the titles of sources that stand in quotation marks from a claim."""
        titles = {letters(title) for s in self.sources for title in (s.title, s.title_zh)}
        return QUOTED.sub(lambda m: "" if letters(m[0]) in titles else m[0], claim)

    def without_names(self, claim: str) -> str:
        """Remove the names of the publishers from a claim, because a figure in a name counts nothing."""
        return _any_of(_publishers(self.sources)).sub(" ", claim)

    def unattributed(self, claim: str) -> str:
        """Remove the words that attribute a claim to one of its sources."""
        titles = [title for s in self.sources for title in (s.title, s.title_zh) if title]
        name = _any_of([*_publishers(self.sources), *titles, *(f"“{title}”" for title in titles)]).pattern
        for pattern in (
            rf"According to (?:the )?{name}, (.+)",
            rf"(.+?),? according to (?:the )?{name}\.?",
            rf"(?:根据|据){name}(?:的?(?:数据|统计|资料|消息|报道))?，(.+)",
        ):
            if match := re.fullmatch(pattern, claim):
                return match[1]
        return claim

    def borrowed_quotation(self, claim: str, passages: Sequence[str]) -> str:
        """Find words in quotation marks that a claim wrongly gives to a source that it names.

        Such words are wrong if the passages do not quote them.

        Returns:
            The fault as a sentence, '' if there is none.
        """
        name = _any_of(filter(None, map(_bare_name, self.others))).search(claim)
        if name is None:
            return ""
        quoted_words = [letters(m[0]) for passage in passages for m in QUOTED.finditer(passage)]
        for quotation in QUOTED.finditer(claim):
            is_title = quotation[0].startswith("《")  # it names a document and quotes nobody
            if not is_title and not any(letters(quotation[0]) in words for words in quoted_words):
                return f"“{quotation[0][1:-1]}” are words of the passage, not of {name[0]}."
        return ""


NO_ORIGINS = Origins()
"""The origins of passages whose sources are not given."""


def joined(origins: Sequence[Origins]) -> Origins:
    """Return the origins of several citations as one."""
    sources = dict.fromkeys(s for origin in origins for s in origin.sources)
    return Origins(tuple(sources), tuple(dict.fromkeys(name for origin in origins for name in origin.others)))


def _publishers(sources: Sequence[Source]) -> Iterator[str]:
    return filter(None, (_bare_name(s.publisher) for s in sources))


def _bare_name(publisher: str) -> str:
    """Return a publisher's name without the text in brackets, which says where the text was found."""
    return publisher.replace("（", "(").partition("(")[0].strip()


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(set(names), key=len, reverse=True)
    return re.compile(
        rf"(?<![a-zA-Z])(?:{'|'.join(map(re.escape, longest_first))})(?![a-zA-Z])" if longest_first else r"(?!)"
    )
