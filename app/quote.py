"""The default engine: it answers with the documents' own sentences and needs no language model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answers import Draft, DraftSentence, Evidence, Hit, Question
from app.confidence import confidence
from ingest.documents import Passage
from ingest.words import STOPWORDS, tokens

WITHIN = 4.0  # a further sentence is quoted when its score lies at most this far below the best
LONGEST_LIST = 30
_ASKS_LIST = re.compile(
    r"\b(list|name|enumerate|which|what are|what were|who are)\b.*\b(\w+s|people)\b|哪些|列出|有哪",
    re.IGNORECASE,
)
_ASKS_MORE = re.compile(r"\band (what|who|when|where|which|why|how)\b", re.IGNORECASE)
_POINTS_BACK = re.compile(
    r"^(it|its|they|their|them|this|that|these|those|he|she|his|her|such|the (city|company|plan|fund|law|centre|same))\b"
    r"|^(它|其|该|这|此|他|她)",
    re.IGNORECASE,
)


class QuotingEngine:
    """Chooses at most `max_quotes` passages; a list that answers is quoted whole."""

    def __init__(self, max_quotes: int) -> None:
        self.max_quotes = max_quotes

    def draft(self, question: Question, hits: Sequence[Hit], evidence: Sequence[Evidence]) -> Draft:
        """The draft, best sentence first; without hits it is empty and its confidence 0."""
        if not hits:
            return Draft((), 0.0)
        shown = {(e.passage.document_id, e.passage.start): e for e in evidence}
        ranked = [
            (h, shown[h.passage.document_id, h.passage.start])
            for h in hits
            if (h.passage.document_id, h.passage.start) in shown
        ]
        chosen = _whole_list(question, ranked)
        if not chosen or _ASKS_MORE.search(question.text):
            others = [pair for pair in ranked if not chosen or (pair[1].passage.kind != "item" and pair[1] not in chosen)]
            chosen = chosen + (self._best(question, others) if others else [])
        sentences = tuple(_sentence(e, evidence) for e in chosen)
        nearest = tuple(e.key for _, e in ranked[:3])
        return Draft(sentences, confidence(hits), nearest)

    def _best(self, question: Question, ranked: Sequence[tuple[Hit, Evidence]]) -> list[Evidence]:
        """The best passage, and those that come close to it or bring words of the question that are still missing."""
        wanted = {w for w in tokens(question.read_as) if w not in STOPWORDS}
        best = ranked[0][0].score
        first = ranked[0][1]
        lead = next((e for _, e in ranked if first.passage.kind == "item" and _introduces(e.passage, first.passage)), None)
        chosen = [lead, first] if lead else [first]
        met = wanted & set(tokens(ranked[0][1].text))
        for hit, item in ranked[1:]:
            if len(chosen) >= self.max_quotes:
                break
            if item in chosen or item.passage.kind == "item":  # a list's item says little without its list
                continue
            new = (wanted & set(tokens(item.text))) - met
            if hit.score >= best - WITHIN or (new and hit.score >= best - 2 * WITHIN):
                chosen.append(item)
                met |= new
        return chosen


def _whole_list(question: Question, ranked: Sequence[tuple[Hit, Evidence]]) -> list[Evidence]:
    """All items of the list that the best passages stand in, in its order, when the question asks for a list."""
    if not _ASKS_LIST.search(question.text):
        return []
    for hit, _ in ranked[:2]:
        passage = hit.passage
        items = [e for _, e in ranked if e.passage.kind == "item" and _same_list(e.passage, passage)]
        if len(items) >= 2:
            items.sort(key=lambda e: e.passage.start)
            first = [e for _, e in ranked if _introduces(e.passage, items[0].passage)]
            return first + items[:LONGEST_LIST]
    return []


def _same_list(item: Passage, passage: Passage) -> bool:
    """Whether `item` stands in the list that `passage` belongs to or introduces."""
    if item.document_id != passage.document_id:
        return False
    if passage.kind == "item":
        return item.block == passage.block
    return item.lead == (passage.start, passage.end)


def _introduces(sentence: Passage, item: Passage) -> bool:
    """Whether `sentence` introduces the list of `item`."""
    return sentence.document_id == item.document_id and item.lead == (sentence.start, sentence.end)


def _sentence(item: Evidence, evidence: Sequence[Evidence]) -> DraftSentence:
    """The passage, with the sentence before it in front where it begins with a word that points back."""
    if item.passage.kind == "sentence" and _POINTS_BACK.match(item.text):
        before = _neighbour(item, evidence)
        if before is not None:
            return DraftSentence(f"{before.text} {item.text}", (before.key, item.key))
    return DraftSentence(item.text, (item.key,))


def _neighbour(item: Evidence, evidence: Sequence[Evidence]) -> Evidence | None:
    """The evidence that ends where the item begins, but for white space."""
    for other in evidence:
        same = other.passage.document_id == item.passage.document_id and other.passage.block == item.passage.block
        if same and other.passage.end <= item.passage.start:
            between = item.document.text[other.passage.end : item.passage.start]
            if not between.strip() and len(between) <= 2:
                return other
    return None
