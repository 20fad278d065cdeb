"""A user's own documents and questions: FOLDER/docs and FOLDER/questions.jsonl, in an index of their own."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from app.answers import Answer
from app.pipeline.chain import Chain
from app.pipeline.load import load_chain
from app.progress import sync_bar
from app.settings import Settings, read_settings
from evals.cases import Case, CaseError
from evals.judge import answer_text
from evals.matching import missing_groups, normalise
from ingest.errors import AskError, IndexMismatch
from ingest.index import Index
from ingest.models.load import load_embedder
from ingest.progress import Progress
from ingest.questions.store import QuestionStore
from ingest.sync import SyncReport, sync
from ingest.words import tokens

MIN_QUOTE_WORDS = 4  # words that a quote within a gold sentence must have to count


@dataclass(frozen=True, slots=True)
class OpenedFolder:
    """A chain over one folder of documents; `documents` maps a file's name without suffix to its id."""

    chain: Chain
    documents: dict[str, str] = field(repr=False)
    report: SyncReport


def open_folder(folder: Path, settings: Settings, progress: Progress) -> OpenedFolder:
    """Index a folder of documents for an evaluation and load its chain.

    The index is separate from the user's own, so that neither changes the other. A second time is quick. Only the
    folder's own `_words.yaml` says what else things in it are called.

    Raises:
        CorpusError: See `ingest.sync.sync`.
        IndexBusy: See `ingest.sync.sync`.
        ModelError: See `ingest.sync.sync`.
    """
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    index = Index(settings.data / "eval" / name)
    embedder = load_embedder(settings.embedding_model)
    try:
        report = sync([folder], index, embedder, progress)
    except IndexMismatch:  # nothing of a user's stands here: built anew
        report = sync([folder], index, embedder, progress, rebuild=True)
    QuestionStore(index.folder).update(folder, index, embedder, progress)
    documents = {Path(origin).stem: key for origin, (_, key) in index.catalogue.origins().items()}
    chain = load_chain(settings.model_copy(update={"corpus": folder}), index, embedder)
    return OpenedFolder(chain, documents, report)


def limits(documents: dict[str, str]) -> Callable[[Case], tuple[str, ...] | None]:
    """Make a function that returns the ids of the documents that a case may be answered from.

    It returns None for all documents. It raises a CaseError if the case names a document that is not among `documents`,
    which maps names to ids.
    """

    def ids(case: Case) -> tuple[str, ...] | None:
        if case.pool is None and case.scope is None:
            return None
        names = [n for n in case.pool if case.scope is None or n in case.scope] if case.pool else case.scope or ()
        if unknown := [n for n in names if n not in documents]:
            raise CaseError(f"Question {case.id} names {unknown[0]!r}, which is no document.", "Mend its pool or scope.")
        return tuple(dict.fromkeys(documents[n] for n in names))

    return ids


def sample(cases: Sequence[Case], size: int | None, seed: int) -> tuple[Case, ...]:
    """Draw `size` cases without replacement, in their order; all of them if there is no size."""
    if size is None or size >= len(cases):
        return tuple(cases)
    indices = sorted(random.Random(seed).sample(range(len(cases)), size))
    return tuple(cases[i] for i in indices)


def same_sentence(quote: str, gold: str) -> bool:
    """Return True if a quote and a gold sentence are the same.

    They are if the quote holds the sentence, if the sentence holds a quote of at least `MIN_QUOTE_WORDS` words, or if they
    share 80 % of the longer one's words.
    """
    a, b = normalise(quote), normalise(gold)
    if b in a or (a in b and len(tokens(a)) >= MIN_QUOTE_WORDS):
        return True
    quote_words, gold_words = Counter(tokens(a)), Counter(tokens(b))
    longer = max(quote_words.total(), gold_words.total())
    return longer > 0 and (quote_words & gold_words).total() / longer >= 0.8


def judge(case: Case, answer: Answer | None) -> dict[str, float]:
    """Score an answer by its first quoted sentence and by all of them.

    The measures say whether the gold sentence and the answer string are there, and whether the case was rightly answered
    or refused. See `evals.run.Judge`.
    """
    quotes = [s.text for s in answer.sentences] if answer else []
    scores: dict[str, float] = {}
    if case.answerable and case.evidence:
        is_gold = [any(same_sentence(q, g.quote) for g in case.evidence) for q in quotes]
        scores |= {"gold_first": float(is_gold[:1] == [True]), "gold_quoted": float(any(is_gold))}
    if case.answerable and case.answer_groups:
        first_quote, all_quotes = quotes[0] if quotes else "", answer_text(answer.sentences) if answer else ""
        scores |= {
            "answer_first": float(not missing_groups(first_quote, case.answer_groups)),
            "answer_quoted": float(not missing_groups(all_quotes, case.answer_groups)),
        }
    refused = answer is not None and answer.declines
    wrong = answer is None or refused == case.answerable
    return scores | {("over_refusal" if case.answerable else "hallucination"): float(wrong)}


def open_with_bar(folder: Path, settings: Settings) -> OpenedFolder:
    """Open a folder with a progress bar, and name the files in it that could not be read.

    Raises:
        CorpusError: See `ingest.sync.sync`.
        IndexBusy: See `ingest.sync.sync`.
        ModelError: See `ingest.sync.sync`.
    """
    with sync_bar() as step:
        opened = open_folder(folder, settings, step)
    for name, reason in opened.report.failed:
        click.echo(f"not read: {name}: {reason}", err=True)
    return opened


def corpus_chain() -> Chain:
    """Load the chain on the corpus of the settings, for a script.

    Raises:
        click.ClickException: The corpus cannot be opened; the message says why and what to do.
    """
    try:
        settings = read_settings()
        return open_with_bar(settings.corpus, settings).chain
    except AskError as error:
        raise click.ClickException(error.sentence()) from error
