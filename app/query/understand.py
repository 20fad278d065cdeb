"""Makes a `Query` of a question as it was typed and what was said before, once for everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from app.errors import QuestionError
from app.query.followup import LEAST, NAME, SHORT, asked_before, joined, last_asked, questions, readings, substituted
from app.query.rules import LONGEST, Found, Trace, language_rules, read_wish
from app.query.translate import FolderLanguage, gloss
from app.query.values import AnswerType, Kind, Query, Scope, Turn, Wish, Years
from app.text.lexicon import YEAR, lexicon
from app.text.spans import years_of
from app.text.words import cleaned
from ingest.documents import guess_language
from ingest.languages import language_of
from ingest.words import STOPWORDS, tokens

_LOOKED_AT = 4  # words behind "which" that may name what is asked for, if no verb or preposition ends them


def scope(text: str, standalone: str, trace: Trace) -> Scope:
    """Return the scope of a question from its text as typed and from its standalone reading."""
    number = trace.search("number", standalone)
    return Scope(
        _lists(standalone, trace) or _lists(text, trace),
        lexicon().number(number["number"].lower()) or int(number["number"]) if number else None,
        trace.search("several", text) is not None,
        _years(standalone, trace),
    )


def _years(question: str, trace: Trace) -> Years | None:
    """Return the years for each of which the same is asked, None if the question has no such span.

    `Years()` without ends means each year that there is.
    """
    span, every = trace.search("span of years", question), trace.search("year by year", question)
    if span is None:
        return Years() if every else None
    bounds = span.groupdict()
    first, last = (int(year) if (year := bounds.get(name)) else None for name in ("first", "last"))
    return Years(first, last)


def _lists(question: str, trace: Trace) -> bool:
    """Return True if all things of a kind are asked for.

    "list …", "which sectors …" and "what are …" ask so, "which sector …" does not.
    """
    if trace.search("list", question):
        return True
    for rule in trace.rules.of("plural"):
        if any(_plural(m["asks"], m["behind"], trace) for m in rule.pattern.finditer(question, 0, LONGEST)):
            trace.fired[rule.id] = None
            return True
    return False


def _plural(asking: str, behind: str, trace: Trace) -> bool:
    """Return True if the words behind "which" or "what" name several things.

    The name usually ends before a verb or preposition. If the verb is not known ("which people sat on …"), a plural at
    the beginning of the phrase counts too.
    """
    phrase: list[bool] = []
    for word in behind.split():
        if trace.rules.search("ends phrase", word):
            return bool(phrase) and (phrase[-1] or (asking.lower() == "which" and phrase[0]))
        phrase.append(trace.rules.search("a plural", word) is not None)
    return any(phrase[:_LOOKED_AT])


_CALLED = re.compile(rf"{NAME.pattern}(?: [A-Z][\w&-]*)*")
_JOINED = re.compile(r"\s*,?\s*(?:[a-z.]+\s*)?(?:the\s*)?")
"""The text that may stand between two of them: a comma, one small word."""
MOST = 4  # columns that a page has room for


def sides(text: str) -> tuple[str, ...]:
    """Find the names or years that a question compares.

    They stand next to each other, or are the only two in the question. The result is () if there are fewer than two or
    more than `MOST`.
    """
    best: list[str] = []
    run: list[str] = []
    called = list(_CALLED.finditer(text))
    for before, name in zip([None, *called], called, strict=False):
        run = run if before and _JOINED.fullmatch(text, before.end(), name.start()) else []
        run.append(_owner(name[0]))
        best = list(run) if len(run) > len(best) else best
    if len(best) < 2 and len(called) == 2:
        best = [_owner(name[0]) for name in called]
    found = tuple(dict.fromkeys(best))
    return found if 2 <= len(found) <= MOST else ()


def _owner(name: str) -> str:
    return name.removesuffix("'s").removesuffix("’s")


_THING = re.compile(rf"(?!\b{YEAR}\b){NAME.pattern}")
_LONGEST_NAME = 5  # words of one of several things to choose from


class SubQuery(NamedTuple):
    """One of several things that a question asks for.

    Attributes:
        standalone: The text to search with.
        text: The user's own words for it; '' if they cannot be separated from the rest.
    """

    standalone: str
    text: str = ""


def decompose(question: str, trace: Trace) -> tuple[SubQuery, ...]:
    """Split a question into the things that it asks for; () if it asks for one thing only.

    - "How large is X, and who runs it?" becomes "How large is X" and "who runs it (X)".
    - "Which is older, X, Y or Z?" becomes "Which is older X" and so on.
    - "in 2020, 2025 and 2030?" is asked for each year.
    - "Is X larger than Y?" is kept as it is, and also asked for X and for Y.
    """
    if len(question) > LONGEST:
        return ()
    question = " ".join(question.split())
    if found := trace.search("two years", question):
        return tuple(_each_year(question, found))
    if sides := _choices(question, trace):
        return sides
    first, *others = _split("clause", question, trace)
    if guess_language(question) == "zh" and not trace.rules.search("asks something", first):
        others = []
    if others and (_words(first) >= LEAST or NAME.search(first)):
        return SubQuery(first, first), *(_further(first, other, trace) for other in others)
    if not others and (found := trace.search("years", question)):
        return tuple(_each_year(question, found))
    return _versus(question, trace)


def _each_year(question: str, found: re.Match[str]) -> Iterator[SubQuery]:
    """Yield the question once for each of several years."""
    for year in re.findall(YEAR, found["all"]):
        yield SubQuery(f"{question[: found.start()]}{year}{question[found.end() :]}")


def _split(label: str, text: str, trace: Trace) -> list[str]:
    """Split a text at the matches of the first rule of a label that matches."""
    for rule in trace.rules.of(label):
        if len(pieces := rule.pattern.split(text)) > 1:
            trace.fired[rule.id] = None
            return pieces
    return [text]


def _choices(question: str, trace: Trace) -> tuple[SubQuery, ...]:
    """Ask the question of each thing to choose from.

    The result is () if no choice follows the comma or colon of the question.
    """
    found = trace.rules.search("choice", question)
    if found is None:
        return ()
    stem, names = found.match["stem"], [*re.split(r",\s+", found.match["names"]), found.match["last"]]
    if any(len(name.split()) > _LONGEST_NAME for name in names):
        return ()
    if not (trace.search("most", stem) or all(re.match("the |[A-Z0-9]", name) for name in names)):
        return ()
    trace.fire(found)
    return tuple(SubQuery(f"{stem} {name}") for name in names)


def _versus(question: str, trace: Trace) -> tuple[SubQuery, ...]:
    """Return a comparison as it stands, then each of its sides; () if the question compares nothing."""
    found = trace.rules.search("versus", question)
    if found is None:
        return ()
    left, right = question[: found.match.start()], question[found.match.end() :]
    listed = found.match[0].split()[0].lower() == "or" and trace.rules.search("in a list", left)
    if listed or _words(left) < LEAST or _words(right) < 1:
        return ()
    trace.fire(found)
    return SubQuery(question), SubQuery(left), SubQuery(_other_side(left, right, trace))


def _further(first: str, other: str, trace: Trace) -> SubQuery:
    """Make a further part of a question searchable.

    If it depends on the first part, the topic of that part is added.
    """
    leans = (
        trace.rules.search("short", other)
        or _points_back(other, trace)
        or (_words(other) < LEAST and not NAME.search(other))
        or (guess_language(other) == "zh" and len(other) <= SHORT)
    )
    return SubQuery(_completed(first, other, trace) if leans else other, other.rstrip("?？ "))


def _points_back(second: str, trace: Trace) -> bool:
    """Return True if a second question points back to the first; "its" behind a name is that name's."""
    back, name = trace.rules.search("points back", second), NAME.search(second)
    return back is not None and not (
        trace.search("possessive", back.match[0]) and name and name.start() < back.match.start()
    )


