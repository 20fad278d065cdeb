"""Everything about one case, as plain text: how it was read, what was found, decided, and how that was judged."""

from __future__ import annotations

from collections.abc import Iterator

from app.answering.confidence import best_logit
from app.answers import Answer
from app.cli.asking import console
from app.pipeline.chain import Chain
from evals.cases import Case
from evals.folder import OpenedFolder, limits
from evals.run import Judge


def show_case(opened: OpenedFolder, case: Case, judge: Judge, threshold: float) -> None:
    """Print the lines of `eval --case`."""
    answer = opened.chain.ask(case.question, case.history, limits(opened.documents)(case), threshold)
    lines = [*_case_lines(case, answer), *_hit_lines(opened.chain, answer), *_decision_lines(answer, threshold)]
    lines += ["", "Verdict", *(f"  {name:20} {value:.3f}" for name, value in judge(case, answer).items())]
    console().print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)


def _case_lines(case: Case, answer: Answer) -> Iterator[str]:
    yield f"{case.id} · {case.category or 'no category'} · {'answerable' if case.answerable else 'not answerable'}"
    yield from (f"  {turn.role}: {turn.content}" for turn in case.history)
    yield f"Question  {case.question}"
    yield f"Read as   {answer.standalone_query}"
    yield from ("Wanted    " + " or ".join(group) for group in case.answer_groups)
    yield from (f"Gold      {gold.document or 'any document'}: {gold.quote}" for gold in case.evidence)


def _hit_lines(chain: Chain, answer: Answer) -> Iterator[str]:
    yield from ("", "Hits: rank, score; of that as read, as found, in common with the question")
    for hit, item in zip(answer.hits, chain.retriever.evidence(answer.hits[:10]), strict=False):
        scores = " ".join(f"{s:7.2f}" for s in (hit.score, hit.rerank_score, hit.retrieval_score, hit.feature_score))
        yield f"  {hit.rank:2} {scores}  {item.document.origin}: {item.text}"


def _decision_lines(answer: Answer, threshold: float) -> Iterator[str]:
    yield from ("", f"Draft: confidence {answer.confidence:.3f}, threshold {threshold:.3f} -> {answer.status}")
    if answer.hits:
        yield f"  best passage and its paragraph {best_logit(answer.hits):.3f}"
    yield from (f"  {s.text} {list(s.citations)}" for s in answer.sentences)
    if answer.note:
        yield f"  note: {answer.note}"
