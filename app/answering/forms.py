"""Quotes in the form that is wished for: fewer of them, or placed as a list or table. Their words stay as they are."""

from __future__ import annotations

from dataclasses import replace

from app.answering.notes import unmet_note
from app.answers import Answer
from app.query.values import Query
from app.sentences import Place


def quoted_in_form(query: Query, answer: Answer) -> Answer:
    """Return an answer in quotes as the query wishes for it; what quotes cannot give is said in its note."""
    wish = query.wish
    if answer.status not in ("answered", "partial") or wish.form in ("", "sources", "longer"):
        foreign = wish.language and wish.form != "sources" and any(c.language != wish.language for c in answer.citations)
        return replace(answer, note_parts=(*answer.note_parts, unmet_note(query))) if foreign else answer
    if wish.form == "short":
        return answer.first(wish.number or 1)
    rows = {c.number: c.row for c in answer.citations}
    if wish.form == "list":
        answer = answer.first(wish.number or len(answer.sentences))
        places = [Place(1, "list") for _ in answer.sentences]
    elif wish.form == "table" and all(rows.values()):
        places = [Place(1, "table", rows[s.citations[0]]) for s in answer.sentences]
    else:
        return replace(answer, note_parts=(*answer.note_parts, unmet_note(query)))
    placed = tuple(replace(s, place=place) for s, place in zip(answer.sentences, places, strict=True))
    return replace(answer, sentences=placed)
