"""Rules on wordings, English and Chinese, and wishes for the form of an answer.

The rules are rows of `rules.toml`, each with its example, its counter-example and why.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import resources

from app.query.values import MAX_TURN_LENGTH, Wish
from app.text.lexicon import lexicon

MAX_TEXT = 4_000  # characters of a text that are looked at
_HAN_NUMBERS = {"一": 1, "两": 2, "兩": 2} | {sign: n for n, sign in enumerate("二三四五六七八九十", 2)}


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the rules: a text that `pattern` matches gets the `label`.

    Attributes:
        language: en, zh or both.
        base: The pattern of what is replaced, for a rule that substitutes.
    """

    id: str
    label: str
    language: str
    pattern: re.Pattern[str]
    example: str
    counter_example: str
    why: str
    base: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """A rule and its match."""

    rule: Rule
    match: re.Match[str]


class RuleSet:
    """Rules in their order. Safe to share between threads."""

    def __init__(self, rows: Iterable[Rule]) -> None:
        self.rows = tuple(rows)
        self._labelled: dict[str, list[Rule]] = {}
        for row in self.rows:
            self._labelled.setdefault(row.label, []).append(row)

    def search(self, label: str, text: str) -> RuleMatch | None:
        """Find the first match of the rules of a label.

        Matches are ordered by their place in the text, then by the order of the rules. None if no rule matches.
        """
        matches = [RuleMatch(r, m) for r in self.of(label) if (m := r.pattern.search(text, 0, MAX_TEXT))]
        return min(matches, key=lambda f: f.match.start(), default=None)

    def match(self, label: str, text: str) -> re.Match[str] | None:
        """Find the first match as `search` does, whichever rule it is of."""
        found = self.search(label, text)
        return found.match if found else None

    def remove(self, label: str, text: str) -> str:
        """Remove what the rules of a label match from a text."""
        for rule in self.of(label):
            text = rule.pattern.sub(" ", text)
        return " ".join(text.split())

    def of(self, label: str) -> Sequence[Rule]:
        """Return the rules of a label."""
        return self._labelled.get(label, ())


@lru_cache(maxsize=1)
def language_rules() -> RuleSet:
    """Return the rules that come with the program."""
    return RuleSet(_rules(resources.files(__package__).joinpath("rules.toml").read_text(encoding="utf-8")))


def _rules(text: str) -> Iterator[Rule]:
    table = tomllib.loads(text)
    macros = lexicon().macros | table["define"]
    for row in table["rule"]:
        yield Rule(**row | {key: _compiled(row[key], macros) for key in ("pattern", "base") if key in row})


def _compiled(pattern: str, macros: Mapping[str, str], flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    """Return a pattern with the macros that it names (`{{year}}`) filled in; a macro may name others."""
    for _ in range(3):
        for macro, value in macros.items():
            pattern = pattern.replace("{{" + macro + "}}", value)
    return re.compile(pattern, flags)


# --- Wishes for the form of an answer ("in short?", "as a table", "用中文"), told from a turn by the table in `wishes.toml`.


@dataclass(frozen=True, slots=True)
class WishRow:
    """A row of the table."""

    wish: Wish
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None
    alone: bool


@dataclass(frozen=True, slots=True)
class WishTable:
    """The table; see what stands above its rows."""

    rows: tuple[WishRow, ...]
    filler: re.Pattern[str]
    dangling: re.Pattern[str]
    originals: re.Pattern[str]


def asks_for_originals(text: str) -> bool:
    """Return True if a turn asks for what the sources say themselves."""
    return len(text) <= MAX_TURN_LENGTH and bool(_table().originals.search(text))


def read_wish(text: str) -> tuple[Wish, str]:
    """Return the wish of a turn, and the turn without it: '' if the wish is all that it says.

    A turn that wishes for nothing comes back as it is.
    """
    table = _table()
    if len(text) > MAX_TURN_LENGTH:
        return Wish(), text
    remainder, wish = text, Wish()
    for row in table.rows:
        match = row.pattern.search(text)
        if match is None or row.alone or (row.unless and row.unless.search(text)):
            continue
        wish = wish.or_else(_with_number(row.wish, match))
        remainder = row.pattern.sub(" ", remainder)
    for row in table.rows:  # those that count alone, with what is left
        if row.alone and row.pattern.search(remainder) and not table.filler.sub("", row.pattern.sub(" ", remainder)):
            return wish.or_else(row.wish), ""
    if wish == Wish():
        return wish, text
    return wish, _tidied(remainder, table) if table.filler.sub("", remainder) else ""


def _tidied(text: str, table: WishTable) -> str:
    text = table.dangling.sub("", " ".join(text.split()))
    return re.sub(r"\s+(?=[?？!！.。])", "", text).strip(" ,，、;；:：")


def _with_number(wish: Wish, match: re.Match[str]) -> Wish:
    digits = next((n for name, n in match.groupdict().items() if name.startswith("number") and n), "")
    if not digits:
        return wish
    number = int(digits) if digits.isdigit() else lexicon().number(digits.lower()) or _HAN_NUMBERS.get(digits)
    return Wish(wish.form, number, wish.language)


@lru_cache(maxsize=1)
def _table() -> WishTable:
    table = tomllib.loads(resources.files(__package__).joinpath("wishes.toml").read_text(encoding="utf-8"))
    compiled = partial(_compiled, macros=lexicon().macros, flags=re.NOFLAG)
    rows = tuple(
        WishRow(
            Wish(row.get("form", ""), row.get("number"), row.get("language", "")),
            compiled(row["pattern"]),
            compiled(row["unless"]) if "unless" in row else None,
            row.get("alone", False),
        )
        for row in table["wish"]
    )
    return WishTable(rows, compiled(table["filler"]), compiled(table["dangling"]), compiled(table["originals"]))
