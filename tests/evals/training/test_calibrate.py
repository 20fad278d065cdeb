"""Lines of the scale, fitted."""

import numpy as np
import pytest

from app.answering.verify import INTERCEPT, WEIGHT
from app.retrieval.scale import Line
from evals.training.calibrate import Looked, direction, fit_line, told


def asked(answerable, half="tune", seed=0, slope=1.0):
    """Twenty passages, in one of which the answer stands if there is one; the second measure takes off what they share."""
    random = np.random.default_rng(seed)
    common = random.normal(0.0, 0.02, 20)
    near = random.normal(0.0, 0.01, 20) * slope + common
    right = np.zeros(20, dtype=bool)
    if answerable:
        right[seed % 20] = True
        near[seed % 20] += 0.06 * slope
    return Looked(np.column_stack([near, common]), np.zeros(20), right, answerable, "same", half)


def sample(slope=1.0):
    return [asked(seed % 2 == 0, seed=seed, slope=slope) for seed in range(200)]


def chances(line, questions):
    return [1 / (1 + np.exp(-(INTERCEPT + WEIGHT * line.logits(q.measures)[q.best(line)]))) for q in questions]


def test_the_best_passage_gets_the_chance_that_there_is_an_answer():
    line = fit_line(sample())
    held_out = [asked(seed % 2 == 0, seed=seed) for seed in range(200, 400)]
    found = np.array(chances(line, held_out))
    answerable = np.array([q.answerable for q in held_out])
    assert found[answerable].mean() > 0.85
    assert found[~answerable].mean() < 0.15


def test_what_passages_share_with_any_question_is_taken_off():
    near, common = direction(sample())
    assert near > 0
    assert common == pytest.approx(-near, rel=0.25)


def test_the_chances_do_not_depend_on_how_far_apart_a_models_cosines_lie():
    wide, narrow = chances(fit_line(sample()), sample()), chances(fit_line(sample(0.5)), sample(0.5))
    assert np.mean(wide) == pytest.approx(np.mean(narrow), abs=0.02)


def test_what_is_told_of_a_line():
    questions = [*sample()[:10], asked(True, seed=11)]
    said = told(questions, Line(-3.0, 100.0, -100.0), 0.25)
    assert said.startswith("11 questions, 6 answerable, right passage first 1.000")
