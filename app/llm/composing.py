"""Composes an answer from a model's checked statements, in order and with citations.

The program's own draft is the fallback: its quotes replace a statement that fails, and all of it replaces a model that
fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.answering.draft import Draft, Run, Statement, run_of
from app.answering.notes import absent_notes, gap_text
from app.answering.verify import CitationNumbers, by_location
from app.answers import Evidence, LeftOut, ModelUse, NotePart
from app.llm import notes
from app.llm.checks import ANOTHER_LANGUAGE, CheckedStatement, StatementChecks
from app.llm.claims import Claim
from app.llm.client import CallResult
from app.llm.evidence import gives_orders, plain_text, visible
from app.llm.selecting import Material
from app.query.values import Query
from app.sentences import VerifiedSentence
from app.text.messages import message, translate
from app.text.words import letters
from ingest.documents import guess_language
from ingest.errors import CorpusError
from ingest.yaml_files import read_mapping

_HINT = "Write `background: …` with a text in quotes, or remove it."
_YEARS = re.compile(r"(?<!\d)(?:(?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th))(?![\d%]|[.,]\d)")


def folder_description(corpus: Path) -> str:
    """Read the title and the background of a corpus folder, '' if it has neither.

    A longer text is cut to 1,500 characters.

    Raises:
        CorpusError: `_page.yaml` is malformed.
    """
    path = corpus / "_page.yaml"
    config = read_mapping(path, _HINT) if path.is_file() else {}
    title, background = config.get("title") or "", config.get("background") or ""
    if not (isinstance(title, str) and isinstance(background, str)):
        raise CorpusError("{path}: title and background are texts.", _HINT, path)
    return visible(f"{title}. {background}".strip(". ") if title else background)[:1_500]


@dataclass(eq=False)
class Slot:
    """A statement in its place in the answer.

    Attributes:
        checked: The statement as it was checked last.
        sent: True if it was sent to the reader.
        dropped: True if it was given up: it is replaced by quotes or left out.
        introduces: True if it introduces a list or table.
    """

    checked: CheckedStatement
    sent: bool = False
    dropped: bool = False
    introduces: bool = False

    @property
    def stands(self) -> bool:
        """True if the statement passed the checks."""
        return not self.checked.reason


class Composition:
    """Composes one answer. Sentences are sent in the order in which they appear in it.

    Attributes:
        absences: What was written beforehand on what is not held, if the model says that it fits.
    """

    def __init__(self, material: Material) -> None:
        self._material, self._quoted = material, material.quoted
        self.language = guess_language(material.question.text)
        self.slots: list[Slot] = []
        self._evidence = dict(by_location(material.evidence))
        self._numbers = CitationNumbers(self._evidence, lambda citation: citation)
        self._statements: list[Statement] = []
        self._seen_letters: set[str] = set()
        self._introductions: list[tuple[int, Claim]] = []
        self._own_count = 0
        self.absences: list[NotePart] = []
        self._replaced: list[CheckedStatement] = []
        self._removed: list[CheckedStatement] = []

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """All that the model was shown, and what the program's own draft rests on."""
        return tuple(self._evidence.values())

    def show(self, evidence: Iterable[Evidence]) -> None:
        """Add evidence that the model is shown."""
        for location, item in by_location(evidence).items():
            self._evidence.setdefault(location, item)

    def add(self, checked: CheckedStatement) -> None:
        """Add a statement, unless the answer has it already."""
        key = letters(checked.text)
        if key not in self._seen_letters:  # small models say things twice
            self._seen_letters.add(key)
            self.slots.append(Slot(checked))

    def take_absences(self, done: CallResult, checks: StatementChecks) -> CallResult:
        """Keep what the model calls missing in words that were written, and so checked, beforehand; return the rest."""
        first, other = checks.absence(done.unanswered), checks.absence(done.not_stated)
        self.absences[:0] = [NotePart("unanswered", first)] if first else []
        self.absences += [NotePart("absent", other)] if other else []
        unanswered, not_stated = "" if first else done.unanswered, "" if other else done.not_stated
        return replace(done, unanswered=unanswered, not_stated=not_stated)

    def introduce(self, claim: Claim) -> None:
        """Remember a sentence that leads over to the statements that come next."""
        self._introductions.append((len(self.slots), claim))

    def place_introductions(self, check: Callable[[Claim, Sequence[CheckedStatement]], CheckedStatement]) -> None:
        """Insert the introductions of lists and tables before the items, if the citations of the items support them."""
        for at, claim in reversed(self._introductions):
            if claim.text.rstrip().endswith((":", "：")) and (items := self._items_at(at)):
                checked = check(claim, items)
                if not checked.reason:
                    self.slots.insert(at, Slot(checked, introduces=True))

    def drop_introductions(self) -> None:
        """Remove introductions that do not pass, or whose items do not."""
        self.slots[:] = [s for n, s in enumerate(self.slots) if not s.introduces or (s.stands and self._items_at(n + 1))]

    def _items_at(self, at: int) -> list[CheckedStatement]:
        """Return the items of the list or table that begins at a place, if they pass the checks."""
        following = [s.checked for s in self.slots[at:]]
        block = following[0].claim.block if following and following[0].claim.kind != "paragraph" else 0
        return [c for c in following if c.claim.block == block and not c.reason]

    def unsent(self) -> list[Slot]:
        """Return the statements that pass the checks and have not been sent yet."""
        return [s for s in self.slots if s.stands and not s.sent]

    def correct(self, slot: Slot, checked: CheckedStatement) -> bool:
        """Put a rewritten statement in the place of the one that failed.

        If later statements were sent already, it goes to the end.

        Returns:
            False if another statement says the same; the rewritten one is then dropped.
        """
        key = letters(checked.text)
        if key in self._seen_letters:
            return False
        self._seen_letters.add(key)
        slot.checked = checked
        if any(later.sent for later in self.slots[self.slots.index(slot) :]):
            self.slots.remove(slot)
            self.slots.append(slot)
        return True

    def restart(self) -> bool:
        """Remove all statements; return False if one was sent already."""
        if any(slot.sent for slot in self.slots):
            return False
        self.slots.clear()
        self._seen_letters.clear()
        self._introductions.clear()
        return True

    def release(self, wait: bool = False, early: bool = False) -> Iterator[VerifiedSentence]:
        """Yield what may be sent now: all that passes.

        Args:
            wait: Send only what is before the first that does not pass.
            early: Send only what is before the first that may still change.
        """
        for slot in self.slots:
            if slot.sent or slot.dropped:
                continue
            if slot.checked.is_final if early else slot.stands:
                slot.sent = True
                yield self._add_statement(slot.checked)
            elif wait or early:
                return

    def close(
        self, use: ModelUse, not_stated: str = "", looked: Sequence[str] = (), unanswered: bool = False
    ) -> tuple[tuple[VerifiedSentence, ...], Draft]:
        """Finish the draft.

        A model decides whether the documents answer the question, because it has read more of them. If none of its
        statements is left, the program's own draft stands as it was.

        Args:
            use: The model's name, time, tokens and failure.
            not_stated: What the model says that the evidence does not state.
            looked: What the model looked for.
            unanswered: True if `not_stated` begins with what was asked first.

        Returns:
            The sentences that follow the model's last statement, and the draft.
        """
        rest = [*self.release(), *self._replacements()]
        all_left_out = [*self._replaced, *self._removed]
        left_out = tuple(LeftOut(c.text or c.claim.text[:200], translate(c.reason, self.language)) for c in all_left_out)
        removed, replaced = len(self._removed), len(self._replaced)
        use = replace(use, written=len(self.slots), removed=removed, replaced=replaced, left_out=left_out)
        use = use if self._own_count or use.failure else replace(use, failure=self._failure_without_statements(not_stated))
        draft = replace(self._quoted, query=replace(self._material.question, language=self.language), model=use)
        if use.failure == "declined":
            return (), self._declined(draft)
        added_quotes = self._missing_quotes(use)
        rest += [self._add(replace(s, block=0)) for s in added_quotes]
        model_notes = tuple(NotePart("model", text) for text in self._messages(use, bool(added_quotes)))
        if not self._own_count:
            return tuple(rest), replace(draft, notes=(*self._quoted.notes, *model_notes))
        absent = absent_notes(draft.query, gap_of(not_stated, self._material.question), looked, unanswered)
        return tuple(rest), self._own(draft, (*dict.fromkeys(self.absences), *absent), model_notes)

    # --- parts

    def _own(self, draft: Draft, absent: tuple[NotePart, ...], model_notes: tuple[NotePart, ...]) -> Draft:
        """Put the model's statements in the place of the program's quotes.

        What else may be meant was the program's guess: a model has read the question itself.
        """
        quoted, failed = self._quoted, draft.model is not None and bool(draft.model.failure)
        draft = replace(
            draft, statements=tuple(self._statements), suggestions=(), quotes=quoted,
            asks_for_one=quoted.asks_for_one and bool(quoted.statements),
        )  # fmt: skip
        if quoted.statements and failed:
            return replace(draft, notes=(*quoted.notes, *model_notes))
        return replace(draft, status="partial" if absent or failed else "answered", notes=(*absent, *model_notes))

    def _declined(self, draft: Draft) -> Draft:
        """Make a refusal, with what the program would have quoted as the nearest passages."""
        quoted, gap = self._quoted, next((note.text for note in self.absences), self._material.gap)
        closest = tuple(run for s in quoted.statements for run in s.rests_on)[:3] or quoted.closest
        missing = gap if gap_text(draft.query, gap) == gap else ""  # said in the language of the question
        return replace(draft, status="not_found", statements=(), closest=closest, missing=missing, notes=(), quotes=quoted)

    def _messages(self, use: ModelUse, added: bool) -> list[str]:
        has_own, missed = self._own_count > 0, [message("model_notes.missed", self.language)] if added else []
        failure = notes.failure(use, self.language, quotes=not has_own and bool(self._quoted.statements))
        return [failure, *(notes.unverified(use, self.language) + missed if has_own else [])]

    def _replacements(self) -> Iterator[VerifiedSentence]:
        """For each statement that failed the program's own quote of what it cites, once, or nothing."""
        for slot in self.slots:
            if slot.stands:
                continue
            slot.dropped = True
            quotes = self._quotes_of(slot.checked)
            (self._replaced if quotes else self._removed).append(slot.checked)
            if self._own_count:  # else all quotes stand, as the program has them
                yield from (self._add(replace(s, block=0)) for s in quotes)

    def _failure_without_statements(self, not_stated: str) -> str:
        if not self.slots:
            return "declined" if not_stated or self.absences else "nonsense"
        foreign = all(s.checked.reason == ANOTHER_LANGUAGE for s in self.slots)
        return "language" if foreign else "unsupported"

    def _missing_quotes(self, use: ModelUse) -> list[Statement]:
        """Return the program's own quotes that are to be added because no statement cites them.

        If the model failed, these are all such quotes. If something of it was left out, they are added only if no quote at
        all is cited.
        """
        uncited = [s for s in self._quoted.statements if not self._cites(s)]
        if use.failure:
            return uncited
        nothing_cited = len(uncited) == len(self._quoted.statements)
        return uncited if nothing_cited and self._removed else []

    def _add_statement(self, checked: CheckedStatement) -> VerifiedSentence:
        self._own_count += 1
        claim, runs = checked.claim, tuple(map(run_of, checked.runs))
        cells = {self.language: checked.cells} if checked.cells else {}
        return self._add(Statement({self.language: checked.text}, runs, "model", claim.kind, claim.block, cells))

    def _add(self, statement: Statement) -> VerifiedSentence:
        """Add a statement to the answer; return its sentence with the citations that are new."""
        known = len(self._numbers.citations)
        sentence = self._numbers.sentence(statement, self.language)
        self._statements.append(statement)
        return VerifiedSentence(sentence, self._numbers.citations[known:])

    def _quotes_of(self, checked: CheckedStatement) -> list[Statement]:
        """Return the program's own quotes among what a statement meant to cite, if they are not cited yet."""
        meant = {place for run in checked.runs for place in run_of(run)}
        return [s for s in self._quoted.statements if not self._cites(s) and any(meant.intersection(r) for r in s.rests_on)]

    def _cites(self, quoted: Statement) -> bool:
        """Return True if the answer cites a place of this quote already."""
        spans = [self._span(run) for run in quoted.rests_on]
        return any(
            c.document_id == document and c.start < end and start < c.end
            for c in self._numbers.citations
            for document, start, end in spans
        )

    def _span(self, run: Run) -> tuple[str, int, int]:
        return run[0].document_id, run[0].start, self._evidence[run[-1]].passage.end


def gap_of(not_stated: str, question: Query) -> str:
    """Return what the evidence does not state as plain text, shortened to 300 characters.

    The result is '' if the text gives orders, or has a figure that was not asked about. Years and ordinals do not count
    as such figures.

    Args:
        not_stated: The model's words.
        question: The query.
    """
    text = plain_text(not_stated)
    without_years, asked_text = _YEARS.sub("", text), f"{question.text} {question.standalone}"
    figures = set(re.findall(r"\d+", without_years)) - set(re.findall(r"\d+", asked_text))
    return "" if figures or gives_orders(text) else text[:300]
