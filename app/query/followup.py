"""Reads a follow-up together with the questions before it as questions that need none, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from app.query.inhand import without_document
from app.query.rules import RuleSet, read_wish
from app.query.translate import definitions, is_name, names_in
from app.query.values import MAX_TURN_LENGTH, Turn, Wish
from app.text.lexicon import HAN
from ingest.documents import guess_language
from ingest.words import STOPWORDS, tokens

MIN_CONTENT_WORDS = 2  # words with a meaning that a question must have to stand alone
MAX_DEPENDENT_ZH = 12  # characters of a Chinese question that may lean on the one before
NAME = re.compile(r"(?<=\s)[A-Z0-9][\w&+-]*(?:['’]s)?")
_HAN = re.compile(rf"[{HAN}]{{2,8}}")
_ASIDE = re.compile(r"\(([^()]+)\)$|^（([^（）]+)）")


def possible_readings(text: str, previous: str, rules: RuleSet, in_hand: bool = False) -> tuple[str, ...]:
    """Return the possible readings of a question that follows another, likeliest first.

    A follow-up continues the question before it ("And Hefei?"), has no topic of its own ("Why?"), or refers back without
    a name before the reference. What it names replaces a thing of the same kind in the question before. Otherwise the
    topic of that question is added in brackets. The whole question is not added, because it would then be answered
    again.

    Args:
        text: The question.
        previous: The question before it, from `previous_question`; '' if there is none.
        rules: The rules on wordings.
        in_hand: True if some documents alone are asked: a question that does not point back is then about them.

    Returns:
        The readings without duplicates. Only `text` itself if there is no question before it, or if it is a greeting or
            thanks.
    """
    if not previous or rules.search("polite", text):
        return (text,)
    substitution = substitute(previous, text, rules)
    combined = with_topic(text, previous, rules)
    depends = bool(substitution) or _is_continuation(text, rules) or _may_depend(text)
    if in_hand:
        own = without_document(text)
        depends = bool(substitution) or (points_back(own, rules) if own != text else _is_continuation(text, rules))
        combined = text if _is_of_document(previous, rules) else combined
    candidates = [substitution, combined, _without_opening(text, rules)] if depends else [text, combined]
    return tuple(dict.fromkeys(filter(None, candidates)))


def previous_question(history: Sequence[Turn], rules: RuleSet) -> str:
    """Return the likeliest reading of the last question of the turns.

    A wish for a form alone is not a question. The result is '' if the turns hold no question.
    """
    previous = ""
    for _, question in asked_questions(history, rules):
        if read_wish(question)[1]:
            previous = possible_readings(question, previous, rules)[0]
    return previous


def last_question(history: Sequence[Turn], rules: RuleSet) -> tuple[int, str, Wish] | None:
    """Find the last question that says more than a wish.

    Returns:
        Its place in the turns, its text, and the later wishes combined into one. None if there is no such question.
    """
    wish = Wish()
    for position, question in reversed(list(asked_questions(history, rules))):
        turn_wish, remainder = read_wish(question)
        if remainder:
            return position, question, wish
        wish = wish.or_else(turn_wish)
    return None


def asked_questions(history: Sequence[Turn], rules: RuleSet) -> Iterator[tuple[int, str]]:
    """Yield the turns of the user that ask something.

    Each comes as its place in the history and its text on one line. Greetings and thanks are left out.
    """
    for n, turn in enumerate(history):
        question = " ".join(turn.content[:MAX_TURN_LENGTH].split())
        if turn.role == "user" and question and not rules.search("polite", question):
            yield n, question


def topic(question: str, rules: RuleSet) -> str:
    """Return what a question is about.

    That is the text in brackets at its end or, in Chinese, at its beginning. Without brackets it is the question without
    its question words; a Chinese question is used as a whole.
    """
    if aside := _ASIDE.search(question):
        return aside[1] or aside[2]
    if guess_language(question) == "zh":
        return rules.remove("closes", question)
    bare = rules.remove("asks", rules.remove("closes", question))
    first, _, rest = bare.partition(" ")
    return rest if rest and first in ("of", "in", "by", "for") else bare


def with_topic(question: str, previous: str, rules: RuleSet) -> str:
    """Add the topic of the question before it, in brackets.

    A Chinese topic stands before the question, an English one behind it.
    """
    topic_text = topic(previous, rules)
    if topic_text and guess_language(previous) == "zh":
        return f"（{topic_text}）{question}"
    return f"{question} ({topic_text})" if topic_text else question


def substitute(previous: str, question: str, rules: RuleSet) -> str:
    """Put what the question names in the place of a thing of the same kind in the question before.

    After "How large is Hefei?", "And Shanghai?" gives "How large is Shanghai?". The last thing of that kind is replaced.
    The result is '' if the question does not begin like a follow-up, if it has more than seven words behind its opening,
    or if the question before holds no such thing.
    """
    term = rules.remove("closes", _without_opening(question, rules))
    if not previous or not rules.search("goes on", question) or not term or len(term.split()) > 7:
        return ""
    for rule in rules.of("substitute"):
        new = rule.pattern.search(term)
        if new and rule.base and (targets := list(rule.base.finditer(previous))):
            return previous[: targets[-1].start("old")] + new["new"] + previous[targets[-1].end("old") :]
    return _chinese_name(previous, term)


def _chinese_name(previous: str, term: str) -> str:
    """Replace the last Chinese name in the question before by a term.

    A word of up to four characters that is not in the dictionary is taken for a name. The result is '' if the term or the
    question before has no name.
    """
    if not _HAN.fullmatch(term):
        return ""
    names = names_in(previous) if is_name(term) or (len(term) <= 4 and not definitions(term)) else []
    return term.join(previous.rsplit(names[-1], 1)) if names else ""


def _is_continuation(question: str, rules: RuleSet) -> bool:
    """Return True if it cannot be understood alone."""
    if all(w in STOPWORDS for w in tokens(question)) or points_back(question, rules):
        return True
    # "And when was the CPC founded?" begins like a follow-up and may well be understood alone
    return rules.match("goes on", question) is not None and not _stands_alone(_without_opening(question, rules))


def points_back(question: str, rules: RuleSet) -> bool:
    """Return True if it points back with no name before that could be meant."""
    back, name = rules.match("points back", question), NAME.search(question)
    return bool(back and (not name or back.start() < name.start()) and not rules.match("empty it", question))


def _is_of_document(question: str, rules: RuleSet) -> bool:
    """Return True if what a question points to is the document in hand: nothing before it says what else."""
    return not _ASIDE.search(question) and points_back(question, rules)


def _may_depend(question: str) -> bool:
    """Return True if a question names nothing that shows what it is about.

    A Chinese question shows no capital letters, but the shortest have no name.
    """
    if guess_language(question) == "zh":
        return len(question) <= MAX_DEPENDENT_ZH
    return not NAME.search(question)


def _stands_alone(question: str) -> bool:
    count = sum(w not in STOPWORDS for w in tokens(question))
    return guess_language(question) != "zh" and count > (0 if NAME.search(question) else 2 * MIN_CONTENT_WORDS)


def _without_opening(question: str, rules: RuleSet) -> str:
    """Remove an opening such as "and" or "what about" from the question."""
    rule_match = rules.search("goes on", question)
    opening = rule_match.match.groupdict().get("opening") if rule_match else ""
    return question[len(opening or "") :]
