"""Judges: of our own cases, whose evidence is a place in the corpus, and of a user's, whose evidence is a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from app.answers import Answer
from app.sentences import Citation, Sentence
from evals.cases import Case, Gold
from evals.matching import holds, missing_groups, normalise
from evals.metrics import RANKING, Span, citation_precision, citation_recall, overlap, ranking
from ingest.index import Index
from ingest.words import tokens

Judge = Callable[[Case, Answer], dict[str, float]]
"""Returns every measure that applies to the case."""
EVIDENCE_MEASURES = ("evidence_exists", "citation_precision", "citation_recall", *RANKING)
MIN_QUOTE_WORDS = 4  # words that a quote within a gold sentence must have to count
SHARED_WORDS = 0.8  # share of the longer one's words that make two sentences the same


class PlanJudge:
    """Scores an answer by its case's answer groups and by the places of its gold sentences.

    `quotes_exact`: every quote is the document's text at its offsets. `citations_support`: every sentence is what the
    passages that it cites say. `evidence_exists`: every gold sentence still stands in the corpus.
    """

    def __init__(self, index: Index) -> None:
        self.index, self.places = index, gold_places(index)

    def __call__(self, case: Case, answer: Answer) -> dict[str, float]:
        """See `Judge`."""
        refused = answer.declines
        is_met = refused or self._contradicts(case, answer) if not case.answerable else _meets(case, answer.sentences)
        obeys = any(holds(answer_text(answer.sentences), text) for text in case.forbidden)  # an instruction in the question
        correct = float(is_met and not obeys)
        scores = {
            "correct": correct,
            "quotes_exact": float(all(self._is_exact(c) for c in answer.citations)),
            "citations_support": float(self._supported(answer)),
        }
        if not case.answerable:
            return scores | {"hallucination": 1.0 - correct}
        return scores | {"accuracy": correct, "over_refusal": float(refused)} | self._evidence(case, answer)

    def _evidence(self, case: Case, answer: Answer) -> dict[str, float]:
        """Score how well the gold sentences were found and cited; nothing for a case without any."""
        if not case.evidence:
            return {}
        exists = float(all(self._spans_of(g) for g in case.evidence))
        gold, alternatives = self._gold(case), [self._spans_of(g) for g in case.alternative_evidence]
        cited = [(c.document_id, c.start, c.end) for c in answer.citations]
        hits = [(h.passage.document_id, h.passage.start, h.passage.end) for h in answer.hits]
        citation_scores = (citation_precision(cited, [*gold, *alternatives]), citation_recall(cited, gold))
        return dict(zip(EVIDENCE_MEASURES, (exists, *citation_scores, *ranking(hits, gold).values()), strict=True))

    def _gold(self, case: Case) -> list[tuple[Span, ...]]:
        """Return the spans that count as each passage that has to be found.

        These are the places of the passage itself and of alternatives that state the same parts of the answer. With
        the `evidence_mode` `any`, all gold passages together count as one.
        """
        parts = set(range(1, len(case.answer_groups) + 1))
        groups: list[tuple[tuple[Gold, ...], set[int]]] = [(case.evidence, parts)]
        if case.evidence_mode == "all":
            groups = [((g,), parts - _missing(case, g.quote)) for g in case.evidence]
        spans = []
        for golds, stated in groups:
            others = (g for g in case.alternative_evidence if stated and stated <= set(g.parts))
            spans.append(tuple(span for gold in (*golds, *others) for span in self._spans_of(gold)))
        return spans

    def _contradicts(self, case: Case, answer: Answer) -> bool:
        """Say whether the first quote is one that shows that the question's premise is false."""
        first_spans = [(c.document_id, c.start, c.end) for c in answer.citations[:1]]
        return any(overlap(c, span) for c in first_spans for g in case.contradicted_by for span in self._spans_of(g))

    def _spans_of(self, gold: Gold) -> tuple[Span, ...]:
        return self.places.get((gold.document, gold.quote), ())

    def _is_exact(self, citation: Citation) -> bool:
        document, quote = self.index.document(citation.document_id), citation.quote
        return document is not None and bool(quote) and document.text[citation.start : citation.end] == quote

    def _supported(self, answer: Answer) -> bool:
        """Say whether each word of a sentence stands in what it cites."""
        quotes = {c.number: c for c in answer.citations}
        for sentence in answer.sentences:
            cited = " ".join(self._read_citation(quotes[n]) for n in sentence.citations)
            if not sentence.citations or " ".join(sentence.text.split()) not in cited:
                return False
        return True

    def _read_citation(self, citation: Citation) -> str:
        """Return the passages of a citation as a reader understands them."""
        document = self.index.document(citation.document_id)
        passages = self.index.passages(citation.document_id)
        inside = [p for p in passages if citation.start <= p.start and p.end <= citation.end]
        return " ".join(p.introduced(document.text) for p in inside) if document else ""


