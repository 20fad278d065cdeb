"""The exam as it is put: documents, statements about them and questions, from `exam.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from app.answers import Evidence
from app.llm.checks import Checked
from app.llm.evidence import EvidenceBlock
from app.llm.exam import BEST
from app.llm.judge import judge_prompt
from app.llm.prompts import Form, Prompt, answer_prompt
from app.llm.quotes import Page, find
from app.query.values import Query
from app.sentences import Statement
from ingest.documents import Document, content_id, guess_language
from ingest.split import split

FILE = Path(__file__).with_name("exam.yaml")
TOGETHER = 14  # statements of a call, as many as a long answer has
TODAY = date(2030, 6, 1)  # the same for all, whenever they are examined
ROOM = 1_000_000  # tokens: enough for any of these prompts
Holds = Literal["answered", "part", "none"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement with what it cites, whether it `follows` from that, and the `kind` of how it does, or does not."""

    checked: Checked
    follows: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the blocks that a model is shown, and how far they answer it."""

    question: Query
    shown: tuple[EvidenceBlock, ...]
    holds: Holds

    def prompt(self, form: Form) -> Prompt:
        """What the model is asked: what it would be asked for any other question."""
        return answer_prompt(self.question, self.shown, form=form, today=TODAY)


@dataclass(frozen=True, slots=True)
class Paper:
    """The whole exam."""

    claims: tuple[tuple[Claim, ...], ...]
    asked: tuple[Asked, ...]
    version: str

    def calls(self, forms: int) -> int:
        """How often a model is asked that answers in so many forms."""
        return len(self.claims) + forms * len(self.asked)


@cache
def paper() -> Paper:
    """The exam. Its version is made of all that is asked in it: where the rules of a prompt change, it is another exam."""
    claims: list[Claim] = []
    asked: list[Asked] = []
    for item in yaml.safe_load(FILE.read_text(encoding="utf-8")):
        blocks = _blocks(item["title"], item["text"])
        pages = [Page(block) for block in blocks]
        claims += (_claim(said, pages) for said in item["statements"])
        asked += (_asked(said, blocks) for said in item["questions"])
    # each language by itself, as in an answer, in an order that tells nothing
    claims.sort(key=lambda c: (guess_language(c.checked.text), content_id(c.checked.text)))
    parts = tuple(tuple(claims[at : at + TOGETHER]) for at in range(0, len(claims), TOGETHER))
    prompts = [judge_prompt([c.checked for c in part], ROOM)[0] for part in parts]
    prompts += [a.prompt(form) for a in asked for form in BEST]
    return Paper(parts, tuple(asked), content_id("\n".join(p.whole for p in prompts))[:8])


def _blocks(title: str, text: str) -> tuple[EvidenceBlock, ...]:
    """A document -> its paragraphs and tables, whole."""
    document = Document(text, title, f"{title}.md", markdown=True, language=guess_language(text))
    blocks: dict[int, list[Evidence]] = {}
    for passage in (p for chunk in split(document) for p in chunk.passages):
        blocks.setdefault(passage.block, []).append(Evidence("", document, passage, passage.read(document.text)))
    return tuple(EvidenceBlock(f"S{n}", tuple(items)) for n, items in enumerate(blocks.values(), 1))


def _claim(said: dict[str, Any], pages: Sequence[Page]) -> Claim:
    runs = tuple(_runs(said["at"], pages))
    kind = said.get("wrong") or ("conclusion" if said.get("conclusion") else "other words")
    return Claim(Checked(Statement(said["say"]), said["say"], runs=runs), "wrong" not in said, kind)


def _runs(words: Sequence[str], pages: Sequence[Page]) -> Iterator[tuple[Evidence, ...]]:
    for piece in words:
        found = find(piece, "", pages)
        if not found:
            raise ValueError(f"{piece!r} does not stand in its document of {FILE.name}")
        yield found[0]


def _asked(said: dict[str, Any], blocks: tuple[EvidenceBlock, ...]) -> Asked:
    text = said["ask"]
    return Asked(Query(text, text, guess_language(text), searched=text), blocks, said["holds"])
