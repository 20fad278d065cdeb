"""Language models' replies, recorded as text, through the real chain: `python -m evals.recorded`.

`recorded/replies.jsonl` are answers to prompts as they were sent, by runs of a strong language model in three styles, which
had not seen the checks; its `statements` say of each what another run found by reading the evidence, `wrong` are statements
that a third made subtly wrong. `judged.jsonl` has what a fourth said of each as a judge that sees its quotes alone,
`again.jsonl` the first's second tries. They were written a statement a line, with keys and quotes in brackets, and
turned into the JSON that models are asked for by the parser of that form, once: each statement, quote and what is not stated
is as it was, in its order, and of a refusal no blocks. Half of all was held back from building: the
tables are of that half, with `--half tune` of the other.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import click
from rich.progress import track

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
from app.store.quality import Share
from evals.cases import Line, half_of, read_lines
from evals.folder import corpus_chain
from evals.tables import Table, show
from ingest.index import Index

HERE = Path(__file__).resolve().parent / "recorded"
DAY = date(2026, 11, 28)
TRUE = ("supported", "conclusion")
MADE_WRONG = "made wrong"
Answers = dict[str, Answer]
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

    def write(self, *_: object) -> Iterator[Claim | CallResult]:
        """Yield the statements of the reply, then the result of the call."""
        stream = ReplyStream()
        yield from stream.feed(self.reply)
        yield CallResult(0.0, failure="declined" if stream.declined else "", not_stated=stream.not_stated)

    def read(self, *_: object) -> tuple[Mapping[str, Any], CallResult]:
        """Return the question in full, and nothing else to search for."""
        return {"questions": [self.rewritten]}, CallResult(0.0)

    def complete(self, prompt: Prompt, *_: object) -> tuple[str, CallResult]:
        """Return the judge's lines."""
        statements = _STATEMENT.findall(prompt.user)
        return "\n".join(f"{n}: {self.verdicts.get(text, 'yes')}" for n, text in statements), CallResult(0.0)

    def rewrite(self, prompt: Prompt, *_: object) -> tuple[dict[int, Claim], CallResult]:
        """Return the recorded second tries, by the number of the statement."""
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

    def prompt(self, material: Material, *_: object) -> tuple[Prompt, tuple[EvidenceBlock, ...]]:
        """Return all blocks of the documents, and keep the material."""
        self.kept[:] = [material]
        within = material.question.within
        return Prompt("", ""), tuple(b for b in self.every if within is None or b.document.id in within)


@dataclass(frozen=True, slots=True)
class RecordedStatement:
    """A statement and the results of its checks.

    Attributes:
        case: The id of its case.
        label: What a reader found it to be, or `MADE_WRONG`.
        kind: In what way it was made wrong, '' for the others.
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


def replayed(chain: Chain, cases: Sequence[Line], verdicts: Mapping[str, str]) -> tuple[list[RecordedStatement], Answers]:
    """Replay recorded replies through the chain and check each of their statements.

    Statements that were made wrong are checked too.

    Returns:
        The checked statements, and the answers by case.
    """
    tries = {" ".join(line["statement"].split()): line["again"] for line in read_lines(HERE / "again.jsonl")}
    writer = RecordedWriter(verdicts, tries)
    every = tuple(every_block(chain.index))
    writing = RecordingWriting(writer, folder=folder_description(chain.settings.corpus), today=DAY, every=every)
    settings = chain.settings.model_copy(update={"engine": "model"})
    replay_chain = chain.worded_by(writing, settings)
    statements: list[RecordedStatement] = []
    answers = {}
    for case in track(cases, "Replaying"):
        writer.reply, writer.rewritten = json.dumps(case["reply"]), case.get("rewritten", "")
        writing.kept.clear()
        answers[case["id"]] = replay_chain.answer(request(chain, case))
        if not writing.kept:
            continue
        material = writing.kept[0]
        alone, judged = (StatementChecks(material.question, writing.prompt(material)[1], judged=j) for j in (False, True))
        labelled = zip(read_reply(case["reply"]), case["statements"], strict=True)
        said = [(statement, line) for statement, line in labelled if not alone.says_nothing(statement)]
        made_wrong = [(s, {"label": MADE_WRONG, **w}) for w in case.get("wrong", ()) for s in read_reply(w)]
        for statement, line in said + made_wrong:
            kind = (line["label"], line.get("kind", ""), line.get("core", False))
            statements.append(RecordedStatement(case["id"], *kind, alone.check(statement), judged.check(statement)))
    return statements, answers


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


def held_table(statements: Sequence[RecordedStatement], verdicts: Mapping[str, str]) -> Table:
    """Count what stands of each kind of statement, by the checks alone and with the judge."""
    groups: dict[str, list[RecordedStatement]] = defaultdict(list)
    for statement in statements:
        for name in (statement.label, *([f"  {statement.kind}"] if statement.label == MADE_WRONG else ())):
            groups[name].append(statement)
    rows = [
        [n, str(len(group)), *(_share([stands(s, v) for s in group]) for v in (None, verdicts))]
        for n, group in groups.items()
    ]
    return Table("Held against what they quote", ["statements", "number", "stand by the checks", "and the judge"], rows)


def reached_table(statements: Sequence[RecordedStatement], answers: Answers, cases: Sequence[Line]) -> Table:
    """Count what reaches the reader of the answers that were right."""
    groups: dict[str, list[bool]] = defaultdict(list)
    core: dict[str, list[bool]] = defaultdict(list)
    right = {c["id"] for c in cases if c["right"]}
    for statement in (s for s in statements if s.label in TRUE):
        use = answers[statement.case].model
        is_shown = statement.judged.text not in {left.text for left in (use.left_out if use else ())}
        groups[statement.label].append(is_shown)
        if statement.core and statement.case in right:
            core[statement.case].append(is_shown)
    groups["core of a right answer"] = [any(shown) for shown in core.values()]
    statuses = {name: answer.status for name, answer in answers.items()}
    groups["NO ANSWER respected"] = [statuses[c["id"]] == "not_found" for c in cases if not c["reply"]["blocks"]]
    near_misses = [c for c in cases if c["kind"] == "own near miss"]
    groups["near misses of our own answered"] = [statuses[c["id"]] != "not_found" for c in near_misses]
    rows = [[name, str(len(values)), _share(values)] for name, values in groups.items()]
    counts = ", ".join(f"{k} {n}" for k, n in Counter(statuses.values()).most_common())
    rows.append(["statuses", str(len(answers)), counts])
    return Table("What reaches the reader, second tries included", ["answers", "number", "share"], rows)


def _share(values: Sequence[bool]) -> str:
    share = Share(sum(values), len(values))
    return f"{share.value:.2f} [{share.interval[0]:.2f}, {share.interval[1]:.2f}]"


@click.command()
@click.option("--half", type=click.Choice(["tune", "report"]), default="report", show_default=True)
def main(half: str) -> None:
    """Print how the checks hold what strong writers wrote."""
    verdicts = {line["statement"]: line["verdict"] for line in read_lines(HERE / "judged.jsonl")}
    cases = [c for c in read_lines(HERE / "replies.jsonl") if half_of(c["group"]) == half]
    with corpus_chain() as chain:
        statements, answers = replayed(chain, cases, verdicts)
    show(held_table(statements, verdicts), reached_table(statements, answers, cases))


if __name__ == "__main__":
    main()
