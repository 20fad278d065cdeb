"""A question that asks for several things, taken apart, so that each is searched for and each is answered."""

from __future__ import annotations

import re

from app.query.answer_type import LONGEST, YEAR
from app.query.followup import ORDINAL, joined, replaced
from app.query.values import Part
from ingest.words import STOPWORDS, tokens

_CLAUSE = re.compile(
    r",?(?<!\s)\s++(?:and|but|or)\s++(?=(?:(?:in|on|of|by|since|for|at|from|to|with|under)\s+)?(?:who|whose|whom|what|when|where|which|why|how)\b"
    r"(?! (?:\w+ )?(?:not|n['’]t|didn['’]t|weren['’]t|wasn['’]t)\W*$))"
    r"|,?(?<!\s)\s++(?:and|but)\s++(?=(?:is|are|was|were|do|does|did|has|have|had)\s+(?:it|they|he|she|there|these|the|(?-i:[A-Z])\w+)\b)"
    r"|[?？]\s*(?=\S.*?[?？])",
    re.IGNORECASE,
)
_COMMA_CLAUSE = re.compile(
    r",\s+(?=(?:what|why|how)\b|(?:when|where) (?:is|are|was|were|do|does|did|has|have|had|will)\b)", re.IGNORECASE
)
_ASKS_FIRST = re.compile(r"(?:who|whose|what|when|where|which|why|how)\b", re.IGNORECASE)
_SAME_AGAIN = re.compile(r"(?P<word>who|which|whose|where|when)\b.*?(?P<comma>,\s+)(?=(?P=word)\b)", re.IGNORECASE)
_COMMA_OR = re.compile(
    r"^(?P<stem>.+?)[,:]\s++(?P<a>[^,:?]{1,120}?),?(?<!\s)\s++or\s++(?P<b>[^,:?]{1,120})\?*$", re.IGNORECASE
)
_ENDS_ON_NAME = re.compile(r"^(?P<stem>.+)[,:]\s+(?P<name>(?:the )?[A-Z][\w&-]*(?: [A-Z][\w&-]*){0,3})$")
_NO_CHOICE = re.compile(
    r"(?:and|but|so|not|more|less|other|else|otherwise|yes|no|none|if|with|only|even|it|they|there|is|are|was|were|do|does|did|has|"
    r"have|what|which|how|why|above|below)\b",
    re.IGNORECASE,
)
_ASKS_WHICH = re.compile(r"\b(?:who|whose|which|what|where|when|how)\b", re.IGNORECASE)
_COMPARES = re.compile(r"\b(?:than|versus|vs)\b", re.IGNORECASE)
_MOST_OF_ALL = re.compile(r"\b(?:first|last|more|most|less|least|better|best|(?!other)[a-z]{2,}(?:er|est))\b", re.IGNORECASE)
_CAME_FIRST = re.compile(
    r"(?:which|what|who)(?: one)? (?:came|is|was|started|began|(?P<be>was|were|is) (?P<what>\w+ed|set up|built|held))"
    r" (?:first|earlier|older|newer|later|last)",
    re.IGNORECASE,
)
_OR = r"(?:or|than|versus|vs\.?|compared (?:with|to))"
_VERSUS = re.compile(
    r"(?<!rather)(?<!other)(?<!\s)\s++(?:than|versus|vs\.?|compared (?:with|to))\s+"
    r"(?!half\b|planned|expected|ever\b|before\b|any|all\b|elsewhere|\d+(?:[.,]\d+)* )"
    r"|(?<!\s)\s++or\s++(?!(?:so|not|more|less|fewer|above|below|behind|ahead|early|late|earlier|later|expected|miss\w*|fail\w*|as)\b)",
    re.IGNORECASE,
)
_IN_A_LIST = re.compile(r"\bsuch as\b|,(?: [\w&-]+){0,3}$")
_TWO_YEARS = re.compile(rf"(?P<a>\b{YEAR}\b),?\s+{_OR}\s+(?:(?:in|by|of|for)\s+)?(?P<b>{YEAR}\b)", re.IGNORECASE)
_YEARS_LISTED = re.compile(
    rf"(?<!between )(?<!from )(?P<all>\b{YEAR}(?:(?:, {YEAR}){{1,30}}+,? (?:and|or)|,? and) (?:(?:in|by|of|for) )?{YEAR}\b)"
    r"(?![-–])",
    re.IGNORECASE,
)
_NO_SIDE = re.compile(
    r"(?:is it |was it |were they )?"
    r"(?:not|no|so|above|below|more|less|fewer|higher|lower|earlier|later|before|after|behind|ahead)?[\s?!.]*$",
    re.IGNORECASE,
)
_ABOUT = r"(?:,? (?<!made )(?:in terms of|on|in|by|for) (?P<about>.+?))?(?:,? please)?[.?]*$"
_DIFFER = r"(?:what(?:['’]s| is| are) |name |explain )?(?:the )?(?:differences?|different|similarit(?:y|ies))"
_SIDES = tuple(
    re.compile(rf"^(?:(?:can|could|would) you |i (?:want|would like) to |please )*{pattern}", re.IGNORECASE)
    for pattern in (
        rf"(?:compare|contrast) (?P<a>.+?),? (?:with|to|vs\.?|versus) (?P<b>.+?){_ABOUT}",
        rf"(?:compare|contrast) (?P<a>.+?) and (?P<b>.+?){_ABOUT}",
        rf"{_DIFFER} (?:in|of) (?P<about>.+?) between (?P<a>.+?) and (?P<b>.+?)[.?]*$",
        rf"{_DIFFER} between (?P<a>.+?) and (?P<b>.+?){_ABOUT}",
        rf"how (?:do|does|did) (?P<a>.+?) and (?P<b>.+?) (?:differ|compare){_ABOUT}",
        rf"how (?:do|does|did) (?P<a>.+?) (?:differ from|compare (?:with|to)) (?P<b>.+?){_ABOUT}",
        r"(?:do|did|are|were|have|is) (?P<a>(?:the )?\w+) and (?P<b>(?:the )?\w+) "
        r"(?P<about>.*\b(?:equal(?:ly)?|same|alike)\b.*?)[.?]*$",
    )
)
_NTH = r"\d{1,2}(?:st|nd|rd|th)"
_ALIKE = re.compile(r"\b(?:equally|the same|alike|equal)\s*", re.IGNORECASE)
_SHORT = re.compile(
    r"^(?:how (?:much|many|large|big)|what|which|when|where|who)\s+"
    r"(?P<at>in|by|for|from|of|at|to|under|on|since)\s+(?P<rest>.+)$",
    re.IGNORECASE,
)
PRONOUNS = "it|its|they|them|their|those|these|this|he|she|him|his|her"
_POINTS_BACK = re.compile(rf"\b({PRONOUNS}|one|ones)\b", re.IGNORECASE)
_POSSESSIVE = re.compile(r"\b(?:its|their|his|her)\b", re.IGNORECASE)
_PHRASE = re.compile(r"(?P<at>in|on|of|by|for|at|from|to|with|under)\s+\S", re.IGNORECASE)
NAME = re.compile(r"(?<=\s)[A-Z0-9][\w&+-]*(?:['’]s)?")
_THING = re.compile(rf"(?!\b{YEAR}\b){NAME.pattern}")
_ONE = re.compile(rf"[A-Z][\w-]*|{YEAR}")
_BETWEEN = re.compile(r",|\s(?:vs\.?|versus)\s", re.IGNORECASE)
_ASIDE = re.compile(r"(?:the|an?|which|who|whose|where)\b", re.IGNORECASE)
_MOST_NAMES = 20  # to choose from; each is a search
_LONGEST_NAME = 4  # words of one of several names with commas between them
LEAST = 2  # words with a meaning that a part must have to stand alone


