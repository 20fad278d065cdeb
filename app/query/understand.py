"""A question as it was typed, and what was said before -> a `Query`: what it asks, made once for everybody."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from app.errors import QuestionError
from app.query.decompose import decompose, scope, sides
from app.query.folder import FolderLanguage
from app.query.followup import asked_before, last_asked, questions, readings
from app.query.rules import LONGEST, Trace, language_rules
from app.query.translate import gloss
from app.query.values import AnswerType, Kind, Query, Turn, Wish
from app.query.wishes import read_wish
from app.text.spans import years_of
from app.text.words import cleaned
from ingest.documents import guess_language
from ingest.languages import language_of

EARLIER = 3  # questions of the conversation that a known question is matched with
READ = ("en", "zh")
"""Languages of questions that a reader of English is given, Chinese word for word."""
_TYPES: dict[str, Kind] = {
    f"answer_type.{kind}": kind
    for kind in ("share", "duration", "year", "date", "name", "place", "money", "count", "figure")
}  # fmt: skip


def check_question(text: str, longest: int) -> str:
    """The question without control characters and with single spaces.

    Raises:
        QuestionError: empty, without a word, or longer than `longest` characters.
    """
    if len(text) > longest:
        raise QuestionError(f"The question has {len(text):,} characters; the limit is {longest:,}.", "Shorten it.")
    clean = cleaned(text)
    if not re.search(r"\w", clean):
        raise QuestionError("The question is empty.", "Type a question.")
    return clean


def understand(
    text: str, history: Sequence[Turn] = (), folder: FolderLanguage | None = None, within: tuple[str, ...] | None = None
) -> Query:
    """The query of a checked question; see `Query`. `folder` has the words of the documents that are asked."""
    folder = folder or FolderLanguage()
    wish, bare = read_wish(text)
    if not bare and (last := last_asked(history, language_rules())):
        place, asked, wished = last
        again = understand(asked, history[:place], folder, within)
        wish = wish.before(wished).before(again.wish)
        language = "zh" if again.language == "zh" else guess_language(text)  # "tl;dr" is said in Chinese too
        return replace(again, text=text, language=wish.language or language, wish=wish)
    wish, bare = (wish, bare) if bare else (Wish(), text)  # nothing was said that it could be about
    return _query(text, bare, wish, history, folder, within)


def _query(
    text: str, bare: str, wish: Wish, history: Sequence[Turn], folder: FolderLanguage, within: tuple[str, ...] | None
) -> Query:
    """The query of a text that is `bare` without its wish."""
    trace, language = Trace(language_rules()), guess_language(text)
    before = asked_before(history, language_rules())
    standalone, *others = readings(bare, before, trace)
    parts = decompose(bare, trace) if standalone == bare else ()
    made = partial(_made, language=language, within=within, trace=trace, folder=folder)
    query = made(text, standalone)
    asks = trace.search("polite", text) is None
    return replace(
        query,
        asks=asks,
        wish=wish,
        language=wish.language or language,
        readings=(*(r for r in dict.fromkeys([*others, text]) if r != bare), bare),
        before=before if asks else "",
        earlier=_earlier(history) if asks else (),
        parts=tuple(replace(made(p.text or p.standalone, p.standalone), text=p.text) for p in parts),
        rules=tuple(trace.fired),
    )


def _earlier(history: Sequence[Turn]) -> tuple[str, ...]:
    """Return the last questions of the turns without the wishes for a form in them, oldest first."""
    asked = (read_wish(text)[1] for _, text in questions(history, language_rules()))
    return tuple(filter(None, asked))[-EARLIER:]


def put_as(query: Query, asked: Sequence[str], folder: FolderLanguage) -> Query:
    """The query of the questions that a language model reads in a text. What was said before is asked no more, and a
    "timeline" in them is no wish for a form: the model tells that apart."""

    def read(asked: str) -> Query:
        return _query(asked, asked, Wish(), (), folder, query.within)

    whole = read(" ".join(asked))
    parts = tuple(map(read, asked)) if len(asked) > 1 else whole.parts
    return replace(whole, text=query.text, asks=True, wish=query.wish, parts=parts)


def reread(query: Query, standalone: str, folder: FolderLanguage) -> Query:
    """The query as another reading of its text, with nothing in doubt."""
    language = query.language if not query.wish.language else guess_language(standalone)
    made = _made(query.text, standalone, language, query.within, Trace(language_rules()), folder)
    return replace(made, rules=query.rules, wish=query.wish, language=query.language)


def _made(
    text: str, standalone: str, language: str, within: tuple[str, ...] | None, trace: Trace, folder: FolderLanguage
) -> Query:
    """All but what only a whole question has."""
    query = Query(
        text, standalone, language, within,
        answer_type=answer_type(text, trace) or answer_type(standalone, trace),
        scope=scope(text, standalone, trace),
        years=tuple(years_of(standalone)), tongue=language_of(standalone),
    )  # fmt: skip
    return _in_folders_words(query, folder)


def _in_folders_words(query: Query, folder: FolderLanguage) -> Query:
    """The query with what the folder's documents call things, and in English."""
    pairs = folder.thesaurus.found(query.standalone)
    if query.language == "zh":
        english = gloss(query.standalone[:LONGEST], dict(folder.terms) | dict(pairs))
        named = sides(english) if query.scope.several else ()
        return replace(query, expansions=pairs, searched=query.standalone, english=english, sides=named)
    expanded = _with_terms(query.standalone, pairs)
    named = sides(query.standalone) if query.scope.several else ()
    english = expanded if query.tongue in READ else ""
    return replace(query, expansions=pairs, searched=expanded, english=english, sides=named)


def answer_type(question: str, trace: Trace) -> AnswerType | None:
    """What is asked for first; None where no kind that is known here can be seen."""
    found = [(f.match.start(), n, f) for n, label in enumerate(_TYPES) if (f := trace.rules.search(label, question))]
    if not found:
        return None
    first = trace.fire(min(found, key=lambda f: f[:2])[2])
    units = [unit for name, unit in first.match.groupdict().items() if name.startswith("unit") and unit]
    unit = units[0].lower() if units else ""
    return AnswerType(_TYPES[first.rule.label], "inhabitants" if unit == "population" else unit)


def _with_terms(text: str, pairs: Sequence[tuple[str, str]]) -> str:
    """The text with the documents' words behind its own: "chips (integrated circuits)"."""
    put = {phrase: term for phrase, term in pairs if term.lower() not in text.lower()}
    if not put:
        return text
    phrases = "|".join(map(re.escape, sorted(put, key=len, reverse=True)))
    return re.sub(
        rf"(?<![A-Za-z0-9])(?:{phrases})(?![A-Za-z0-9])",
        lambda m: f"{m[0]} ({term})" if (term := put.pop(m[0], "")) else m[0],
        text,
    )
