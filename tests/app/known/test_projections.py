"""Vectors as they tell whether two questions ask the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.known.projections import FollowupProjection, SimilarityProjection
from ingest.models.load import fingerprint_of


def test_the_vectors_of_another_model_stay_as_they_are() -> None:
    vectors = np.eye(3, dtype=np.float32)
    assert SimilarityProjection("ours", np.zeros(3), np.ones((3, 3))).project(vectors, "another") is vectors


def test_they_are_moved_and_of_unit_length() -> None:
    alike = SimilarityProjection("ours", np.array([1.0, 0.0]), np.array([[2.0, 0.0], [0.0, 1.0]]))
    seen = alike.project(np.array([[3.0, 3.0], [1.0, -5.0]], dtype=np.float32), "ours")
    assert np.allclose(seen, [[0.8, 0.6], [0.0, -1.0]])
    assert seen.dtype == np.float32
    assert alike.project(np.zeros((0, 1), np.float32), "ours").shape == (0, 1)  # of a folder without questions


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    alike = SimilarityProjection("ours", np.array([0.5, 0.25]), np.eye(2))
    alike.save(tmp_path / "similarity.npz")
    with np.load(tmp_path / "similarity.npz") as given:
        assert str(given["fingerprint"]) == "ours"
        assert given["matrix"].tolist() == [[1, 0], [0, 1]]


def test_the_shipped_one_is_that_of_the_default_model() -> None:
    alike = SimilarityProjection.shipped()
    assert alike.fingerprint == fingerprint_of()
    assert alike.matrix.shape == (384, 384)


def test_a_follow_up_stands_at_the_sum_of_three_maps(tmp_path: Path) -> None:
    behind = FollowupProjection("ours", np.array([1.0, 0.0]), np.stack([np.eye(2), np.eye(2), 2 * np.eye(2)]))
    vectors = np.array([[1.0, 1.0], [2.0, 0.0], [2.0, 0.5]])
    assert np.allclose(behind.project(vectors, "ours"), np.array([3.0, 2.0]) / 13**0.5)
    assert behind.project(vectors, "another") is None
    behind.save(tmp_path / "followup.npz")
    with np.load(tmp_path / "followup.npz") as given:
        assert given["matrix"].shape == (3, 2, 2)
    shipped = FollowupProjection.shipped()
    assert (shipped.fingerprint, shipped.matrix.shape) == (fingerprint_of(), (3, 384, 384))