def parts(question: str) -> tuple[Part, ...]:
    """What the question asks for, one by one; () for a single thing.

    "How large is X, and who runs it?" is searched for as "How large is X" and "who runs it (X)", "Which is
    older, X, Y or Z?" as "Which is older X" and so on, "Was it more in 2024 than in 2020?" as it
    stands, for the one year and for the other, "in 2020, 2025 and 2030?" for each year, "How large was the first phase
    compared with the second and third?" for each phase.
    """
    if len(question) > LONGEST:
        return ()
    question = " ".join(question.split())
    for pattern in _SIDES:
        if found := pattern.match(question):
            about = _ALIKE.sub("", found["about"] or "").strip()
            return tuple(Part(f"{side} {about}".strip()) for side in _sides(found["a"], found["b"]))
    if sides := _choices(question):
        return sides
    if (found := _YEARS_LISTED.search(question)) and not _CLAUSE.search(question):
        before, behind = question[: found.start()], question[found.end() :]
        return tuple(Part(f"{before}{year}{behind}") for year in re.findall(YEAR, found["all"]))
    if found := _TWO_YEARS.search(question):
        before, behind = question[: found.start()], question[found.end() :]
        return Part(question), *(Part(f"{before}{found[side]}{behind}") for side in "ab")
    first, *others = _clauses(question)
    if others and (_words(first) >= LEAST or NAME.search(first)):
        return Part(first, first), *(_further(first, other) for other in others)
    left, *right = _VERSUS.split(question, maxsplit=1)
    others = [replaced(left, f"and the {m[0]}?")[0] for m in ORDINAL.finditer(right[0])] if right else []
    if all(others) and others and not _words(ORDINAL.sub("", right[0])):
        return Part(left), *map(Part, others)
    listed = right and question[len(left) :].lstrip()[:2].lower() == "or" and _IN_A_LIST.search(left)
    if right and not listed and _words(left) >= LEAST and _words(right[0]) >= 1 and not _NO_SIDE.match(right[0]):
        return Part(question), Part(left), Part(_other_side(left, right[0]))
    return ()


