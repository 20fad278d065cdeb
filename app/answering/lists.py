"""Ranked passages -> a list or the rows of a table that answer as a whole, and which passages belong to one.

A list is cut into its items and a table into its rows; one of them that answers well may say little without the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.answers import Evidence, Hit
from app.query.values import Query
from ingest.documents import Passage

QUOTES = 3  # passages at most where one thing is asked for
WITHIN = 1.75  # a further sentence is quoted when its score lies at most this far below the best
ANNOUNCED = 1.0  # an item stands for its whole list when the introduction lies at most this far below it
LONGEST_LIST = 30
Ranked = Sequence[tuple[Hit, Evidence]]
"""Hits with what an engine is shown of them, best first."""


def paired(hits: Sequence[Hit], evidence: Sequence[Evidence]) -> Ranked:
    """Hits -> the same with what is shown of them, without those of which nothing is."""
    shown = {(e.passage.document_id, e.passage.start): e for e in evidence}
    return [(h, e) for h in hits if (e := shown.get((h.passage.document_id, h.passage.start)))]


def is_list(passages: Sequence[Passage]) -> bool:
    """Whether these passages are a list: two items of one, or more rows than one thing is quoted for."""
    items = [(p.document_id, p.block) for p in passages if p.kind == "item"]
    return len(set(items)) < len(items) or sum(p.kind == "row" for p in passages) > QUOTES


def whole_list(question: Query, ranked: Ranked) -> list[Evidence]:
    """All items of the list that answers best, in its order, behind its introducing sentence: when the question asks for a
    list or for as many things as it has, that sentence answers best, or all items about as well; [] when none of that is so,
    or when a passage outside any list answers better."""
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
    """The rows of one table that answer about as well as each other, in its order, where the question asks for a list; []
    where fewer than three do or a passage outside the table answers better."""
    if not question.scope.listed:
        return []
    best = ranked[0][0].score
    first = next((e.passage for h, e in ranked if e.passage.kind == "row" and h.score >= best), None)
    if first is None:
        return []
    rows = [e for h, e in ranked if h.score >= best - WITHIN and same_block(e.passage, first)]
    return sorted(rows, key=lambda e: e.passage.start)[:LONGEST_LIST] if len(rows) >= 3 else []


def _announced(question: Query, ranked: Ranked) -> bool:
    """Whether the best passage introduces a list, or is an item whose list's introduction answers nearly as well; not where
    one figure, date or name is asked for."""
    if question.answer_type:
        return False
    best, first = ranked[0]
    items = [e.passage for _, e in ranked if e.passage.kind == "item"]
    if any(introduces(first.passage, item) for item in items):
        return True
    return any(h.score >= best.score - ANNOUNCED for h, e in ranked if introduces(e.passage, first.passage))


def _together(question: Query, ranked: Ranked) -> bool:
    """Whether the best passage is an item and all others of its list answer about as well; not where one figure, date or
    name is asked for."""
    best, first = ranked[0]
    if question.answer_type or first.passage.kind != "item":
        return False
    own = [h.score for h, e in ranked if same_block(e.passage, first.passage)]
    return len(own) >= 2 and min(own) >= best.score - WITHIN


def same_block(passage: Passage, other: Passage) -> bool:
    """Whether both are items of one list, or rows of one table."""
    return (passage.document_id, passage.block, passage.kind) == (other.document_id, other.block, other.kind)


def of_one_list(passage: Passage, other: Passage) -> bool:
    """Whether both are items of one list, or one introduces the list of the other."""
    items = passage.kind == "item" and same_block(passage, other)
    return items or introduces(passage, other) or introduces(other, passage)


def other_row(item: Evidence, other: Evidence) -> bool:
    """Whether both are rows of one table that begin with different cells."""
    if item.passage.kind != "row" or not same_block(item.passage, other.passage):
        return False
    return item.passage.subject(item.document.text) != other.passage.subject(other.document.text)


def introduces(sentence: Passage, item: Passage) -> bool:
    """Whether `sentence` introduces the list of `item`."""
    return sentence.document_id == item.document_id and item.lead == (sentence.start, sentence.end)
