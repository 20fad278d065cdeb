"""The default engine: it answers with the documents' own sentences and needs no language model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from app.answering.confidence import confidence
from app.answering.draft import Draft, Run, Statement, run_of
from app.answering.highlight import answer_candidates, highlights
from app.answering.lists import (
    MAX_SINGLE_QUOTES,
    QUOTE_MARGIN,
    Ranked,
    introduces,
    is_list,
    is_other_row,
    pair_evidence,
    share_list,
    table_rows,
    whole_list,
    with_series,
)
from app.answering.notes import missing_part
from app.answering.repetition import DraftSentence, add_sentence, assign_shared
from app.answers import Evidence, Hit, NotePart
from app.query.values import Query
from app.text.names import Span
from app.text.spans import content_stems
from ingest.documents import POINTS_BACK, Passage
from ingest.split import SENTENCE_END
from ingest.words import STOPWORDS, tokens

MULTIPART_MARGIN = 2.5  # how far below the best, in place of QUOTE_MARGIN, if several things are asked for
NEW_WORDS_MARGIN = 5.0  # and this far if several things are asked for and it brings words of the question that are missing
_ANNOUNCES = re.compile(
    r"\b(?:as follows|the following|(?:shown|listed|set out|summari[sz]ed) below|table below|following table)\b|如下|下表",
    re.IGNORECASE,
)


class QuotingEngine:
    """An engine that answers a question with passages quoted from the documents.

    It quotes at most `max_quotes` passages, and at most three if the question asks for one thing. A list that answers
    the question is quoted whole.
    """

    def __init__(self, max_quotes: int) -> None:
        self.max_quotes = max_quotes

    def draft(
        self, question: Query, rankings: Sequence[Sequence[Hit]], evidence: Sequence[Evidence], threshold: float
    ) -> Draft:
        """Draft an answer from quotes, the best passage for each part of the question first.

        If a list is quoted whole, the quotes are grouped by part instead. Without hits the draft is empty and its
        confidence is 0.

        Args:
            question: The query; `question.subqueries()` gives its parts.
            rankings: The hits for each part, in the order of `question.subqueries()`.
            evidence: The evidence for all parts, best first.
            threshold: The confidence that a part needs to be answered.
        """
        ranked = [pair_evidence(hits, evidence) for hits in rankings]
        subqueries = question.subqueries()
        asks_several = len(subqueries) > 1 or question.scope.several
        limit = self.max_quotes if asks_several else min(self.max_quotes, MAX_SINGLE_QUOTES)
        chosen = [_choose(q, pairs, limit, asks_several) for q, pairs in zip(subqueries, ranked, strict=True)]
        confidences = tuple(confidence(h) for h in rankings)
        chosen, served_parts = assign_shared(chosen, [_is_list(c) for c in chosen], confidences)
        are_lists, evidence_by_key = [_is_list(c) for c in chosen], {e.key: e for e in evidence}
        sentences: list[DraftSentence] = []
        for choices in zip_longest(*chosen):
            for part, item in enumerate(choices):
                if item is not None and (len(sentences) < limit or are_lists[part]):
                    sentence = draft_sentence(item, evidence, served_parts[part], are_lists[part])
                    sentences = add_sentence(sentences, sentence, evidence_by_key, confidences)
        ordered = sorted(sentences, key=lambda s: s.part if any(are_lists) else 0)
        return quoted(question, ordered, evidence, confidences, threshold, tuple(run_of([e]) for e in evidence[:3]))


def quoted(
    query: Query,
    sentences: Sequence[DraftSentence],
    evidence: Sequence[Evidence],
    confidences: Sequence[float],
    threshold: float,
    closest: tuple[Run, ...],
    gap: str = "",
) -> Draft:
    """Make the draft of an answer in quotes; a part of the question below the threshold is not answered.

    Args:
        query: The question.
        sentences: The quotes.
        evidence: The evidence that they name by key.
        confidences: For each part of the question, the probability (0..1) that the evidence contains its answer.
        threshold: The confidence that a part needs.
        closest: The nearest passages, for a refusal.
        gap: What the documents are known not to hold.
    """
    draft = Draft(query, missing=gap, closest=closest, confidence=round(max(confidences, default=0.0), 4))
    answering = [s for s in sentences if confidences[s.part] >= threshold]
    if not answering:
        return draft
    by_key, missing = {e.key: e for e in evidence}, missing_part(query, confidences, threshold, gap)
    spans = highlights(query, answering)
    return replace(
        draft,
        status="partial" if missing else "answered",
        statements=tuple(_statement(s, [by_key[k] for k in s.keys], span) for s, span in zip(answering, spans, strict=True)),
        notes=(NotePart("gap", missing),),
    )


def _statement(sentence: DraftSentence, items: Sequence[Evidence], highlight: Span | None) -> Statement:
    document, passage = items[0].document, items[0].passage
    cells = passage.cells(document.text) if len(items) == 1 else ()
    in_cells = {document.language: cells} if cells else {}
    text = {document.language: sentence.text}
    return Statement(text, (run_of(items),), "passage", cells=in_cells, highlight=highlight)


def _choose(question: Query, ranked: Ranked, limit: int, asks_several: bool) -> list[Evidence]:
    """Choose what to quote for one question: a whole list if it asks for one, else the best passages."""
    ranked = _without_headings(question, ranked)
    if not ranked:
        return []
    chosen = whole_list(question, ranked) or table_rows(question, ranked)
    return with_series(question, chosen or _best_passages(question, ranked, limit, asks_several), ranked)


def _without_headings(question: Query, ranked: Ranked) -> Ranked:
    """Remove headings, and replace a best sentence that only announces a table by the table's best row.

    Headings are removed only if another passage scores at most `MULTIPART_MARGIN` below the best. The sentence is kept
    if no row of its table is ranked.
    """
    others = [pair for pair in ranked if not _is_heading(question, pair[1])]
    if others and others[0][0].score >= ranked[0][0].score - MULTIPART_MARGIN:
        ranked = others
    if not ranked or not announces_table(question, ranked[0][1]):
        return ranked
    rows = [pair for pair in ranked if _is_above_table(ranked[0][1].passage, pair[1].passage)]
    return [*rows[:1], *(pair for pair in ranked[1:] if pair is not rows[0])] if rows else ranked


def announces_table(question: Query, item: Evidence) -> bool:
    """Return True if a sentence says only that a table or list follows, and not itself what is asked for."""
    if item.passage.kind != "sentence" or not _ANNOUNCES.search(item.text):
        return False
    return question.answer_type is None or not answer_candidates(question.standalone, item.text, question.answer_type)


def _is_above_table(sentence: Passage, row: Passage) -> bool:
    """Return True if a sentence stands above the table of a row."""
    spans = (span for span in (row.lead, row.above) if span)
    return row.document_id == sentence.document_id and any(s[0] <= sentence.start and sentence.end <= s[1] for s in spans)


def _is_heading(question: Query, item: Evidence) -> bool:
    """Return True if a passage is a heading that does not say what the question asks for.

    A heading is a line of at most 100 characters without a sentence end, alone in its paragraph. A document with pages
    has none, since a line of a slide may be all the text there is. A heading says what is asked for if it holds a
    candidate for the answer or, for a question without an answer type, a content word that the question lacks.
    """
    text, passage = item.document.text, item.passage
    if passage.kind != "sentence" or len(item.text) > 100 or SENTENCE_END.search(item.text):
        return False
    before, after = text[: passage.start].rstrip(" \t#*_")[-1:], text[passage.end : passage.end + 1]
    if before.strip("\n") or after.strip("\n") or item.document.pages:
        return False
    if question.answer_type is not None:
        return not answer_candidates(question.standalone, item.text, question.answer_type)
    return content_stems(item.text) <= content_stems(question.standalone)


def _best_passages(question: Query, ranked: Ranked, limit: int, asks_several: bool) -> list[Evidence]:
    """Choose the best passage and those that score close to it, at most `limit` in all.

    Only one passage of a list is chosen, and of a table at most one more row, which has another subject and scores at
    most 1 below the best. If several things are asked for (`asks_several`), such as the sides of a comparison, further
    rows are chosen too. So are passages that score a little lower but contain words of the question that are still
    missing.
    """
    question_words = {w for w in tokens(question.standalone) if w not in STOPWORDS} if asks_several else set()
    best_score, best = ranked[0][0].score, ranked[0][1]
    chosen = [best]
    covered = question_words & set(tokens(best.text))
    margin = MULTIPART_MARGIN if asks_several else QUOTE_MARGIN
    introductions: list[Passage] = []
    for hit, item in ranked[1:]:
        if len(chosen) >= limit:
            break
        if item in chosen or any(share_list(item.passage, c.passage) for c in chosen):
            continue
        other_rows = 0 if asks_several else sum(is_other_row(item, c) for c in chosen)
        if other_rows > 1 or (other_rows and hit.score < best_score - 1.0):
            continue
        if item.text.endswith((":", "：")):  # what only introduces something says nothing beside another sentence
            introductions.append(item.passage)
            continue
        if any(introduces(lead, item.passage) for lead in introductions):
            continue
        new_words = (question_words & set(tokens(item.text))) - covered
        if hit.score >= best_score - margin or (new_words and hit.score >= best_score - NEW_WORDS_MARGIN):
            chosen.append(item)
            covered |= new_words
    return chosen


def _is_list(chosen: Sequence[Evidence]) -> bool:
    return is_list([e.passage for e in chosen])


def draft_sentence(item: Evidence, evidence: Sequence[Evidence], part: int, in_list: bool) -> DraftSentence:
    """Make a draft sentence of a passage, with the sentence before it that it needs.

    A sentence that begins with a word that points back follows the sentence before it. A list item follows the sentence
    that introduces its list, unless the list is quoted with it (`in_list`).
    """
    if item.passage.kind == "sentence" and POINTS_BACK.match(item.text):
        preceding = preceding_evidence(item, evidence)
        if preceding is not None:
            return DraftSentence(f"{preceding.text} {item.text}", (preceding.key, item.key), part)
    text = item.text if in_list else item.passage.introduced(item.document.text)
    return DraftSentence(text, (item.key,), part, len(text) - len(item.text))


def preceding_evidence(item: Evidence, evidence: Sequence[Evidence]) -> Evidence | None:
    """Return the evidence that ends just before the item begins, in the same block, or None.

    At most two characters of white space may lie between them.
    """
    for other in evidence:
        same_block = other.passage.document_id == item.passage.document_id and other.passage.block == item.passage.block
        if same_block and other.passage.end <= item.passage.start:
            gap = item.document.text[other.passage.end : item.passage.start]
            if not gap.strip() and len(gap) <= 2:
                return other
    return None
