"""A user's folder through the command line: real documents, real models."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.main import main
from evals.cases import Case, CaseError, sample
from evals.judge import same_sentence
from evals.run import request_of

pytestmark = [pytest.mark.evals, pytest.mark.slow]

DOCS = {
    "otters.md": "# Otters\n\nThe sea otter eats urchins and crabs. It sleeps afloat, wrapped in kelp.\n",
    "lighthouse.txt": "The lighthouse at Cape Gull was built in 1871. Its keeper was Ada Brenn until 1902.\n",
    "lighthouse2.txt": "The lighthouse at Point Hale was built in 1902. Its keeper was Tom Varga.\n",
}
QUESTIONS = [
    {"id": "a", "question": "What does the sea otter eat?", "answers": ["urchins"], "doc_ids": ["otters"],
     "evidence": ["The sea otter eats urchins and crabs."], "answerable": True},
    {"id": "b", "question": "When was the lighthouse built?", "answers": ["1902"], "answerable": True,
     "evidence": ["The lighthouse at Point Hale was built in 1902."], "scope": ["lighthouse2"]},
    {"id": "c", "question": "When was it built?", "answers": ["1871"], "answerable": True, "pool": ["lighthouse", "otters"],
     "history": [{"role": "user", "content": "Tell me about the lighthouse at Cape Gull."}],
     "evidence": ["The lighthouse at Cape Gull was built in 1871."]},
    {"id": "d", "question": "Which king ruled Portugal in 1500?", "answers": [], "answerable": False},
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "set/docs").mkdir(parents=True)
    for name, text in DOCS.items():
        (tmp_path / "set/docs" / name).write_text(text, encoding="utf-8")
    write(tmp_path / "set", QUESTIONS)
    return tmp_path / "set"


def write(folder: Path, questions: list[dict[str, object]]) -> None:
    (folder / "questions.jsonl").write_text("".join(json.dumps(q) + "\n" for q in questions), encoding="utf-8")


def evaluate(folder: Path, *args: str) -> Result:
    return CliRunner().invoke(main, ["--data", str(folder.parent / "data"), "eval", *args])


def read_as(folder: Path, case: str) -> str:
    out = folder / "one.jsonl"
    done = evaluate(folder, str(folder), "--case", case, "--out", str(out))
    assert done.exit_code == 0, done.output
    (line,) = out.read_text(encoding="utf-8").splitlines()
    answer = json.loads(line)
    return str(answer.get("read_as", answer["question"]))


def test_a_folder_is_answered_within_its_limits(folder: Path) -> None:
    out, report = folder / "out.jsonl", folder / "run.json"
    done = evaluate(folder, str(folder), "--no-abstain", "--out", str(out), "--json", str(report))
    assert done.exit_code == 0, done.output
    answers = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [a["id"] for a in answers] == ["a", "b", "c", "d"]
    assert all(a["status"] == "answered" for a in answers)
    assert {c["title"] for c in answers[1]["citations"]} == {"lighthouse2"}
    assert "lighthouse2" not in {c["title"] for c in answers[2]["citations"]}
    assert "Cape Gull" in answers[2]["read_as"]
    measures = json.loads(report.read_text(encoding="utf-8"))["summary"]
    assert {n: measures[n]["value"] for n in ("gold_first", "gold_quoted", "answer_first", "answer_quoted")} == {
        "gold_first": 1.0, "gold_quoted": 1.0, "answer_first": 1.0, "answer_quoted": 1.0,
    }  # fmt: skip
    assert "gold sentence quoted first" in done.output
    assert "hallucination" not in done.output, "abstention is off"
    assert read_as(folder, "c") == "When was it built? (the lighthouse at Cape Gull)"
    same = evaluate(folder, "compare", str(report), str(report))
    assert "Cases whose verdict changed: 0 of 4" in same.output


def test_a_folder_is_read_with_its_own_other_words_alone(folder: Path) -> None:
    write(folder, [{"id": "us", "question": "Who is Captain America?", "answerable": False}])
    assert read_as(folder, "us") == "Who is Captain America?", "our corpus calls America the United States"
    (folder / "docs/_words.yaml").write_text("sea otter: [Captain America]\n", encoding="utf-8")
    assert read_as(folder, "us") == "Who is Captain America (sea otter)?"


@pytest.mark.parametrize(
    ("questions", "said"),
    [
        ([{"id": "a"}], "line 1: 'question' is missing"),
        ([{"id": "a", "question": "Who?", "scope": ["gone"]}], "'gone', which is no document"),
    ],
)
def test_a_users_mistake_is_one_sentence(folder: Path, questions: list[dict[str, object]], said: str) -> None:
    write(folder, questions)
    done = evaluate(folder, str(folder))
    assert done.exit_code == 2
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_a_missing_folder_or_case_is_said(folder: Path) -> None:
    missing = evaluate(folder, str(folder / "nowhere"))
    assert (missing.exit_code, "cannot be read" in missing.stderr) == (2, True)
    no_case = evaluate(folder, str(folder), "--case", "z")
    assert (no_case.exit_code, "No case fits." in no_case.stderr) == (2, True)
    no_run = evaluate(folder, "compare", str(folder / "x.json"), str(folder / "y.json"))
    assert (no_run.exit_code, "cannot be read" in no_run.stderr) == (2, True)


def test_pool_and_scope_name_documents() -> None:
    documents, case = {"a": "1", "b": "2"}, Case("x", "Who?", True, "x", "tune")
    assert request_of(case, documents).within is None
    assert request_of(replace(case, pool=("a", "b"), scope=("b",)), documents).within == ("2",)
    assert request_of(replace(case, pool=("a", "b")), documents).within == ("1", "2")
    with pytest.raises(CaseError, match="'c'"):
        request_of(replace(case, scope=("c",)), documents)


@pytest.mark.parametrize(
    ("quote", "gold", "expected"),
    [
        ("It was so. The tower was built in 1871.", "The tower was built in 1871.", True),
        ("the tower was  built", "The tower was built in 1871.", True),
        ("1871.", "The tower was built in 1871.", False),
        ("The old tower was built in 1871.", "The tower was at last built in 1871.", False),
        ("The tower of Ely was built by Ann in 1871.", "The tower of Ely was built by Bob in 1871.", True),
    ],
)
def test_a_quote_is_the_gold_sentence_when_most_words_are(quote: str, gold: str, expected: bool) -> None:
    assert same_sentence(quote, gold) is expected


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    cases = [Case(str(i), "Who?", True, str(i), "tune") for i in range(50)]
    assert sample(cases, 10, 1) == sample(cases, 10, 1) != sample(cases, 10, 2)
    assert len(set(sample(cases, 10, 1))) == 10
    assert sample(cases, None, 1) == sample(cases, 99, 1) == tuple(cases)
