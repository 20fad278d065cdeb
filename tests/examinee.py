"""Language models that take the exam: one that does all of it well, and others; and results that are kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi.responses import Response

from app.llm.evidence import for_prompt
from app.llm.exam import load_exam
from app.llm.exam_results import ExamResult, JudgeCounts, WriterCounts, save_result
from tests.scripted import Reply, fails, says

FORM = WriterCounts(4, 4, 2, 2, 1, 1)
ANSWERS: dict[str, tuple[tuple[str, str], ...]] = {
    "How many ships called at each quay in 2030?": (
        ("410 ships called at the eastern quay.", "East | 380 | 410"),
        ("290 ships called at the western quay.", "West | 365 | 290"),
        ("118 ships called at the northern quay.", "North | 120 | 118"),
    ),
    "Were there as many pupils in 2027 as the school plan aimed at?": (
        ("There were more: 5,400.", "the schools of the Orrin valley had 5,400 pupils"),
        ("The plan aimed at 5,200.", "aimed at 5,200 pupils for 2027"),
    ),
    "How many teachers does the valley employ, and how much do they earn?": (
        ("The valley employs 360 teachers.", "The valley employs 360 teachers"),
    ),
    "2028年白榆市的森林覆盖率是多少？": (("2028年白榆市森林覆盖率为41%。", "2028年白榆市森林覆盖率为41%"),),
}


def keep_passed(data: Path, model: str, address: str = "", **other: Any) -> ExamResult:
    """Keep the result of a model that does all well, but for what is said `other`wise."""
    given: dict[str, Any] = {"judged": JudgeCounts(20, 20, 20, 20), "wrote": FORM} | other
    result = ExamResult(model, address, load_exam().version, "2030-06-01", **given)
    save_result(data, result)
    return result


def judges(body: dict[str, Any]) -> bool:
    return str(body["messages"][0]["content"]).startswith("You check the statements")


def verdicts(body: dict[str, Any], say: Callable[[bool], str]) -> str:
    """What is said of each statement that follows, or does not."""
    follows = {for_prompt(c.checked.text): c.follows for part in load_exam().claims for c in part}
    asked = re.findall(r"^(\d+)\. Statement: (.*)$", body["messages"][-1]["content"], re.MULTILINE)
    return "\n".join(f"{n}: {say(follows[text])}" for n, text in asked)


def answered(body: dict[str, Any]) -> str:
    """The right answer."""
    asked = next(a for a in load_exam().questions if a.question.text in body["messages"][-1]["content"])
    said, part = ANSWERS.get(asked.question.text, ()), asked.holds == "part"
    statements = [{"text": text, "supports": [{"key": "S1", "words": words}]} for text, words in said]
    blocks = [{"kind": "list", "headings": [], "statements": statements}] if said else []
    return json.dumps({"blocks": blocks, "not_stated": "what they earn" if part else ""}, ensure_ascii=False)


def strong(body: dict[str, Any]) -> str:
    """All as it should be."""
    return verdicts(body, lambda follows: "yes" if follows else "no - it is not there") if judges(body) else answered(body)


def agreeing(body: dict[str, Any]) -> str:
    """Says yes to all."""
    return verdicts(body, lambda _: "yes") if judges(body) else answered(body)


def without_json(body: dict[str, Any]) -> Response:
    """All as it should be, behind an endpoint that knows no structured output."""
    reply: Reply = fails(400, "response_format is not supported") if "response_format" in body else says(strong)
    return reply(body)
