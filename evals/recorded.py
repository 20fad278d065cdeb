"""Language models' replies, recorded as text, through the real chain: `python -m evals.recorded`.

`recorded/replies.jsonl` are answers to prompts as they were sent, by runs of a strong language model in three styles, which
had not seen the checks; `labels.jsonl` says of each statement what another run found by reading the evidence, `wrong.jsonl`
has statements that a third made subtly wrong, `judged.jsonl` what a fourth said of each as a judge that sees its quotes
alone, `again.jsonl` the first's second tries. They were written a statement a line, with keys and quotes in brackets, and
turned into the JSON that models are asked for by the parser of that form, once: each statement, quote and what is not stated
is as it was, in its order, and of a refusal no blocks. Half of all was held back from building: the
tables are of that half, with `--half tune` of the other.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.answering.draft import Proposal
from app.answers import Answer, Evidence
from app.llm.checks import CheckedStatement, StatementChecks
from app.llm.claims import Claim
from app.llm.client import CallResult, Writer
from app.llm.composing import folder_description
from app.llm.evidence import EvidenceBlock
from app.llm.prompts import Prompt
from app.llm.reply import ReplyStream
from app.llm.selecting import Material
from app.llm.writing import Writing
from app.pipeline.chain import Chain
from app.pipeline.values import Request
from app.query.values import Turn
from app.sentences import LookedFor, VerifiedSentence
from app.store.quality import Share
from evals.cases import Line, half_of, read_lines
from evals.folder import corpus_chain
from ingest.index import Index

HERE = Path(__file__).resolve().parent / "recorded"
DAY = date(2026, 11, 28)
TRUE = ("supported", "conclusion")
_FAILED_LINE = re.compile(r"^(\d+): (.*) — ", re.MULTILINE)
_STATEMENT = re.compile(r"^(\d+)\. Statement: (.*)$", re.MULTILINE)


class RecordedWriter(Writer):
    """A writer that replays recorded replies.

    A statement that failed gets its recorded second try. As a judge, the writer returns the recorded verdict on each
    statement, or yes if none was recorded.
    """

    def __init__(self, verdicts: Mapping[str, str], tries: Mapping[str, Line]) -> None:
        self.name, self.seconds, self.budget, self.key = "recorded", 60.0, 24_000, ""
        self.reply = self.rewritten = ""
        self.verdicts, self.tries = verdicts, tries

    def write(self, prompt: Prompt, seconds: float, gone: threading.Event | None = None) -> Iterator[Claim | CallResult]:
        """Yield the statements of the reply, then the result of the call."""
        del prompt, seconds, gone
        stream = ReplyStream()
        yield from stream.feed(self.reply)
        yield CallResult(0.0, failure="declined" if stream.declined else "", not_stated=stream.not_stated)

    def read(self, prompt: Prompt, seconds: float) -> tuple[Mapping[str, Any], CallResult]:
        """Return the question in full, and nothing else to search for."""
        del prompt, seconds
        return {"questions": [self.rewritten]}, CallResult(0.0)

    def complete(self, prompt: Prompt, seconds: float, gone: threading.Event | None = None) -> tuple[str, CallResult]:
        """Return the judge's lines."""
        del seconds, gone
        statements = _STATEMENT.findall(prompt.user)
        return "\n".join(f"{n}: {self.verdicts.get(text, 'yes')}" for n, text in statements), CallResult(0.0)

    def rewrite(self, prompt: Prompt, seconds: float) -> tuple[dict[int, Claim], CallResult]:
        """Return the recorded second tries, by the number of the statement."""
        del seconds
        stream = ReplyStream()
        retries = [(int(n), self.tries.get(" ".join(text.split()))) for n, text in _FAILED_LINE.findall(prompt.user)]
        list(stream.feed(json.dumps({"statements": [{"number": n, **statement} for n, statement in retries if statement]})))
        return stream.numbers, CallResult(0.0)


