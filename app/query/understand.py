"""Makes a `Query` of a question as it was typed and what was said before, once for everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from app.errors import QuestionError
from app.query import followup
from app.query.followup import MAX_DEPENDENT_ZH, MIN_CONTENT_WORDS, NAME, substitute, with_topic
from app.query.inhand import about_documents, asks_for_gist
from app.query.rules import MAX_TEXT, RuleMatch, RuleSet, language_rules, read_wish
from app.query.translate import FolderLanguage, gloss
from app.query.values import AnswerType, Kind, Query, Scope, Turn, Wish, Years
from app.text.lexicon import YEAR, lexicon
from app.text.spans import years_of
from app.text.words import cleaned
from ingest.documents import guess_language
from ingest.languages import language_of
from ingest.words import STOPWORDS, tokens

_NAME_OR_TITLE = re.compile(rf"{NAME.pattern}(?: [A-Z][\w&-]*)*")
_BETWEEN_NAMES = re.compile(r"\s*,?\s*(?:[a-z.]+\s*)?(?:the\s*)?")
"""The text that may stand between two of them: a comma, one small word."""
_NAME_NOT_YEAR = re.compile(rf"(?!\b{YEAR}\b){NAME.pattern}")
GLOSSED_LANGUAGES = ("en", "zh")
MAX_PARTS = 12  # each is searched and read; a question that falls into more is read as a whole
"""Languages of questions that a reader of English is given, Chinese word for word."""
_TYPES: dict[str, Kind] = {
    f"answer_type.{kind}": kind
    for kind in ("share", "duration", "year", "date", "name", "place", "money", "count", "figure")
}  # fmt: skip


def scope(text: str, standalone: str, rules: RuleSet) -> Scope:
    """Return the scope of a question from its text as typed and from its standalone reading."""
    number = rules.match("number", standalone)
    return Scope(
        _asks_for_list(standalone, rules) or _asks_for_list(text, rules),
        lexicon().number(number["number"].lower()) or int(number["number"]) if number else None,
        rules.match("several", text) is not None,
        _years(standalone, rules),
    )


def _years(question: str, rules: RuleSet) -> Years | None:
    """Return the years for each of which the same is asked, None if the question has no such span.

    `Years()` without ends means each year that there is.
    """
    span, every = rules.match("span of years", question), rules.match("year by year", question)
    if span is None:
        return Years() if every else None
    bounds = span.groupdict()
    first, last = (int(year) if (year := bounds.get(name)) else None for name in ("first", "last"))
    return Years(first, last)


def _asks_for_list(question: str, rules: RuleSet) -> bool:
    """Return True if all things of a kind are asked for.

    "list …", "which sectors …" and "what are …" ask so, "which sector …" does not.
    """
    if rules.match("list", question):
        return True
    found = (m for rule in rules.of("plural") for m in rule.pattern.finditer(question, 0, MAX_TEXT))
    return any(_names_several(m["asks"], m["behind"], rules) for m in found)


def _names_several(asking: str, behind: str, rules: RuleSet) -> bool:
    """Return True if the words behind "which" or "what" name several things.

    The name usually ends before a verb or preposition, or after four words. If the verb is not known ("which people sat
    on …"), a plural at the beginning of the phrase counts too.
    """
    phrase: list[bool] = []
    for word in behind.split():
        if rules.search("ends phrase", word):
            return bool(phrase) and (phrase[-1] or (asking.lower() == "which" and phrase[0]))
        phrase.append(rules.search("a plural", word) is not None)
    return any(phrase[:4])


def sides(text: str) -> tuple[str, ...]:
    """Find the names or years that a question compares.

    They stand next to each other, or are the only two in the question. The result is () if there are fewer than two or
    more than four, for which a page has no room.
    """
    longest: list[str] = []
    current: list[str] = []
    names = list(_NAME_OR_TITLE.finditer(text))
    for previous, name in zip([None, *names], names, strict=False):
        current = current if previous and _BETWEEN_NAMES.fullmatch(text, previous.end(), name.start()) else []
        current.append(_without_possessive(name[0]))
        longest = list(current) if len(current) > len(longest) else longest
    if len(longest) < 2 and len(names) == 2:
        longest = [_without_possessive(name[0]) for name in names]
    result = tuple(dict.fromkeys(longest))
    return result if 2 <= len(result) <= 4 else ()


def _without_possessive(name: str) -> str:
    return name.removesuffix("'s").removesuffix("’s")


class SubQuery(NamedTuple):
    """One of several things that a question asks for.

    Attributes:
        standalone: The text to search with.
        text: The user's own words for it; '' if they cannot be separated from the rest.
    """

    standalone: str
    text: str = ""


def decompose(question: str, rules: RuleSet) -> tuple[SubQuery, ...]:
    """Split a question into the things that it asks for; () if it asks for one thing only.

    - "How large is X, and who runs it?" becomes "How large is X" and "who runs it (X)".
    - "Which is older, X, Y or Z?" becomes "Which is older X" and so on.
    - "in 2020, 2025 and 2030?" is asked for each year.
    - "Is X larger than Y?" is kept as it is, and also asked for X and for Y.
    """
    if len(question) > MAX_TEXT:
        return ()
    question = " ".join(question.split())
    if match := rules.match("two years", question):
        return tuple(_each_year(question, match))
    if choices := _choices(question, rules):
        return choices
    first, *others = _split("clause", question, rules)
    if guess_language(question) == "zh" and not rules.search("asks something", first):
        others = []
    if others and (_content_word_count(first) >= MIN_CONTENT_WORDS or NAME.search(first)):
        return SubQuery(first, first), *(_searchable_part(first, other, rules) for other in others)
    if not others and (match := rules.match("years", question)):
        return tuple(_each_year(question, match))
    return _versus(question, rules)


def _each_year(question: str, match: re.Match[str]) -> Iterator[SubQuery]:
    """Yield the question once for each of several years."""
    for year in re.findall(YEAR, match["all"]):
        yield SubQuery(f"{question[: match.start()]}{year}{question[match.end() :]}")


def _split(label: str, text: str, rules: RuleSet) -> list[str]:
    """Split a text at the matches of the first rule of a label that matches."""
    for rule in rules.of(label):
        if len(pieces := rule.pattern.split(text)) > 1:
            return pieces
    return [text]


def _choices(question: str, rules: RuleSet) -> tuple[SubQuery, ...]:
    """Ask the question of each thing to choose from.

    The result is () if no choice follows the comma or colon of the question.
    """
    choice = rules.search("choice", question)
    if choice is None:
        return ()
    stem, names = choice.match["stem"], [*re.split(r",\s+", choice.match["names"]), choice.match["last"]]
    if any(len(name.split()) > 5 for name in names):
        return ()
    if not (rules.match("most", stem) or all(re.match("the |[A-Z0-9]", name) for name in names)):
        return ()
    return tuple(SubQuery(f"{stem} {name}") for name in names)


def _versus(question: str, rules: RuleSet) -> tuple[SubQuery, ...]:
    """Return a comparison as it stands, then each of its sides; () if the question compares nothing."""
    rule_match = rules.search("versus", question)
    if rule_match is None:
        return ()
    left, right = question[: rule_match.match.start()], question[rule_match.match.end() :]
    in_list = rule_match.match[0].split()[0].lower() == "or" and rules.search("in a list", left)
    if in_list or _content_word_count(left) < MIN_CONTENT_WORDS or _content_word_count(right) < 1:
        return ()
    return SubQuery(question), SubQuery(left), SubQuery(_other_side(left, right, rules))


def _searchable_part(first: str, other: str, rules: RuleSet) -> SubQuery:
    """Make a further part of a question searchable.

    If it depends on the first part, the topic of that part is added.
    """
    depends = (
        rules.search("short", other)
        or _points_back(other, rules)
        or (_content_word_count(other) < MIN_CONTENT_WORDS and not NAME.search(other))
        or (guess_language(other) == "zh" and len(other) <= MAX_DEPENDENT_ZH)
    )
    return SubQuery(_complete(first, other, rules) if depends else other, other.rstrip("?？ "))


def _points_back(second: str, rules: RuleSet) -> bool:
    """Return True if a second question points back to the first; "its" behind a name is that name's."""
    back, name = rules.search("points back", second), NAME.search(second)
    return back is not None and not (rules.match("possessive", back.match[0]) and name and name.start() < back.match.start())


def _other_side(left: str, right: str, rules: RuleSet) -> str:
    """Ask about one side of a comparison what is said of the other.

    "more money than Huawei" puts the right side in the place of the name on the left. "than in the country" puts it in
    the place of the phrase with the same preposition.
    """
    phrase = rules.match("phrase", right)
    if phrase and (before := _before_last(phrase["at"], left)) is not None:
        return before + right
    return " ".join(f"{_NAME_NOT_YEAR.sub('', left)} {right}".split())


def _complete(first: str, second: str, rules: RuleSet) -> str:
    """Complete a second question that depends on the first.

    Its phrase replaces that of the first ("how much in 2019, and how much by 2023?"). If it has none, the topic of the
    first question is added.
    """
    question = second.rstrip("?？ ")
    match = rules.match("short", question)
    if match is None:
        return with_topic(question, first, rules)
    replacement = f"{match['at']} {match['rest']}"
    if substitution := substitute(first, f"and {replacement}?", rules):
        return substitution
    before = _before_last(match["at"], first)
    return with_topic(question, first, rules) if before is None else before + replacement


def _before_last(word: str, text: str) -> str | None:
    """Return the text before the last place of a word, None if the text does not have it."""
    matches = list(re.finditer(rf"\b{word}\b", text, re.IGNORECASE))
    return text[: matches[-1].start()] if matches else None


def _content_word_count(text: str) -> int:
    """Return how many words with a meaning of their own the text has."""
    return sum(w not in STOPWORDS and not w[0].isdigit() for w in tokens(text))


# --- the query


def check_question(text: str, longest: int) -> str:
    """Clean and check a question: it comes back without control characters and with single spaces.

    Raises:
        QuestionError: The question is empty, has no letter or digit, or is longer than `longest` characters.
    """
    if len(text) > longest:
        raise QuestionError("The question has {n:,} characters; the limit is {most:,}.", "Shorten it.", len(text), longest)
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
    if within and asks_for_gist(text):
        wish = read_wish(text)[0]
        form = wish.form if wish.number else ""  # "summarize it" says what is wished for, and no form of it
        return replace(_query(text, text, replace(wish, form=form), (), folder, within), gist=True)
    wish, remainder = read_wish(text)
    previous, addition = followup.last_question(history, language_rules()), language_rules().search("addition", remainder)
    if previous and (addition or not remainder):
        position, question, turn_wish = previous
        again = understand(question, history[:position], folder, within)
        wish = wish.or_else(turn_wish).or_else(again.wish)
        language = "zh" if again.language == "zh" else guess_language(text)  # "tl;dr" is said in Chinese too
        if addition:
            again = _with_addition(again, addition, [*history[:position], Turn("user", question)], folder)
        return replace(again, text=text, language=wish.language or language, wish=wish)
    wish, remainder = (wish, remainder) if remainder else (Wish(), text)  # nothing was said that it could be about
    return _query(text, remainder, wish, history, folder, within)


def _with_addition(query: Query, addition: RuleMatch, history: Sequence[Turn], folder: FolderLanguage) -> Query:
    """Combine the last question of the turns with the same question about what is to be added.

    "add the US to it" is such an addition.
    """
    rules, added_topic = language_rules(), next(filter(None, addition.match.groupdict().values()))
    added_question = f"{added_topic}呢？" if guess_language(addition.match[0]) == "zh" else f"and {added_topic}?"
    added_query = understand(added_question, history, folder, query.within)
    standalone = f"{query.standalone} {added_query.standalone}"
    combined = _make_query(addition.match[0], standalone, query.language, query.within, rules, folder)
    parts = (replace(query, parts=()), replace(added_query, text=added_question))
    return replace(combined, parts=parts)


def _query(
    text: str, remainder: str, wish: Wish, history: Sequence[Turn], folder: FolderLanguage, within: tuple[str, ...] | None
) -> Query:
    """Make the query of a text; `remainder` is the text without its wish."""
    rules, language = language_rules(), guess_language(text)
    history = about_documents(history, within)
    previous = followup.previous_question(history, language_rules())
    standalone, *others = followup.possible_readings(remainder, previous, rules, in_hand=within is not None)
    parts = decompose(remainder, rules) if standalone == remainder else ()
    parts = parts if len(parts) <= MAX_PARTS else ()
    make = partial(_make_query, language=language, within=within, rules=rules, folder=folder)
    query = make(text, standalone)
    asks = rules.match("polite", text) is None
    return replace(
        query,
        asks=asks,
        wish=wish,
        language=wish.language or language,
        readings=(*(r for r in dict.fromkeys([*others, text]) if r != remainder), remainder),
        before=previous if asks else "",
        earlier=_earlier(history) if asks else (),
        parts=tuple(replace(make(p.text or p.standalone, p.standalone), text=p.text) for p in parts),
    )


def _earlier(history: Sequence[Turn]) -> tuple[str, ...]:
    """Return the last three questions of the turns without the wishes for a form in them, oldest first."""
    questions = (read_wish(text)[1] for _, text in followup.asked_questions(history, language_rules()))
    return tuple(filter(None, questions))[-3:]


def query_of_questions(query: Query, questions: Sequence[str], folder: FolderLanguage) -> Query:
    """Make the query of the questions that a language model reads in a text.

    The conversation before them is left aside, because the questions are complete. A "timeline" in them is not a wish
    for a form: the model reports a wish separately.
    """

    def read(question: str) -> Query:
        return _query(question, question, Wish(), (), folder, query.within)

    combined = read(" ".join(questions))
    parts = tuple(map(read, questions)) if len(questions) > 1 else combined.parts
    return replace(combined, text=query.text, asks=True, wish=query.wish, parts=parts)


def reread(query: Query, standalone: str, folder: FolderLanguage) -> Query:
    """Make the query of another reading of its text, with no alternative readings."""
    language = query.language if not query.wish.language else guess_language(standalone)
    other = _make_query(query.text, standalone, language, query.within, language_rules(), folder)
    return replace(other, wish=query.wish, language=query.language)


def _make_query(
    text: str, standalone: str, language: str, within: tuple[str, ...] | None, rules: RuleSet, folder: FolderLanguage
) -> Query:
    """All but what only a whole question has."""
    query = Query(
        text, standalone, language, within,
        answer_type=answer_type(text, rules) or answer_type(standalone, rules),
        scope=scope(text, standalone, rules),
        years=tuple(years_of(standalone)), tongue=language_of(standalone),
    )  # fmt: skip
    return _expanded(query, folder)


def _expanded(query: Query, folder: FolderLanguage) -> Query:
    """Add the documents' own words for things, and the English text, to a query."""
    pairs = folder.thesaurus.found(query.standalone)
    if query.language == "zh":
        searched = query.standalone
        compared = english = gloss(query.standalone[:MAX_TEXT], dict(folder.terms) | dict(pairs))
    else:
        compared, searched = query.standalone, _with_folder_terms(query.standalone, pairs)
        english = searched if query.tongue in GLOSSED_LANGUAGES else ""
    names = sides(compared) if query.scope.several else ()
    return replace(query, expansions=pairs, searched=searched, english=english, sides=names)


def answer_type(question: str, rules: RuleSet) -> AnswerType | None:
    """Return what is asked for first; None if no kind that is known here can be seen."""
    matches = [m for label in _TYPES if (m := rules.search(label, question))]
    if not matches:
        return None
    first = min(matches, key=lambda m: m.match.start())
    units = [unit for name, unit in first.match.groupdict().items() if name.startswith("unit") and unit]
    unit = units[0].lower() if units else ""
    return AnswerType(_TYPES[first.rule.label], "inhabitants" if unit == "population" else unit)


def _with_folder_terms(text: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Add the documents' words behind those of a text: "chips (integrated circuits)"."""
    missing = {phrase: term for phrase, term in pairs if term.lower() not in text.lower()}
    if not missing:
        return text
    phrases = "|".join(map(re.escape, sorted(missing, key=len, reverse=True)))
    return re.sub(
        rf"(?<![A-Za-z0-9])(?:{phrases})(?![A-Za-z0-9])",
        lambda m: f"{m[0]} ({term})" if (term := missing.pop(m[0], "")) else m[0],
        text,
    )
