"""Rules on wordings: rows of a table, and the engine that looks them up. A row stands with its example, its counter-example
and why; `ask-the-plan eval rules` tells what each is worth.

What is true of English and Chinese stands in `rules.toml` beside this file; what is true of a folder's subject stands in
its own `_rules.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path

from app.text.lexicon import lexicon
from ingest.errors import CorpusError

FILE = "_rules.toml"
LONGEST = 4_000  # characters of a text that are looked at
MEND = f"Mend it as docs/documents.md says, or remove {FILE}."
_FIELDS = {"id", "label", "language", "pattern", "example", "counter_example", "why"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: whatever `pattern` matches gets the `label`. `language` is en, zh or both. For a rule that
    substitutes, `base` is the pattern of what it takes the place of."""

    id: str
    label: str
    language: str
    pattern: re.Pattern[str]
    example: str
    counter_example: str
    why: str
    base: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A rule and where it matched."""

    rule: Rule
    match: re.Match[str]


class Rules:
    """Rules in their order. Safe to share between threads."""

    def __init__(self, rows: Iterable[Rule]) -> None:
        self.rows = tuple(rows)

    def __add__(self, other: Rules) -> Rules:
        return Rules((*self.rows, *other.rows))

    def without(self, *ids: str) -> Rules:
        """All but these."""
        return Rules(r for r in self.rows if r.id not in ids)

    def search(self, label: str, text: str) -> Found | None:
        """The first match of the rules of a label, by its place in the text, then by their order; None without."""
        found = [Found(r, m) for r in self._labelled.get(label, ()) if (m := r.pattern.search(text, 0, LONGEST))]
        return min(found, key=lambda f: f.match.start(), default=None)

    def removed(self, label: str, text: str) -> str:
        """The text without what the rules of a label match."""
        for rule in self.of(label):
            text = rule.pattern.sub(" ", text)
        return " ".join(text.split())

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of their first rules."""
        return tuple(self._labelled)

    def of(self, label: str) -> tuple[Rule, ...]:
        """The rules of a label."""
        return self._labelled.get(label, ())

    @cached_property
    def _labelled(self) -> Mapping[str, tuple[Rule, ...]]:
        found: dict[str, list[Rule]] = {}
        for row in self.rows:
            found.setdefault(row.label, []).append(row)
        return {label: tuple(rows) for label, rows in found.items()}


class Trace:
    """The rules, and the ids of those that have matched."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.fired: dict[str, None] = {}

    def search(self, label: str, text: str) -> re.Match[str] | None:
        """The first match of a label's rules; see `Rules.search`."""
        found = self.rules.search(label, text)
        return self.fire(found).match if found else None

    def fire(self, found: Found) -> Found:
        """Note that a rule has matched."""
        self.fired[found.rule.id] = None
        return found


@lru_cache(maxsize=1)
def language_rules() -> Rules:
    """Those that come with the program."""
    return Rules(_rules(resources.files(__package__).joinpath("rules.toml").read_text(encoding="utf-8")))


def folder_rules(folder: Path) -> Rules:
    """Those of a folder; none where it has no `_rules.toml`.

    Raises:
        CorpusError: the file is not what it should be.
    """
    path = folder / FILE
    if not path.is_file():
        return Rules(())
    try:
        return Rules(_rules(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path} is not a table of rules: {error}", MEND) from error


def _rules(text: str) -> Iterator[Rule]:
    macros, rows = read_table(text)
    return (read_row(row, macros) for row in rows)


def read_table(text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """A file's text -> what its patterns may name in double braces, and its rows as they stand.

    Raises:
        ValueError: it is no TOML, or has something other than `[define]` and `[[rule]]`.
    """
    given = tomllib.loads(text)
    defined, rows = given.pop("define", {}), given.pop("rule", [])
    if given or not isinstance(defined, dict) or not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise ValueError("nothing but [define] and [[rule]] may stand in it.")
    return lexicon().macros | {name: str(value) for name, value in defined.items()}, rows


def read_row(row: Mapping[str, str], macros: Mapping[str, str]) -> Rule:
    """A row -> its rule.

    Raises:
        ValueError: what is wrong with it, in a sentence.
    """
    name = f"the rule `{row.get('id', '?')}`"
    if missing := _FIELDS - set(row):
        raise ValueError(f"{name} lacks {', '.join(sorted(missing))}.")
    if unknown := [*(set(row) - _FIELDS - {"base"}), *(key for key, value in row.items() if not isinstance(value, str))]:
        raise ValueError(f"{name} has {', '.join(sorted(unknown))}, which is no text or no field of a rule.")
    pattern = _compiled(f"the pattern of {name}", row["pattern"], macros)
    base = _compiled(f"the base of {name}", row["base"], macros) if "base" in row else None
    return Rule(**{key: row[key] for key in _FIELDS - {"pattern"}}, pattern=pattern, base=base)


def _compiled(name: str, pattern: str, macros: Mapping[str, str]) -> re.Pattern[str]:
    """A pattern with the macros that it names (`{{year}}`) in their place; a macro may name others."""
    for _ in range(3):
        for macro, value in macros.items():
            pattern = pattern.replace("{{" + macro + "}}", value)
    if unknown := re.search(r"\{\{\w+\}\}", pattern):
        raise ValueError(f"{name} names {unknown[0]}, which is not defined.")
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"{name} is no regular expression: {error}.") from error
