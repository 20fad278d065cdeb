"""The default engine: it answers with the documents' own sentences and needs no language model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from app.answering.highlight import answer_candidates
from app.answering.lists import (
    QUOTES,
    WITHIN,
    Ranked,
    introduces,
    is_list,
    of_one_list,
    other_row,
    paired,
    table_rows,
    whole_list,
    with_series,
)
from app.answering.repetition import claimed, joined
from app.answering.verify import confidence
from app.answers import Draft, DraftSentence, Evidence, Hit
from app.query.values import Query
from app.text.spans import content
from ingest.documents import POINTS_BACK, Passage
from ingest.split import SENTENCE_END
from ingest.words import STOPWORDS, tokens

BESIDES = 2.5  # how far below the best, in place of WITHIN, if several things are asked for
CLOSE = 1.0  # another row of a table that is quoted already, one that begins otherwise, at most this far
FURTHER = 5.0  # and this far if several things are asked for and it brings words of the question that are missing
LONGEST_HEADING = 100  # characters of a line that may be a heading
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

    def draft(self, question: Query, rankings: Sequence[Sequence[Hit]], evidence: Sequence[Evidence]) -> Draft:
        """Draft an answer from quotes, the best passage for each part of the question first.

        If a list is quoted whole, the quotes are grouped by part instead. Without hits the draft is empty and its
        confidence is 0.

        Args:
            question: The query; `question.subqueries()` gives its parts.
            rankings: The hits for each part, in the order of `question.subqueries()`.
            evidence: The evidence for all parts, best first.
        """
        ranked = [paired(hits, evidence) for hits in rankings]
        searched = question.subqueries()
        several = len(searched) > 1 or question.scope.several
        most = self.max_quotes if several else min(self.max_quotes, QUOTES)
        chosen = [_chosen(q, pairs, most, several) for q, pairs in zip(searched, ranked, strict=True)]
        confidences = tuple(confidence(h) for h in rankings)
        chosen, serves = claimed(chosen, [_is_list(c) for c in chosen], confidences)
        listed, known = [_is_list(c) for c in chosen], {e.key: e for e in evidence}
        sentences: list[DraftSentence] = []
        for turn in zip_longest(*chosen):
            for n, item in enumerate(turn):
                if item is not None and (len(sentences) < most or listed[n]):
                    sentences = joined(sentences, sentence_of(item, evidence, serves[n], listed[n]), known, confidences)
        nearest = tuple(e.key for e in evidence[:3])
        ordered = sorted(sentences, key=lambda s: s.part if any(listed) else 0)
        return Draft(tuple(ordered), confidences, nearest)


def _chosen(question: Query, ranked: Ranked, most: int, one_of_several: bool) -> list[Evidence]:
    """Choose what to quote for one question: a whole list if it asks for one, else the best passages."""
    ranked = _telling(question, ranked)
    if not ranked:
        return []
    chosen = whole_list(question, ranked) or table_rows(question, ranked) or _best(question, ranked, most, one_of_several)
    return with_series(question, chosen, ranked)


def _telling(question: Query, ranked: Ranked) -> Ranked:
    """Remove headings, and replace a best sentence that only announces a table by the table's best row.

    Headings are removed only if another passage scores at most `BESIDES` below the best. The sentence is kept if no row
    of its table is ranked.
    """
    heads = [_is_heading(question, e) for _, e in ranked]
    others = [pair for pair, head in zip(ranked, heads, strict=True) if not head]
    if any(heads) and others and others[0][0].score >= ranked[0][0].score - BESIDES:
        ranked = others
    if not ranked or not announces_table(question, ranked[0][1]):
        return ranked
    rows = [pair for pair in ranked if _stands_above(ranked[0][1].passage, pair[1].passage)]
    return [*rows[:1], *(pair for pair in ranked[1:] if pair is not rows[0])] if rows else ranked


def announces_table(question: Query, item: Evidence) -> bool:
    """Return True if a sentence says only that a table or list follows, and not itself what is asked for."""
    if item.passage.kind != "sentence" or not _ANNOUNCES.search(item.text):
        return False
    return question.answer_type is None or not answer_candidates(question.standalone, item.text, question.answer_type)


def _stands_above(sentence: Passage, row: Passage) -> bool:
    """Return True if a sentence stands above the table of a row."""
    spans = (span for span in (row.lead, row.above) if span)
    return row.document_id == sentence.document_id and any(s[0] <= sentence.start and sentence.end <= s[1] for s in spans)


def _is_heading(question: Query, item: Evidence) -> bool:
    """Return True if a passage is a heading that does not say what the question asks for.

    A heading is a line of at most `LONGEST_HEADING` characters without a sentence end, alone in its paragraph. A
    document with pages has none, since a line of a slide may be all the text there is. A heading says what is asked for
    if it holds a candidate for the answer or, for a question without an answer type, a content word that the question
    lacks.
    """
    text, passage = item.document.text, item.passage
    if passage.kind != "sentence" or len(item.text) > LONGEST_HEADING or SENTENCE_END.search(item.text):
        return False
    alone = text[: passage.start].rstrip(" \t#*_")[-1:] in ("", "\n") and text[passage.end : passage.end + 1] in ("", "\n")
    if not alone or item.document.pages:  # lines of a slide or of a page as it was set may be all that there is
        return False
    if question.answer_type is not None:
        return not answer_candidates(question.standalone, item.text, question.answer_type)
    return content(item.text) <= content(question.standalone)


def _best(question: Query, ranked: Ranked, most: int, one_of_several: bool) -> list[Evidence]:
    """Choose the best passage and those that score close to it, at most `most` in all.

    Only one passage of a list is chosen, and of a table at most one more row with another subject. If several things are
    asked for (`one_of_several`), such as the sides of a comparison, further rows are chosen too. So are passages that
    score a little lower but contain words of the question that are still missing.
    """
    wanted = {w for w in tokens(question.standalone) if w not in STOPWORDS} if one_of_several else set()
    best, first = ranked[0][0].score, ranked[0][1]
    chosen = [first]
    met = wanted & set(tokens(first.text))
    limit = BESIDES if one_of_several else WITHIN
    introductions: list[Passage] = []
    for hit, item in ranked[1:]:
        if len(chosen) >= most:
            break
        if item in chosen or any(of_one_list(item.passage, c.passage) for c in chosen):
            continue
        others = 0 if one_of_several else sum(other_row(item, c) for c in chosen)
        if others > 1 or (others and hit.score < best - CLOSE):
            continue
        if item.text.endswith((":", "：")):  # what only introduces something says nothing beside another sentence
            introductions.append(item.passage)
            continue
        if any(introduces(lead, item.passage) for lead in introductions):
            continue
        new = (wanted & set(tokens(item.text))) - met
        if hit.score >= best - limit or (new and hit.score >= best - FURTHER):
            chosen.append(item)
            met |= new
    return chosen


def _is_list(chosen: Sequence[Evidence]) -> bool:
    return is_list([e.passage for e in chosen])


def sentence_of(item: Evidence, evidence: Sequence[Evidence], part: int, listed: bool) -> DraftSentence:
    """Make a draft sentence of a passage, with the sentence before it that it needs.

    A sentence that begins with a word that points back follows the sentence before it. A list item follows the sentence
    that introduces its list, unless the list is quoted with it (`listed`).
    """
    if item.passage.kind == "sentence" and POINTS_BACK.match(item.text):
        before = neighbour(item, evidence)
        if before is not None:
            return DraftSentence(f"{before.text} {item.text}", (before.key, item.key), part)
    text = item.text if listed else item.passage.introduced(item.document.text)
    return DraftSentence(text, (item.key,), part, len(text) - len(item.text))


def neighbour(item: Evidence, evidence: Sequence[Evidence]) -> Evidence | None:
    """Return the evidence that ends just before the item begins, in the same block, or None.

    At most two characters of white space may lie between them.
    """
    for other in evidence:
        same = other.passage.document_id == item.passage.document_id and other.passage.block == item.passage.block
        if same and other.passage.end <= item.passage.start:
            between = item.document.text[other.passage.end : item.passage.start]
            if not between.strip() and len(between) <= 2:
                return other
    return None
