"""Our questions on public sets: their sentences are found by mark, and a set that changed is said."""

from pathlib import Path

import pytest

from evals.training.reader_data import (
    BESIDE,
    PUBLIC,
    SEVERAL,
    STRANGE,
    TRAINING,
    WRONG,
    Line,
    lines_for,
    mark_of,
    read_lines,
    written_examples,
)
from ingest.models.bundles import BGE
from ingest.models.load import load_embedder

TEXT = """Salt lake

The lake lies at 3,200 metres. It is fed by forty rivers. Reeds are thick along the shore. Birds nest on an island.

Nobody drinks the water. Fish die in it. Salt is dug nearby. Boats cross in summer.
"""
HIGH, SALT = "The lake lies at 3,200 metres.", "Nobody drinks the water."


def written(folder: Path, *lines: dict[str, object], text: str = TEXT) -> list[Line]:
    (folder / "lakes" / "docs").mkdir(parents=True)
    (folder / "lakes" / "docs" / "p01.txt").write_text(text)
    return [{"set": "lakes", "document": "p01", **line} for line in lines]


def test_a_question_has_its_sentences_and_others_that_do_not_answer_and_a_chinese_one_stands_once_more(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("evals.training.reader_data.WHOLE", 0.0)
    lines = written(
        tmp_path,
        {"kind": "answerable", "question": "How high is it?", "sentences": [mark_of(HIGH)], "chinese": "湖有多高?"},
        {"kind": "near miss", "question": "How deep is it?", "sentences": [mark_of(HIGH)]},
    )
    first, second, third = written_examples(tmp_path / "lakes", load_embedder(BGE), lines)
    assert first.texts[0] == f"Salt lake. {HIGH}"
    assert first.answers == {0}
    assert len(first.texts) == 1 + WRONG + BESIDE
    assert not any(HIGH in text for text in first.texts[1:]), "what is read behind the answer is no wrong passage"
    assert not second.answers
    assert second.texts[0] == f"Salt lake. {HIGH}"
    assert third.texts == first.texts
    assert "lake" in third.question


def test_a_sentence_that_is_not_there_any_more_is_said(tmp_path):
    lines = written(tmp_path, {"kind": "answerable", "question": "How high?", "sentences": [mark_of("Gone.")]})
    with pytest.raises(ValueError, match="p01 has no sentence"):
        written_examples(tmp_path / "lakes", load_embedder(BGE), lines)


def test_paragraphs_that_give_a_part_of_the_answer_stand_before_others(tmp_path, monkeypatch):
    monkeypatch.setattr("evals.training.reader_data.WHOLE", 1.0)
    high, water = (f"{first} " + "The town has a mill and an old bridge. " * 30 for first in (HIGH, SALT))
    asked = {"kind": "answerable", "question": "How high is it, and is its water drunk?"}
    one, both = written_examples(
        tmp_path / "lakes",
        load_embedder(BGE),
        written(
            tmp_path,
            {**asked, "sentences": [mark_of(HIGH)]},
            {**asked, "sentences": [mark_of(HIGH), mark_of(SALT)]},
            text=f"Salt lake\n\n{high}\n\n{water}\n",
        ),
    )
    assert [HIGH in text for text in one.texts][:2] == [True, False]
    assert one.answers == {0}
    assert [HIGH in both.texts[0], SALT in both.texts[1]] == [True, True]
    assert both.answers == {0, 1}


def test_a_set_is_asked_its_own_questions_a_share_of_them_and_some_of_other_sets():
    everything, part = lines_for("tatqa"), lines_for("tatqa", 0.25)
    own = [line for line in read_lines(PUBLIC) if line["set"] == "tatqa"]
    several = [line for line in read_lines(SEVERAL) if line.get("set") == "tatqa"]
    assert len(everything) == len(own) + len(several) + STRANGE
    assert len(part) == round(len(own) / 4) + round(len(several) / 4) + STRANGE // 4
    strange = [line["question"] for line in part if line["kind"] == "strange"]
    others = {line["question"] for line in [*read_lines(TRAINING), *read_lines(PUBLIC)] if line.get("set") != "tatqa"}
    assert len(strange) == STRANGE // 4
    assert set(strange) <= others


def test_a_question_of_several_answers_names_them_and_no_two_are_one():
    lines = read_lines(SEVERAL)
    assert {line["kind"] for line in lines} == {"answerable"}
    assert all(line["quotes"] if "set" not in line else line["sentences"] for line in lines)
    asked = [(line.get("set"), line["document"], line["question"]) for line in lines]
    assert len(set(asked)) == len(asked)


def test_the_questions_on_public_sets_are_whole_and_no_two_are_one():
    lines = read_lines(PUBLIC)
    assert {line["kind"] for line in lines} == {"answerable", "near miss", "false premise"}
    assert all(line["sentences"] and line["question"].strip() == line["question"] for line in lines)
    asked = [(line["set"], line["document"], line["question"]) for line in lines]
    assert len(set(asked)) == len(asked)