def _other_side(left: str, right: str, trace: Trace) -> str:
    """Ask about one side of a comparison what is said of the other.

    "more money than Huawei" puts the right side in the place of the name on the left. "than in the country" puts it in
    the place of the phrase with the same preposition.
    """
    if phrase := trace.search("phrase", right):
        same = list(re.finditer(rf"\b{phrase['at']}\b", left, re.IGNORECASE))
        if same:
            return f"{left[: same[-1].start()]}{right}"
    return " ".join(f"{_THING.sub('', left)} {right}".split())


def _completed(first: str, second: str, trace: Trace) -> str:
    """Complete a second question that depends on the first.

    Its phrase replaces that of the first ("how much in 2019, and how much by 2023?"). If it has none, the topic of the
    first question is added.
    """
    bare = second.rstrip("?？ ")
    short = trace.search("short", bare)
    if short is None:
        return joined(bare, first, trace.rules)
    phrase = f"{short['at']} {short['rest']}"
    same = list(re.finditer(rf"\b{short['at']}\b", first, re.IGNORECASE))
    if put := substituted(first, f"and {phrase}?", trace):
        return put
    return first[: same[-1].start()] + phrase if same else joined(bare, first, trace.rules)


def _words(text: str) -> int:
    """Return how many words with a meaning of their own the text has."""
    return len([w for w in tokens(text) if w not in STOPWORDS and not w[0].isdigit()])


# --- the query


