"""Are a folder's own rules on wordings what they should be, and does each do what its examples say?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.query.rules import FILE, MEND, Rule, language_rules, read_row, read_table
from ingest.form import Problem

LANGUAGES = ("en", "zh", "both")


def check_rules(folder: Path) -> tuple[Problem, ...]:
    """A folder -> what is wrong with its `_rules.toml`, rule by rule; nothing where it has none."""
    path = folder / FILE
    if not path.is_file():
        return ()
    try:
        text = path.read_text(encoding="utf-8")
        macros, rows = read_table(text)
    except (OSError, ValueError) as error:
        return (Problem(FILE, 1, f"It is not a table of rules: {error}", MEND),)
    found: list[Problem] = []
    seen: set[str] = set()
    lines = [n for n, line in enumerate(text.split("\n"), 1) if line.strip() == "[[rule]]"] or [1] * len(rows)
    for row, line in zip(rows, lines, strict=False):
        try:
            rule = read_row(row, macros)
        except ValueError as error:
            found.append(Problem(FILE, line, f"{str(error)[0].upper()}{str(error)[1:]}", MEND))
            continue
        found += [Problem(FILE, line, f"The rule `{rule.id}` {said}", step) for said, step in _faults(rule, seen)]
        seen.add(rule.id)
    return tuple(found)


def _faults(rule: Rule, seen: set[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with a rule that can be read, and what to do."""
    labels = language_rules().labels
    if rule.id in seen:
        yield "stands in the file twice.", "Give each an id of its own."
    if rule.label not in labels:
        yield f"has the label `{rule.label}`, which nothing looks for.", f"Take one of {', '.join(labels)}."
    if rule.language not in LANGUAGES:
        yield f"has the language `{rule.language}`.", f"Take one of {', '.join(LANGUAGES)}."
    if rule.base is not None:  # it is matched with what is left of a follow-up, not with the whole
        return
    if not rule.pattern.search(rule.example):
        yield f"does not match its example “{rule.example}”.", "Mend the pattern or the example."
    if rule.pattern.search(rule.counter_example):
        yield f"matches its counter-example “{rule.counter_example}”.", "Mend the pattern or the counter-example."
