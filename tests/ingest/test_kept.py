"""Files that several machines share: each has a copy, and what one changes the others see."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ingest.database.kept import SharedFolder
from tests.servers import Postgres


def test_a_folder_of_ones_own_is_used_as_it_is(tmp_path: Path) -> None:
    shared = SharedFolder(tmp_path)
    with shared.changing() as folder:
        (folder / "token").write_text("x")
    assert shared.updated() == tmp_path
    assert [p.name for p in tmp_path.iterdir()] == ["token"]


def texts(kept: SharedFolder) -> dict[str, str]:
    folder = kept.updated()
    files = (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {p.relative_to(folder).as_posix(): p.read_text() for p in files}


@pytest.fixture
def machines(postgres: Postgres, tmp_path: Path) -> tuple[SharedFolder, SharedFolder]:
    """Two with a database in common."""
    url = postgres.database()
    return SharedFolder(tmp_path / "here", url), SharedFolder(tmp_path / "there", url)


def test_what_one_machine_changes_the_other_sees(machines: tuple[SharedFolder, SharedFolder], tmp_path: Path) -> None:
    here, there = machines
    assert texts(there) == {}
    with here.changing() as folder:
        (folder / "added" / "_questions").mkdir(parents=True)
        (folder / "added" / "a.md").write_text("A")
        (folder / "added" / "_questions" / "a.yaml").write_text("Q")
        (folder / "added" / ".a.draft").write_text("half")
    everything = {"added/a.md": "A", "added/_questions/a.yaml": "Q"}
    assert texts(there) == texts(SharedFolder(tmp_path / "a third", here.url)) == everything
    with there.changing() as folder:
        (folder / "added" / "a.md").write_text("B")
        (folder / "added" / "_questions" / "a.yaml").unlink()
    assert texts(here) == texts(there) == {"added/a.md": "B"}
    assert texts(SharedFolder(here.folder, here.url)) == {"added/a.md": "B"}  # the next process there
    (here.folder / "added" / "a.md").write_text("not ours to change")
    assert texts(SharedFolder(here.folder, here.url)) == {"added/a.md": "B"}


def test_what_was_changed_until_an_error_is_shared(machines: tuple[SharedFolder, SharedFolder]) -> None:
    here, there = machines

    def breaks_off() -> None:
        with here.changing() as folder:
            (folder / "one").write_text("1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks_off()
    assert texts(there) == {"one": "1"}


def test_two_that_change_at_once_lose_nothing(machines: tuple[SharedFolder, SharedFolder]) -> None:
    def add(machine: SharedFolder, name: str) -> None:
        for number in range(5):
            with machine.changing() as folder:
                (folder / f"{name}{number}").write_text(name)
                count = folder / "count"
                count.write_text(str(int(count.read_text()) + 1) if count.is_file() else "1")

    threads = [threading.Thread(target=add, args=(machine, name)) for machine, name in zip(machines, "ab", strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {f"{name}{number}": name for name in "ab" for number in range(5)} | {"count": "10"}
    assert texts(machines[0]) == texts(machines[1]) == expected
