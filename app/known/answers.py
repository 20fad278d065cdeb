"""An answer that was written beforehand, in place of the quotes of its known question.

Each of its statements rests on passages that the documents hold letter for letter: an answer with a passage that is gone is
not in the store. Nothing is generated here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from app.answering.extract import sentence_of
from app.answering.highlight import highlight
from app.answering.lists import introduces, quoted_in_form
from app.answering.notes import unmet_note
from app.answering.repetition import joined
from app.answering.verify import cite
from app.answers import Answer, Draft, DraftSentence, Evidence, Hit, NotePart
from app.known.forms import Line, in_form, other_forms
from app.known.match import SAME, Match
from app.query.values import Query, Wish
from app.sentences import Sentence
from ingest.documents import POINTS_BACK, Document, Passage, guess_language
from ingest.index import Index
from ingest.questions import store


def known_hits(match: Match, index: Index, within: Sequence[str] | None = None, written: bool = False) -> tuple[Hit, ...]:
    """Return the passages of a match as hits, best first.

    A sentence that one of them points back to follows behind them. A passage that no longer exists is left out.

    Args:
        match: The match.
        index: The index that has the passages.
        within: The ids of the documents that the passages may come from, None for all.
        written: True to include the passages that the written answer cites.
    """
    found: list[Passage] = []
    before: list[Passage] = []
    more = match.known.written[1] if written and match.known.written else ()
    places = dict.fromkeys([*match.known.answers, *more])
    for document, passages, at in filter(None, (_there(place, index, within) for place in places)):
        found.append(passages[at])
        if at and POINTS_BACK.match(passages[at].read(document.text)):
            before.append(passages[at - 1])
    p = min(max(match.probability, 1e-6), 1 - 1e-6)
    best = math.log(p / (1 - p))
    return tuple(Hit(passage, n, rerank_score=best - n) for n, passage in enumerate([*found, *before], 1))


def known_draft(match: Match, question: Query, evidence: Sequence[Evidence]) -> Draft:
    """Draft the answer of a match.

    The draft quotes the passages of the known answer, with the gap if the documents hold only part of the answer. If
    they hold none of it, the draft has the gap and the nearest passages. The gap is in the question's language; if it
    was not written in that language, the answer says only that something is missing. For a question about the program
    the draft has the program's own words.
    """
    gap = match.known.gap_in(question.language)
    if match.known.about:
        words = match.known.about.get(question.language) or match.known.about["en"]
        return Draft((), (match.probability,), known=True, about=words)
    places = {(e.passage.document_id, e.passage.start): e for e in evidence}
    chosen = [e for p in match.known.answers if (e := places.get((p.document_id, p.start)))]
    # an item stands right behind the sentence that introduces its list
    leads = [
        next((m for m, other in enumerate(chosen[:n]) if introduces(other.passage, e.passage)), n)
        for n, e in enumerate(chosen)
    ]
    chosen = [chosen[n] for n in sorted(range(len(chosen)), key=lambda n: (leads[n], n))]
    nearest = tuple(e.key for e in chosen[:3])
    if match.known.gap and not match.known.partial:
        return Draft((), (0.0,), nearest, known=True, gap=gap)
    sentences, known = list[DraftSentence](), {e.key: e for e in evidence}
    for n, item in enumerate(chosen):
        if any(introduces(item.passage, earlier.passage) for earlier in chosen[:n]):
            continue  # it stands in front of its item already
        listed = any(introduces(earlier.passage, item.passage) for earlier in chosen[:n])
        sentences = joined(sentences, sentence_of(item, evidence, 0, listed), known, (match.probability,))
    return Draft(tuple(sentences), (match.probability,), nearest, known=True, gap=gap or match.known.gap)


def with_written(query: Query, match: Match, quoted: Answer, index: Index) -> Answer:
    """Return the written answer of a match, with the program's own quotes beside it.

    Args:
        query: The question; the answer is in its language.
        match: The known question that is taken for it.
        quoted: Its quotes, which stand if nothing is written, if sources are asked for, or if only some documents are
            asked and one of the passages lies in another.
        index: What holds the passages.

    Returns:
        The answer. Of a question of which nothing is held it begins with that, and the statements are the nearest facts.
    """
    written, absent = match.known.written, "" if match.known.held else match.known.gap_in(query.language)
    if written is None or query.wish.form == "sources" or (quoted.status == "not_found" and not absent):
        return quoted_in_form(query, quoted)
    answer, places = written
    found = {n: e for n, place in enumerate(places, 1) if (e := _evidence(n, place, index, query.within))}
    if len(found) < len(places):
        return quoted_in_form(query, quoted)
    lines, met = in_form(answer, query.wish, query.language)
    sentences, order = _sentences(query, lines)
    if absent:  # no figure of these is what was asked for
        sentences = tuple(replace(s, highlight=None) for s in sentences)
    missing = answer.missing.get(query.language, "")
    return replace(
        quoted,
        read_as=_asked(query, match),
        status="partial" if missing or absent else "answered",
        sentences=sentences,
        citations=tuple(cite(n, [found[quote]]) for quote, n in order.items()),
        closest=(),
        note_parts=(NotePart("unanswered", absent), NotePart("gap", missing), *(() if met else (unmet_note(query),))),
        quotes=quoted.body,
        written=True,
        forms=other_forms(answer, query.wish, query.language),
    )


def written_text(match: Match, query: Query) -> str:
    """Return the written answer of a match as text for a language model.

    The text begins with the known question and ends with what is known to be missing from the documents. It is '' if
    there is neither an answer nor a gap.
    """
    written = match.known.written
    lines = [f"- {line.text}" for line in in_form(written[0], Wish(), query.language)[0]] if written else []
    missing = written[0].missing.get(query.language, "") if written else ""
    if gap := missing or match.known.gap_in(query.language):
        lines.append(f"Not in the documents: {gap}")
    return "\n".join([f"Written beforehand for “{match.known.question}”; use it only if it fits:", *lines]) if lines else ""


def _sentences(query: Query, lines: Sequence[Line]) -> tuple[tuple[Sentence, ...], dict[int, int]]:
    """Return the lines as sentences, and for each quote that they rest on its number, by first mention."""
    order: dict[int, int] = {}
    sentences = []
    for n, line in enumerate(lines):
        numbers = tuple(order.setdefault(quote, len(order) + 1) for quote in line.cites)
        plain = n == 0 and not line.place.cells
        marked = highlight(query.standalone, line.text, query.answer_type) if plain else None
        sentences.append(Sentence(line.text, numbers, marked, line.place))
    return tuple(sentences), order


def _asked(query: Query, match: Match) -> str:
    """Return what is answered: the question as it reads, or the known one if that is worded otherwise."""
    if match.probability >= SAME:
        return query.standalone
    worded = (match.known.question, match.wording)
    return next((w for w in worded if guess_language(w) == query.language), query.standalone)


def _evidence(number: int, place: store.PassageLocation, index: Index, within: tuple[str, ...] | None) -> Evidence | None:
    """Return a passage as evidence, None if its document is gone or not among those that are asked."""
    if (found := _there(place, index, within)) is None:
        return None
    document, passages, at = found
    return Evidence(f"S{number}", document, passages[at], passages[at].read(document.text))


def _there(
    place: store.PassageLocation, index: Index, within: Sequence[str] | None
) -> tuple[Document, Sequence[Passage], int] | None:
    """Return the document of a place that is among those that are asked, its passages, and which of them begins there."""
    document = index.document(place.document_id) if within is None or place.document_id in within else None
    passages = index.passages(place.document_id) if document else ()
    at = next((n for n, p in enumerate(passages) if p.start == place.start), None)
    return None if document is None or at is None else (document, passages, at)
