"""The catalogue's table of the places at which originals carry sentences of summaries; a row goes with either document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.database.catalogue import Catalogue
from ingest.documents import Source


@dataclass(frozen=True, slots=True)
class AlignedPassage:
    """A passage of an original, from `start` to `end` of its text; it carries the passage of a summary that begins `at`."""

    at: int
    start: int
    end: int
    certainty: float


@dataclass(frozen=True, slots=True)
class Pair:
    """A summary and an original that it rests on, by their ids, and the source's ids within the summary."""

    summary: str
    original: str
    sources: frozenset[str]


def missing_pairs(catalogue: Catalogue, method: str) -> list[Pair]:
    """Return the pairs that are not aligned yet, or only by another method.

    The pairs of one original stand together.
    """
    texts = "FROM documents WHERE passages > 0 AND"
    originals = catalogue.db.execute(f"SELECT id, original_of {texts} original_of <> '' ORDER BY id").fetchall()
    if not originals:
        return []
    done = set(catalogue.db.execute("SELECT summary, original FROM aligned WHERE method = ?", (method,)).fetchall())
    rows = catalogue.db.execute(f"SELECT id, sources {texts} sources <> '[]' ORDER BY id").fetchall()
    sources_of = [(document_id, [Source(**s) for s in json.loads(sources)]) for document_id, sources in rows]
    return [
        Pair(document_id, original, ids)
        for original, key in originals
        for document_id, sources in sources_of
        if (document_id, original) not in done and (ids := frozenset(s.id for s in sources if s.key == key))
    ]


def put_alignment(catalogue: Catalogue, pair: Pair, method: str, passages: Sequence[AlignedPassage]) -> None:
    """Store what was found for a pair, in the place of what was found before."""
    stored = json.dumps([[c.at, c.start, c.end, round(c.certainty, 3)] for c in passages])
    with catalogue.unstamped() as db:
        db.execute("DELETE FROM aligned WHERE summary = ? AND original = ?", (pair.summary, pair.original))
        db.execute("INSERT INTO aligned VALUES (?,?,?,?)", (pair.summary, pair.original, method, stored))


def aligned_passages(catalogue: Catalogue, summary: str) -> dict[str, tuple[AlignedPassage, ...]]:
    """Return the passages that carry those of a summary, by the id of their original.

    All originals that the summary was compared with are included.
    """
    rows = catalogue.db.execute("SELECT original, carried FROM aligned WHERE summary = ? ORDER BY original", (summary,))
    return {original: tuple(AlignedPassage(*c) for c in json.loads(stored)) for original, stored in rows.fetchall()}
