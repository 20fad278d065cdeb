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
from typing import Any

from app.text.lexicon import lexicon
from ingest.errors import CorpusError

FILE = "_rules.toml"
LONGEST = 4_000  # characters of a text that are looked at
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
    return Rules(_rows(tomllib.loads(resources.files(__package__).joinpath("rules.toml").read_text(encoding="utf-8"))))


def folder_rules(folder: Path) -> Rules:
    """Those of a folder; none where it has no `_rules.toml`.

    Raises:
        CorpusError: the file is not what it should be.
    """
    path = folder / FILE
    if not path.is_file():
        return Rules(())
    try:
        return Rules(_rows(tomllib.loads(path.read_text(encoding="utf-8"))))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, re.error, KeyError, TypeError, AttributeError) as error:
        said = f"{path} is not a table of rules ({type(error).__name__}: {error})."
        raise CorpusError(said, f"Mend it as docs/documents.md says, or remove {FILE}.") from error


def _rows(given: Mapping[str, Any]) -> Iterator[Rule]:
    macros = lexicon().macros | {name: str(value) for name, value in given.get("define", {}).items()}
    for row in given["rule"]:
        if missing := _FIELDS - set(row):
            raise KeyError(f"the rule {row.get('id', '?')} lacks {', '.join(sorted(missing))}")
        pattern = re.compile(_expanded(row["pattern"], macros), re.IGNORECASE)
        base = re.compile(_expanded(row["base"], macros), re.IGNORECASE) if "base" in row else None
        yield Rule(**row | {"pattern": pattern, "base": base})


def _expanded(pattern: str, macros: Mapping[str, str]) -> str:
    """A pattern with the macros that it names (`{{year}}`) in their place; a macro may name others."""
    for _ in range(3):
        for name, value in macros.items():
            pattern = pattern.replace("{{" + name + "}}", value)
    return pattern
