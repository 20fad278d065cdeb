"""Everything about one case, as plain text: how it was read, what was found, decided, and how that was judged."""

from __future__ import annotations

from collections.abc import Iterator

from app.answering.confidence import best_logit
from app.pipeline.chain import Chain
from evals.cases import Case
from evals.folder import documents_of
from evals.judge import Judge
from evals.run import request_of

HITS = 10


def lines_of(chain: Chain, case: Case, judge: Judge, threshold: float) -> Iterator[str]:
    """Yield the lines of `eval --case`."""
    answer = chain.answer(request_of(case, documents_of(chain), threshold))
    yield f"{case.id} · {case.category or 'no category'} · {'answerable' if case.answerable else 'not answerable'}"
    yield from (f"  {turn.role}: {turn.content}" for turn in case.history)
    yield from (f"Question  {case.question}", f"Read as   {answer.standalone_query}")
    yield from ("Wanted    " + " or ".join(group) for group in case.answer_groups)
    yield from (f"Gold      {gold.document or 'any document'}: {gold.quote}" for gold in case.evidence)
    yield from ("", "Hits: rank, score; of that as read, as found, in common with the question")
    for hit, item in zip(answer.hits, chain.retriever.evidence(answer.hits[:HITS]), strict=False):
        scores = " ".join(f"{s:7.2f}" for s in (hit.score, hit.rerank_score, hit.retrieval_score, hit.feature_score))
        yield f"  {hit.rank:2} {scores}  {item.document.origin}: {item.text}"
    yield from ("", f"Draft: confidence {answer.confidence:.3f}, threshold {threshold:.3f} -> {answer.status}")
    yield from (f"  best passage and its paragraph {best_logit(answer.hits):.3f}" for _ in answer.hits[:1])
    yield from (f"  {s.text} {list(s.citations)}" for s in answer.sentences)
    yield from (f"  note: {note}" for note in [answer.note] if note)
    yield from ("", "Verdict", *(f"  {name:20} {value:.3f}" for name, value in judge(case, answer).items()))
