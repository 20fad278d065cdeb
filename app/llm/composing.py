"""Composes an answer from a model's checked statements, in order and with citations.

The program's own answer is the fallback: its quotes replace a statement that fails, and all of it replaces a model that
fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.answering.repetition import Worded, reworded
from app.answering.verify import cite
from app.answers import Answer, LeftOut, ModelUse
from app.llm import notes
from app.llm.checks import ANOTHER_LANGUAGE, CheckedStatement
from app.llm.evidence import gives_orders, plain_text, visible
from app.llm.selecting import Material
from app.query.values import Query
from app.sentences import Citation, Place, Sentence, Statement, VerifiedSentence
from app.text.messages import message
from app.text.words import letters
from ingest.documents import guess_language
from ingest.errors import CorpusError
from ingest.yaml_files import read_mapping

_HINT = "Write `background: …` with a text in quotes, or remove it."


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
        raise CorpusError(f"{path}: title and background are texts.", _HINT)
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
    """Composes one answer. Sentences are sent in the order in which they appear in it."""

    def __init__(self, material: Material, heeded: bool = True, untested: bool = False) -> None:
        self._material, self._quoted, self._heeded, self._untested = material, material.quoted, heeded, untested
        self.language = guess_language(material.question.text)
        self.slots: list[Slot] = []
        self._sentences: list[Sentence] = []
        self._citations: list[Citation] = []
        self._seen_letters: set[str] = set()
        self._introductions: list[tuple[int, Statement]] = []
        self._own_count = 0
        self._replaced: list[CheckedStatement] = []
        self._removed: list[CheckedStatement] = []

    def add(self, checked: CheckedStatement) -> None:
        """Add a statement, unless the answer has it already."""
        key = letters(checked.text)
        if key not in self._seen_letters:  # small models say things twice
            self._seen_letters.add(key)
            self.slots.append(Slot(checked))

    def introduce(self, statement: Statement) -> None:
        """Remember a sentence that leads over to the statements that come next."""
        self._introductions.append((len(self.slots), statement))

    def place_introductions(self, check: Callable[[Statement, Sequence[CheckedStatement]], CheckedStatement]) -> None:
        """Insert the introductions of lists and tables before the items, if the citations of the items support them."""
        for at, statement in reversed(self._introductions):
            if statement.text.rstrip().endswith((":", "：")) and (items := self._items_at(at)):
                checked = check(statement, items)
                if not checked.reason:
                    self.slots.insert(at, Slot(checked, introduces=True))

    def drop_introductions(self) -> None:
        """Remove introductions that do not pass, or whose items do not."""
        self.slots[:] = [s for n, s in enumerate(self.slots) if not s.introduces or (s.stands and self._items_at(n + 1))]

    def _items_at(self, at: int) -> list[CheckedStatement]:
        """Return the items of the list or table that begins at a place, if they pass the checks."""
        following = [s.checked for s in self.slots[at:]]
        block = following[0].statement.block if following and following[0].statement.kind != "paragraph" else 0
        return [c for c in following if c.statement.block == block and not c.reason]

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

    def release(self, wait: bool = False) -> Iterator[VerifiedSentence]:
        """Yield what may be sent now: all that passes; with `wait`, only what is before the first that does not."""
        for slot in self.slots:
            if slot.sent or slot.dropped:
                continue
            if slot.stands:
                slot.sent = True
                yield self._add_statement(slot.checked)
            elif wait:
                return

    def close(
        self, use: ModelUse, not_stated: str = "", looked: Sequence[str] = (), unanswered: bool = False
    ) -> tuple[tuple[VerifiedSentence, ...], Answer]:
        """Finish the answer.

        Args:
            use: The model's name, time, tokens and failure.
            not_stated: What the model says that the evidence does not state.
            looked: What the model looked for.
            unanswered: True if `not_stated` begins with what was asked first.

        Returns:
            The sentences that follow the model's last statement, and the answer.
        """
        rest = [*self.release(), *self._replacements()]
        left_out = tuple(LeftOut(c.text or c.statement.text[:200], c.reason) for c in [*self._replaced, *self._removed])
        removed, replaced = len(self._removed), len(self._replaced)
        use = replace(use, written=len(self.slots), removed=removed, replaced=replaced, left_out=left_out)
        use = use if self._own_count or use.failure else replace(use, failure=self._failure_without_statements(not_stated))
        if use.failure == "declined" and self._heeded:
            return (), self._answer(Worded((), (), use, declined=True))
        added_quotes = self._missing_quotes(use)
        rest += [self._quote(s) for s in added_quotes]
        worded = self._worded(use, bool(added_quotes), not_stated)
        return tuple(rest), self._answer(replace(worded, looked=looked, unanswered=unanswered))

    # --- parts

    def _worded(self, use: ModelUse, added: bool, not_stated: str) -> Worded:
        has_own = self._own_count > 0
        messages = [notes.failure(use, self.language, quotes=not has_own and bool(self._quoted.sentences))]
        if has_own:
            messages += notes.unverified(use, self.language)
            messages += [message("model_notes.missed", self.language)] if added else []
        messages += [message("model_notes.untested", self.language)] if self._untested else []
        gap = gap_of(not_stated, self._material.question) if has_own else ""
        return Worded(self._sentences, self._citations, use, has_own, messages, gap, heeded=self._heeded)

    def _answer(self, worded: Worded) -> Answer:
        question = replace(self._material.question, language=self.language)
        answer = reworded(question, self._quoted, worded, self._material.gap)
        if not (worded.own or worded.declined):
            return answer
        # a model that is heeded has read the question itself: what else may be meant was the program's guess
        suggestions = () if worded.own and self._heeded else answer.suggestions
        return replace(answer, quotes=self._quoted.body, suggestions=suggestions)

    def _replacements(self) -> Iterator[VerifiedSentence]:
        """For each statement that failed the program's own quote of what it cites, once, or nothing."""
        for slot in self.slots:
            if slot.stands:
                continue
            slot.dropped = True
            quotes = self._quotes_of(slot.checked)
            (self._replaced if quotes else self._removed).append(slot.checked)
            if self._own_count:  # else all quotes stand, as the program has them
                yield from (self._quote(s) for s in quotes)

    def _failure_without_statements(self, not_stated: str) -> str:
        if not self.slots:
            return "declined" if not_stated else "nonsense"
        foreign = all(s.checked.reason == ANOTHER_LANGUAGE for s in self.slots)
        return "language" if foreign else "unsupported"

    def _missing_quotes(self, use: ModelUse) -> list[Sentence]:
        """Return the program's own quotes that are to be added because no statement cites them.

        If the model failed, these are all such quotes. If it is not heeded, or something of it was left out, they are
        added only if no quote at all is cited.
        """
        uncited = [s for s in self._quoted.sentences if not self._cites(s)]
        if use.failure:
            return uncited
        nothing_cited = len(uncited) == len(self._quoted.sentences)
        return uncited if nothing_cited and (self._removed or not self._heeded) else []

    def _add_statement(self, checked: CheckedStatement) -> VerifiedSentence:
        self._own_count += 1
        place = Place(checked.statement.block, checked.statement.kind, checked.cells)
        return self._add(checked.text, [cite(0, run) for run in checked.runs], place=place)

    def _quote(self, sentence: Sentence) -> VerifiedSentence:
        return self._add(sentence.text, self._citations_of(sentence), sentence.highlight)

    def _add(
        self, text: str, citations: Sequence[Citation], highlight: tuple[int, int] | None = None, place: Place | None = None
    ) -> VerifiedSentence:
        """Add a sentence with its citations; a place that is cited already keeps its number."""
        numbers, new = [], []
        for citation in citations:
            number = next((c.number for c in self._citations if _span(c) == _span(citation)), 0)
            if not number:
                number = len(self._citations) + 1
                new.append(replace(citation, number=number))
                self._citations.append(new[-1])
            numbers.append(number)
        self._sentences.append(Sentence(text, tuple(dict.fromkeys(numbers)), highlight, place))
        return VerifiedSentence(self._sentences[-1], tuple(new))

    def _quotes_of(self, checked: CheckedStatement) -> list[Sentence]:
        """Return the program's own quotes among what a statement meant to cite, if they are not cited yet."""
        passages = [e.passage for run in checked.runs for e in run]
        uncited = (s for s in self._quoted.sentences if not self._cites(s))
        return [s for s in uncited if any(c.covers(p) for p in passages for c in self._citations_of(s))]

    def _citations_of(self, sentence: Sentence) -> list[Citation]:
        return [c for c in self._quoted.citations if c.number in sentence.citations]

    def _cites(self, quoted: Sentence) -> bool:
        """Return True if the answer cites a place of this quote already."""
        return any(
            c.document_id == q.document_id and c.start < q.end and q.start < c.end
            for c in self._citations
            for q in self._citations_of(quoted)
        )


_YEARS = re.compile(r"(?<!\d)(?:(?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th))(?![\d%]|[.,]\d)")


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


def _span(citation: Citation) -> tuple[str, int, int]:
    return citation.document_id, citation.start, citation.end
