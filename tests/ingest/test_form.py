"""Dates, addresses and the template of a new document."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from ingest.check import DOCUMENT_WORDS, check
from ingest.errors import CorpusError
from ingest.form import Date, Url, fill_template, new_document
from tests.corpus_form import GOOD, folder_of

CORPUS = Path(__file__).parents[2] / "corpus"


def fits(kind: Any, text: str) -> bool:
    try:
        TypeAdapter(kind).validate_python(text)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("2021", True),
        ("2021-03", True),
        ("2024-02-29", True),
        ("2023-02-29", False),
        ("2021-13", False),
        ("0000", False),
    ]
    + [(t, False) for t in ("", "21", "2021-3", "2021/03", "2021-03-05T00:00", "２０２１")],
)
def test_dates(text: str, valid: bool) -> None:
    assert fits(Date, text) == valid


@pytest.mark.parametrize(
    ("text", "valid"),
    [("https://www.gov.cn/x", True), ("http://a.cn/国.htm", True)]
    + [(t, False) for t in ("", "www.gov.cn", "ftp://a.cn", "https://", "https://a b.cn", "http://[::1", "https://host")],
)
def test_addresses(text: str, valid: bool) -> None:
    assert fits(Url, text) == valid


def test_a_new_document_lacks_nothing_but_words(tmp_path: Path) -> None:
    path = new_document(folder_of(tmp_path, good=GOOD), "robot-plan.md", datetime.date(2026, 11, 24))
    assert path == tmp_path / "robot-plan.md"
    assert 'title: "Robot plan"' in path.read_text(encoding="utf-8")
    problems = [str(p) for p in check(tmp_path).problems]
    assert len(problems) == 1
    assert f"{DOCUMENT_WORDS[0]} to" in problems[0]


@pytest.mark.parametrize("name", ["Robot plan", "../robot", "", ".md", "plän", "a--b"])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be a document's name"):
        new_document(tmp_path, name, datetime.date(2026, 11, 24))
    assert list(tmp_path.iterdir()) == []


def test_new_never_writes_over_a_file(tmp_path: Path) -> None:
    folder_of(tmp_path, good=GOOD)
    with pytest.raises(CorpusError, match="exists already"):
        new_document(tmp_path, "good", datetime.date(2026, 11, 24))
    assert (tmp_path / "good.md").read_text(encoding="utf-8") == GOOD


def test_the_contributors_page_shows_the_template() -> None:
    day = datetime.date(2026, 11, 24)
    assert fill_template("my-document", 970, day) in (CORPUS / "README.md").read_text(encoding="utf-8")
