"""Further questions of a turn that its answer leaves open: they are answered by statements of their own, or named.

"What is the Greater Bay Area, and which of its cities grew fastest?" may be taken for a known question on the area alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.answering.draft import Draft
from app.known.match import turn_text
from app.known.statements import statement_text
from app.query.rules import language_rules
from app.query.values import Query
from ingest.models.load import PairScorer

# fitted on 215 turns of strangers of which a judge named what is not answered (docs/decisions/070)
MIN_COVERED = -2.5  # the score of the statement that answers a further question best, below which it is open
MAX_FURTHER = 4  # each costs a search and a reading, and 2,000 characters hold hundreds


def open_questions(query: Query, draft: Draft, known: str, reader: PairScorer) -> tuple[Query, ...]:
    """Return the further questions of a turn that no statement of its answer answers, each as a query of its own.

    Args:
        query: The turn; one in another language than English, which the reader does not know, has none.
        draft: Its answer.
        known: The known question that was answered, '' if there is none.
        reader: The statement reader.
    """
    texts = [(s.in_language("en"), False) for s in draft.statements]
    texts += [(note.text, True) for note in draft.notes if note.text]
    if query.tongue != "en" or not draft.statements:
        return ()
    read = [statement_text(known, text, is_absence).strip() for text, is_absence in texts]
    first, *others = further_questions(query.text)
    return tuple(
        _alone(query, first, other)
        for other in others
        if max(reader.scores(turn_text(other, query.earlier), read)) < MIN_COVERED
    )


def further_questions(text: str) -> Sequence[str]:
    """Return the first clause of a turn, and those behind it that ask something else, up to `MAX_FURTHER`.

    >>> further_questions("What is SMIC, and who owns it?")
    ['What is SMIC', 'who owns it']
    """
    rules = language_rules()
    clauses: list[str] = [text]
    for rule in rules.of("clause end"):
        clauses = [part for clause in clauses for part in rule.pattern.split(clause) if part.strip()]
    first, *others = (clause.strip(" ?!.") for clause in clauses or [text])
    asked = dict.fromkeys(other for other in others if other != first and rules.search("asks something", other))
    return [first, *list(asked)[:MAX_FURTHER]]


def _alone(query: Query, first: str, other: str) -> Query:
    """Return the query of a further question, which follows the first."""
    standalone = f"{other} ({first})"
    return replace(
        query, text=other, standalone=standalone, searched=standalone, english=standalone, readings=(other,),
        earlier=(*query.earlier, first),
        parts=(), answer_type=None,
    )  # fmt: skip
