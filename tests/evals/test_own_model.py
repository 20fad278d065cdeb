"""The blind protocol with a language model of one's own: a scripted server on loopback, real documents and models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli.main import main
from evals.own_model import PERSONAS, read_complete_lines, worst
from tests.scripted import ScriptedModel, fails, says, scripted_model

pytestmark = [pytest.mark.evals, pytest.mark.slow]

DOCS = {
    "otters.md": "# Otters\n\nThe sea otter eats urchins and crabs. It sleeps afloat, wrapped in kelp.\n",
    "lighthouse.md": "# Lighthouse\n\nThe lighthouse at Cape Gull was built in 1871. Its keeper was Ada Brenn until 1902.\n",
    "gulls.md": "# Gulls\n\nThe gulls of Cape Gull nest in May.\n",
}
TURNS = [
    [{"kind": "fact", "question": "What does the sea otter eat?"}, {"kind": "fact", "question": "and where does it sleep?"}]
]
CEILING = "It eats urchins and crabs."


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with scripted_model() as found:
        found.reply = says(plays)
        yield found


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "corpus").mkdir()
    for name, text in DOCS.items():
        (tmp_path / "corpus" / name).write_text(text, encoding="utf-8")
    (tmp_path / "corpus" / "_page.yaml").write_text("title: A coast\nbackground: On animals and lights.\n", encoding="utf-8")
    return tmp_path / "corpus"


def plays(body: dict[str, Any]) -> str:
    """Write turns, answer from all documents, judge the answer of all documents better."""
    system, user = (m["content"] for m in body["messages"])
    if "You know what these are about" in system:
        assert "On animals and lights" in user
        assert "Otters" in user
        assert "urchins" not in system + user
        return f"Sure:\n```json\n{json.dumps({'conversations': TURNS})}\n```"
    assert all(text.split("\n\n")[1].split(". ")[0] in system for text in DOCS.values())
    if system.startswith("Answer the last turn"):
        return CEILING
    better = "A" if re.search(rf"<A>\n{CEILING}", user) else "B"
    other = "AB".replace(better, "")
    return json.dumps({"held": "yes", better: "GOOD", other: "BAD", f"{other}_reason": "says something else"})


def blind(corpus: Path, model: ScriptedModel, *more: str) -> Result:
    data = ["--data", str(corpus.parent / "data"), "--corpus", str(corpus)]
    own = ["--llm", "openai:scripted", "--llm-url", model.url, "--turns", "4", "--keep", str(corpus.parent / "kept")]
    return CliRunner().invoke(main, [*data, "eval", "blind", *own, *more])


def lines(corpus: Path, name: str) -> list[dict[str, Any]]:
    return read_complete_lines(corpus.parent / "kept" / f"{name}.jsonl")


def test_turns_are_written_answered_judged_and_kept(corpus: Path, model: ScriptedModel) -> None:
    done = blind(corpus, model, "--turns", "8")
    assert done.exit_code == 0, done.output
    turns, answers, judged = (lines(corpus, name) for name in ("turns", "answers", "judged"))
    assert [t["persona"] for t in turns] == [p for p in PERSONAS for _ in range(2)]
    assert [len({t["id"] for t in stage}) for stage in (turns, answers, judged)] == [8, 8, 8]
    assert "urchins" in answers[0]["text"]
    assert {v["ceiling"] for v in judged} == {"GOOD"}
    assert {v["verdict"] for v in judged} == {"BAD"}
    assert "The worst answers" in done.output
    assert "says something else" in done.output
    assert "follow-ups" in done.output
    asked = len(model.requests)
    assert blind(corpus, model, "--turns", "8").exit_code == 0
    assert len(model.requests) == asked, "all was kept"


def test_a_bad_reply_ends_it_with_a_sentence_and_it_goes_on(corpus: Path, model: ScriptedModel) -> None:
    calls: list[str] = []

    def once(body: dict[str, Any]) -> str:
        calls.append(body["messages"][0]["content"])
        return "I would rather not." if calls[-1].startswith("Two answers") else plays(body)

    model.reply = says(once)
    done = blind(corpus, model)
    assert done.exit_code == 2
    assert "The language model's reply cannot be read." in done.output
    assert "what was done is kept in" in " ".join(done.output.split())
    assert len(lines(corpus, "ceiling")) == 4
    with (corpus.parent / "kept" / "ceiling.jsonl").open("a") as file:
        file.write('{"id": "torn')
    model.reply = fails(401)
    assert "did not accept the key." in blind(corpus, model).output
    model.reply, requests = says(plays), len(model.requests)
    assert blind(corpus, model).exit_code == 0
    assert len(model.requests) == requests + 4, "nothing but the verdicts was missing"
    assert len(lines(corpus, "judged")) == 4


def test_a_model_without_room_for_all_reads_what_is_found(
    corpus: Path, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASK_LLM_TOKENS", "2040")
    model.reply = says(lambda body: CEILING if "urchins" in str(body) else plays(body))
    assert blind(corpus, model).exit_code == 2  # the judge's reply cannot be read
    first = next(b["messages"][0]["content"] for b in model.requests if "Answer the last turn" in str(b))
    assert "urchins" in first
    assert "nest in May" not in first


def test_without_a_model_it_says_what_to_add(corpus: Path) -> None:
    done = CliRunner().invoke(main, ["--corpus", str(corpus), "eval", "blind"])
    assert (done.exit_code, "Add --llm PROVIDER:MODEL" in done.output) == (2, True)


def test_the_worst_come_first() -> None:
    answers = [{"question": q, "text": "Tea. [1]"} for q in "abc"]
    pairs = [("PARTIAL", "GOOD"), ("BAD", "BAD"), ("BAD", "GOOD")]
    verdicts = [{"verdict": v, "ceiling": c, "reason": ""} for v, c in pairs]
    rows = worst(answers, verdicts).rows
    assert [row[0] for row in rows] == ["c", "b", "a"]
    assert rows[0][3] == "Tea."
