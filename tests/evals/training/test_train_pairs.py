"""Judged lists become graded pairs, and their loss is lowest if the right question is scored best."""

import json
import random
from typing import Any

import pytest
from tokenizers import Tokenizer

torch = pytest.importorskip("torch", reason="torch is not installed: make test-training")

from evals.training import train_pairs
from evals.training.train_pairs import COVERING_GRADE, MEASURED, graded, loss, read_lists, readings
from ingest.models.bundles import BUNDLES, CROSS_ENCODER

LINE: dict[str, Any] = {
    "id": "t-002",
    "before": ["why hefei"],
    "turn": "and shenzhen?",
    "full": "Why Shenzhen?",
    "before_full": "Why was Hefei chosen?",
    "answers": ["Why Shenzhen?"],
    "covers": ["Why these cities?"],
    "not_held": [],
    "others": ["What is Hefei?", "Who chose?"],
}
TEXTS = {t: t for t in ("Why Shenzhen?", "Why these cities?", "What is Hefei?", "Who chose?")}


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(BUNDLES[CROSS_ENCODER].path() / "tokenizer.json"))


def test_a_turn_is_read_as_typed_behind_the_question_in_full_and_in_full_itself() -> None:
    assert readings(LINE) == ("why hefei / and shenzhen?", "Why was Hefei chosen? / and shenzhen?", "Why Shenzhen?")


@pytest.mark.parametrize(
    ("change", "grades"),
    [
        ({}, [1.0, COVERING_GRADE, 0.0, 0.0, 0.0]),
        ({"answers": []}, [COVERING_GRADE, 0.0, 0.0, 1 - COVERING_GRADE]),
        ({"answers": [], "covers": []}, [0.0, 0.0, 1.0]),
        ({"answers": [], "covers": [], "not_held": ["Who chose?"], "others": ["What is Hefei?"]}, [1.0, 0.0, 0.0]),
    ],
    ids=["answers", "covers", "nothing", "not held"],
)
def test_grades_end_with_that_of_none_of_them_and_add_up_to_one(tokenizer, change, grades) -> None:
    pairs = graded(LINE | change, TEXTS, random.Random(0), tokenizer)
    assert pairs is not None
    assert pairs.target.tolist() == pytest.approx([g / sum(grades) for g in grades])
    assert len(pairs.pairs) == len(grades) - 1


def test_a_list_of_questions_that_are_gone_is_left_out(tokenizer) -> None:
    assert graded(LINE, {}, random.Random(0), tokenizer) is None


def test_the_loss_is_lower_the_better_the_right_one_is_scored() -> None:
    grades = torch.tensor([1.0, 0.0, 0.0, 0.0])
    right, wrong = (float(loss(torch.tensor(s), grades)) for s in ([4.0, -4.0, -4.0], [-4.0, 4.0, -4.0]))
    assert right < 0.1 < 4 < wrong


def test_what_is_nearly_measured_is_left_out_and_a_turn_knows_the_one_before(tmp_path) -> None:
    measured = json.loads(MEASURED[0].read_text("utf-8").splitlines()[0])
    first = LINE | {"id": "t-001", "before": [], "turn": "why hefei", "full": "Why was Hefei chosen?"}
    lines = [first, {k: v for k, v in LINE.items() if k != "before_full"}, measured | {"id": "t-003"}]
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    remaining = read_lists([path])
    assert [line["id"] for line in remaining] == ["t-001", "t-002"]
    assert remaining[1]["before_full"] == "Why was Hefei chosen?"
    assert len(read_lists([path], whole=True)) == 3


def test_no_set_is_both_trained_on_and_fitted_on() -> None:
    assert {path.stem for path in train_pairs.LISTS.glob("*.jsonl")} > set(train_pairs.CALIBRATION)
    assert not {"l", "m", "n"} & {path.stem for path in train_pairs.LISTS.glob("*.jsonl")}
