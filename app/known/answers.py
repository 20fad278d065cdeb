"""The draft of a known question: its answer that was written beforehand, or the quotes of its passages.

Each statement of a written answer rests on passages that the documents hold letter for letter: an answer with a passage
that is gone is not in the store. Nothing is generated here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.answering.draft import Draft, Proposal, location, run_of
from app.answering.lists import introduces, quoted_in_form
from app.answering.notes import unmet_note
from app.answering.quotes import Quote, quote, quoted, with_quote
from app.answers import Evidence, Hit, NotePart
from app.known.forms import in_form, other_forms
from app.known.match import EXACT_PROBABILITY, Match
from app.query.values import Query
from ingest.documents import POINTS_BACK, Document, Passage, PassageLocation, guess_language
from ingest.index import Index


def known_hits(match: Match, index: Index, within: Sequence[str] | None = None, written: bool = False) -> tuple[Hit, ...]:
    """Return the passages of a match as hits, best first.

    A sentence that one of them points back to follows behind them. A passage that no longer exists is left out.

    Args:
        match: The match.
        index: The index that has the passages.
        within: The ids of the documents that the passages may come from, None for all.
        written: True to include the passages that the written answer cites.
    """
    quoted: list[Passage] = []
    preceding: list[Passage] = []
    cited = match.known.written[1] if written and match.known.written else ()
    places = dict.fromkeys([*match.known.answers, *cited])
    for document, passages, position in filter(None, (_locate(place, index, within) for place in places)):
        quoted.append(passages[position])
        if position and POINTS_BACK.match(passages[position].read(document.text)):
            preceding.append(passages[position - 1])
    p = min(max(match.probability, 1e-6), 1 - 1e-6)
    top_score = math.log(p / (1 - p))
    return tuple(Hit(passage, n, rerank_score=top_score - n) for n, passage in enumerate([*quoted, *preceding], 1))


def known_draft(match: Match, query: Query, evidence: Sequence[Evidence], threshold: float) -> Draft:
    """Draft the quotes of a match.

    The draft quotes the passages of the known answer, with the gap if the documents hold only part of the answer. If
    they hold none of it, the draft has the gap and the nearest passages. The gap is in the question's language; if it
    was not written in that language, the answer says only that something is missing. For a question about the program
    the draft has the program's own words.
    """
    gap = match.known.gap_in(query.language)
    if match.known.about:
        text = match.known.about.get(query.language) or match.known.about["en"]
        return Draft(query, "about", notes=(NotePart("about", text),), confidence=round(match.probability, 4))
    places = {location(e): e for e in evidence}
    items = [e for place in match.known.answers if (e := places.get(place))]
    # an item stands right behind the sentence that introduces its list
    positions = [
        next((m for m, other in enumerate(items[:n]) if introduces(other.passage, e.passage)), n)
        for n, e in enumerate(items)
    ]
    items = [items[n] for n in sorted(range(len(items)), key=lambda n: (positions[n], n))]
    closest = tuple(run_of([e]) for e in items[:3])
    if match.known.gap and not match.known.partial:
        return Draft(query, missing=gap, closest=closest)
    quotes: list[Quote] = []
    for n, item in enumerate(items):
        if any(introduces(item.passage, earlier.passage) for earlier in items[:n]):
            continue  # it stands in front of its item already
        in_list = any(introduces(earlier.passage, item.passage) for earlier in items[:n])
        quotes = with_quote(quotes, quote(item, evidence, 0, in_list))
    return quoted(query, quotes, (match.probability,), threshold, closest, gap or match.known.gap)


def written_or_quoted(query: Query, match: Match, quotes: Proposal, index: Index) -> Proposal:
    """Return the written answer of a match, with the program's own quotes beside it.

    Args:
        query: The question; the answer is in its language.
        match: The known question that is taken for it.
        quotes: Its quotes, which stand if nothing is written, if sources of what is held are asked for, or if only some
            documents are asked and one of the passages lies in another.
        index: The index that has the passages.

    Returns:
        The answer. Of a question of which nothing is held it begins with that, and the statements are the nearest facts.
    """
    written, absent = match.known.written, "" if match.known.held else match.known.gap_in(query.language)
    in_quotes = Proposal(quoted_in_form(query, quotes.draft), quotes.evidence)
    if written is None or (not absent and (query.wish.form == "sources" or quotes.draft.status == "not_found")):
        return in_quotes
    answer, places = written
    evidence = evidence_at(places, index, query.within)
    if len(evidence) < len(places):
        return in_quotes
    statements, is_fulfilled = in_form(answer, places, query.wish, query.language)
    missing = answer.missing.get(query.language, "")
    notes = [NotePart("unanswered", absent), NotePart("gap", missing)]
    draft = replace(
        quotes.draft,
        read_as=_answered_question(query, match),
        status="partial" if missing or absent else "answered",
        statements=statements,
        notes=tuple(notes if is_fulfilled else [*notes, unmet_note(query)]),
        closest=(),
        asks_for_one=quotes.draft.status != "not_found",
        written=True,
        forms=other_forms(answer, places, query.wish, query.language),
        quotes=quotes.draft,
    )
    return Proposal(draft, (*quotes.evidence, *evidence))


def evidence_at(places: Iterable[PassageLocation], index: Index, within: Sequence[str] | None) -> tuple[Evidence, ...]:
    """Return the passages at these places as evidence; one that is gone, or not among the documents asked, is left out."""
    located = filter(None, (_locate(place, index, within) for place in places))
    return tuple(Evidence("", document, p[n], p[n].read(document.text)) for document, p, n in located)


def _answered_question(query: Query, match: Match) -> str:
    """Return what is answered: the question as it reads, or the known one if that is worded otherwise."""
    if match.probability >= EXACT_PROBABILITY:
        return query.standalone
    wordings = (match.known.question, match.wording)
    return next((w for w in wordings if guess_language(w) == query.language), query.standalone)


def _locate(
    place: PassageLocation, index: Index, within: Sequence[str] | None
) -> tuple[Document, Sequence[Passage], int] | None:
    """Return the document of a place that is among those that are asked, its passages, and which of them begins there."""
    document = index.document(place.document_id) if within is None or place.document_id in within else None
    passages = index.passages(place.document_id) if document else ()
    position = next((n for n, p in enumerate(passages) if p.start == place.start), None)
    return None if document is None or position is None else (document, passages, position)
