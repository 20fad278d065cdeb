"""Blind visitors' turns: their history, what a judge sees, what is counted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.answers import Answer, NotePart
from evals.cases import read_lines
from evals.visitors import answered, main

BLIND = Path(__file__).resolve().parents[2] / "evals" / "blind"


class Echo:
    """Answers with how much was said before."""

    def ask(self, question: str, history: Any) -> Answer:
        return Answer(question, question, "not_found", note_parts=(NotePart("other", f"{len(history)} before"),))


def turn(name: str, conversation: str | None, **more: Any) -> dict[str, Any]:
    return {"id": name, "conversation": conversation, "persona": "student", "kind": "fact", "question": name} | more


def test_turns_of_a_conversation_have_those_before_as_history() -> None:
    turns = [turn("a", None), turn("b", "c1"), turn("c", "c1"), turn("d", "c2"), turn("e", None), turn("f", None)]
    notes = [line["note"] for line in answered(Echo(), turns)]  # type: ignore[arg-type]
    assert notes == ["0 before", "0 before", "2 before", "0 before", "0 before", "0 before"]


def test_verdicts_are_counted(tmp_path: Path) -> None:
    turns = [turn(n, None, status="answered", confidence=0.95, text="Tea grew. [1]") for n in "abcd"]
    verdicts = [
        {"id": n, "held": "yes", "verdict": v, "want": []}
        for n, v in zip("abcd", ["GOOD", "GOOD", "PARTIAL", "BAD"], strict=True)
    ]
    for name, lines in (("t", turns), ("v", verdicts)):
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    done = CliRunner().invoke(main, [str(tmp_path / "t"), "--judged", str(tmp_path / "v")])
    assert done.exit_code == 0
    assert "0.50" in done.output
    assert "0.25" in done.output


@pytest.mark.parametrize("path", sorted(p for p in BLIND.glob("*.jsonl") if "." not in p.stem), ids=lambda p: p.stem)
def test_a_blind_set_is_whole(path: Path) -> None:
    turns = read_lines(path)
    assert len(turns) == len({t["id"] for t in turns}) >= 150
    assert sum(re.search("[\u4e00-\u9fff]", t["question"]) is not None for t in turns) >= 15
    assert len({t["conversation"] for t in turns} - {None}) >= 12
