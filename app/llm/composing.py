"""Composes an answer of a model's statements as they are checked, in order and with citations.

The program's own answer is ready as a replacement: its quotes for a statement that fails, all of it for a model that fails.
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
from app.llm.checks import ANOTHER_LANGUAGE, Checked
from app.llm.evidence import gives_orders, plain_text, visible
from app.llm.selecting import Material
from app.query.values import Query
from app.sentences import Citation, Place, Sentence, Statement, VerifiedSentence
from app.text.messages import message
from app.text.words import letters
from ingest.documents import guess_language
from ingest.errors import CorpusError
from ingest.folders import read_mapping

LONGEST = 1_500  # characters
_MEND = "Write `background: …` with a text in quotes, or remove it."


def described(corpus: Path) -> str:
    """Read the title and the background of a corpus folder, '' if it has neither.

    A longer text is cut to `LONGEST` characters.

    Raises:
        CorpusError: `_page.yaml` is malformed.
    """
    path = corpus / "_page.yaml"
    given = read_mapping(path, _MEND) if path.is_file() else {}
    title, background = given.get("title") or "", given.get("background") or ""
    if not (isinstance(title, str) and isinstance(background, str)):
        raise CorpusError(f"{path}: title and background are texts.", _MEND)
    return visible(f"{title}. {background}".strip(". ") if title else background)[:LONGEST]


LONGEST_GAP = 300  # characters of what the evidence does not state


@dataclass(eq=False)
class Slot:
    """A statement in its place in the answer.

    Attributes:
        checked: The statement as it was checked last.
        said: True if it was sent to the reader.
        out: True if it was given up: it is replaced by quotes or left out.
        leads: True if it introduces a list or table.
    """

    checked: Checked
    said: bool = False
    out: bool = False
    leads: bool = False

    @property
    def stands(self) -> bool:
        """True if it may be said."""
        return not self.checked.reason


class Composition:
    """Makes one answer. Sentences are said in the order in which they will stand in it."""

    def __init__(self, material: Material, heeds: bool = True, untested: bool = False) -> None:
        self._material, self._quoted, self._heeds, self._untested = material, material.quoted, heeds, untested
        self.language = guess_language(material.question.text)
        self.slots: list[Slot] = []
        self._sentences: list[Sentence] = []
        self._citations: list[Citation] = []
        self._seen: set[str] = set()
        self._introductions: list[tuple[int, Statement]] = []
        self._own = 0
        self._replaced: list[Checked] = []
        self._removed: list[Checked] = []

    def add(self, checked: Checked) -> None:
        """One more statement; what was said before is not said again."""
        same = letters(checked.text)
        if same not in self._seen:  # small models say things twice
            self._seen.add(same)
            self.slots.append(Slot(checked))

    def introduce(self, statement: Statement) -> None:
        """Take what leads over to the statements that come next."""
        self._introductions.append((len(self.slots), statement))

    def place_introductions(self, check: Callable[[Statement, Sequence[Checked]], Checked]) -> None:
        """Put what leads over to a list or table before its items, if what they cite carries it."""
        for at, statement in reversed(self._introductions):
            if statement.text.rstrip().endswith((":", "：")) and (items := self._items_at(at)):
                checked = check(statement, items)
                if not checked.reason:
                    self.slots.insert(at, Slot(checked, leads=True))

    def drop_introductions(self) -> None:
        """Forget those that do not stand, or whose items do not: nobody misses them."""
        kept = [s for n, s in enumerate(self.slots) if not s.leads or (s.stands and self._items_at(n + 1))]
        self.slots[:] = kept

    def _items_at(self, at: int) -> list[Checked]:
        """Return the items of the list or table that begins at a place, if they pass the checks."""
        behind = [s.checked for s in self.slots[at:]]
        block = behind[0].statement.block if behind and behind[0].statement.kind != "paragraph" else 0
        return [c for c in behind if c.statement.block == block and not c.reason]

    def unsaid(self) -> list[Slot]:
        """Return the statements that pass the checks and have not been sent yet."""
        return [s for s in self.slots if s.stands and not s.said]

    def correct(self, slot: Slot, checked: Checked) -> bool:
        """Put a rewritten statement in the place of the one that failed.

        If later statements were sent already, it goes to the end.

        Returns:
            False if another statement says the same; the rewritten one is then dropped.
        """
        same = letters(checked.text)
        if same in self._seen:
            return False
        self._seen.add(same)
        slot.checked = checked
        if any(later.said for later in self.slots[self.slots.index(slot) :]):
            self.slots.remove(slot)
            self.slots.append(slot)
        return True

    def restart(self) -> bool:
        """Forget all statements; False if something was said already."""
        if any(slot.said for slot in self.slots):
            return False
        self.slots.clear()
        self._seen.clear()
        self._introductions.clear()
        return True

    def release(self, wait: bool = False) -> Iterator[VerifiedSentence]:
        """Yield what may be said now: all that stands; if one is to `wait`, all before the first that does not."""
        for slot in self.slots:
            if slot.said or slot.out:
                continue
            if slot.stands:
                slot.said = True
                yield self._say(slot.checked)
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
        more = [*self.release(), *self._instead()]
        left_out = tuple(LeftOut(c.text or c.statement.text[:200], c.reason) for c in [*self._replaced, *self._removed])
        removed, replaced = len(self._removed), len(self._replaced)
        use = replace(use, written=len(self.slots), removed=removed, replaced=replaced, left_out=left_out)
        use = use if self._own or use.failure else replace(use, failure=self._why_nothing(not_stated))
        if use.failure == "declined" and self._heeds:
            return (), self._answer(Worded((), (), use, declined=True))
        missed = self._missed(use)
        more += [self._quote(s) for s in missed]
        worded = self._worded(use, bool(missed), not_stated)
        return tuple(more), self._answer(replace(worded, looked=looked, unanswered=unanswered))

    # --- parts

    def _worded(self, use: ModelUse, missed: bool, not_stated: str) -> Worded:
        own = self._own > 0
        said = [notes.failure(use, self.language, quotes=not own and bool(self._quoted.sentences))]
        if own:
            said += [*notes.unverified(use, self.language), message("model_notes.missed", self.language) if missed else ""]
        said += [message("model_notes.untested", self.language)] if self._untested else []
        left = gap_of(not_stated, self._material.question) if own else ""
        return Worded(self._sentences, self._citations, use, own, said, left, heeded=self._heeds)

    def _answer(self, worded: Worded) -> Answer:
        question = replace(self._material.question, language=self.language)
        answer = reworded(question, self._quoted, worded, self._material.gap)
        if not (worded.own or worded.declined):
            return answer
        # a model that is heeded has read the question itself: what else may be meant was the program's guess
        meant = () if worded.own and self._heeds else answer.suggestions
        return replace(answer, quotes=self._quoted.body, suggestions=meant)

    def _instead(self) -> Iterator[VerifiedSentence]:
        """For each statement that failed the program's own quote of what it cites, once, or nothing."""
        for slot in self.slots:
            if slot.stands:
                continue
            slot.out = True
            quotes = self._quotes_of(slot.checked)
            (self._replaced if quotes else self._removed).append(slot.checked)
            if self._own:  # else all quotes stand, as the program has them
                yield from (self._quote(s) for s in quotes)

    def _why_nothing(self, not_stated: str) -> str:
        if not self.slots:
            return "declined" if not_stated else "nonsense"
        foreign = all(s.checked.reason == ANOTHER_LANGUAGE for s in self.slots)
        return "language" if foreign else "unsupported"

    def _missed(self, use: ModelUse) -> list[Sentence]:
        """Return the program's own quotes that are to be added because no statement cites them.

        If the model failed, these are all such quotes. If it is not heeded, or something of it was left out, they are
        added only if no quote at all is cited.
        """
        left = [s for s in self._quoted.sentences if not self._cites(s)]
        if use.failure:
            return left
        none = len(left) == len(self._quoted.sentences)
        return left if none and (self._removed or not self._heeds) else []

    def _say(self, checked: Checked) -> VerifiedSentence:
        self._own += 1
        place = Place(checked.statement.block, checked.statement.kind, checked.cells)
        return self._add(checked.text, [cite(0, run) for run in checked.runs], place=place)

    def _quote(self, sentence: Sentence) -> VerifiedSentence:
        return self._add(sentence.text, self._of(sentence), sentence.highlight)

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

    def _quotes_of(self, checked: Checked) -> list[Sentence]:
        """Return the program's own quotes among what a statement meant to cite, if they are not cited yet."""
        passages = [e.passage for run in checked.runs for e in run]
        left = (s for s in self._quoted.sentences if not self._cites(s))
        return [s for s in left if any(c.covers(p) for p in passages for c in self._of(s))]

    def _of(self, sentence: Sentence) -> list[Citation]:
        return [c for c in self._quoted.citations if c.number in sentence.citations]

    def _cites(self, quoted: Sentence) -> bool:
        """Return True if a sentence that stands already cites a place of this quote."""
        return any(
            c.document_id == q.document_id and c.start < q.end and q.start < c.end
            for c in self._citations
            for q in self._of(quoted)
        )


_YEARS = re.compile(r"(?<!\d)(?:(?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th))(?![\d%]|[.,]\d)")


def gap_of(not_stated: str, question: Query) -> str:
    """Return what the evidence does not state as plain text, shortened.

    The result is '' if the text gives orders, or has a figure that was not asked about. Years and ordinals do not count
    as such figures.

    Args:
        not_stated: The model's words.
        question: The query.
    """
    text = plain_text(not_stated)
    said, asked = _YEARS.sub("", text), f"{question.text} {question.standalone}"
    figures = set(re.findall(r"\d+", said)) - set(re.findall(r"\d+", asked))
    return "" if figures or gives_orders(text) else text[:LONGEST_GAP]


def _span(citation: Citation) -> tuple[str, int, int]:
    return citation.document_id, citation.start, citation.end
