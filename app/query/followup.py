"""Reads a follow-up together with the questions before it as questions that need none, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from app.query.rules import Found, Rules, Trace, read_wish
from app.query.translate import definitions, is_name, names_in
from app.query.values import LONGEST, Turn, Wish
from app.text.lexicon import HAN
from ingest.documents import guess_language
from ingest.words import STOPWORDS, tokens

NAMED = 7  # words of a follow-up that only names something
LEAST = 2  # words with a meaning that a question must have to stand alone
SHORT = 12  # characters of a Chinese question that may lean on the one before
NAME = re.compile(r"(?<=\s)[A-Z0-9][\w&+-]*(?:['’]s)?")
_HAN = re.compile(rf"[{HAN}]{{2,8}}")
_SHORT_NAME = 4  # characters of a Chinese name that the dictionary may not have
_ASIDE = re.compile(r"\(([^()]+)\)$|^（([^（）]+)）")


def readings(text: str, base: str, trace: Trace) -> tuple[str, ...]:
    """Return the possible readings of a question that follows another, likeliest first.

    A follow-up continues the question before it ("And Hefei?"), has no topic of its own ("Why?"), or refers back without
    a name before the reference. What it names replaces a thing of the same kind in the question before. Otherwise the
    topic of that question is added in brackets. The whole question is not added, because it would then be answered
    again.

    Args:
        text: The question.
        base: The question before it, from `asked_before`; '' if there is none.
        trace: The rules, with a record of those that match.

    Returns:
        The readings without duplicates. Only `text` itself if there is no question before it, or if it is a greeting or
            thanks.
    """
    if not base or trace.rules.search("polite", text):
        return (text,)
    put = substituted(base, text, trace)
    leans = put or _goes_on(text, trace) or _may_lean(text)
    both = joined(text, base, trace.rules)
    found = [put, both, _without_opening(text, trace)] if leans else [text, both]
    return tuple(dict.fromkeys(filter(None, found)))


def asked_before(history: Sequence[Turn], rules: Rules) -> str:
    """Return the likeliest reading of the last question of the turns.

    A wish for a form alone is not a question. The result is '' if the turns hold no question.
    """
    base = ""
    for _, asked in questions(history, rules):
        if read_wish(asked)[1]:
            base = readings(asked, base, Trace(rules))[0]
    return base


def last_asked(history: Sequence[Turn], rules: Rules) -> tuple[int, str, Wish] | None:
    """Find the last question that says more than a wish.

    Returns:
        Its place in the turns, its text, and the later wishes combined into one. None if there is no such question.
    """
    wish = Wish()
    for place, asked in reversed(list(questions(history, rules))):
        wished, bare = read_wish(asked)
        if bare:
            return place, asked, wish
        wish = wish.before(wished)
    return None


def questions(history: Sequence[Turn], rules: Rules) -> Iterator[tuple[int, str]]:
    """Yield the turns of the user that ask something.

    Each comes as its place in the history and its text on one line. Greetings and thanks are left out.
    """
    for n, turn in enumerate(history):
        asked = " ".join(turn.content[:LONGEST].split())
        if turn.role == "user" and asked and not rules.search("polite", asked):
            yield n, asked


def topic(question: str, rules: Rules) -> str:
    """Return what a question is about.

    That is the text in brackets at its end or, in Chinese, at its beginning. Without brackets it is the question without
    its question words; a Chinese question is used as a whole.
    """
    if aside := _ASIDE.search(question):
        return aside[1] or aside[2]
    if guess_language(question) == "zh":
        return rules.removed("closes", question)
    return re.sub(r"^(?:of|in|by|for) ", "", rules.removed("asks", rules.removed("closes", question)))


def joined(question: str, base: str, rules: Rules) -> str:
    """Add the topic of the question before it, in brackets.

    A Chinese topic stands before the question, an English one behind it.
    """
    about = topic(base, rules)
    if about and guess_language(base) == "zh":
        return f"（{about}）{question}"
    return f"{question} ({about})" if about else question


def substituted(base: str, question: str, trace: Trace) -> str:
    """Put what the question names in the place of a thing of the same kind in the base.

    The result is '' if the base holds nothing of that kind.
    """
    term = trace.rules.removed("closes", _without_opening(question, trace))
    if not base or not trace.rules.search("goes on", question) or not term or len(term.split()) > NAMED:
        return ""
    for rule in trace.rules.of("substitute"):
        new = rule.pattern.search(term)
        if new and rule.base and (like := list(rule.base.finditer(base))):
            trace.fire(Found(rule, new))
            return base[: like[-1].start("old")] + new["new"] + base[like[-1].end("old") :]
    return _chinese_name(base, term)


def _chinese_name(base: str, term: str) -> str:
    """Replace the last Chinese name in the base by a term.

    A short word that is not in the dictionary is taken for a name. The result is '' if the term or the base has no name.
    """
    if not _HAN.fullmatch(term):
        return ""
    names = names_in(base) if is_name(term) or (len(term) <= _SHORT_NAME and not definitions(term)) else []
    return term.join(base.rsplit(names[-1], 1)) if names else ""


def _goes_on(question: str, trace: Trace) -> bool:
    """Return True if it cannot be understood alone."""
    if not [w for w in tokens(question) if w not in STOPWORDS] or _points_back(question, trace):
        return True
    # "And when was the CPC founded?" begins like a follow-up and may well be understood alone
    return trace.search("goes on", question) is not None and not _stands_alone(_without_opening(question, trace))


def _points_back(question: str, trace: Trace) -> bool:
    """Return True if it points back with no name before that could be meant."""
    back, name = trace.search("points back", question), NAME.search(question)
    return bool(back and (not name or back.start() < name.start()) and not trace.search("empty it", question))


def _may_lean(question: str) -> bool:
    """Return True if a question names nothing that shows what it is about.

    A Chinese question shows no capital letters, but the shortest have no name.
    """
    if guess_language(question) == "zh":
        return len(question) <= SHORT
    return not NAME.search(question)


def _stands_alone(question: str) -> bool:
    meaning = len([w for w in tokens(question) if w not in STOPWORDS])
    return guess_language(question) != "zh" and meaning > (0 if NAME.search(question) else 2 * LEAST)


def _without_opening(question: str, trace: Trace) -> str:
    """Remove an opening such as "and" or "what about" from the question."""
    opening = trace.rules.search("goes on", question)
    begun = opening.match.groupdict().get("opening") if opening else ""
    return question[len(begun or "") :]
