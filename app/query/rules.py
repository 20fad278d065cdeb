"""Rules on wordings, English and Chinese: rows of `rules.toml`, each with its example, its counter-example and why."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources

from app.text.lexicon import lexicon

LONGEST = 4_000  # characters of a text that are looked at
_FIELDS = ("id", "label", "language", "example", "counter_example", "why")


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

    def search(self, label: str, text: str) -> Found | None:
        """The first match of the rules of a label, by its place in the text, then by their order; None without."""
        found = [Found(r, m) for r in self._labelled.get(label, ()) if (m := r.pattern.search(text, 0, LONGEST))]
        return min(found, key=lambda f: f.match.start(), default=None)

    def removed(self, label: str, text: str) -> str:
        """The text without what the rules of a label match."""
        for rule in self.of(label):
            text = rule.pattern.sub(" ", text)
        return " ".join(text.split())

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


def _rules(text: str) -> Iterator[Rule]:
    table = tomllib.loads(text)
    macros = lexicon().macros | table["define"]
    for row in table["rule"]:
        base = _compiled(row["base"], macros) if "base" in row else None
        yield Rule(**{key: row[key] for key in _FIELDS}, pattern=_compiled(row["pattern"], macros), base=base)


def _compiled(pattern: str, macros: Mapping[str, str]) -> re.Pattern[str]:
    """Return a pattern with the macros that it names (`{{year}}`) filled in; a macro may name others."""
    for _ in range(3):
        for macro, value in macros.items():
            pattern = pattern.replace("{{" + macro + "}}", value)
    return re.compile(pattern, re.IGNORECASE)