EARLIER = 3  # questions of the conversation that a known question is matched with
READ = ("en", "zh")
"""Languages of questions that a reader of English is given, Chinese word for word."""
_TYPES: dict[str, Kind] = {
    f"answer_type.{kind}": kind
    for kind in ("share", "duration", "year", "date", "name", "place", "money", "count", "figure")
}  # fmt: skip


def check_question(text: str, longest: int) -> str:
    """Clean and check a question: it comes back without control characters and with single spaces.

    Raises:
        QuestionError: The question is empty, has no letter or digit, or is longer than `longest` characters.
    """
    if len(text) > longest:
        raise QuestionError(f"The question has {len(text):,} characters; the limit is {longest:,}.", "Shorten it.")
    clean = cleaned(text)
    if not any(map(str.isalnum, clean)):
        raise QuestionError("The question is empty.", "Type a question.")
    return clean


def understand(
    text: str, history: Sequence[Turn] = (), folder: FolderLanguage | None = None, within: tuple[str, ...] | None = None
) -> Query:
    """Understand a checked question as a `Query`.

    A turn that only wishes for another form or an addition ("shorter", "add the US") is taken as the last question of the
    history, asked again with that wish or addition.

    Args:
        text: The question.
        history: The turns before it.
        folder: The words of the documents that may answer.
        within: The ids of the documents that may answer, None for all.
    """
    folder = folder or FolderLanguage()
    wish, bare = read_wish(text)
    last, added = last_asked(history, language_rules()), language_rules().search("addition", bare)
    if last and (added or not bare):
        place, asked, wished = last
        again = understand(asked, history[:place], folder, within)
        wish = wish.before(wished).before(again.wish)
        language = "zh" if again.language == "zh" else guess_language(text)  # "tl;dr" is said in Chinese too
        if added:
            again = _with_addition(again, added, [*history[:place], Turn("user", asked)], folder)
        return replace(again, text=text, language=wish.language or language, wish=wish)
    wish, bare = (wish, bare) if bare else (Wish(), text)  # nothing was said that it could be about
    return _query(text, bare, wish, history, folder, within)


def _with_addition(query: Query, added: Found, history: Sequence[Turn], folder: FolderLanguage) -> Query:
    """Combine the last question of the turns with the same question about what is to be added.

    "add the US to it" is such an addition.
    """
    trace, what = Trace(language_rules()), next(filter(None, added.match.groupdict().values()))
    trace.fire(added)
    more = f"{what}呢？" if guess_language(added.match[0]) == "zh" else f"and {what}?"
    second = understand(more, history, folder, query.within)
    both = f"{query.standalone} {second.standalone}"
    whole = _made(added.match[0], both, query.language, query.within, trace, folder)
    return replace(whole, parts=(replace(query, parts=()), replace(second, text=more)), rules=tuple(trace.fired))


def _query(
    text: str, bare: str, wish: Wish, history: Sequence[Turn], folder: FolderLanguage, within: tuple[str, ...] | None
) -> Query:
    """Make the query of a text; `bare` is the text without its wish."""
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
    """Make the query of the questions that a language model reads in a text.

    The conversation before them is left aside, because the questions are complete. A "timeline" in them is not a wish
    for a form: the model reports a wish separately.
    """

    def read(asked: str) -> Query:
        return _query(asked, asked, Wish(), (), folder, query.within)

    whole = read(" ".join(asked))
    parts = tuple(map(read, asked)) if len(asked) > 1 else whole.parts
    return replace(whole, text=query.text, asks=True, wish=query.wish, parts=parts)


def reread(query: Query, standalone: str, folder: FolderLanguage) -> Query:
    """Make the query of another reading of its text, with no alternative readings."""
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
    """Add the documents' own words for things, and the English text, to a query."""
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
    """Return what is asked for first; None if no kind that is known here can be seen."""
    found = [(f.match.start(), n, f) for n, label in enumerate(_TYPES) if (f := trace.rules.search(label, question))]
    if not found:
        return None
    first = trace.fire(min(found, key=lambda f: f[:2])[2])
    units = [unit for name, unit in first.match.groupdict().items() if name.startswith("unit") and unit]
    unit = units[0].lower() if units else ""
    return AnswerType(_TYPES[first.rule.label], "inhabitants" if unit == "population" else unit)


def _with_terms(text: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Add the documents' words behind those of a text: "chips (integrated circuits)"."""
    put = {phrase: term for phrase, term in pairs if term.lower() not in text.lower()}
    if not put:
        return text
    phrases = "|".join(map(re.escape, sorted(put, key=len, reverse=True)))
    return re.sub(
        rf"(?<![A-Za-z0-9])(?:{phrases})(?![A-Za-z0-9])",
        lambda m: f"{m[0]} ({term})" if (term := put.pop(m[0], "")) else m[0],
        text,
    )
