"""Checks the statements of prewritten answers against their quotes, with the program's rules and a judge.

A statement is kept only if neither of the two objects. If nobody judges, it must keep to the words of its quotes
(`app.authoring.unjudged`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from app.answers import Evidence
from app.authoring.unjudged import without_judge
from app.groundedness.checker import fault_of, plain
from app.groundedness.quantities import missing_date
from app.groundedness.support import missing_quotation
from app.llm.checks import CheckedStatement
from app.llm.claims import Claim
from app.llm.client import CallResult
from app.llm.evidence import breadcrumb, gives_orders, items_of, passage_text, plain_text
from app.llm.judge import judge_prompt, read_verdicts
from app.llm.prompts import Prompt
from ingest.documents import Document, Passage, guess_language
from ingest.folders import document_files
from ingest.form import Problem
from ingest.limits import DEFAULT_LIMITS
from ingest.load import parse
from ingest.questions.known import KnownQuestion, Quote, read_questions
from ingest.questions.written import FOLDER, LANGUAGES, WrittenStatement, read_written
from ingest.split import split

AT_ONCE = 20  # texts that a judge looks at in one call
CitedPassages = Sequence[tuple[Document, Passage]]
PassagesByQuote = Mapping[Quote, tuple[Document, Passage]]
_HINT = "Correct the statement or its quotes, or write the answer anew."


def objection(text: str, evidence: CitedPassages, dated: bool = False) -> str:
    """Return why a text does not follow from its passages by the program's own checks, '' if nothing speaks against it.

    With `dated` each date must stand there too: a model that invents years may be one that judges them.
    """
    titles = ". ".join(dict.fromkeys(breadcrumb(d, p) for d, p in evidence))
    passages = [passage_text(d, p) for d, p in evidence]
    if fault := fault_of(text, passages, titles, judged=True):
        return fault
    return missing_date(plain(text), plain("\n".join([*passages, titles]))) if dated else ""


@dataclass(frozen=True, slots=True)
class ProposedStatement:
    """A statement as a model gave it, with the passages that it cites.

    An absence says what the documents do not hold; its passages are those that a search finds for its question.
    """

    statement: WrittenStatement
    evidence: CitedPassages
    is_absence: bool = False


def read_statement(value: object, passages: Sequence[Passage | None], document: Document) -> ProposedStatement | None:
    """Return a statement of a reply, plain text; None if it is none, or cites a quote (numbered from 1) that is none."""
    if not isinstance(value, Mapping):
        return None
    numbers, texts = items_of(value.get("cites")), _texts(value)
    if not numbers or not all(type(n) is int and 1 <= n <= len(passages) for n in numbers):
        return None
    cited = [p for n in numbers if (p := passages[n - 1])]
    if len(cited) < len(numbers) or not texts:
        return None
    return ProposedStatement(WrittenStatement.model_validate({**texts, "cites": numbers}), [(document, p) for p in cited])


def read_absence(value: object, found: CitedPassages) -> ProposedStatement | None:
    """Return what a reply says that the documents do not hold, None if it says nothing of the kind."""
    texts = _texts(value) if isinstance(value, Mapping) else {}
    return ProposedStatement(WrittenStatement.model_validate({**texts, "cites": [1]}), found, True) if texts else None


def _texts(value: Mapping[str, object]) -> dict[str, str]:
    """Return a statement by language as plain text, {} unless it is one in both."""
    texts = {lang: plain_text(text) for lang in LANGUAGES if isinstance(text := value.get(lang), str)}
    return texts if all(_is_statement(texts.get(lang, ""), lang) for lang in LANGUAGES) else {}


def _is_statement(text: str, language: str) -> bool:
    return bool(text) and not text.endswith(("?", "？")) and guess_language(text) == language and not gives_orders(text)


class LanguageModel(Protocol):
    """A language model, as far as it is needed here; see `app.llm.client.Writer`."""

    name: str
    seconds: float
    budget: int

    def complete(self, prompt: Prompt, seconds: float) -> tuple[str, CallResult]:
        """Return the whole reply, and how the call ended."""
        ...


def valid_statements(
    statements: Sequence[ProposedStatement], judge: LanguageModel | None
) -> tuple[dict[int, WrittenStatement], CallResult]:
    """Return the statements that pass in both languages, by place, and how the last call ended.

    The program checks them first, then a language model, in calls of `AT_ONCE` texts. An absence is for the model
    alone, and without one none passes. Asking stops at the first call that fails; no statement then passes.

    Args:
        statements: The statements.
        judge: A model that has passed the exam as a judge, None if there is none.
    """
    candidates = [n for n, s in enumerate(statements) if (judge is not None if s.is_absence else _passes(s))]
    if judge is None:
        kept = ((n, without_judge(statements[n].statement, statements[n].evidence)) for n in candidates)
        return {n: statement for n, statement in kept if statement}, CallResult(0.0)
    texts = [(n, _for_judge(statements[n], language)) for n in candidates for language in LANGUAGES]
    follows = dict.fromkeys(candidates, 0)
    done = CallResult(0.0)
    for batch in (texts[at : at + AT_ONCE] for at in range(0, len(texts), AT_ONCE)):
        prompt, numbers = judge_prompt([text for _, text in batch], judge.budget)
        reply, done = judge.complete(prompt, judge.seconds)
        if done.failure:
            return {}, done
        verdicts = dict(read_verdicts(reply))
        for number in numbers:
            follows[batch[number - 1][0]] += verdicts.get(number) == ""
    return {n: statements[n].statement for n, count in follows.items() if count == len(LANGUAGES)}, done


def _passes(proposed: ProposedStatement) -> bool:
    return not any(objection(text, proposed.evidence, dated=True) for text in proposed.statement.text.values())


def _for_judge(proposed: ProposedStatement, language: str) -> CheckedStatement:
    """Return a claim in one language as the judge reads it."""
    runs = tuple((Evidence(f"S{n}", d, p, p.read(d.text)),) for n, (d, p) in enumerate(proposed.evidence, 1))
    text = f"{'Not stated: ' if proposed.is_absence else ''}{proposed.statement.text[language]}"
    return CheckedStatement(Claim(text), text, runs=runs)


def renumbered(statement: WrittenStatement, numbers: Mapping[int, int]) -> WrittenStatement:
    """Return a statement whose quotes have other numbers now."""
    return statement.model_copy(update={"cites": tuple(dict.fromkeys(numbers[n] for n in statement.cites))})


def to_entry(statement: WrittenStatement) -> dict[str, Any]:
    """Return a statement in the form of a file."""
    return {**statement.text, "cites": list(statement.cites)}


# --- Checks answers that were written beforehand: their figures, dates and names are held against the passages that they
# cite.
#
# What nobody can check by rule (a cause, a superlative, a view told as a fact) a second reader must find.


def check_written(folder: Path) -> tuple[Problem, ...]:
    """Return what is wrong with the written answers of a folder."""
    questions = [q for q in read_questions(folder) if q.written]
    if not questions:
        return ()
    passages = _passages(folder)
    return tuple(problem for question in questions for problem in _problems(question, passages))


def _passages(folder: Path) -> PassagesByQuote:
    passages = {}
    for path in document_files(folder):
        document = parse(path, folder, DEFAULT_LIMITS)
        for passage in (p for chunk in split(document) for p in chunk.passages):
            passages[Quote(path.relative_to(folder).as_posix(), passage.quote(document.text))] = document, passage
    return passages


def _problems(question: KnownQuestion, passages: PassagesByQuote) -> Iterator[Problem]:
    if question.written is None:
        return
    file, quotes = f"{FOLDER}/{question.origin}.yaml", question.written.quotes
    if missing := next((q for q in quotes if q not in passages), None):
        subject = f"The written answer to “{question.question}”"
        message = f"{subject} rests on “{missing.text[:60]}”, which {missing.file} does not hold."
        yield Problem(file, 1, message, _HINT)
        return
    answer = read_written(question.written.answer, len(quotes))
    for statement in (answer.short, *answer.full, *([answer.simple] if answer.simple else ())):
        cited = [passages[quotes[n - 1]] for n in statement.cites]
        wordings = statement.text or {language: "; ".join(cells) for language, cells in statement.cells.items()}
        quotes_text = " ".join(passage.quote(document.text) for document, passage in cited)
        texts = [(lang, text) for wording in (wordings, statement.alone) for lang, text in wording.items()]
        for language, text in texts:
            reason = objection(text, cited) if language == "en" else missing_quotation(text, quotes_text)
            if reason:
                yield Problem(file, 1, f"The written answer to “{question.question}” says “{text}”. {reason}", _HINT)
