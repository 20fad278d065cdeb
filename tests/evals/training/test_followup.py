"""Where a follow-up stands among known questions is learnt from follow-ups."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make test-training")

from app.known.projections import SimilarityProjection
from evals.training.followup import Example, centres, train

DIMENSION, KNOWN, ABOUT = 16, 12, 4


def unit(vectors):
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), dtype=np.float32)


def examples(number: int, seed: int) -> list[Example]:
    """What is meant is told by the follow-up (its first half) and by the question before (the other) together."""
    rng, result = np.random.default_rng(seed), []
    for _ in range(number):
        what, whom = int(rng.integers(KNOWN // ABOUT)), int(rng.integers(ABOUT))
        vectors = 0.02 * rng.normal(size=(3, DIMENSION))
        vectors[0, what], vectors[1, 8 + whom] = 1.0, 1.0
        result.append(Example(unit(vectors), unit(vectors.sum(0)), (what * ABOUT + whom,)))
    return result


def test_the_sum_of_the_maps_finds_what_no_vector_finds_alone() -> None:
    wordings = np.zeros((KNOWN, DIMENSION), dtype=np.float32)
    for n in range(KNOWN):
        wordings[n, n // ABOUT], wordings[n, 8 + n % ABOUT] = 0.1, 0.1
        wordings[n, -1] = 1.0
    draw = np.random.default_rng(1)
    known = unit(wordings + 0.3 * draw.normal(size=wordings.shape).astype(np.float32))
    plain = SimilarityProjection("model", np.zeros(DIMENSION, dtype=np.float32), np.eye(DIMENSION, dtype=np.float32))
    maps, held_out = train(examples(400, 2), known, plain, steps=300), examples(100, 3)
    right = [int(np.argmax(known @ maps.project(e.vectors, "model"))) == e.right[0] for e in held_out]
    before = [int(np.argmax(known @ unit(e.vectors.sum(0)))) == e.right[0] for e in held_out]
    assert np.mean(right) > 0.8 > 2 * np.mean(before)
    assert maps.project(held_out[0].vectors, "another model") is None


def test_a_question_stands_at_the_unit_mean_of_its_wordings() -> None:
    vectors = np.array([[1, 0], [0, 1], [0, -1]], dtype=np.float32)
    assert np.allclose(centres(vectors, np.array([0, 0, 1]), 3), [[0.5**0.5, 0.5**0.5], [0, -1], [0, 0]])
