"""How much a question asks for: one thing, several things, or all of a list."""

from __future__ import annotations

from app.query.rules import LONGEST, Trace
from app.query.values import Scope, Years
from app.text.lexicon import lexicon

_LOOKED_AT = 4  # words behind "which" that may name what is asked for, where no verb or preposition ends them


def scope(text: str, standalone: str, trace: Trace) -> Scope:
    """The scope of a question as typed and as read."""
    number = trace.search("number", standalone)
    return Scope(
        _lists(standalone, trace) or _lists(text, trace),
        lexicon().number(number["number"].lower()) or int(number["number"]) if number else None,
        trace.search("several", text) is not None,
        _years(standalone, trace),
    )


def _years(question: str, trace: Trace) -> Years | None:
    """The span of years for each of which the same is asked; None where none is said."""
    span, every = trace.search("span of years", question), trace.search("year by year", question)
    if span is None:
        return Years() if every else None
    bounds = span.groupdict()
    first, last = (int(year) if (year := bounds.get(name)) else None for name in ("first", "last"))
    return Years(first, last)


def _lists(question: str, trace: Trace) -> bool:
    """Whether all things of a kind are asked for: "list …", "which sectors …", "what are …", but not "which sector …"."""
    if trace.search("list", question):
        return True
    for rule in trace.rules.of("plural"):
        if any(_plural(m["asks"], m["behind"], trace) for m in rule.pattern.finditer(question, 0, LONGEST)):
            trace.fired[rule.id] = None
            return True
    return False


def _plural(asking: str, behind: str, trace: Trace) -> bool:
    """Whether the words behind "which" or "what" name several things; these may stand in front of a verb that is not known
    here ("which people sat on …")."""
    phrase: list[bool] = []
    for word in behind.split():
        if trace.rules.search("ends phrase", word):
            return bool(phrase) and (phrase[-1] or (asking.lower() == "which" and phrase[0]))
        phrase.append(trace.rules.search("a plural", word) is not None)
    return any(phrase[:_LOOKED_AT])
