"""Visitors' turns in conversations, asked one after another: `python -m evals.visitors TURNS --out ANSWERS`.

A blind set is written by someone who has read the source article and neither the corpus nor its known questions, run once,
and judged by someone else against the documents (evals/blind/README.md). A line of TURNS is
`{id, conversation, persona, kind, question}`; turns of one conversation follow each other, each with those before as its
history. ANSWERS holds what the visitor sees; with `--judged` the verdicts are counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import pairwise
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.answering.repetition import word_string
from app.answers import Answer
from app.pipeline.chain import Chain
from app.query.values import Turn, turns_of
from app.store.records import public
from evals.cases import Line, read_lines
from evals.folder import corpus_chain
from evals.intervals import mean_interval
from ingest.documents import guess_language

SURE_CONFIDENCE = 0.9


def answered(chain: Chain, turns: Sequence[Line]) -> Iterator[Line]:
    """Ask the turns, each in its conversation, and yield what the visitor sees of each."""
    history: list[Turn] = []
    before = None
    for turn in turns:
        if turn["conversation"] is None or turn["conversation"] != before:
            history = []
        before = turn["conversation"]
        answer = chain.ask(turn["question"], history)
        history += turns_of(answer)
        yield {**turn, **visible_answer(answer)}


def visible_answer(answer: Answer) -> Line:
    """Return the part of the public answer that a reader looks at."""
    fields = public(answer)
    names = ("status", "read_as", "note", "text", "confidence", "seconds", "written")
    nearest = [f"{c['title']}: {c['quote']}" for c in fields["nearest"]]
    return {name: fields[name] for name in names if name in fields} | {"nearest": nearest}


def groups(turns: Sequence[Line], judged: Mapping[str, Line]) -> dict[str, list[Line]]:
    """Group the turns by what is held, persona and kind, and by how surely they were answered; `judged` is by id."""
    follow_ups = _follow_ups(turns)
    rows: dict[str, list[Line]] = {"all": list(turns)}
    rows["held"] = [t for t in turns if judged[t["id"]]["held"] in ("yes", "partly")]
    rows["held in part"] = [t for t in turns if judged[t["id"]]["held"] == "partly"]
    rows["not held"] = [t for t in turns if judged[t["id"]]["held"] == "no"]
    rows["about the program"] = [t for t in turns if judged[t["id"]]["held"] == "about"]
    for persona in dict.fromkeys(t["persona"] for t in turns):
        rows[f"{persona}, held"] = [t for t in rows["held"] if t["persona"] == persona]
    rows["in Chinese"] = [t for t in turns if guess_language(t["question"]) == "zh"]
    rows["answers written beforehand"] = [t for t in turns if t.get("written")]
    rows["follow-ups"] = [t for t in turns if t["id"] in follow_ups]
    rows["follow-ups, held"] = [t for t in rows["held"] if t["id"] in follow_ups]
    answered_turns = [t for t in turns if t["status"] != "not_found"]
    rows[f"answered at {SURE_CONFIDENCE} or more"] = [t for t in answered_turns if t["confidence"] >= SURE_CONFIDENCE]
    return rows


def table(turns: Sequence[Line], verdicts: Sequence[Line], title: str = "") -> Table:
    """Count GOOD, PARTIAL and BAD of all turns and of each group."""
    judged = {v["id"]: v for v in verdicts}
    result = Table("turns", "n", "GOOD", "PARTIAL", "BAD", "GOOD, 95 %", title=title or None)
    for name, group in groups(turns, judged).items():
        counts = Counter(judged[t["id"]]["verdict"] for t in group)
        n = len(group)
        if n:
            interval = mean_interval([float(judged[t["id"]]["verdict"] == "GOOD") for t in group])
            shares = [f"{counts[v] / n:.2f}" for v in ("GOOD", "PARTIAL", "BAD")]
            result.add_row(name, str(n), *shares, f"{interval.low:.2f} to {interval.high:.2f}")
    return result


FIRST_SENTENCES = 3  # sentences in which a wanted passage counts


def automatic(turn: Line, verdict: Line) -> bool:
    """Return True if what a visitor sees looks right without a judge.

    If the documents do not hold the answer, nothing may be answered. If the turn is about the program, the program must
    speak of itself. Otherwise a passage that the judge wanted must be among the first `FIRST_SENTENCES` sentences.
    """
    if verdict["held"] in ("no", "about"):
        return bool(turn["status"] == {"no": "not_found", "about": "about"}[verdict["held"]])
    return holds(turn["text"].split(f" [{FIRST_SENTENCES}]")[0], verdict)


def holds(text: str, verdict: Line) -> bool:
    """Say whether a text says one of the passages that the judge wanted."""
    return says(set(word_string(text).split()), verdict)


def says(text_words: Set[str], verdict: Line) -> bool:
    """Say whether these words are nearly all of one of the passages that the judge wanted."""
    quotes = [word_string(passage["quote"]).split() for passage in verdict["want"]]
    # a row is quoted with its headings
    return any(sum(word in text_words for word in quote) >= 0.8 * len(quote) for quote in quotes if quote)


def agreement(turns: Sequence[Line], verdicts: Sequence[Line]) -> str:
    """Say what share of turns looks right without a judge, and how often that agrees with GOOD."""
    judged = {v["id"]: v for v in verdicts}
    pairs = [(automatic(t, judged[t["id"]]), judged[t["id"]]["verdict"] == "GOOD") for t in turns]
    right, agreeing = (sum(x) / len(pairs) for x in ([a for a, _ in pairs], [a == b for a, b in pairs]))
    return f"without a judge {right:.2f} look right, which agrees with GOOD in {agreeing:.2f}"


def _follow_ups(turns: Sequence[Line]) -> set[str]:
    return {b["id"] for a, b in pairwise(turns) if b["conversation"] is not None and a["conversation"] == b["conversation"]}


@click.command()
@click.argument("turns", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write what visitors see, for a judge.")
@click.option("--judged", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Count these verdicts.")
def main(turns: Path, out: Path | None, judged: Path | None) -> None:
    """Ask the turns, or count a judge's verdicts on the answers in TURNS."""
    if judged:
        answers, verdicts = read_lines(turns), read_lines(judged)
        Console(width=110).print(table(answers, verdicts), agreement(answers, verdicts))
        return
    chain = corpus_chain()
    lines = list(answered(chain, list(track(read_lines(turns), "Asking"))))
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    if out:
        out.write_text(text, encoding="utf-8")
    else:
        click.echo(text, nl=False)
    chain.index.close()


if __name__ == "__main__":
    main()
