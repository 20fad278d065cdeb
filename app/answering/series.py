"""The same asked for each of some years -> the rows of one table that say it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answering.lists import LONGEST_LIST, WITHIN, Ranked, same_block
from app.answers import Evidence, Hit
from app.query.values import Query
from app.text.lexicon import YEAR
from ingest.documents import Passage
from ingest.index import Index

FEWEST = 3  # rows that show how something went
BESIDE = 1.0  # a sentence is quoted beside the rows when its score lies at most this far below the best
_YEAR = re.compile(rf"(?<!\d){YEAR}(?!\d)")


def with_series(question: Query, chosen: Sequence[Evidence], ranked: Ranked) -> list[Evidence]:
    """The rows of the years that are asked for, behind a passage elsewhere that answers better, and before the sentences of
    what was `chosen` that come close; what was chosen where there are no such rows."""
    rows = rows_of_years(question, ranked)
    if not rows:
        return list(chosen)
    best, least = ranked[0][1], ranked[0][0].score - BESIDE
    better = [] if same_block(best.passage, rows[0].passage) else [best]
    close = [e for h, e in ranked if e in chosen and e not in better and e.passage.kind != "row" and h.score >= least]
    return [*better, *rows, *close]


def rows_of_years(question: Query, ranked: Ranked) -> list[Evidence]:
    """The rows about one of the asked years each, of the table that answers best, in its order; [] where no series is asked
    for, fewer than three years have a row, or a passage elsewhere answers much better."""
    years = question.series
    if years is None or not ranked:
        return []
    least = ranked[0][0].score - WITHIN
    near = (e.passage for h, e in ranked if h.score >= least and year_of(e.passage, e.document.text) is not None)
    row = next(near, None)
    rows = [e for _, e in ranked if row and same_block(e.passage, row)]
    found = {e.passage.start: year for e in rows if (year := year_of(e.passage, e.document.text)) and year in years}
    if len(set(found.values())) < FEWEST:
        return []
    return sorted((e for e in rows if e.passage.start in found), key=lambda e: e.passage.start)[:LONGEST_LIST]


def with_whole_tables(question: Query, hits: Sequence[Hit], index: Index) -> tuple[Hit, ...]:
    """The hits, and behind them the other rows of the best year's table where a series of years is asked for: a table of
    many years is cut in several pieces, of which a search need not find all."""
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


def year_of(passage: Passage, text: str) -> int | None:
    """The one year that a row is about; None for any other passage."""
    found = _YEAR.findall(passage.subject(text))
    return int(found[0]) if len(found) == 1 else None
