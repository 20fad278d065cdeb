"""An answer that was written beforehand, in place of the quotes of its known question.

Each of its statements rests on passages that the documents hold letter for letter: an answer with a passage that is gone is
not in the store. Nothing is generated here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from app.answering.extract import draft_sentence
from app.answering.highlight import highlight
from app.answering.lists import introduces, quoted_in_form
from app.answering.notes import unmet_note
from app.answering.repetition import add_sentence
from app.answering.verify import cite
from app.answers import Answer, Draft, DraftSentence, Evidence, Hit, NotePart
from app.known.forms import Line, in_form, other_forms
from app.known.match import EXACT_PROBABILITY, Match
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


def known_draft(match: Match, question: Query, evidence: Sequence[Evidence]) -> Draft:
    """Draft the answer of a match.

    The draft quotes the passages of the known answer, with the gap if the documents hold only part of the answer. If
    they hold none of it, the draft has the gap and the nearest passages. The gap is in the question's language; if it
    was not written in that language, the answer says only that something is missing. For a question about the program
    the draft has the program's own words.
    """
    gap = match.known.gap_in(question.language)
    if match.known.about:
        text = match.known.about.get(question.language) or match.known.about["en"]
        return Draft((), (match.probability,), known=True, about=text)
    places = {(e.passage.document_id, e.passage.start): e for e in evidence}
    quoted = [e for p in match.known.answers if (e := places.get((p.document_id, p.start)))]
    # an item stands right behind the sentence that introduces its list
    positions = [
        next((m for m, other in enumerate(quoted[:n]) if introduces(other.passage, e.passage)), n)
        for n, e in enumerate(quoted)
    ]
    quoted = [quoted[n] for n in sorted(range(len(quoted)), key=lambda n: (positions[n], n))]
    closest = tuple(e.key for e in quoted[:3])
    if match.known.gap and not match.known.partial:
        return Draft((), (0.0,), closest, known=True, gap=gap)
    sentences, evidence_by_key = list[DraftSentence](), {e.key: e for e in evidence}
    for n, item in enumerate(quoted):
        if any(introduces(item.passage, earlier.passage) for earlier in quoted[:n]):
            continue  # it stands in front of its item already
        in_list = any(introduces(earlier.passage, item.passage) for earlier in quoted[:n])
        sentence = draft_sentence(item, evidence, 0, in_list)
        sentences = add_sentence(sentences, sentence, evidence_by_key, (match.probability,))
    return Draft(tuple(sentences), (match.probability,), closest, known=True, gap=gap or match.known.gap)


def written_or_quoted(query: Query, match: Match, quoted: Answer, index: Index) -> Answer:
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
    located = list(filter(None, (_locate(place, index, query.within) for place in places)))
    if len(located) < len(places):
        return quoted_in_form(query, quoted)
    evidence = {
        n: Evidence(f"S{n}", document, passages[position], passages[position].read(document.text))
        for n, (document, passages, position) in enumerate(located, 1)
    }
    lines, is_fulfilled = in_form(answer, query.wish, query.language)
    sentences, order = _sentences(query, lines)
    if absent:  # no figure of these is what was asked for
        sentences = tuple(replace(s, highlight=None) for s in sentences)
    missing = answer.missing.get(query.language, "")
    notes = [NotePart("unanswered", absent), NotePart("gap", missing)]
    return replace(
        quoted,
        read_as=_answered_question(query, match),
        status="partial" if missing or absent else "answered",
        sentences=sentences,
        citations=tuple(cite(n, [evidence[quote]]) for quote, n in order.items()),
        closest=(),
        note_parts=tuple(notes if is_fulfilled else [*notes, unmet_note(query)]),
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
        is_first = n == 0 and not line.place.cells
        span = highlight(query.standalone, line.text, query.answer_type) if is_first else None
        sentences.append(Sentence(line.text, numbers, span, line.place))
    return tuple(sentences), order


def _answered_question(query: Query, match: Match) -> str:
    """Return what is answered: the question as it reads, or the known one if that is worded otherwise."""
    if match.probability >= EXACT_PROBABILITY:
        return query.standalone
    wordings = (match.known.question, match.wording)
    return next((w for w in wordings if guess_language(w) == query.language), query.standalone)


def _locate(
    place: store.PassageLocation, index: Index, within: Sequence[str] | None
) -> tuple[Document, Sequence[Passage], int] | None:
    """Return the document of a place that is among those that are asked, its passages, and which of them begins there."""
    document = index.document(place.document_id) if within is None or place.document_id in within else None
    passages = index.passages(place.document_id) if document else ()
    position = next((n for n, p in enumerate(passages) if p.start == place.start), None)
    return None if document is None or position is None else (document, passages, position)
