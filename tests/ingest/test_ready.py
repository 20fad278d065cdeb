"""Models kept ready between two starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.models.bundles import cached_model


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("ingest.models.bundles._folder", lambda: tmp_path / "models")
    return tmp_path / "models"


class Making:
    """Makes a model, and counts how often."""

    def __init__(self, model: bytes) -> None:
        self.model, self.times = model, 0

    def __call__(self) -> bytes:
        self.times += 1
        return self.model


def test_it_is_made_once(folder: Path) -> None:
    making = Making(b"weights")
    assert [cached_model("reader", "a", making) for _ in range(3)] == [b"weights"] * 3
    assert making.times == 1
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("damage", [lambda d: d[:-1], lambda d: d[:0], lambda d: d[:-1] + b"?", lambda d: b"?" + d[1:]],
                         ids=["cut", "empty", "model altered", "hash altered"])  # fmt: skip
def test_what_is_damaged_is_made_anew(folder: Path, damage: object) -> None:
    making = Making(b"weights")
    cached_model("reader", "a", making)
    (kept,) = folder.iterdir()
    kept.write_bytes(damage(kept.read_bytes()))  # type: ignore[operator]
    assert cached_model("reader", "a", making) == b"weights"
    assert cached_model("reader", "a", making) == b"weights"
    assert making.times == 2


def test_a_former_one_of_the_name_goes_and_others_stay(folder: Path) -> None:
    for name, made_of, model in (("reader", "a", b"1"), ("reader-0.7", "a", b"2"), ("reader", "b", b"3")):
        assert cached_model(name, made_of, Making(model)) == model
    assert sorted(path.name.rsplit("-", 1)[0] for path in folder.iterdir()) == ["reader", "reader-0.7"]
    assert cached_model("reader", "a", Making(b"4")) == b"4"


def test_without_a_place_to_keep_it_it_is_made_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr("ingest.models.bundles._folder", lambda: tmp_path / "file" / "models")
    making = Making(b"weights")
    assert [cached_model("reader", "a", making) for _ in range(2)] == [b"weights"] * 2
    assert making.times == 2
