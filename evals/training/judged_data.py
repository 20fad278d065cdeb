"""Questions as visitors type them, with passages that were judged one by one: `evals/training/visitors.jsonl`.

The questions were written by someone who knew the titles and headings of the documents of the tuning half (or the topics of
public sets' documents) but not their texts, in conversations. The chain was asked them; each of the twelve passages that it
ranked best was then read and judged: it answers, it states a part of the answer, or it does not. Where that stayed open, or
where it shows that the question takes something false for granted, it is left out. A line names passages by document and by
the SHA-256 of their text; the question is the one that the reader read, a follow-up with its topic in brackets.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from evals.training.reader_data import FOLDER, Example, Line, mark_of, rows
from ingest.folders import document_files
from ingest.load import load
from ingest.split import split

VISITORS = FOLDER / "visitors.jsonl"
BEST = 4  # wrong passages that the chain ranked best
OTHERS = 2  # and by chance of the rest


def judged_examples(docs: Path, lines: Sequence[Line]) -> list[Example]:
    """Lines -> an example for each, whose passages stand in documents of the folder `docs`.

    Raises:
        ValueError: a document has no such passage any more.
    """
    names = {name for line in lines for name, _ in [*line["right"], *line["wrong"]]}
    texts: dict[tuple[str, str], str] = {}
    for path in document_files(docs):
        if path.name in names:
            document = load(path, docs)
            read = rows((document, chunk) for chunk in split(document))
            texts |= {(path.name, mark_of(quote)): text for quote, text, _, _ in read}
    return [_example(line, texts) for line in lines]


def _example(line: Line, texts: dict[tuple[str, str], str]) -> Example:
    draw = random.Random(line["question"])
    wrong = line["wrong"][:BEST] + draw.sample(line["wrong"][BEST:], min(OTHERS, len(line["wrong"][BEST:])))
    found = []
    for name, mark in [*line["right"], *wrong]:
        if (name, mark) not in texts:
            raise ValueError(f"{name} has no passage {mark}, which {line['question']!r} is about")
        found.append(texts[name, mark])
    return Example(line["question"], tuple(found), frozenset(range(len(line["right"]))))
