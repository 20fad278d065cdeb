"""Our questions on public sets: their sentences are found by mark, and a set that changed is said."""

import json
from pathlib import Path

import pytest

from evals.reader_data import BESIDE, PUBLIC, WRONG, mark_of, written_examples
from ingest.models import BGE, load_embedder

TEXT = """Salt lake

The lake lies at 3,200 metres. It is fed by forty rivers. Reeds are thick along the shore. Birds nest on an island.

Nobody drinks the water. Fish die in it. Salt is dug nearby. Boats cross in summer.
"""
HIGH = "The lake lies at 3,200 metres."


def written(folder: Path, *lines: dict[str, object]) -> Path:
    (folder / "lakes" / "docs").mkdir(parents=True)
    (folder / "lakes" / "docs" / "p01.txt").write_text(TEXT)
    file = folder / "public.jsonl"
    file.write_text("\n".join(json.dumps({"set": "lakes", "document": "p01", **line}) for line in lines) + "\n")
    return file


def test_a_question_has_its_sentences_and_others_that_do_not_answer_and_a_chinese_one_stands_once_more(tmp_path):
    file = written(
        tmp_path,
        {"kind": "answerable", "question": "How high is it?", "sentences": [mark_of(HIGH)], "chinese": "湖有多高?"},
        {"kind": "near miss", "question": "How deep is it?", "sentences": [mark_of(HIGH)]},
    )
    first, second, third = written_examples(tmp_path / "lakes", load_embedder(BGE), file)
    assert first.texts[0] == f"Salt lake. {HIGH}"
    assert first.answers == {0}
    assert len(first.texts) == 1 + WRONG + BESIDE
    assert not any(HIGH in text for text in first.texts[1:]), "what is read behind the answer is no wrong passage"
    assert not second.answers
    assert second.texts[0] == f"Salt lake. {HIGH}"
    assert third.texts == first.texts
    assert "lake" in third.question


def test_a_sentence_that_is_not_there_any_more_is_said(tmp_path):
    file = written(tmp_path, {"kind": "answerable", "question": "How high?", "sentences": [mark_of("Gone.")]})
    with pytest.raises(ValueError, match="p01 has no sentence"):
        written_examples(tmp_path / "lakes", load_embedder(BGE), file)


def test_the_questions_on_public_sets_are_whole_and_no_two_are_one():
    lines = [json.loads(line) for line in PUBLIC.read_text(encoding="utf-8").splitlines()]
    assert {line["kind"] for line in lines} == {"answerable", "near miss", "false premise"}
    assert all(line["sentences"] and line["question"].strip() == line["question"] for line in lines)
    asked = [(line["set"], line["document"], line["question"]) for line in lines]
    assert len(set(asked)) == len(asked)
