"""Answers with the documents' own passages, word for word: the best one and those that come close, or a whole list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

from app.answering.confidence import confidence
from app.answering.draft import Draft, Run, Statement, run_of
from app.answering.highlight import highlight
from app.answering.lists import (
    MAX_LIST_ITEMS,
    MAX_SINGLE_QUOTES,
    QUOTE_MARGIN,
    Ranked,
    is_list,
    pair_evidence,
    rows_of_years,
    same_block,
    share_list,
    whole_list,
)
from app.answering.notes import missing_part
from app.answers import Evidence, Hit, NotePart
from app.query.values import Query
from app.text.names import Span
from app.text.spans import content_stems
from ingest.blocks import SENTENCE_END
from ingest.documents import POINTS_BACK
from ingest.words import CHARACTERS

SEVERAL_MARGIN = 2.5  # how far below the best, in place of QUOTE_MARGIN, if several things are asked for
_WORD = re.compile(rf"[{CHARACTERS}]|[^\W{CHARACTERS}]+")


@dataclass(frozen=True, slots=True)
class Quote:
    """Passages that follow each other and are quoted as one sentence.

    Attributes:
        items: The passages.
        part: The part of the question that they answer, from 0.
        text: Their words, with the sentence that introduces their list if that is not quoted beside them.
    """

    items: tuple[Evidence, ...]
    part: int
    text: str

    @property
    def own_start(self) -> int:
        """Return the position at which the words of the last passage begin."""
        return len(self.text) - len(self.items[-1].text)


def quote(item: Evidence, evidence: Sequence[Evidence], part: int = 0, in_list: bool = False) -> Quote:
    """Quote a passage with what it needs to be understood.

    A sentence that begins with a word that points back follows the sentence before it. A list item follows the sentence
    that introduces its list, unless the list is quoted with it (`in_list`).
    """
    if item.passage.kind == "sentence" and POINTS_BACK.match(item.text):
        before = next((other for other in evidence if _precedes(other, item)), None)
        if before is not None:
            return Quote((before, item), part, f"{before.text} {item.text}")
    return Quote((item,), part, item.text if in_list else item.passage.introduced(item.document.text))


def draft_quotes(
    query: Query, rankings: Sequence[Sequence[Hit]], evidence: Sequence[Evidence], threshold: float, most: int
) -> Draft:
    """Draft an answer in quotes, the best passage for each part of the question first.

    Args:
        query: The query; `query.subqueries()` gives its parts.
        rankings: The hits for each part.
        evidence: The evidence for all parts, best first.
        threshold: The confidence that a part needs to be answered.
        most: How many passages are quoted at most, beside a list that is quoted whole.

    Returns:
        The draft; without hits it is empty and its confidence is 0.
    """
    subqueries = query.subqueries()
    several = len(subqueries) > 1 or query.scope.several
    limit, margin = (most, SEVERAL_MARGIN) if several else (min(most, MAX_SINGLE_QUOTES), QUOTE_MARGIN)
    ranked = [pair_evidence(hits, evidence) for hits in rankings]
    sure = tuple(map(confidence, rankings))
    chosen = [
        choose(q, pairs, limit, margin) if c >= threshold else []
        for q, pairs, c in zip(subqueries, ranked, sure, strict=True)
    ]
    lists = [is_list([item.passage for item in items]) for items in chosen]
    parts = [[(part, item) for item in items] for part, items in enumerate(chosen)]
    in_order = chain(*parts) if any(lists) else chain(*zip_longest(*parts))
    quotes: list[Quote] = []
    for part, item in filter(None, in_order):
        if len(quotes) < limit or lists[part]:
            quotes = with_quote(quotes, quote(item, evidence, part, lists[part]))
    closest = tuple(run_of([item]) for item in evidence[:3])
    return quoted(query, quotes, sure, threshold, closest)


def choose(query: Query, ranked: Ranked, limit: int, margin: float) -> list[Evidence]:
    """Choose what is quoted for one question: rows of years, a whole list, or the best passages, at most `limit`.

    A passage is chosen if it scores at most `margin` below the best. Only one passage of a list is chosen, and none that
    only introduces another. If a list is asked for, all rows of the best table may be chosen, in its order.
    """
    telling = [pair for pair in ranked if _says_more(query, pair[1])] or ranked
    if not telling:
        return []
    if together := rows_of_years(query, telling) or whole_list(query, telling):
        return together
    best, first = telling[0]
    close = [item for hit, item in telling if hit.score >= best.score - margin]
    if query.scope.listed and first.passage.kind == "row":
        rows = [item for item in close if same_block(item.passage, first.passage)]
        return sorted(rows, key=lambda item: item.passage.start)[:MAX_LIST_ITEMS]
    chosen: list[Evidence] = []
    for item in close:
        is_said = any(share_list(item.passage, other.passage) for other in chosen)
        if not is_said and not (chosen and item.text.endswith((":", "："))):
            chosen.append(item)
    return chosen[:limit]


def quoted(
    query: Query,
    quotes: Sequence[Quote],
    confidences: Sequence[float],
    threshold: float,
    closest: tuple[Run, ...],
    gap: str = "",
) -> Draft:
    """Make the draft of an answer in quotes; a part of the question below the threshold is not answered.

    Args:
        query: The question.
        quotes: The quotes.
        confidences: For each part of the question, the probability (0..1) that the evidence contains its answer.
        threshold: The confidence that a part needs.
        closest: The nearest passages, for a refusal.
        gap: What the documents are known not to hold.
    """
    draft = Draft(query, missing=gap, closest=closest, confidence=round(max(confidences, default=0.0), 4))
    answering = [q for q in quotes if confidences[q.part] >= threshold]
    if not answering:
        return draft
    missing = missing_part(query, confidences, threshold, gap)
    return replace(
        draft,
        status="partial" if missing else "answered",
        statements=tuple(_statements(query, answering)),
        notes=(NotePart("gap", missing),),
    )


def with_quote(quotes: Sequence[Quote], new: Quote) -> list[Quote]:
    """Add a quote, or put it in the place of the one that it holds; one that says nothing new is left out."""
    if any(_holds(old, new) for old in quotes):
        return list(quotes)
    held = [old for old in quotes if _holds(new, old)]
    return [new if old is held[0] else old for old in quotes if old not in held[1:]] if held else [*quotes, new]


def _statements(query: Query, quotes: Sequence[Quote]) -> Iterator[Statement]:
    """Yield the statements; of each part the first has in bold what is asked for, each if a series of years is."""
    seen: set[int] = set()
    for q in quotes:
        part, document, passage = query.subqueries()[q.part], q.items[0].document, q.items[0].passage
        cells = passage.cells(document.text) if len(q.items) == 1 else ()
        is_first = part.answer_type and (part.scope.years or q.part not in seen)
        span: Span | None = highlight(part.standalone, q.text, part.answer_type, q.own_start) if is_first else None
        seen.add(q.part)
        in_cells = {document.language: cells} if cells else {}
        yield Statement({document.language: q.text}, (run_of(q.items),), "passage", cells=in_cells, highlight=span)


def _says_more(query: Query, item: Evidence) -> bool:
    """Return True unless a passage is a heading that has words of the question alone."""
    is_sentence = item.passage.kind != "sentence" or SENTENCE_END.search(item.text)
    return bool(is_sentence) or not content_stems(item.text) <= content_stems(query.standalone)


def _precedes(other: Evidence, item: Evidence) -> bool:
    """Return True if the other passage ends just before the item begins, in the same block."""
    first, second = other.passage, item.passage
    same = (first.document_id, first.block) == (second.document_id, second.block) and first.end <= second.start
    return same and second.start - first.end <= 2 and not item.document.text[first.end : second.start].strip()


def _holds(one: Quote, other: Quote) -> bool:
    """Return True if a quote has all the words of another in their order, or starts or ends within it.

    Two items of one list, and two rows of one table, may have each other's words.
    """
    first, second = one.items[0].passage, other.items[0].passage
    if set(map(id, one.items)) & set(map(id, other.items)):
        return len(one.items) >= len(other.items)
    in_one_block = first.kind != "sentence" and same_block(first, second)
    words, other_words = _words(one.text), _words(other.text)
    return words == other_words or (other_words in words and not in_one_block)


def _words(text: str) -> str:
    """Return the words and Han characters in lower case, with a space before and after each."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "
