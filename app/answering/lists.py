"""Lists, and rows of tables, that answer a question as a whole.

A list is cut into its items and a table into its rows. One of them that answers well may say little without the others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from app.answering.notes import unmet_note
from app.answers import Answer, Evidence, Hit
from app.query.values import Query
from app.sentences import Place
from app.text.lexicon import YEAR
from ingest.documents import Passage
from ingest.index import Index

QUOTES = 3  # passages at most if one thing is asked for
WITHIN = 1.75  # a further sentence is quoted when its score lies at most this far below the best
ANNOUNCED = 1.0  # an item stands for its whole list when the introduction lies at most this far below it
LONGEST_LIST = 30
Ranked = Sequence[tuple[Hit, Evidence]]
"""Hits with what an engine is shown of them, best first."""


def paired(hits: Sequence[Hit], evidence: Sequence[Evidence]) -> Ranked:
    """Pair each hit with its evidence, leaving out hits without any."""
    shown = {(e.passage.document_id, e.passage.start): e for e in evidence}
    return [(h, e) for h in hits if (e := shown.get((h.passage.document_id, h.passage.start)))]


def is_list(passages: Sequence[Passage]) -> bool:
    """Return True if these passages are a list: two items of one, or more rows than one thing is quoted for."""
    items = [(p.document_id, p.block) for p in passages if p.kind == "item"]
    return len(set(items)) < len(items) or sum(p.kind == "row" for p in passages) > QUOTES


def whole_list(question: Query, ranked: Ranked) -> list[Evidence]:
    """Return all items of the list that answers best, in its order, after its introducing sentence.

    A list is returned if the question asks for one or for as many things as the list has, if its introducing sentence
    scores best, or if all its items score about as well as the best. Otherwise, or if a passage outside any list scores
    better, the result is [].
    """
    number = question.scope.number
    wanted = question.scope.listed or _announced(question, ranked) or _together(question, ranked)
    if not wanted and number is None:
        return []
    groups: dict[tuple[str, int], list[tuple[Hit, Evidence]]] = {}
    for hit, item in ranked:
        if item.passage.kind == "item":
            groups.setdefault((item.passage.document_id, item.passage.block), []).append((hit, item))
    best: list[Evidence] = []
    limit = ranked[0][0].score
    for pairs in groups.values():
        items = sorted((e for _, e in pairs), key=lambda e: e.passage.start)
        leads = [(h, e) for h, e in ranked if introduces(e.passage, items[0].passage)]
        value = max(h.score for h, _ in [*pairs, *leads])
        as_many = number is None or abs(number - len(items)) <= int(wanted)
        if len(items) >= 2 and as_many and value >= limit:
            best, limit = [*(e for _, e in leads), *items[:LONGEST_LIST]], value
    return best


def table_rows(question: Query, ranked: Ranked) -> list[Evidence]:
    """Return the rows of one table that score about as well as the best, in the table's order.

    The result is [] if the question does not ask for a list, if fewer than three rows score so well, or if a passage
    outside the table scores better.
    """
    if not question.scope.listed:
        return []
    best = ranked[0][0].score
    first = next((e.passage for h, e in ranked if e.passage.kind == "row" and h.score >= best), None)
    if first is None:
        return []
    rows = [e for h, e in ranked if h.score >= best - WITHIN and same_block(e.passage, first)]
    return sorted(rows, key=lambda e: e.passage.start)[:LONGEST_LIST] if len(rows) >= 3 else []


def _announced(question: Query, ranked: Ranked) -> bool:
    """Return True if the best passage introduces a list, or its own introduction scores nearly as well.

    In the second case the best passage is an item of the list. The result is False if one figure, date or name is asked
    for.
    """
    if question.answer_type:
        return False
    best, first = ranked[0]
    items = [e.passage for _, e in ranked if e.passage.kind == "item"]
    if any(introduces(first.passage, item) for item in items):
        return True
    return any(h.score >= best.score - ANNOUNCED for h, e in ranked if introduces(e.passage, first.passage))


def _together(question: Query, ranked: Ranked) -> bool:
    """Return True if the best passage is an item and all others of its list score about as well.

    The result is False if one figure, date or name is asked for.
    """
    best, first = ranked[0]
    if question.answer_type or first.passage.kind != "item":
        return False
    own = [h.score for h, e in ranked if same_block(e.passage, first.passage)]
    return len(own) >= 2 and min(own) >= best.score - WITHIN


def same_block(passage: Passage, other: Passage) -> bool:
    """Return True if both are items of one list, or rows of one table."""
    return (passage.document_id, passage.block, passage.kind) == (other.document_id, other.block, other.kind)


def of_one_list(passage: Passage, other: Passage) -> bool:
    """Return True if both are items of one list, or one introduces the list of the other."""
    items = passage.kind == "item" and same_block(passage, other)
    return items or introduces(passage, other) or introduces(other, passage)


def other_row(item: Evidence, other: Evidence) -> bool:
    """Return True if both are rows of one table that begin with different cells."""
    if item.passage.kind != "row" or not same_block(item.passage, other.passage):
        return False
    return item.passage.subject(item.document.text) != other.passage.subject(other.document.text)


def introduces(sentence: Passage, item: Passage) -> bool:
    """Return True if `sentence` introduces the list of `item`."""
    return sentence.document_id == item.document_id and item.lead == (sentence.start, sentence.end)


FEWEST = 3  # rows that show how something went
BESIDE = 1.0  # a sentence is quoted beside the rows when its score lies at most this far below the best
_YEAR = re.compile(rf"(?<!\d){YEAR}(?!\d)")
_DIGITS = re.compile(r"\d+")


def with_series(question: Query, chosen: Sequence[Evidence], ranked: Ranked) -> list[Evidence]:
    """Return the rows of the years that are asked for, or `chosen` if there are no such rows.

    A passage outside the table that scores better comes before the rows. Passages of `chosen` other than rows come after
    them if they score close to the best.
    """
    rows = rows_of_years(question, ranked)
    if not rows:
        return list(chosen)
    best, least = ranked[0][1], ranked[0][0].score - BESIDE
    better = [] if same_block(best.passage, rows[0].passage) else [best]
    close = [e for h, e in ranked if e in chosen and e not in better and e.passage.kind != "row" and h.score >= least]
    return [*better, *rows, *close]


def rows_of_years(question: Query, ranked: Ranked) -> list[Evidence]:
    """Return the rows of the best table that are each about one of the years asked for, in its order.

    The result is [] if no series of years is asked for, if fewer than three of the years have a row, or if a passage
    elsewhere scores much better. If the question names no years, rows about days do not count: a list of events is no
    series.
    """
    years = question.series
    if years is None or not ranked:
        return []
    least = ranked[0][0].score - WITHIN
    near = (e.passage for h, e in ranked if h.score >= least and _of_a_year(e, days=question.scope.years is not None))
    row = next(near, None)
    rows = [e for _, e in ranked if row and same_block(e.passage, row)]
    found = {e.passage.start: year for e in rows if (year := year_of(e.passage, e.document.text)) and year in years}
    if len(set(found.values())) < FEWEST:
        return []
    return sorted((e for e in rows if e.passage.start in found), key=lambda e: e.passage.start)[:LONGEST_LIST]


def with_whole_tables(question: Query, hits: Sequence[Hit], index: Index) -> tuple[Hit, ...]:
    """Append the other rows of the best year's table to the hits, if a series of years is asked for.

    A table of many years is cut into several pieces, and a search need not find all of them. The rows get the score of
    the last hit.
    """
    if question.series is None:
        return tuple(hits)
    rows = ((h.passage, index.document(h.passage.document_id)) for h in hits if h.passage.kind == "row")
    row = next((p for p, document in rows if document and year_of(p, document.text) is not None), None)
    if row is None:
        return tuple(hits)
    known = {(h.passage.document_id, h.passage.start) for h in hits}
    others = [p for p in index.passages(row.document_id) if same_block(p, row) and (p.document_id, p.start) not in known]
    least = hits[-1].score
    return (*hits, *(Hit(p, n, rerank_score=least) for n, p in enumerate(others, len(hits) + 1)))


def _of_a_year(row: Evidence, days: bool) -> bool:
    """Return True if a row is about one year, or also if about a day of one if `days`."""
    year = year_of(row.passage, row.document.text)
    return year is not None and (days or len(_DIGITS.findall(row.passage.subject(row.document.text))) == 1)


def year_of(passage: Passage, text: str) -> int | None:
    """Return the one year that a row is about, or None for any other passage."""
    found = _YEAR.findall(passage.subject(text))
    return int(found[0]) if len(found) == 1 else None


# --- Quotes in the form that is wished for: fewer of them, or placed as a list or table. Their words stay as they are.


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
