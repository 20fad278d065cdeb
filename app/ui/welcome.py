"""The first screen: the purpose of the page, its documents, its limits, and questions to begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from app.store.quality import read_strangers
from app.text.words import titles
from app.ui.template import macros
from app.ui.words import Words
from app.web.about import About, Subject
from ingest.database.catalogue import Listed

ASKED = 6  # questions to begin with on a subject
NAMED = 5  # titles that stand for a folder without subjects


@dataclass(frozen=True, slots=True)
class Holdings:
    """The documents taken together.

    Attributes:
        documents: How many there are; if `sources` is not 0, how many of them nobody added.
        publishers: How many publishers they have.
        years: The first and the last year, '' if none is known.
        groups: Subjects with how many documents each has, or a few titles with 0.
        others: How many documents are not in the groups.
        sources: How many sources the documents that nobody added have if all of these are summaries, else 0.
        questions: Questions to begin with, by subject.
    """

    documents: int = 0
    publishers: int = 0
    years: tuple[str, str] = ("", "")
    groups: tuple[tuple[str, int], ...] = ()
    others: int = 0
    sources: int = 0
    questions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def holdings(
    rows: Sequence[Listed],
    subjects: Sequence[Subject],
    language: str,
    by_document: Mapping[str, Sequence[str]] | None = None,
) -> Holdings:
    """Describe the documents taken together, by the folder's subjects or else by its subfolders.

    `by_document` gives the questions of each document by its id. A subject gets the first question of each of its documents.
    """
    years = sorted({y for row in rows for y in row.years})
    numbers: dict[str, int] = {}
    questions: dict[str, tuple[str, ...]] = {}
    for row in rows:
        if name := _group(row.origin, subjects, language):
            numbers[name] = numbers.get(name, 0) + 1
            questions[name] = (*questions.get(name, ()), *(by_document or {}).get(row.id, ())[:1])[:ASKED]
    groups = tuple(numbers.items()) if len(numbers) > 1 else tuple((titles(row, language)[0], 0) for row in rows[:NAMED])
    shown = sum(numbers.values()) if len(numbers) > 1 else len(groups)
    span = (years[0], years[-1]) if years else ("", "")
    order = {s.names[language == "zh"]: n for n, s in enumerate(subjects)}
    groups = tuple(sorted(groups, key=lambda g: order.get(g[0], len(order)))) if subjects else groups
    publishers = len({p for row in rows for p in row.publishers})
    own = [row for row in rows if not row.added]
    summaries = all(row.authorship == "summary" for row in own)
    sources = len({s for row in own for s in row.sources}) if summaries else 0
    return Holdings(len(own if sources else rows), publishers, span, groups, len(rows) - shown, sources, questions)


def _group(origin: str, subjects: Sequence[Subject], language: str) -> str:
    """Return the subject of a file, or its folder if there are no subjects; '' if it has neither."""
    file = origin.split(", ")[0]
    subject = next((s for s in subjects if s.holds(file)), None)
    return subject.names[language == "zh"] if subject else ("" if subjects else file.rpartition("/")[0])


def welcome_html(about: About, holdings: Holdings, words: Words) -> Markup:
    """Render the first screen, with the folder's own words and what it holds.

    Nothing is said about what is not loaded yet.
    """
    return macros("welcome", words).welcome(about.spoken(words.language), holdings, read_strangers())
