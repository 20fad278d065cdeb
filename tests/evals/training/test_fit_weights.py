"""Weights for what questions and passages have in common."""

import numpy as np
import pytest

from evals.training.fit_weights import COLUMNS, START, Ranked, fit, questions, rank_measures


def ranked(passages, right):
    rest = np.zeros((len(passages), len(COLUMNS) - 2))
    return Ranked(np.hstack([np.array(passages, dtype=float), rest]), np.array(right), "d.md")


def test_where_the_first_passage_that_answers_stands():
    question = ranked([[1, 0], [3, 0], [2, 0.5]], [True, False, True])
    assert question.place(START) == 2
    assert ranked([[1, 0]], [False]).place(START) == 0


def test_the_first_of_several_that_answer_counts_and_none_found_counts_as_nothing():
    assert rank_measures([1, 2, 4, 0]) == ["0.250", "0.500", "0.438"]


def test_a_column_that_tells_what_answers_gets_weight_and_one_that_does_not_gets_less():
    random = np.random.default_rng(0)
    rankings = []
    for _ in range(200):
        passages = random.normal(size=(8, len(COLUMNS)))
        rankings.append(Ranked(passages, np.arange(8) == np.argmax(passages[:, 0] + 2.0 * passages[:, 3]), "d.md"))
    weights = fit(rankings)
    assert weights[3] / weights[0] == pytest.approx(2.0, rel=0.3)
    assert all(abs(w) < 0.5 * weights[0] for n, w in enumerate(weights) if n not in (0, 3))
    before, after = ([q.place(w) for q in rankings] for w in (START, weights))
    assert np.mean(np.array(after) == 1) > np.mean(np.array(before) == 1)


def test_questions_that_tell_nothing_leave_the_weights_as_they_are():
    assert fit(
        [ranked([[1, 0], [2, 0]], [True, True]), ranked([[1, 0]], [False])] * 2 + [ranked([[1, 1], [1, 1]], [True, False])]
    ) == pytest.approx(START)


def test_each_question_has_its_passages_and_a_document_of_the_corpus():
    labelled = questions()
    assert len(labelled) > 1_000
    assert all(case.evidence and case.group for case in labelled)
    assert any(case.history for case in labelled)
