"""Dates, addresses and the template of a new document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from ingest.form import Date, Url

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
