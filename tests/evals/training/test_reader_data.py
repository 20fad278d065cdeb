"""What the reader is trained on: each passage is read as the chain reads it, and the files name only passages that stand."""

import pytest

from app.settings import read_settings
from evals.cases import own_cases, read_cases, read_lines
from evals.training.reader_data import (
    FOLDER,
    SAMPLED_JUDGED,
    SEVERAL,
    TOP_JUDGED,
    TRAINING,
    VISITORS,
    judged_examples,
    lines_for,
    own_examples,
    passage_hash,
)
from ingest.load import load
from ingest.models.bundles import BGE
from ingest.models.load import load_embedder
from ingest.split import split

HIGH, RIVERS, REEDS = "The lake lies at 3,200 metres.", "It is fed by forty rivers.", "Reeds are thick along the shore."


def lake(folder):
    (folder / "lake.md").write_text(f"# Salt lake\n\n## Water\n\n{HIGH} {RIVERS} {REEDS}\n")
    return folder


def line(**fields):
    return {"question": "how high", "right": [["lake.md", passage_hash(HIGH)]], "wrong": [], **fields}


def test_a_passage_is_read_where_it_stands_right_ones_first(tmp_path):
    (one,) = judged_examples(lake(tmp_path), [line(wrong=[["lake.md", passage_hash(t)] for t in (RIVERS, REEDS)])])
    assert one.texts == (
        f"Salt lake. Water. {HIGH}",
        f"Salt lake. Water. {HIGH} {RIVERS}",
        f"Salt lake. Water. {REEDS}",
    )
    assert one.answers == {0}


def test_of_many_wrong_passages_the_best_ranked_and_a_few_by_chance_are_kept(tmp_path):
    sentences = [f"Boat {n} crosses the lake." for n in range(12)]
    (tmp_path / "lake.md").write_text(f"# Salt lake\n\n{' '.join(sentences)}\n")
    wrong = [["lake.md", passage_hash(s)] for s in sentences]
    (one,) = judged_examples(tmp_path, [line(right=[], wrong=wrong)])
    assert [t.removeprefix("Salt lake. ") for t in one.texts[:TOP_JUDGED]] == sentences[:TOP_JUDGED]
    assert len(set(one.texts)) == TOP_JUDGED + SAMPLED_JUDGED
    assert not one.answers


def test_a_passage_that_is_not_there_any_more_is_said(tmp_path):
    with pytest.raises(ValueError, match=r"lake\.md has no passage"):
        judged_examples(lake(tmp_path), [line(wrong=[["lake.md", passage_hash("Gone.")]])])


def test_our_own_are_on_documents_that_were_trained_on_already_and_every_passage_stands():
    lines = read_lines(VISITORS)
    trained = {one["document"] for one in read_lines(TRAINING)}
    assert {name for one in lines for name, _ in [*one["right"], *one["wrong"]]} <= trained
    assert len(judged_examples(read_settings().corpus, lines)) == len(lines)


def test_no_question_is_a_case_of_the_eval():
    case_questions = {case.question.casefold().strip(" ?") for case in own_cases()}
    assert not [one["question"] for one in read_lines(VISITORS) if one["question"].casefold().strip(" ?") in case_questions]


def test_no_passage_is_right_and_wrong_and_no_question_stands_twice():
    lines = read_lines(VISITORS)
    assert all(not {tuple(p) for p in one["right"]} & {tuple(p) for p in one["wrong"]} for one in lines)
    assert len({one["question"] for one in lines}) == len(lines)


def test_every_passage_of_the_visitors_cases_stands_and_but_one_of_their_questions_was_not_trained_on():
    cases, corpus = read_cases(FOLDER / "visitors_heldout.jsonl"), read_settings().corpus
    golds = [gold for case in cases for gold in (*case.evidence, *case.contradicted_by)]
    documents = {name: load(corpus / name, corpus) for name in {gold.document for gold in golds}}
    standing = {(n, p.read(d.text)) for n, d in documents.items() for c in split(d) for p in c.passages}
    assert [gold for gold in golds if (gold.document, gold.quote) not in standing] == []
    trained = {one["question"] for one in read_lines(VISITORS)}
    assert [case.question for case in cases if not case.history and case.question in trained] == [
        "nursery places per 1000 people"  # written twice by chance, docs/decisions/039
    ]


def own(folder, monkeypatch, whole, text, **line):
    monkeypatch.setattr("evals.training.reader_data.PARAGRAPH_SHARE", whole)
    (folder / "lake.md").write_text(f"# Salt lake\n\n{text}\n")
    lines = [{"document": "lake.md", "kind": "answerable", "question": "How high is it?", **line}]
    return own_examples(folder, load_embedder(BGE), lines)


def test_a_question_has_its_passages_and_others_that_do_not_answer(tmp_path, monkeypatch):
    (asked,) = own(tmp_path, monkeypatch, 0.0, f"{HIGH} {RIVERS} {REEDS}", quotes=[HIGH])
    assert asked.texts[0] == f"Salt lake. {HIGH}"
    assert asked.answers == {0}
    assert asked.texts[1:] == (f"Salt lake. {REEDS}",), "what is read behind the answer is no wrong passage"
    (missed,) = own(tmp_path, monkeypatch, 0.0, f"{HIGH} {RIVERS} {REEDS}", quotes=[HIGH], kind="near miss")
    assert not missed.answers
    assert missed.texts[0] == f"Salt lake. {HIGH}"


def test_paragraphs_that_give_a_part_of_the_answer_stand_before_others(tmp_path, monkeypatch):
    high, reeds = (f"{first} " + "The town has a mill and an old bridge. " * 30 for first in (HIGH, REEDS))
    (both,) = own(tmp_path, monkeypatch, 1.0, f"{high}\n\n{reeds}", quotes=[HIGH, REEDS])
    assert [HIGH in both.texts[0], REEDS in both.texts[1]] == [True, True]
    assert both.answers == {0, 1}


def test_a_passage_that_a_question_names_and_that_is_gone_is_said(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="no passage of lake"):
        own(tmp_path, monkeypatch, 0.0, HIGH, quotes=["Gone."])


def test_a_share_of_all_questions_is_drawn():
    own, several = read_lines(TRAINING), read_lines(SEVERAL)
    assert len(lines_for()) == len(own) + len(several)
    assert len(lines_for(0.25)) == round(len(own) / 4) + round(len(several) / 4)
    assert {line["kind"] for line in several} == {"answerable"}
