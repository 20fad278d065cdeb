"""Wordings of one question come nearer to each other than they were."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: make test-training")

from evals.training.similarity import train
from ingest.documents import PassageLocation
from ingest.questions.store import ResolvedQuestion, Wordings


def test_what_tells_questions_apart_is_learnt() -> None:
    rng = np.random.default_rng(0)
    topics = rng.normal(size=(30, 4))  # four of eight directions tell the question, four the way in which it is put
    vectors = np.concatenate([np.hstack([topics, rng.normal(size=(30, 4))]) for _ in range(3)]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    owner = np.tile(np.arange(30), 3)
    questions = tuple(ResolvedQuestion(str(n), "", {}, (PassageLocation("d", n),)) for n in range(30))
    texts = tuple(map(str, range(90)))
    wordings = Wordings(texts, texts, owner, vectors, questions)

    def found(seen: np.ndarray) -> float:
        similarity = seen @ seen.T - 2 * np.eye(90)
        return float((owner[similarity.argmax(1)] == owner).mean())

    alike = train(wordings, "model", steps=400, batch=30)
    assert found(alike.project(vectors, "model")) > found(vectors) + 0.2