@dataclass(frozen=True, slots=True)
class RecordingWriting(Writing):
    """Writing that keeps what the last answer was made from.

    The statements of a reply are checked against all documents that the request may use, since the evidence that the
    writers were given came from an earlier search.
    """

    kept: list[Material] = field(default_factory=list)
    every: tuple[EvidenceBlock, ...] = ()

    def prompt(
        self, material: Material, had: Sequence[EvidenceBlock] = (), looked: Sequence[str] = (), looks: int = 0
    ) -> tuple[Prompt, tuple[EvidenceBlock, ...]]:
        """All blocks of the documents."""
        del had, looked, looks
        within = material.question.within
        return Prompt("", ""), tuple(b for b in self.every if within is None or b.document.id in within)

    def write(
        self, material: Material, before: CallResult | None = None, gone: threading.Event | None = None
    ) -> Iterator[VerifiedSentence | LookedFor | Proposal]:
        """Write as the engine does, and keep the material."""
        self.kept[:] = [material]
        yield from Writing.write(self, material, before, gone)


@dataclass(frozen=True, slots=True)
class RecordedStatement:
    """A statement and the results of its checks.

    Attributes:
        case: The id of its case.
        label: What a reader found it to be, or "made wrong".
        kind: The style of its reply, or in what way it was made wrong.
        core: True if it answers the question itself.
        alone: The result of the checks without a judge.
        judged: The result of the checks that leave the rest to a judge.
    """

    case: str
    label: str
    kind: str
    core: bool
    alone: CheckedStatement
    judged: CheckedStatement


@dataclass
class Outcome:
    """The outcome of all replies."""

    statements: list[RecordedStatement] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)


def replayed(chain: Chain, cases: Sequence[Line], verdicts: Mapping[str, str]) -> Outcome:
    """Replay recorded replies through the chain and check each of their statements.

    Statements that were made wrong are checked too.

    Returns:
        The checked statements and the answers.
    """
    labels = {line["id"]: {one["n"]: one for one in line["lines"]} for line in read_lines(HERE / "labels.jsonl")}
    wrong: dict[str, list[Line]] = {}
    for line in read_lines(HERE / "wrong.jsonl"):
        wrong.setdefault(line["id"], []).append(line)
    tries = {" ".join(line["statement"].split()): line["again"] for line in read_lines(HERE / "again.jsonl")}
    writer = RecordedWriter(verdicts, tries)
    every = tuple(every_block(chain.index))
    writing = RecordingWriting(writer, folder=folder_description(chain.settings.corpus), today=DAY, every=every)
    settings = chain.settings.model_copy(update={"engine": "model"})
    replay_chain = Chain(chain.index, chain.embedder, chain.reranker, settings, writing, chain.folder, chain.matcher)
    outcome = Outcome()
    for case in track(cases, "Replaying"):
        writer.reply, writer.rewritten = json.dumps(case["reply"]), case.get("rewritten", "")
        writing.kept.clear()
        outcome.answers[case["id"]] = replay_chain.answer(request(chain, case))
        if not writing.kept:
            continue
        (material,) = writing.kept
        blocks = writing.prompt(material)[1]
        alone, judged = (StatementChecks(material.question, blocks, judged=judged) for judged in (False, True))
        for number, statement in enumerate(read_reply(case["reply"]), 1):
            label = labels[case["id"]][number]
            if not alone.says_nothing(statement):
                kind = (label["label"], case["style"], label.get("core", False))
                checks = (alone.check(statement), judged.check(statement))
                outcome.statements.append(RecordedStatement(case["id"], *kind, *checks))
        for one in wrong.get(case["id"], ()):
            for statement in read_reply(one):
                kind = ("made wrong", one["kind"], False)
                checks = (alone.check(statement), judged.check(statement))
                outcome.statements.append(RecordedStatement(case["id"], *kind, *checks))
    return outcome


def every_block(index: Index) -> Iterator[EvidenceBlock]:
    """Yield the paragraphs, lists and tables of all documents, whole."""
    blocks: dict[tuple[str, int], list[Evidence]] = {}
    for key in index.catalogue.document_ids():
        if document := index.document(key):
            for p in index.passages(key):
                blocks.setdefault((key, p.block), []).append(Evidence("", document, p, p.read(document.text)))
    yield from (EvidenceBlock(f"S{n}", tuple(items)) for n, items in enumerate(blocks.values(), 1))


def request(chain: Chain, case: Line) -> Request:
    """Return the request that a case makes."""
    origins = chain.index.catalogue.origins()
    history = tuple(Turn(t["role"], t["content"]) for t in case.get("history", ()))
    within = tuple(origins[name][1] for name in case["within"]) if case.get("within") else None
    return Request(case["question"], history, within)


