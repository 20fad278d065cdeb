"""The documentation says what is so: links lead somewhere, what the program wrote is current, named decisions exist."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from ingest.check import check
from ingest.questions.known import read_questions
from tests.written import settings_table, standing, walk

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / n for n in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "corpus/README.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"(?m)^#+ (.+)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


def test_links_lead_somewhere() -> None:
    lost = []
    for page in PAGES:
        text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.S)
        links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:", link)]
        lost += [f"{page.name}: {link}" for link in links if not leads_somewhere(page, link)]
    assert lost == []


def test_files_that_are_named_exist() -> None:
    """In decisions they are those of their day."""
    path = r"`((?:app|ingest|evals|tests|benchmarks|corpus|docs|ask_the_plan)/[\w./-]+)`"
    for page in [p for p in PAGES if p.parent.name != "decisions"] + [ROOT / "NOTICE"]:
        for name in re.findall(path, page.read_text(encoding="utf-8")):
            assert (ROOT / name).exists(), f"{page.name}: {name}"


def test_where_to_change_what_is_there() -> None:
    """Each row of docs/changing.md names a file and a name in it."""
    page = (ROOT / "docs" / "changing.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| [^|]+ \| `([^`]+)` \| `([^`]+)` \| [^|]+ \|$", page)
    assert len(rows) == page.count("\n| ") - 1 >= 15  # all rows but the heading are read
    assert [(file, name) for file, name in rows if not _holds(ROOT / file, name)] == []


def _holds(file: Path, name: str) -> bool:
    if not file.is_file():
        return False
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", file.read_text(encoding="utf-8")) is not None


def test_every_decision_is_listed_and_every_one_named_exists() -> None:
    folder = ROOT / "docs" / "decisions"
    files = {p.name for p in folder.glob("*.md")} - {"README.md"}
    assert set(re.findall(r"\]\((\d[\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))) == files
    numbers = {name[:3] for name in files}
    named = set()
    for path in [ROOT / "NOTICE", *(p for f in ("app", "ingest", "evals", "tests") for p in (ROOT / f).rglob("*.py"))]:
        for found in re.findall(r"docs/decisions/(\d{3}(?:, \d{3})*)", path.read_text(encoding="utf-8")):
            named |= set(found.split(", "))
    assert named
    assert named <= numbers


def test_the_notice_has_the_sha_256_of_the_weights_that_are_shipped() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for path in (ROOT / "ingest" / "weights").glob("*.npz"):
        assert f"{path.name}  {hashlib.sha256(path.read_bytes()).hexdigest()}" in notice, path.name


def test_the_readme_is_two_screens() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 90


def test_the_settings_are_those_of_the_program() -> None:
    page = ROOT / "docs" / "settings.md"
    assert page.read_text(encoding="utf-8") == standing(page, "settings", settings_table()), "run `make docs`"


@pytest.mark.slow
def test_the_walk_is_what_the_program_does(chain) -> None:
    """Scores may differ a little: processors round differently."""
    page, decimal = ROOT / "ARCHITECTURE.md", r"-?\d+\.\d+"
    written, now = page.read_text(encoding="utf-8"), standing(page, "walk", walk(chain))
    assert re.sub(decimal, "#", written) == re.sub(decimal, "#", now), "run `make docs`"
    assert [float(n) for n in re.findall(decimal, written)] == pytest.approx(
        [float(n) for n in re.findall(decimal, now)], abs=0.5
    )


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md"])
def test_the_numbers_of_known_questions_are_those_of_the_corpus(page: str) -> None:
    known = read_questions(ROOT / "corpus")
    absences = [q for q in known if q.gap and not q.partial]
    with_facts = sum(bool(q.written) for q in absences)
    written = sum(bool(q.written) for q in known) - with_facts
    (note,) = (n for n in check(ROOT / "corpus").notes if "known questions" in n)  # as `ask-the-plan corpus check` prints it
    assert re.findall(r"\d[\d,]*", note)[:3] == [f"{n:,}" for n in (written, len(absences), with_facts)]
    text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
    assert re.search(rf"\b{written:,} (?:known )?questions have a written answer", text)
    assert re.search(rf"\b{len(absences):,} more .{{1,90}} for {with_facts:,} (?:of these it|the page) names", text)
