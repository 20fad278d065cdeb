"""Files, folders, patterns and archives that users name: what is taken, under which identity, and what is refused."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from ingest.add import Outcome, import_files
from ingest.added import AddedFolder, Details, load_added, read_note
from ingest.index import Index
from ingest.limits import DEFAULT_LIMITS, Limits
from ingest.load import read_yaml
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder
from tests.ingest import formats as make

PLAIN = Details()


def quiet(what: str, done: int, total: int) -> None:
    del what, done, total


class Home:
    """A corpus with one document, a folder of added ones, and an index."""

    def __init__(self, folder: Path) -> None:
        self.corpus, self.added, self.inbox = folder / "corpus", folder / "added", folder / "inbox"
        self.corpus.mkdir()
        self.inbox.mkdir()
        (self.corpus / "own.md").write_text("# Own\n\nThe corpus says so.")
        self.index, self.embedder = Index(folder / "index"), HashEmbedder()

    def add(self, *named: object, details: Details = PLAIN, limits: Limits = DEFAULT_LIMITS) -> dict[str, Outcome]:
        outcomes = import_files([str(n) for n in named], self.added, details, limits, quiet)
        self.report = sync([self.corpus], self.index, self.embedder, added=self.added)
        return {o.name: o for o in outcomes}

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def titles(self) -> list[str]:
        return [d.title for d in self.index.catalogue.listing()]


@pytest.fixture
def home(tmp_path: Path):
    home = Home(tmp_path)
    yield home
    home.index.close()


def statuses(outcomes: dict[str, Outcome]) -> dict[str, str]:
    return {name: o.status for name, o in outcomes.items()}


def test_a_file_is_copied_with_what_is_known_of_it(home: Home) -> None:
    path = home.file("my report.md", "# Harbour\n\nIt grew by 5 percent.")
    outcome = home.add(path, details=Details(publisher="Port", date="2031-05", url="https://example.org/r"))["my report.md"]
    path.unlink()
    (copy,) = [p for p in home.added.iterdir() if p.suffix == ".md"]
    note = read_note(copy)
    assert (note.title, note.publisher, note.date, note.url) == ("Harbour", "Port", "2031-05", "https://example.org/r")
    document = home.index.document(outcome.document_id)
    assert document is not None
    assert (document.origin, document.publisher, document.url) == ("my report.md", "Port", "https://example.org/r")
    assert load_added(copy, home.added).title == "Harbour"


def test_the_same_again_is_unchanged_and_a_changed_file_takes_its_place(home: Home) -> None:
    first = "# Harbour\n\n" + "\n\n".join(f"## Part {n}\n\nIn year {n} it grew by {n} percent." for n in range(40))
    path = home.file("a.md", first)
    assert statuses(home.add(path)) == {"a.md": "added"}
    embedded = home.embedder.embedded
    assert statuses(home.add(path)) == {"a.md": "unchanged"}
    assert home.embedder.embedded == embedded
    path.write_text(first.replace("In year 7 it grew", "In year 7 it shrank"))
    assert statuses(home.add(path)) == {"a.md": "updated"}
    assert home.embedder.embedded == embedded + 1  # the one chunk that holds the sentence
    assert home.titles() == ["Harbour", "Own"]
    assert home.index.words("shrank", 5)
    assert len(list(home.added.glob("*.md"))) == 1


def test_one_text_under_two_names_is_one_document_with_two_sources(home: Home) -> None:
    a, b = home.file("a.txt", "One text in two files."), home.file("b.txt", "One text in two files.")
    home.add(a, b)
    (listed,) = [d for d in home.index.catalogue.listing() if d.added]
    assert set(listed.origin.split(", ")) == {"a.txt", "b.txt"}
    a.write_text("Another text now.")
    home.add(a)
    origins = {d.origin for d in home.index.catalogue.listing() if d.added}
    assert origins == {"a.txt", "b.txt"}


def test_details_are_kept_when_a_file_changes_and_can_be_given_later(home: Home) -> None:
    path = home.file("a.txt", "First text.")
    home.add(path, details=Details(publisher="Port"))
    path.write_text("Second text.")
    home.add(path)
    home.add(path, details=Details(title="Given later"))
    (listed,) = [d for d in home.index.catalogue.listing() if d.added]
    assert (listed.title, listed.publisher) == ("Given later", "Port")


def test_a_text_that_the_corpus_holds_too_stays_when_the_copy_goes(home: Home) -> None:
    home.add(home.file("copy.md", "# Own\n\nThe corpus says so."), details=Details(publisher="Copyist"))
    assert len(home.titles()) == 1
    for path in home.added.glob("copy*"):
        path.unlink()
    sync([home.corpus], home.index, home.embedder, added=home.added)
    (listed,) = home.index.catalogue.listing()
    assert (listed.origin, listed.publisher, listed.added) == ("own.md", "", False)


def test_folders_and_patterns(home: Home) -> None:
    for name in ("x/a.md", "x/deep/b.txt", "x/.hidden/c.md", "x/picture.png", "x/.d.md", "y.csv"):
        home.file(name, f"Text of {name}, and more.\nNext,line\n")
    assert statuses(home.add(home.inbox / "x")) == {"a.md": "added", "deep/b.txt": "added"}
    assert statuses(home.add(home.inbox / "*.csv")) == {"y.csv": "added"}
    assert statuses(home.add(home.inbox / "**" / "*.txt")) == {"b.txt": "unchanged"}
    refused = home.add(home.inbox / "none.md", home.inbox / "x" / "picture.png")
    assert [o.status for o in refused.values()] == ["failed", "failed"]
    assert "does not exist" in refused[str(home.inbox / "none.md")].reason
    assert "picture.png is not a type of file that can be read here" in refused["picture.png"].reason
    assert str(home.inbox) not in refused["picture.png"].reason


def test_a_link_that_leads_out_of_the_folder_is_refused(home: Home, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("Nobody may read this.")
    home.file("x/a.txt", "An open text.")
    (home.inbox / "x" / "out.txt").symlink_to(secret)
    (home.inbox / "x" / "in.txt").symlink_to(home.inbox / "x" / "a.txt")
    outcomes = home.add(home.inbox / "x")
    assert "points outside the folder" in outcomes[str(home.inbox / "x" / "out.txt")].reason
    (home.corpus / "out.txt").symlink_to(secret)
    (home.added / "out.txt").symlink_to(secret)
    report = sync([home.corpus], home.index, home.embedder, added=home.added)
    assert [n for n, _ in report.failed] == ["out.txt", "added/out.txt"]
    assert not home.index.words("nobody", 5)


def test_an_archive(home: Home, tmp_path: Path) -> None:
    path = home.file("all.zip", make.packed({"a.md": "# A\n\nText a.", "in/b.txt": "Text b is here.", "p.png": b"\x89PNG"}))
    assert statuses(home.add(path)) == {"all.zip/a.md": "added", "all.zip/in/b.txt": "added"}
    path.write_bytes(make.packed({"a.md": "# A\n\nText a, changed.", "in/b.txt": "Text b is here."}))
    assert statuses(home.add(path)) == {"all.zip/a.md": "updated", "all.zip/in/b.txt": "unchanged"}


HOSTILE = {
    "../up.md": "points outside the archive",
    "/etc/up.md": "points outside the archive",
    "C:\\up.md": "points outside the archive",
    "..\\..\\up.md": "points outside the archive",
    "inner.zip": "is an archive within an archive",
    "liar.pdf": "is not what its name says",
    "big.txt": "has 300,000 bytes; the limit is 200,000",
}


def test_what_means_harm_in_an_archive_is_left_out(home: Home, tmp_path: Path) -> None:
    files: dict[str, bytes | str] = dict.fromkeys(HOSTILE, "Text.") | {"inner.zip": make.packed({"x.md": "x"})}
    files |= {"big.txt": "x" * 300_000, "good.md": "A good text."}
    path = home.file("bad.zip", make.packed(files))
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link.md")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    before = {p for p in tmp_path.rglob("*") if "index" not in p.parts}
    outcomes = home.add(path, limits=Limits(file_bytes=200_000))
    reasons = " ".join(o.reason for o in outcomes.values())
    for reason in {*HOSTILE.values(), "is a link"}:
        assert reason in reasons
    assert statuses(outcomes)["bad.zip/good.md"] == "added"
    assert sum(o.status == "failed" for o in outcomes.values()) == len(HOSTILE) + 1
    made = {p for p in tmp_path.rglob("*") if "index" not in p.parts} - before
    assert {p.parent for p in made} <= {home.added, tmp_path}


@pytest.mark.parametrize(
    ("raw", "limits", "said"),
    [
        (make.bomb("a.md"), Limits(), "unpacks to 400,000,000 bytes; the limit is 300,000,000"),
        (make.packed({f"{n}.md": "x" for n in range(12)}), Limits(files=10), "has 12 files; the limit is 10"),
        (b"PK\x03\x04 and nothing more", Limits(), "is damaged"),
    ],
)
def test_archives_that_are_refused_whole(home: Home, raw: bytes, limits: Limits, said: str) -> None:
    (outcome,) = home.add(home.file("all.zip", raw), limits=limits).values()
    assert outcome.status == "failed"
    assert said in outcome.reason


def test_an_archive_that_lies_about_its_sizes(home: Home) -> None:
    raw = bytearray(make.packed({"a.txt": "x" * 5_000_000}))
    for at in (22, raw.rindex(b"PK\x01\x02") + 24):  # the size after unpacking, in both headers
        raw[at : at + 4] = (100).to_bytes(4, "little")
    (outcome,) = home.add(home.file("liar.zip", bytes(raw))).values()
    assert outcome.status == "failed"
    assert "damaged" in outcome.reason


def test_too_many_files_in_a_folder(home: Home) -> None:
    for n in range(5):
        home.file(f"x/{n}.md", f"Text {n}.")
    outcomes = home.add(home.inbox / "x", limits=Limits(files=3))
    assert sum(o.status == "added" for o in outcomes.values()) == 3
    assert any("more than 3 files" in o.reason for o in outcomes.values())


def test_a_copy_whose_note_was_lost_is_mended(home: Home) -> None:
    path = home.file("a.txt", "A text.")
    home.add(path)
    (note,) = home.added.glob("*.yaml")
    note.unlink()
    home.add(path)
    assert len(list(home.added.glob("*.txt"))) == 1
    assert AddedFolder(home.added).notes()
    (note,) = home.added.glob("*.yaml")
    note.write_text("title: [")
    sync([home.corpus], home.index, home.embedder, added=home.added)  # the last good version stays
    assert len(home.titles()) == 2


def test_drafts_of_a_killed_copy_are_no_documents(home: Home) -> None:
    home.added.mkdir(exist_ok=True)
    (home.added / ".a.txt.draft").write_text("Half a te")
    home.add(home.file("b.txt", "A text."))
    assert len(home.titles()) == 2


@pytest.mark.parametrize(
    "note",
    [
        "title: [",
        "added: 2031-13-45\n",
        "names: 5\ncame_from: {a: b}\n",
        "title: " + "[" * 5_000,
        "names: [[[1]], {a: b}]\ntitle: [x]\n",
        "title: x" * 100_000,
        b"title: caf\xe9",
        'title: "\\uD800 \\0"\nnames: ["\\uDCE9"]\n',
    ],
    ids=range(8),
)
def test_a_bad_note_costs_its_own_copy_at_most(home: Home, note: str | bytes) -> None:
    home.add(home.file("a.txt", "A text with kumquats."), home.file("b.txt", "Another text."))
    (path,) = home.added.glob("a-*.yaml")
    path.write_bytes(note if isinstance(note, bytes) else note.encode())
    (home.added / "by-hand.txt").write_text("Put there by hand.")
    outcomes = home.add(home.file("c.txt", "A third text."))
    assert statuses(outcomes) == {"c.txt": "added"}
    assert {name for name, _ in self_failed(home)} <= {f"added/{path.stem}"}
    assert home.index.words("kumquats", 5)
    assert home.index.words("third", 5)
    assert home.index.words("hand", 5)


def self_failed(home: Home) -> tuple[tuple[str, str], ...]:
    for _, reason in home.report.failed:
        assert "cannot be read as YAML. Fix or delete it." in reason
    return home.report.failed


def test_a_file_whose_name_is_no_utf8(home: Home) -> None:
    path = home.inbox / os.fsdecode(b"caf\xe9.md")
    path.write_text("# Coffee\n\nThe price rose.")
    damaged = home.inbox / os.fsdecode(b"t\xe9.pdf")
    damaged.write_text("no PDF")
    assert statuses(home.add(path, damaged)) == {r"caf\xe9.md": "added", r"t\xe9.pdf": "failed"}
    assert statuses(home.add(path)) == {r"caf\xe9.md": "unchanged"}
    assert ("Coffee", r"caf\xe9.md") in [(d.title, d.origin) for d in home.index.catalogue.listing()]


def test_a_name_is_spelled_in_one_way_wherever_it_comes_from(home: Home) -> None:
    strange = "red\x1b[31m\u202etxt\u3000\x9b规划.md"
    (home.corpus / strange).write_text("# Folder\n\nText of the folder.")
    home.add(home.file(strange, "# Added\u3000now\n\nText that was added."))
    listed = {d.title: d.origin for d in home.index.catalogue.listing() if d.title in ("Folder", "Added now")}
    assert set(listed.values()) == {"red [31m txt\u3000 规划.md"}
    assert len(listed) == 2


def test_where_a_copy_came_from_stands_in_its_note_under_the_name_that_it_always_had(home: Home) -> None:
    path = home.file("a.txt", "A text.")
    home.add(path)
    (note,) = home.added.glob("*.yaml")
    assert read_yaml(note.read_text(encoding="utf-8"))["came_from"] == [str(path.resolve())]
    assert statuses(home.add(path)) == {"a.txt": "unchanged"}
