"""The first screen: the purpose of the page, its documents, its limits, and questions to begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.text.words import titles
from app.ui.escape import button, literal
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
        asked: Questions to begin with, by subject.
    """

    documents: int = 0
    publishers: int = 0
    years: tuple[str, str] = ("", "")
    groups: tuple[tuple[str, int], ...] = ()
    others: int = 0
    sources: int = 0
    asked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def holdings(
    rows: Sequence[Listed], subjects: Sequence[Subject], language: str, known: Mapping[str, Sequence[str]] | None = None
) -> Holdings:
    """Describe the documents taken together, by the folder's subjects or else by its subfolders.

    `known` gives the questions of each document by its id. A subject gets the first question of each of its documents.
    """
    years = sorted({y for row in rows for y in row.years})
    numbers: dict[str, int] = {}
    asked: dict[str, tuple[str, ...]] = {}
    for row in rows:
        if name := _group(row.origin, subjects, language):
            numbers[name] = numbers.get(name, 0) + 1
            asked[name] = (*asked.get(name, ()), *(known or {}).get(row.id, ())[:1])[:ASKED]
    groups = tuple(numbers.items()) if len(numbers) > 1 else tuple((titles(row, language)[0], 0) for row in rows[:NAMED])
    shown = sum(numbers.values()) if len(numbers) > 1 else len(groups)
    span = (years[0], years[-1]) if years else ("", "")
    order = {s.names[language == "zh"]: n for n, s in enumerate(subjects)}
    groups = tuple(sorted(groups, key=lambda g: order.get(g[0], len(order)))) if subjects else groups
    publishers = len({p for row in rows for p in row.publishers})
    own = [row for row in rows if not row.added]
    summaries = all(row.authorship == "summary" for row in own)
    sources = len({s for row in own for s in row.sources}) if summaries else 0
    return Holdings(len(own if sources else rows), publishers, span, groups, len(rows) - shown, sources, asked)


def _group(origin: str, subjects: Sequence[Subject], language: str) -> str:
    """Return the subject of a file, or its folder if there are no subjects; '' if it has neither."""
    file = origin.split(", ")[0]
    found = next((s for s in subjects if s.holds(file)), None)
    return found.names[language == "zh"] if found else ("" if subjects else file.rpartition("/")[0])


def welcome_html(about: About, held: Holdings, words: Words) -> str:
    """Render the first screen, with the folder's own words and what it holds.

    Nothing is said about what is not loaded yet.
    """
    said = about.spoken(words.language)
    tries = "".join(button("ask", f"try{n}", q, "try") for n, q in enumerate(said.examples))
    begin = f'<p class="begin" id="begin">{literal(words("begin"))}</p>'
    tries = f'{begin}<div class="tries" role="group" aria-labelledby="begin">{tries}</div>'
    return (
        f'<section class="welcome" aria-labelledby="welcome-title"><h2 id="welcome-title">{literal(said.title)}</h2>'
        f'<p class="lede">{literal(said.intro or words("intro"))}</p>{tries if said.examples else ""}'
        f'<div class="facts">{_held(held, words)}{_limits(said, words)}</div></section>'
    )


def _held(held: Holdings, words: Words) -> str:
    if not held.documents:
        return ""
    facts = words.count("held_one", "held", held.documents)
    if held.sources:
        facts = words("our_summaries", n=held.documents, m=held.sources)
    if held.publishers > 1:
        facts += words("of_publishers", n=held.publishers)
    first, last = held.years
    if first:
        facts += words("of_years", first=first, last=last) if first != last else words("of_year", year=first)
    items = "".join(_subject(n, name, number, held.asked.get(name, ())) for n, (name, number) in enumerate(held.groups))
    if held.others:
        items += f"<li>{literal(words('and_others', n=held.others))}</li>"
    more = button("tab", 1, words("see_documents"), "text")
    head = f"<h3>{literal(words('holds_title'))}</h3><p>{literal(facts + words('marks.stop'))}</p>"
    return f'<div>{head}<ul class="subjects">{items}</ul>{more}</div>'


def _subject(place: int, name: str, number: int, asked: Sequence[str]) -> str:
    """Render a subject with its number of documents.

    Questions on it unfold below it, those of one subject at a time.
    """
    said = literal(name) + (f" <span>{number}</span>" if number else "")
    if not asked:
        return f"<li>{said}</li>"
    chips = "".join(button("ask", f"subject{place}x{n}", question, "chip") for n, question in enumerate(asked))
    return f'<li><details name="subject"><summary>{said}</summary><div class="asked-of">{chips}</div></details></li>'


def _limits(said: About, words: Words) -> str:
    limits = [words(key) for key in ("limit_unknown", "limit_quotes", "limit_internet")]
    items = "".join(f"<li>{literal(limit)}</li>" for limit in [*([said.lacks] if said.lacks else []), *limits])
    more = button("tab", 2, words("see_quality"), "text") + button("about", 0, words("about"), "text")
    return f"<div><h3>{literal(words('limits_title'))}</h3><ul>{items}</ul>{more}</div>"