def read_reply(reply: Line) -> list[Claim]:
    """Parse a recorded reply into its statements."""
    return list(ReplyStream().feed(json.dumps(reply)))


def stands(statement: RecordedStatement, verdicts: Mapping[str, str] | None) -> bool:
    """Say whether a statement would be shown; with `verdicts` a judge's are heard."""
    if verdicts is None:
        return not statement.alone.reason
    refused = verdicts.get(statement.judged.text, "yes").startswith("no") and not statement.judged.verbatim
    return not statement.judged.reason and not refused


def table(outcome: Outcome, verdicts: Mapping[str, str]) -> Table:
    """Count what stands of each kind of statement, by the checks alone and with the judge."""
    result = Table("statements", "number", "stand by the checks", "and the judge", title="Held against what they quote")
    rows: dict[str, list[RecordedStatement]] = {}
    for statement in outcome.statements:
        rows.setdefault(statement.label, []).append(statement)
        if statement.label == "made wrong":
            rows.setdefault(f"  {statement.kind}", []).append(statement)
    for name, items in rows.items():
        alone, judged = ([stands(h, v) for h in items] for v in (None, verdicts))
        result.add_row(name, str(len(items)), _share(alone), _share(judged))
    return result


def reached(outcome: Outcome, cases: Sequence[Line]) -> Table:
    """Count what reaches the reader of the answers that were right."""
    right = {line["id"] for line in read_lines(HERE / "labels.jsonl") if line["right"]}
    declined = [c for c in cases if not c["reply"]["blocks"]]
    core: dict[str, list[bool]] = {}
    shown_by_label: dict[str, list[bool]] = {}
    for statement in outcome.statements:
        use = outcome.answers[statement.case].model
        is_left_out = statement.judged.text in {left.text for left in (use.left_out if use else ())}
        if statement.label in TRUE:
            shown_by_label.setdefault(statement.label, []).append(not is_left_out)
            if statement.core and statement.case in right:
                core.setdefault(statement.case, []).append(not is_left_out)
    result = Table("answers", "number", "share", title="What reaches the reader, second tries included")
    for label, items in shown_by_label.items():
        result.add_row(label, str(len(items)), _share(items))
    result.add_row("core of a right answer", str(len(core)), _share([any(c) for c in core.values()]))
    respected = [outcome.answers[c["id"]].status == "not_found" for c in declined]
    result.add_row("NO ANSWER respected", str(len(respected)), _share(respected))
    answered = [outcome.answers[c["id"]].status != "not_found" for c in cases if c["kind"] == "own near miss"]
    result.add_row("near misses of our own answered", str(len(answered)), _share(answered))
    statuses = Counter(a.status for a in outcome.answers.values())
    result.add_row("statuses", str(len(outcome.answers)), ", ".join(f"{k} {n}" for k, n in statuses.most_common()))
    return result


def _share(values: Sequence[bool]) -> str:
    share = Share(sum(values), len(values))
    return f"{share.value:.2f} [{share.interval[0]:.2f}, {share.interval[1]:.2f}]"


@click.command()
@click.option("--half", type=click.Choice(["tune", "report"]), default="report", show_default=True)
@click.option("--failed", is_flag=True, help="Print the true statements that fail and the wrong ones that pass.")
def main(half: str, failed: bool) -> None:
    """Print how the checks hold what strong writers wrote."""
    console = Console(width=120)
    verdicts = {line["statement"]: line["verdict"] for line in read_lines(HERE / "judged.jsonl")}
    cases = [c for c in read_lines(HERE / "replies.jsonl") if half_of(c["group"]) == half]
    chain = corpus_chain()
    outcome = replayed(chain, cases, verdicts)
    chain.index.close()
    console.print(table(outcome, verdicts))
    console.print(reached(outcome, cases))
    for statement in outcome.statements if failed else ():
        if stands(statement, verdicts) != (statement.label in TRUE):
            console.print(f"{statement.case} {statement.label} {statement.kind}: {statement.judged.text}", markup=False)
            console.print(f"   {statement.judged.reason or verdicts.get(statement.judged.text, 'stands')}", markup=False)


if __name__ == "__main__":
    main()
