"""A question of two steps -> what to look up with what the first answer names, and which of what is found says it.

"Love and Poison is the biography of a band formed in what city?" is answered by a passage that names the band and by another
on that band. The reader takes question and passage together and makes next to nothing of the second. So the words of the
question that no quote has are searched for again, with the names that the first quote brings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.answering.extract import sentence_of
from app.answering.lists import QUOTES, is_list
from app.answering.repetition import joined
from app.answers import Draft, Evidence, Hit
from app.query.values import Query
from app.retrieval.retriever import Candidate
from app.text.names import runs
from app.text.spans import content
from ingest.documents import Document, Passage

MISSING = 2  # words of the question that no quote has, from which there is a second step
NAMES = 3  # that are looked up at most
CHUNKS = 3  # that are read
SURE = -0.5  # what a passage is read with at least: above 0 it answers rather than not
SHARE = 1 / 3  # of the missing words that it has at least


@dataclass(frozen=True, slots=True)
class Further:
    """What is looked up: `text` is searched for; the words `missing` and those of one of `names` are to be found, elsewhere
    than in the places (document, heading) that are `quoted`."""

    text: str
    missing: frozenset[str]
    names: tuple[frozenset[str], ...]
    quoted: frozenset[tuple[str, str]] = field(repr=False)

    def among(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The chunks that may say it, the best first, as many as are read."""
        return [c for c in candidates if any(self._says(c.document, p) for p in c.chunk.passages)][:CHUNKS]

    def best(self, hits: Sequence[Hit], evidence: Sequence[Evidence]) -> Hit | None:
        """The first passage that says it and answers, None where none does."""
        pairs = zip(hits, evidence, strict=True)
        return next((h for h, e in pairs if h.rerank_score >= SURE and self._says(e.document, e.passage)), None)

    def _says(self, document: Document, passage: Passage) -> bool:
        if (document.id, passage.heading) in self.quoted:
            return False
        words = in_place(document, passage)
        return len(self.missing & words) >= SHARE * len(self.missing) and any(name <= words for name in self.names)


def further(question: Query, draft: Draft, evidence: Sequence[Evidence]) -> Further | None:
    """What to look up beside the quotes of a question that asks one thing; None where they have its words or name nothing
    that it does not."""
    known = {e.key: e for e in evidence}
    quotes = [known[k] for s in draft.sentences for k in s.keys]
    if question.parts or question.tongue != "en" or not quotes or is_list([e.passage for e in quotes]):
        return None
    asked = content(question.standalone)
    missing = asked.difference(*(in_place(e.document, e.passage) for e in quotes))
    names = _names([known[k] for k in draft.sentences[0].keys], asked)[:NAMES] if len(missing) >= MISSING else []
    if not names:
        return None
    words = [w for w in question.standalone.split() if content(w) & missing]
    return Further(
        " ".join([*words, *names]),
        frozenset(missing),
        tuple(frozenset(content(n) - asked) for n in names),
        frozenset((e.document.id, e.passage.heading) for e in quotes),
    )


def with_further(draft: Draft, item: Evidence, evidence: Sequence[Evidence]) -> Draft:
    """The draft with one more quote, behind the others or in the place of the last where there are as many as may be."""
    kept = draft.sentences[: QUOTES - 1]
    known = {e.key: e for e in evidence}
    sentences = joined(kept, sentence_of(item, evidence, 0, listed=False), known, draft.confidences)
    return Draft(tuple(sentences), draft.confidences, draft.closest)


def in_place(document: Document, passage: Passage) -> set[str]:
    """The words of a passage behind its title and heading."""
    return content(f"{document.title} {passage.heading} {passage.read(document.text)}")


def _names(first: Sequence[Evidence], asked: set[str]) -> list[str]:
    """What the first quote and its title name and the question does not, each once; those that it has no word of first."""
    found: dict[frozenset[str], str] = {}
    for text in (*(e.text for e in first), first[0].document.title):
        for start, end in runs(text):
            words = frozenset(content(text[start:end]))
            if not words <= asked:
                found.setdefault(words, text[start:end])
    return [found[words] for words in sorted(found, key=lambda words: bool(words & asked))]
