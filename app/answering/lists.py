"""Lists, and rows of tables, that answer a question as a whole.

A list is cut into its items and a table into its rows. One of them that answers well may say little without the others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from app.answering.draft import Draft
from app.answering.notes import unmet_note
from app.answers import Evidence, Hit
from app.query.values import Query
from app.text.lexicon import YEAR
from ingest.documents import Passage
from ingest.index import Index

MAX_SINGLE_QUOTES = 3  # passages at most if one thing is asked for
QUOTE_MARGIN = 1.75  # a further sentence is quoted when its score lies at most this far below the best
MAX_LIST_ITEMS = 30
Ranked = Sequence[tuple[Hit, Evidence]]
"""Hits with what an engine is shown of them, best first."""
_YEAR = re.compile(rf"(?<!\d){YEAR}(?!\d)")
_DIGITS = re.compile(r"\d+")


def pair_evidence(hits: Sequence[Hit], evidence: Sequence[Evidence]) -> Ranked:
    """Pair each hit with its evidence, leaving out hits without any."""
    evidence_by_place = {(e.passage.document_id, e.passage.start): e for e in evidence}
    return [(h, e) for h in hits if (e := evidence_by_place.get((h.passage.document_id, h.passage.start)))]


def is_list(passages: Sequence[Passage]) -> bool:
    """Return True if these passages are a list: two items of one, or more rows than one thing is quoted for."""
    items = [(p.document_id, p.block) for p in passages if p.kind == "item"]
    return len(set(items)) < len(items) or sum(p.kind == "row" for p in passages) > MAX_SINGLE_QUOTES


def whole_list(question: Query, ranked: Ranked) -> list[Evidence]:
    """Return all items of the list that answers best, in its order, after its introducing sentence.

    A list is returned if the question asks for one or for as many things as the list has, or if its introducing sentence
    scores best. Otherwise, or if a passage outside any list scores better, the result is [].
    """
    number = question.scope.number
    asks_for_list = question.scope.listed or _is_announced_list(question, ranked)
    if not asks_for_list and number is None:
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
        score = max(h.score for h, _ in [*pairs, *leads])
        fits_number = number is None or abs(number - len(items)) <= int(asks_for_list)
        if len(items) >= 2 and fits_number and score >= limit:
            best, limit = [*(e for _, e in leads), *items[:MAX_LIST_ITEMS]], score
    return best


def _is_announced_list(question: Query, ranked: Ranked) -> bool:
    """Return True if the best passage introduces a list, or its own introduction scores nearly as well.

    In the second case the best passage is an item of the list, and the introduction scores at most 1 below it. The result
    is False if one figure, date or name is asked for.
    """
    if question.answer_type:
        return False
    best, first = ranked[0]
    items = [e.passage for _, e in ranked if e.passage.kind == "item"]
    if any(introduces(first.passage, item) for item in items):
        return True
    return any(h.score >= best.score - 1.0 for h, e in ranked if introduces(e.passage, first.passage))


def same_block(passage: Passage, other: Passage) -> bool:
    """Return True if both are items of one list, or rows of one table."""
    return (passage.document_id, passage.block, passage.kind) == (other.document_id, other.block, other.kind)


def share_list(passage: Passage, other: Passage) -> bool:
    """Return True if both are items of one list, or if one introduces the list or the table of the other.

    Two rows of one table do not count.
    """
    items = passage.kind == "item" and same_block(passage, other)
    return items or introduces(passage, other) or introduces(other, passage)


def introduces(sentence: Passage, item: Passage) -> bool:
    """Return True if `sentence` introduces the list of `item`."""
    return sentence.document_id == item.document_id and item.lead == (sentence.start, sentence.end)


def rows_of_years(question: Query, ranked: Ranked) -> list[Evidence]:
    """Return the rows of the best table that are each about one of the years asked for, in its order.

    The result is [] if no series of years is asked for, if fewer than three of the years have a row, or if a passage
    elsewhere scores much better. If the question names no years, rows about days do not count: a list of events is no
    series.
    """
    years = question.series
    if years is None or not ranked:
        return []
    lowest = ranked[0][0].score - QUOTE_MARGIN
    by_day = question.scope.years is not None
    candidates = (e.passage for h, e in ranked if h.score >= lowest and _is_of_one_year(e, by_day))
    row = next(candidates, None)
    rows = [e for _, e in ranked if row and same_block(e.passage, row)]
    row_years = {e.passage.start: year_of(e.passage, e.document.text) for e in rows if _is_of_one_year(e, by_day)}
    years_by_start = {start: year for start, year in row_years.items() if year and year in years}
    if len(set(years_by_start.values())) < 3:
        return []
    return sorted((e for e in rows if e.passage.start in years_by_start), key=lambda e: e.passage.start)[:MAX_LIST_ITEMS]


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
    hit_places = {(h.passage.document_id, h.passage.start) for h in hits}
    table = (p for p in index.passages(row.document_id) if same_block(p, row))
    other_rows = [p for p in table if (p.document_id, p.start) not in hit_places]
    lowest = hits[-1].score
    return (*hits, *(Hit(p, n, rerank_score=lowest) for n, p in enumerate(other_rows, len(hits) + 1)))


def _is_of_one_year(row: Evidence, by_day: bool) -> bool:
    """Return True if a row is about one year, or about a day of one if `by_day`."""
    year = year_of(row.passage, row.document.text)
    return year is not None and (by_day or len(_DIGITS.findall(row.passage.subject(row.document.text))) == 1)


def year_of(passage: Passage, text: str) -> int | None:
    """Return the one year that a row is about, or None for any other passage."""
    years = _YEAR.findall(passage.subject(text))
    return int(years[0]) if len(years) == 1 else None


# --- Quotes in the form that is wished for: fewer of them, or placed as a list or table. Their words stay as they are.


def quoted_in_form(query: Query, draft: Draft) -> Draft:
    """Return a draft in quotes as the query wishes for it; what quotes cannot give is said in its note."""
    wish, statements = query.wish, draft.statements
    unmet = replace(draft, notes=(*draft.notes, unmet_note(query)))
    if not statements or wish.form in ("", "sources", "longer"):
        wishes_language = statements and wish.language and wish.form != "sources"
        return unmet if wishes_language and any(wish.language not in s.text for s in statements) else draft
    if wish.form == "short":
        return replace(draft, statements=statements[: wish.number or 1])
    if wish.form == "list":
        return replace(
            draft, statements=tuple(replace(s, kind="list", block=1, cells={}) for s in statements[: wish.number])
        )
    if wish.form == "table" and all(s.cells for s in statements):
        return replace(draft, statements=tuple(replace(s, kind="table", block=1) for s in statements))
    return unmet