def _clauses(question: str) -> list[str]:
    """The questions that one question strings together; of three with commas between them the last has the "and"."""
    found = _CLAUSE.split(question)
    if len(found) == 1 or not _ASKS_FIRST.match(question):
        return found
    pieces = [piece for clause in found for piece in _COMMA_CLAUSE.split(clause)]
    again = _SAME_AGAIN.match(pieces[0])
    return [pieces[0][: again.start("comma")], pieces[0][again.end() :], *pieces[1:]] if again else pieces


def _choices(question: str) -> tuple[Part, ...]:
    """The question asked of each thing to choose from; () where no choice stands behind its comma or colon."""
    found = _COMMA_OR.match(question)
    if found is None or _YEARS_LISTED.search(question):
        return ()
    stem, names = found["stem"], [found["a"], found["b"]]
    while len(names) < _MOST_NAMES and (more := _ENDS_ON_NAME.match(stem)):
        stem, names = more["stem"], [more["name"], *names]
    no_choice = any(len(name.split()) > _LONGEST_NAME + 1 or _NO_CHOICE.match(name) for name in names)
    if no_choice or not _ASKS_WHICH.search(stem) or _COMPARES.search(stem):
        return ()
    if when := _CAME_FIRST.fullmatch(stem):
        return tuple(Part(f"When {when['be'] or 'did'} {name} {when['what'] or 'start'}") for name in names)
    told = question[len(stem)] == ":" or _MOST_OF_ALL.search(stem) or all(re.match("the |[A-Z0-9]", name) for name in names)
    return tuple(Part(f"{stem} {name}") for name in names) if told else ()


def _further(first: str, other: str) -> Part:
    """What a question asks besides; where that leans on what it asks first, with what that is about."""
    leans = _SHORT.match(other) or _points_back(other) or (_words(other) < LEAST and not NAME.search(other))
    return Part(_completed(first, other) if leans else other, other.rstrip("?？ "))


def _sides(first: str, last: str) -> tuple[str, ...]:
    """The sides of a comparison: both may be several names with commas between them."""
    names = [name.strip() for name in _BETWEEN.split(f"{first}, {last}") if name.strip()]
    if any(len(name.split()) > _LONGEST_NAME or _ASIDE.match(name) for name in names[1:]):
        names = [first, last]
    if head := re.match(rf"(.+ (?:of|in|for|by)) (?:{_ONE.pattern})$", names[0]):  # "spending of Beijing and Shanghai"
        names = [names[0], *(f"{head[1]} {name}" if _ONE.fullmatch(name) else name for name in names[1:])]
    if tail := re.match(r"\S+['’]s (.+)$", names[-1]):  # "Beijing's and Shanghai's spending"
        names = [*(f"{name} {tail[1]}" if re.search("['’]s$", name) else name for name in names[:-1]), names[-1]]
    nth, other = re.search(rf"\b{_NTH}$", names[0]), re.match(rf"(?:the )?({_NTH}) (.+)$", names[-1])
    if nth and other and len(names) == 2:  # "targets of the 14th and 15th plans"
        names = [f"{names[0]} {other[2]}", f"{names[0][: nth.start()]}{other[1]} {other[2]}"]
    return tuple(names)


def _points_back(second: str) -> bool:
    """Whether a second question points back to the first; "its" behind a name is that name's."""
    back, name = _POINTS_BACK.search(second), NAME.search(second)
    return back is not None and not (_POSSESSIVE.fullmatch(back[0]) and name and name.start() < back.start())


def _other_side(left: str, right: str) -> str:
    """What is said of one side asked of the other: "more money than Huawei" in place of the name on the left, "than in
    the country" in place of what stands behind the same preposition."""
    if phrase := _PHRASE.match(right):
        same = list(re.finditer(rf"\b{phrase['at']}\b", left, re.IGNORECASE))
        if same:
            return f"{left[: same[-1].start()]}{right}"
    owner = re.search(r"(?<=\s)[A-Z][\w&+-]*['’]s", left)
    kept = left[: owner.start()] + left[owner.end() :] if owner else _THING.sub("", left)
    return " ".join(f"{kept} {right}".split())


def _completed(first: str, second: str) -> str:
    """A second question that leans on the first: its phrase in place of the first's ("how much in 2019, and how much by
    2023?"), else with what the first is about."""
    short = _SHORT.match(second.rstrip("?？ "))
    if short is None:
        return joined(second.rstrip("?？ "), first)
    phrase = f"{short['at']} {short['rest']}"
    same = list(re.finditer(rf"\b{short['at']}\b", first, re.IGNORECASE))
    put, _ = replaced(first, f"and {phrase}?")
    if put or not same:
        return put or joined(second.rstrip("?？ "), first)
    return first[: same[-1].start()] + phrase


def _words(text: str) -> int:
    """How many words with a meaning of their own the text has."""
    return len([w for w in tokens(text) if w not in STOPWORDS and not w[0].isdigit()])
