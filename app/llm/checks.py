"""Finds the evidence that a model's statement rests on, or says in plain words why it fails."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import islice, product

from app.answers import Evidence
from app.groundedness.checker import fault_of, verbatim
from app.groundedness.origins import joined
from app.llm.claims import Claim, Quoted
from app.llm.evidence import (
    EvidenceBlock,
    PassageRun,
    WrittenEvidence,
    breadcrumb,
    origins_of,
    passage_text,
    plain_text,
    with_context,
)
from app.llm.quotes import Page, bare, find_quote, is_long_enough, split_quote
from app.llm.reply import row_text
from app.query.values import Query
from app.text.words import letters
from ingest.documents import guess_language
from ingest.errors import Translatable
from ingest.words import STOPWORDS, tokens

log = logging.getLogger(__name__)

MAX_TRIES = 4  # combinations of places of the quoted words, or passages under a key, that are tried for a statement

_NAMED = {"zh": re.compile(r"\b(?:Chinese|Mandarin)\b|中文|汉语", re.I), "en": re.compile(r"\bEnglish\b|英文|英语", re.I)}
"""Patterns of the words by which a question names the language of its answer."""

NOTHING = "–"
"""The text of a cell of which the evidence says nothing: it claims nothing."""
_EMPTY_CELL = re.compile(
    r"\W*(?:n/?a|not (?:stated|given|available|named|in the evidence)|unknown|未说明|没有说明|无)?\W*", re.I
)
NO_STATEMENT = "It is no statement."
ANOTHER_LANGUAGE = "It is written in another language."
NOT_THERE = "The words “{words}” do not stand in the evidence."
NOWHERE = "Nothing in the evidence says so."


@dataclass(frozen=True, slots=True)
class CheckedStatement:
    """A statement as it would be shown, with the passages that it cites.

    Attributes:
        claim: The statement as the model wrote it.
        text: The text that would be shown.
        cells: The cells of a table row as pairs of heading and value; () for other statements.
        runs: The passages that it cites, a run for each citation.
        reason: Why it does not pass the checks; '' if it does.
        verbatim: True if it is a passage, or a statement that was written beforehand, word for word.
    """

    claim: Claim
    text: str
    cells: tuple[tuple[str, str], ...] = ()
    runs: tuple[PassageRun, ...] = ()
    reason: str = ""
    verbatim: bool = False

    @property
    def is_final(self) -> bool:
        """True if nothing that comes later can change it: a judge, what is missing, or the sentence before a list."""
        return self.verbatim and not self.reason and self.claim.answers and self.claim.kind == "paragraph"


class StatementChecks:
    """Checks the statements of one answer against the evidence that the model was shown.

    Args:
        question: The query.
        shown: The evidence blocks that the model was shown.
        judged: True if a judge reads the statements that pass.
        written: The statements that the model was shown.
    """

    def __init__(
        self, question: Query, shown: Sequence[EvidenceBlock], judged: bool = False, written: Sequence[WrittenEvidence] = ()
    ) -> None:
        self._question, self.shown, self._judged = question, shown, judged
        self._pages = [Page(block) for block in shown]
        self._written = {item.key: item for item in written}
        self._written_texts = {bare(item.text): item for item in written}
        self._question_letters = {letters(question.text), letters(question.standalone)}
        self._named_languages = {language for language, pattern in _NAMED.items() if pattern.search(question.text)}

    @staticmethod
    def says_nothing(statement: Claim) -> bool:
        """Return True if a statement is only a heading or leads over to a list, so that it may be dropped."""
        unsupported = not statement.supports and statement.kind != "table"
        text = statement.text.rstrip().rstrip("\"'”’」』）)")
        return unsupported and not text.endswith((".", "!", "?", "。", "！", "？", "…"))

    def check(self, statement: Claim) -> CheckedStatement:
        """Check a statement and find the passages that support it, or the reason why none do."""
        cells = tuple((plain_text(name), _cell(value)) for name, value in statement.cells)
        text = row_text((name, value) for name, value in cells if value != NOTHING) if cells else plain_text(statement.text)
        if (same := self._written_texts.get(bare(text))) and same.runs:
            return CheckedStatement(statement, same.text, cells, same.runs, verbatim=True)
        supporting, reason = self._support(_claim(text), statement.supports)
        runs = supporting or self._cited(statement.supports)
        reason = self._no_statement(text, runs) or reason
        log.info("%s: %s %s", "stands" if not reason else "does not stand", text, reason)
        is_verbatim = any(verbatim(text, source) for run in supporting for source in (" ".join(_texts(run)), *_texts(run)))
        return CheckedStatement(statement, text, cells, runs, reason, is_verbatim)

    def absence(self, text: str) -> str:
        """Return the written statement of what is not held that a text is, or names by its key; '' if it is none."""
        item = self._written_texts.get(bare(text)) or self._written.get(text.strip(" .[]()"))
        return item.text if item and not item.runs else ""

    def introduction(self, statement: Claim, items: Sequence[CheckedStatement]) -> CheckedStatement:
        """Check a statement that introduces a list or table; it cites what its items cite."""
        runs = tuple(dict.fromkeys(run for item in items for run in item.runs[:1]))[:MAX_TRIES]
        text = plain_text(statement.text)
        reason = self._no_statement(text, runs) or self._objection(_claim(text), runs)
        return CheckedStatement(statement, text, runs=runs, reason=reason)

    def blocks_of(self, checked: CheckedStatement) -> tuple[EvidenceBlock, ...]:
        """Return the blocks that a statement names or cites, or all blocks if there are none."""
        keys = {s.key for s in checked.claim.supports}
        cited = {id(e) for run in checked.runs for e in run}
        return tuple(b for b in self.shown if b.key in keys or cited & {id(e) for e in b.items}) or tuple(self.shown)

    def unjudged(self, checked: CheckedStatement) -> CheckedStatement:
        """Check a statement that no judge has read by all rules."""
        strict = copy(self)  # with the pages that are read already
        strict._judged = False
        return checked if checked.reason else strict.check(checked.claim)

    # --- parts

    def _no_statement(self, text: str, cited: Sequence[PassageRun]) -> str:
        """Return why a text cannot be a statement, '' if it can."""
        if not _words(text) or text.endswith(("?", "？")) or letters(text) in self._question_letters:
            return NO_STATEMENT
        languages = {guess_language(self._question.text), *self._named_languages, *(r[0].document.language for r in cited)}
        return "" if guess_language(text) in languages else ANOTHER_LANGUAGE

    def _support(self, claim: str, supports: Sequence[Quoted]) -> tuple[tuple[PassageRun, ...], str]:
        """Find the passages that support a claim.

        They are looked for at the places of its quoted words. Without quoted words they are looked for under its keys.

        Returns:
            The passages, and '' or the reason why none support the claim.
        """
        if not _words(claim):
            return (), NO_STATEMENT
        places, missing = self._find_quotes(supports)
        if places:
            return self._first_support(claim, islice(product(*places), MAX_TRIES))
        if missing:
            return (), Translatable(NOT_THERE, words=missing)
        return self._first_support(claim, self._by_words(claim, [s.key for s in supports]))

    def _find_quotes(self, supports: Sequence[Quoted]) -> tuple[list[list[PassageRun]], str]:
        """Find the quoted words in the evidence.

        Returns:
            The places of each piece of the quoted words that the evidence has, and the first piece that it lacks ('' if
                none).
        """
        places: list[list[PassageRun]] = []
        missing = ""
        for support in supports:
            places += [[run] for run in self._written[support.key].runs] if support.key in self._written else []
            for piece in self._pieces(support) if support.words else ():
                if runs := find_quote(piece, support.key, self._pages):
                    places.append(runs)
                elif is_long_enough(piece):
                    missing = missing or piece
        return places, missing

    def _pieces(self, support: Quoted) -> Iterator[str]:
        """Yield the pieces of quoted words to look for.

        A piece of several lines that the evidence does not have as a whole is split into its lines.
        """
        for piece in split_quote(support.words):
            lines = [line for line in piece.splitlines() if line.strip()]
            yield from [piece] if len(lines) < 2 or find_quote(piece, support.key, self._pages) else lines

    def _cited(self, supports: Sequence[Quoted]) -> tuple[PassageRun, ...]:
        """Return what a statement that fails meant to cite.

        These are the first places of its quoted words or, if there are none, the blocks of its keys.
        """
        places, _ = self._find_quotes(supports)
        blocks = [b.items for b in self.shown if b.key in {s.key for s in supports}]
        return tuple(runs[0] for runs in places) or tuple(blocks)

    def _first_support(self, claim: str, candidates: Iterator[tuple[PassageRun, ...]]) -> tuple[tuple[PassageRun, ...], str]:
        """Find the first set of passages that supports a claim.

        Each set is also tried with the sentence that its first passage refers back to.

        Args:
            claim: The claim.
            candidates: The sets of passages to try.

        Returns:
            The passages with '', or () with the reason why the first set failed.
        """
        reason = ""
        for candidate in candidates:
            for runs in dict.fromkeys((candidate, tuple(self._in_context(r) for r in candidate))):
                fault = self._objection(claim, runs)
                if not fault:
                    return tuple(dict.fromkeys(runs)), ""
                reason = reason or fault
        return (), reason or NOWHERE

    def _objection(self, claim: str, runs: Sequence[PassageRun]) -> str:
        evidence = [" ".join(_texts(run)) for run in runs]
        headings = dict.fromkeys(breadcrumb(e.document, e.passage) for run in runs for e in run[-1:])
        row_counts = [sum(e.passage.kind != "sentence" for e in run) for run in runs]
        origins = joined([origins_of(run[0].document, [e.passage for e in run]) for run in runs])
        return fault_of(claim, evidence, ". ".join(headings), self._judged, (*row_counts, sum(row_counts)), origins)

    def _in_context(self, run: PassageRun) -> PassageRun:
        block = next((b for b in self.shown if run[0] in b.items), None)
        return with_context(run, block) if block else run

    def _by_words(self, claim: str, keys: Sequence[str]) -> Iterator[tuple[PassageRun, ...]]:
        """Yield the places that a claim without quoted words may come from.

        The passages under its keys that share most words with it come first, each alone, then one of each key together.
        Other passages follow.
        """
        words = _words(claim)

        def by_shared_words(items: Sequence[Evidence]) -> list[Evidence]:
            return sorted(items, key=lambda e: -len(words & _words(e.text)))

        under_keys = [by_shared_words(block.items)[:MAX_TRIES] for block in self.shown if block.key in keys]
        for items in under_keys:
            yield from (((e,),) for e in items)
        if len(under_keys) > 1:
            yield tuple((items[0],) for items in under_keys)
        tried_ids = {id(e) for items in under_keys for e in items}
        remaining = [e for block in self.shown for e in block.items if id(e) not in tried_ids]
        yield from (((e,),) for e in by_shared_words(remaining)[:3])


def _claim(text: str) -> str:
    """Return a statement as a sentence: a colon at its end, which leads over to a list, becomes a full stop."""
    return f"{text[:-1]}." if text.endswith((":", "：")) else text


def _cell(value: str) -> str:
    """Return a cell as it would be shown."""
    return NOTHING if len(value) < 30 and _EMPTY_CELL.fullmatch(value) else plain_text(value)


def _texts(run: PassageRun) -> list[str]:
    """Return the texts of a run's passages as they are read.

    The sentence that introduces a list appears once, and rows have their headings.
    """
    first = passage_text(run[0].document, run[0].passage) if run[0].passage.lead else run[0].text
    return [first, *(e.text for e in run[1:])]


def texts_of(checked: CheckedStatement) -> list[str]:
    """Return the text of each citation of a statement, as it is read."""
    return [" ".join(_texts(run)) for run in checked.runs]


def _words(text: str) -> set[str]:
    return {w for w in tokens(text) if w not in STOPWORDS}
