"""Judged questions: each passage is read as the chain reads it, and the file names only passages that stand."""

import pytest

from app.settings import read_settings
from evals.cases import own_cases, read_cases
from evals.training.judged_data import BEST, OTHERS, VISITORS, judged_examples
from evals.training.reader_data import FOLDER, TRAINING, mark_of, read_lines
from ingest.load import load
from ingest.split import split

HIGH, RIVERS, REEDS = "The lake lies at 3,200 metres.", "It is fed by forty rivers.", "Reeds are thick along the shore."


def lake(folder):
    (folder / "lake.md").write_text(f"# Salt lake\n\n## Water\n\n{HIGH} {RIVERS} {REEDS}\n")
    return folder


def line(**fields):
    return {"set": "", "question": "how high", "right": [["lake.md", mark_of(HIGH)]], "wrong": [], **fields}


def test_a_passage_is_read_where_it_stands_right_ones_first(tmp_path):
    (one,) = judged_examples(lake(tmp_path), [line(wrong=[["lake.md", mark_of(t)] for t in (RIVERS, REEDS)])])
    assert one.texts == (
        f"Salt lake. Water. {HIGH}",
        f"Salt lake. Water. {HIGH} {RIVERS}",
        f"Salt lake. Water. {REEDS}",
    )
    assert one.answers == {0}


def test_of_many_wrong_passages_the_best_ranked_and_a_few_by_chance_are_kept(tmp_path):
    sentences = [f"Boat {n} crosses the lake." for n in range(12)]
    (tmp_path / "lake.md").write_text(f"# Salt lake\n\n{' '.join(sentences)}\n")
    wrong = [["lake.md", mark_of(s)] for s in sentences]
    (one,) = judged_examples(tmp_path, [line(right=[], wrong=wrong)])
    assert [t.removeprefix("Salt lake. ") for t in one.texts[:BEST]] == sentences[:BEST]
    assert len(set(one.texts)) == BEST + OTHERS
    assert not one.answers


def test_a_passage_that_is_not_there_any_more_is_said(tmp_path):
    with pytest.raises(ValueError, match=r"lake\.md has no passage"):
        judged_examples(lake(tmp_path), [line(wrong=[["lake.md", mark_of("Gone.")]])])


def test_our_own_are_on_documents_that_were_trained_on_already_and_every_passage_stands():
    lines = [one for one in read_lines(VISITORS) if one["set"] == ""]
    trained = {one["document"] for one in read_lines(TRAINING)}
    assert {name for one in lines for name, _ in [*one["right"], *one["wrong"]]} <= trained
    assert len(judged_examples(read_settings().corpus, lines)) == len(lines)


def test_no_question_is_a_case_of_the_eval():
    asked = {case.question.casefold().strip(" ?") for case in own_cases()}
    assert not [one["question"] for one in read_lines(VISITORS) if one["question"].casefold().strip(" ?") in asked]


def test_no_passage_is_right_and_wrong_and_no_question_stands_twice():
    lines = read_lines(VISITORS)
    assert all(not {tuple(p) for p in one["right"]} & {tuple(p) for p in one["wrong"]} for one in lines)
    assert len({(one["set"], one["question"]) for one in lines}) == len(lines)


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
