"""True sentences with one thing changed so that they are false: number, unit, date, name, negation, direction or scope; and
what fluent writers get wrong with the right figures: swapped, of another year or plan, a target as a result, too general, a
cause that nobody states.

The tables (`alterations.toml`) were written before the checker that is measured with them, from the sentences alone.
"""

from __future__ import annotations

import json
import random
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from evals.halves import Half, half_of

PARAPHRASES = Path(__file__).resolve().parent / "paraphrases.jsonl"
SEED = 0


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """A passage of the corpus as one reads it in place, and a true sentence on it in other words."""

    id: str
    document: str
    claim: str
    evidence: str

    @property
    def half(self) -> Half:
        """The half of the document."""
        return half_of(Path(self.document).stem)


@dataclass(frozen=True, slots=True)
class Altered:
    """A paraphrase's sentence with one thing of a kind changed, over its passage and, for a cause, another one."""

    of: Paraphrase
    kind: str
    claim: str
    also: str = ""

    @property
    def evidence(self) -> list[str]:
        """The passages that it is held against."""
        return [self.of.evidence, self.also] if self.also else [self.of.evidence]


def paraphrases(file: Path = PARAPHRASES) -> list[Paraphrase]:
    """A file -> all its paraphrases, in order."""
    return [Paraphrase(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def altered(cases: Iterable[Paraphrase], seed: int = SEED) -> list[Altered]:
    """Cases -> for each sentence one change of each kind that fits it; the same seed gives the same changes."""
    found, cases = [], list(cases)
    for at, case in enumerate(cases):
        for kind, ways in KINDS.items():
            rng = random.Random(f"{seed} {case.id} {kind}")
            written = ways(case.claim, rng) if kind != "year" else _years(case.claim, case.evidence)
            changes = sorted({c for c in written if c != case.claim})
            if changes:
                found.append(Altered(case, kind, rng.choice(changes)))
        if at and cases[at - 1].document == case.document and cases[at - 1].evidence != case.evidence:
            found += _caused(case, cases[at - 1])
    return found


def _caused(case: Paraphrase, other: Paraphrase) -> list[Altered]:
    """Two true sentences of one document, the one told as the cause of the other."""
    if _ZH.search(case.claim + other.claim):
        return []
    first = other.claim if re.match(r"[A-Z]{2}|[A-Z]\w+ [A-Z]", other.claim) else other.claim[:1].lower() + other.claim[1:]
    return [Altered(case, CAUSE, f"Because {first.rstrip('.')}, {case.claim[:1].lower()}{case.claim[1:]}", other.evidence)]


Ways = Callable[[str, random.Random], Iterator[str]]
_ZH = re.compile(r"[\u4e00-\u9fff]")
_MONTHS = "January February March April May June July August September October November December".split()
_MONTH = rf"(?:{'|'.join(_MONTHS)})"
_WORDS = "two three four five six seven eight nine ten eleven twelve twenty".split()
_NUMBER = re.compile(r"(?<![A-Za-z0-9.,+\[-])\d+(?:,\d{3})*(?:\.\d+)?(?![\d\]年月日]|,\d|-\d|[A-Za-z]|\.\d)")
_YEAR = re.compile(r"(?<!\[)(?<![\d.,])(?:19|20)\d\d(?![\d\]]|,\d|\.\d)(?! regulations)")
_LISTED = re.compile(r"(?:, and |, | and |、|和)$|\W*$")
_IN_DATE = re.compile(rf"\b\d{{1,2}} {_MONTH}|{_MONTH} \d{{1,2}}\b(?!\d)")


def _numbers(claim: str, rng: random.Random) -> Iterator[str]:
    dates = [m.span() for m in (*_IN_DATE.finditer(claim), *_YEAR.finditer(claim))]
    for match in _NUMBER.finditer(claim):
        if not any(a <= match.start() < b for a, b in dates):
            yield _put(claim, match, _other_number(match[0], rng))
    for match in re.finditer(rf"\b(?:{'|'.join(_WORDS)})\b", claim):
        yield _put(claim, match, rng.choice([w for w in _WORDS[:10] if w != match[0]]))


def _other_number(number: str, rng: random.Random) -> str:
    """A digit changed, so that length and form stay."""
    places = [n for n, c in enumerate(number) if c.isdigit()]
    place = rng.choice(places)
    lowest = 1 if place == places[0] and len(places) > 1 else 0
    digits = [str(d) for d in range(lowest, 10) if str(d) != number[place]]
    changed = number[:place] + rng.choice(digits) + number[place + 1 :]
    return changed if changed.strip("0.,") else number[:place] + "7"


def _dates(claim: str, rng: random.Random) -> Iterator[str]:
    for match in re.finditer(rf"\b{_MONTH}\b(?= \d|,| of)|(?<=\d ){_MONTH}\b|(?<=[Ii]n ){_MONTH}\b", claim):
        yield _put(claim, match, rng.choice([m for m in _MONTHS if m != match[0]]))
    for match in _IN_DATE.finditer(claim):
        yield _put(claim, match, re.sub(r"\d+", lambda m: str((int(m[0]) + rng.randint(1, 20)) % 27 + 1), match[0]))
    for match in _YEAR.finditer(claim):
        shifts = [s for s in (-3, -2, -1, 1, 2, 3) if str(int(match[0]) + s) not in claim]
        yield _put(claim, match, str(int(match[0]) + rng.choice(shifts)))
    for match in re.finditer(r"(?<=年)\d{1,2}(?=月)", claim):
        yield _put(claim, match, str((int(match[0]) + rng.randint(1, 10)) % 12 + 1))


def _table(rows: Sequence[tuple[str, Sequence[str]]]) -> Ways:
    def ways(claim: str, rng: random.Random) -> Iterator[str]:
        for pattern, others in rows:
            for match in re.finditer(pattern, claim):
                yield _put(claim, match, match.expand(rng.choice(others)))

    return ways


def _names(claim: str, rng: random.Random) -> Iterator[str]:
    for group in _TABLES["names"]:
        others = [n for n in group if n not in claim]
        for name in group:
            border = "" if _ZH.match(name) else r"\b"
            for match in re.finditer(border + re.escape(name) + border, claim) if others else ():
                yield _put(claim, match, rng.choice(others))


def _years(claim: str, evidence: str) -> Iterator[str]:
    """Another year of the evidence in place of one of the claim's."""
    others = {m[0] for m in _YEAR.finditer(evidence)} - {m[0] for m in _YEAR.finditer(claim)}
    for match in _YEAR.finditer(claim):
        yield from (_put(claim, match, other) for other in sorted(others))


def _swaps(claim: str, _: random.Random) -> Iterator[str]:
    """Two names of a group, or two figures, in each other's place."""
    for group in _TABLES["names"]:
        held = [n for n in group if claim.count(n) == 1]
        for one, other in pairwise(sorted(held, key=claim.find)):
            if _LISTED.match(claim[claim.find(one) + len(one) : claim.find(other)]):
                continue  # in a list the order tells nothing
            yield claim.replace(one, "\0").replace(other, one).replace("\0", other)
    dates = [m.span() for m in (*_IN_DATE.finditer(claim), *_YEAR.finditer(claim))]
    found = [m for m in _NUMBER.finditer(claim) if not any(a <= m.start() < b for a, b in dates)]
    for first, then in pairwise(found):
        if first[0] != then[0]:
            yield claim[: first.start()] + then[0] + claim[first.end() : then.start()] + first[0] + claim[then.end() :]


def _put(claim: str, match: re.Match[str], other: str) -> str:
    if match[0][:1].isupper() and match.start() == 0:
        other = other[:1].upper() + other[1:]
    return claim[: match.start()] + other + claim[match.end() :]


_TABLES = tomllib.loads((Path(__file__).resolve().parent / "alterations.toml").read_text(encoding="utf-8"))
KINDS: dict[str, Ways] = {
    "number": _numbers,
    "unit": _table(_TABLES["unit"]),
    "date": _dates,
    "name": _names,
    "negation": _table(_TABLES["negation"]),
    "direction": _table(_TABLES["direction"]),
    "scope": _table(_TABLES["scope"]),
    "swap": _swaps,
    "year": lambda *_: iter(()),  # written from the evidence
    "status": _table(_TABLES["status"]),
    "general": _table(_TABLES["general"]),
    "plan": _table(_TABLES["plan"]),
}
CAUSE = "cause"
