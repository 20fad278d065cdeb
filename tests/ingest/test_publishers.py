"""What kind of thing a source is: by itself, by its publisher, or not said."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.documents import Source
from ingest.errors import CorpusError
from ingest.load import load
from ingest.publishers import KINDS, PUBLISHERS, kind_of, read_publishers

CORPUS = Path(__file__).resolve().parents[2] / "corpus"


def test_a_source_says_it_itself_or_its_publisher_does(tmp_path: Path) -> None:
    (tmp_path / PUBLISHERS).write_text("Xinhua: press\nNational Bureau: statistics\n", encoding="utf-8")
    known = read_publishers(tmp_path)
    assert kind_of(Source("a", "T", "Xinhua (at gov.cn)"), known) == "press"
    assert kind_of(Source("a", "T", "xinhua（新华社）"), known) == "press"
    assert kind_of(Source("a", "T", "Xinhua (at gov.cn)", kind="plan"), known) == "plan"
    assert kind_of(Source("a", "T", "Xinhua", kind="<b>"), known) == "press"
    assert kind_of(Source("a", "T", "Somebody"), known) == ""
    office = {"office": "report"}
    assert [kind_of(Source("a", "T", "Office", official=o), office) for o in (True, False)] == ["report", ""]
    assert read_publishers(tmp_path / "none") == {}


@pytest.mark.parametrize("given", ["Xinhua: paper\n", "- Xinhua\n", "Xinhua: [press]\n"])
def test_what_is_no_kind_is_said(given: str, tmp_path: Path) -> None:
    (tmp_path / PUBLISHERS).write_text(given, encoding="utf-8")
    with pytest.raises(CorpusError):
        read_publishers(tmp_path)


def test_the_corpus_says_of_nine_sources_in_ten_what_they_are_and_of_all_official_ones() -> None:
    known = read_publishers(CORPUS)
    sources = [s for path in sorted(CORPUS.glob("*.md")) for s in load(path, CORPUS).sources]
    kinds = [(s, kind_of(s, known)) for s in sources]
    assert sum(bool(kind) for _, kind in kinds) >= 0.85 * len(kinds)
    assert not [s.title for s, kind in kinds if s.official and kind not in KINDS]
    assert {s.official for s, kind in kinds if kind in ("plan", "law")} == {True}
    assert {s.official for s, kind in kinds if kind in ("press", "research", "analysis", "reference")} == {False}
