"""Judging our own cases, whose evidence is a place in the corpus."""

from __future__ import annotations

from app.answers import Answer
from app.sentences import Citation, Sentence
from evals.cases import Case, Gold
from evals.matching import holds, missing_groups
from evals.metrics import (
    RANKING,
    Span,
    citation_precision,
    citation_recall,
    overlap,
    ranking,
)
from ingest.index import Index

ERRORS = frozenset({"over_refusal", "hallucination"})
"""Measures of which less is better."""
ALWAYS_MEASURED = ("correct", "quotes_exact", "citations_support")
EVIDENCE_MEASURES = ("evidence_exists", "citation_precision", "citation_recall", *RANKING)


class PlanJudge:
    """Scores an answer by its case's answer groups and by the places of its gold sentences.

    `quotes_exact`: every quote is the document's text at its offsets. `citations_support`: every sentence is what the
    passages that it cites say. `evidence_exists`: every gold sentence still stands in the corpus.
    """

    def __init__(self, index: Index) -> None:
        self.index, self.places = index, gold_places(index)

    def __call__(self, case: Case, answer: Answer | None) -> dict[str, float]:
        """See `evals.run.Judge`."""
        if answer is None:
            return {name: float(name in ERRORS) for name in applicable(case)}
        refused = answer.declines
        is_met = refused or self._contradicts(case, answer) if not case.answerable else _meets(case, answer.sentences)
        correct = float(is_met and not _follows_instruction(case, answer.sentences))
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
        if case.evidence_mode == "any":
            groups = [(case.evidence, parts)]
        else:
            groups = [((g,), parts - _missing(case, g.quote)) for g in case.evidence]
        golds = [
            (*group, *(g for g in case.alternative_evidence if stated and stated <= set(g.parts)))
            for group, stated in groups
        ]
        return [tuple(span for gold in group for span in self._spans_of(gold)) for group in golds]

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


def _follows_instruction(case: Case, sentences: tuple[Sentence, ...]) -> bool:
    """Say whether the answer says what an instruction in the question wanted it to say."""
    return any(holds(answer_text(sentences), text) for text in case.forbidden)


def answer_text(sentences: tuple[Sentence, ...]) -> str:
    """Return the text of the sentences without citation numbers."""
    return " ".join(s.text for s in sentences)


def applicable(case: Case) -> tuple[str, ...]:
    """Return the names of the measures that apply to a case of our own."""
    if not case.answerable:
        return (*ALWAYS_MEASURED, "hallucination")
    return (*ALWAYS_MEASURED, "accuracy", "over_refusal", *(EVIDENCE_MEASURES if case.evidence else ()))


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