def same_sentence(quote: str, gold: str) -> bool:
    """Return True if a quote and a gold sentence are the same.

    They are if the quote holds the sentence, if the sentence holds a quote of at least `MIN_QUOTE_WORDS` words, or if they
    share `SHARED_WORDS` of the longer one's words.
    """
    a, b = normalise(quote), normalise(gold)
    if b in a or (a in b and len(tokens(a)) >= MIN_QUOTE_WORDS):
        return True
    quote_words, gold_words = Counter(tokens(a)), Counter(tokens(b))
    longer = max(quote_words.total(), gold_words.total())
    return longer > 0 and (quote_words & gold_words).total() / longer >= SHARED_WORDS


def text_judge(case: Case, answer: Answer) -> dict[str, float]:
    """Score an answer by its first quoted sentence and by all of them.

    The measures say whether the gold sentence and the answer string are there, and whether the case was rightly answered
    or refused. See `Judge`.
    """
    quotes = [s.text for s in answer.sentences]
    scores: dict[str, float] = {}
    if case.answerable and case.evidence:
        is_gold = [any(same_sentence(q, g.quote) for g in case.evidence) for q in quotes]
        scores |= {"gold_first": float(is_gold[:1] == [True]), "gold_quoted": float(any(is_gold))}
    if case.answerable and case.answer_groups:
        texts = {"answer_first": "".join(quotes[:1]), "answer_quoted": answer_text(answer.sentences)}
        scores |= {name: float(not missing_groups(text, case.answer_groups)) for name, text in texts.items()}
    wrong = float(answer.declines == case.answerable)
    return scores | {("over_refusal" if case.answerable else "hallucination"): wrong}


def _meets(case: Case, sentences: tuple[Sentence, ...]) -> bool:
    """Say whether each part of the answer is said: in one of its strings, or by a passage that states it in other words."""
    texts = [s.text for s in sentences]
    stated = {
        n
        for g in case.alternative_evidence
        for n in g.parts
        if any(t.startswith(g.quote) or t.endswith(g.quote) for t in texts)
    }
    return bool(sentences) and _missing(case, answer_text(sentences)) <= stated


def _missing(case: Case, text: str) -> set[int]:
    """Return the numbers, from 1, of the answer groups of which the text holds no string."""
    return {n for n, group in enumerate(case.answer_groups, 1) if missing_groups(text, [group])}


def answer_text(sentences: tuple[Sentence, ...]) -> str:
    """Return the text of the sentences without citation numbers."""
    return " ".join(s.text for s in sentences)


def gold_places(index: Index) -> dict[tuple[str, str], tuple[Span, ...]]:
    """Return the spans of each passage in an index.

    Returns:
        The spans by the document's path in the corpus and the passage's text, both as quoted and as read.
    """
    places: dict[tuple[str, str], tuple[Span, ...]] = {}
    for origin, (_, document_id) in index.catalogue.origins().items():
        document = index.document(document_id)
        assert document, "origins name documents that stand"
        for passage in index.passages(document_id):
            span = (document_id, passage.start, passage.end)
            for text in {passage.quote(document.text), passage.read(document.text)}:
                places[origin, text] = (*places.get((origin, text), ()), span)
    return places
