"""What each rule on wordings is worth: cases that it fires on, answered with it and without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from app.pipeline.chain import Chain
from app.query.understand import understand
from app.settings import Settings
from evals.cases import Case, own_cases, read_cases
from evals.folder import judge, limits
from evals.judge import PlanJudge
from evals.opening import open_with_bar
from evals.run import Judge, Limits, Result, run_cases

OWN, VISITORS, SEVERAL = "own", "visitors", "several"
HELD_OUT = Path(__file__).resolve().parent / "training"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases with the chain that answers them and what judges the answers."""

    chain: Chain
    cases: tuple[Case, ...]
    judge: Judge
    limits: Limits | None = None


@dataclass(frozen=True, slots=True)
class Worth:
    """Of one set: how many cases a rule fires on, how many of them were asked, which are right with it alone (`gained`)
    and which without it alone (`lost`), by id."""

    fires: int = 0
    asked: int = 0
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def net(self) -> int:
        """Gained less lost."""
        return len(self.gained) - len(self.lost)


@dataclass(frozen=True, slots=True)
class RuleWorth:
    """A rule's worth by the name of the set."""

    id: str
    label: str
    sets: dict[str, Worth] = field(default_factory=dict)


def rule_sets(settings: Settings, folders: Sequence[Path] = ()) -> dict[str, Cases]:
    """Our own cases, those of visitors and those on several things, on the corpus of the settings, then each folder's.

    Raises:
        AskError: a folder cannot be opened, or has no cases.
    """
    opened = open_with_bar(settings.corpus, settings)
    given = {OWN: own_cases()} | {n: read_cases(HELD_OUT / f"{n}_heldout.jsonl") for n in (VISITORS, SEVERAL)}
    on_corpus, within = PlanJudge(opened.chain.index), limits(opened.documents)
    found = {name: Cases(opened.chain, tuple(cases), on_corpus, within) for name, cases in given.items()}
    for folder in folders:
        cases, other = read_cases(folder / "questions.jsonl"), open_with_bar(folder / "docs", settings)
        found[folder.name] = Cases(other.chain, tuple(cases), judge, limits(other.documents))
    return found


def fired(chain: Chain, case: Case) -> tuple[str, ...]:
    """The ids of the rules that shape how the case is understood."""
    return understand(case.question, case.history, chain.folder).rules


def worths(
    sets: Mapping[str, Cases], ids: Sequence[str] = (), most: int = 40, progress: Progress | None = None
) -> Iterator[RuleWorth]:
    """The worth of each rule, of those with these `ids` alone where some are given; a rule that fires on more than `most`
    cases of a set is tried on so many of them, drawn by chance."""
    firing = {name: {case.id: (case, fired(s.chain, case)) for case in s.cases} for name, s in sets.items()}
    before: dict[tuple[str, str], Result] = {}
    rules = {r.id: r for s in sets.values() for r in s.chain.folder.rules.rows}
    wanted = [r for r in rules.values() if not ids or r.id in ids]
    for number, rule in enumerate(wanted):
        found = {}
        for name, given in sets.items():
            cases = [case for case, hit in firing[name].values() if rule.id in hit]
            drawn = cases if len(cases) <= most else Random(0).sample(cases, most)
            new = [case for case in drawn if (name, case.id) not in before]
            before |= {(name, r.id): r for r in run_cases(given.chain.answer, new, given.judge, limits=given.limits)}
            without = run_cases(given.chain.without(rule.id).answer, drawn, given.judge, limits=given.limits)
            found[name] = _worth(len(cases), [(before[name, r.id], r) for r in without])
        if progress:
            progress("Rules", number + 1, len(wanted))
        yield RuleWorth(rule.id, rule.label, found)


def _worth(fires: int, pairs: Sequence[tuple[Result, Result]]) -> Worth:
    right = [(a.id, a.scores["correct"], b.scores["correct"]) for a, b in pairs]
    return Worth(fires, len(pairs), tuple(n for n, a, b in right if a > b), tuple(n for n, a, b in right if a < b))


def table(found: Sequence[RuleWorth]) -> str:
    """One row a rule: for each set fires, gained, lost; as Markdown."""
    names = list(found[0].sets) if found else []
    head = [
        "| rule | " + " | ".join(f"{n}: fires | gained | lost" for n in names) + " |",
        "|---|" + "---|---|---|" * len(names),
    ]
    return "\n".join([*head, *(_row(rule, names) for rule in found)])


def _row(rule: RuleWorth, names: Sequence[str]) -> str:
    cells = [f"{w.fires} | {len(w.gained)} | {len(w.lost)}" for n in names for w in [rule.sets[n]]]
    return f"| {rule.id} | {' | '.join(cells)} |"
