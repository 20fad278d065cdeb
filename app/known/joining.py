"""The drafts of the parts of a question as one draft, in which nothing is said twice and no part is passed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.answering.draft import Draft, Proposal, Statement
from app.answers import NotePart
from app.known.match import Match
from app.query.values import Query
from app.text.messages import message
from ingest.words import STOPWORDS, tokens

MAX_STATEMENTS = 5  # statements of all parts together, above which each part gives its short answer: as many as a text has


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """A part of a question with its own draft, and the known question that it was taken for, None if it was searched."""

    query: Query
    match: Match | None
    proposal: Proposal

    @property
    def draft(self) -> Draft:
        """The draft alone."""
        return self.proposal.draft

    @property
    def read_as(self) -> str:
        """The question that is answered."""
        return self.draft.read_as or self.query.searched


def joined(query: Query, parts: Sequence[PartAnswer], whole: Proposal) -> Proposal:
    """Return the drafts of the parts as one, in their order.

    Args:
        query: The question.
        parts: Its parts, answered one by one.
        whole: The draft in quotes for all of it, which stands if no part has an answer.
    """
    draft = _joined(query, [(p, p.draft) for p in parts], whole.draft)
    if any(p.draft.written for p in parts):
        quotes = _joined(query, [(p, p.draft.in_quotes) for p in parts], whole.draft)
        draft = replace(draft, quotes=quotes) if draft is not whole.draft else draft
    return Proposal(draft, (*whole.evidence, *(e for p in parts for e in p.proposal.evidence)))


def _joined(query: Query, parts: Sequence[tuple[PartAnswer, Draft]], whole: Draft) -> Draft:
    drafts = [draft for _, draft in parts if draft.statements]
    if not drafts:
        return whole
    notes = [note for p, d in parts for note in (d.notes if d.statements else (_missing(query, p),))]
    if not all(d.declines for _, d in parts):  # of a half that is not held the other half stands first
        notes = [replace(note, kind="gap") if note.kind == "unanswered" else note for note in notes]
    return replace(
        whole,
        read_as=_read_as(query, parts),
        status="partial" if any(d.status != "answered" for _, d in parts) else "answered",
        statements=_one_after_another(drafts),
        notes=tuple(dict.fromkeys(note for note in notes if note.text)),
        closest=(),
        confidence=min(d.confidence for d in drafts),
        suggestions=tuple(question for _, d in parts for question in d.suggestions),
        asks_for_one=whole.asks_for_one and whole.status != "not_found",
        written=any(d.written for d in drafts),
        composed=any(d.composed for d in drafts),
    )


def _read_as(query: Query, parts: Sequence[tuple[PartAnswer, Draft]]) -> str:
    """Return the questions that are answered, if a written answer is to one that is worded otherwise."""
    differs = any(draft.written and p.read_as != p.query.standalone for p, draft in parts)
    questions = dict.fromkeys(p.read_as for p, draft in parts if draft.statements)
    return " / ".join(questions) if differs else query.searched


def _missing(query: Query, part: PartAnswer) -> NotePart:
    """Return a sentence that says what of the question is not held, in the turn's own words if nobody wrote one.

    A draft that is not `not_found` is of a part that this answer leaves open although the documents answer it.
    """
    gap = part.match.known.gap_in(query.language) if part.match else ""
    sides = [side for side in query.sides if side in part.query.standalone]
    what = part.query.text or (sides[0] if len(sides) == 1 else part.query.standalone)
    key = "notes.not_stated" if part.draft.status == "not_found" else "notes.open"
    return NotePart("gap", gap or message(key, query.language, what=f"“{what.strip(' ?？')}”"))


def _one_after_another(drafts: Sequence[Draft]) -> tuple[Statement, ...]:
    """Return the statements of all drafts, each draft in blocks of its own; what was said before is left out."""
    statements: list[Statement] = []
    earlier_words: list[frozenset[str]] = []
    for draft in drafts:
        blocks = max((s.block for s in statements), default=0)
        words = {id(s): _words(s.in_language(draft.query.language)) for s in draft.statements}
        new = [s for s in draft.statements if not any(words[id(s)] <= earlier for earlier in earlier_words)]
        statements += [replace(s, block=s.block + blocks) if s.block else s for s in new]
        earlier_words += [words[id(s)] for s in new]
    return tuple(statements)


def _words(text: str) -> frozenset[str]:
    return frozenset(w for w in tokens(text) if w not in STOPWORDS)
