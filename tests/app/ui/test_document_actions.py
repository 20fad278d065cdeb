"""What visitors may do to the documents is checked where it is done, whatever buttons a page shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.errors import AskError
from app.settings import Settings
from app.ui.document_actions import Shelf
from app.ui.documents_tab import outcome_html
from app.ui.listing import document_html, listing_html
from app.ui.words import Words
from app.web.service import Service
from ingest.catalogue import Listed
from ingest.documents import Document, Passage


def shelf(settings: Settings, chain: Any = None, **more: Any) -> Shelf:
    return Shelf(Service(settings.model_copy(update=more), chain))


@pytest.mark.parametrize(
    ("changes", "host", "allowed"),
    [("local", "127.0.0.1", True), ("local", "::1", True), ("local", "localhost", True), ("local", "0.0.0.0", False),
     ("local", "192.0.2.5", False), ("yes", "0.0.0.0", True), ("no", "127.0.0.1", False)],
)  # fmt: skip
def test_who_may_change_the_documents(settings: Settings, chain: Any, changes: str, host: str, allowed: bool) -> None:
    found = shelf(settings, chain, page_changes=changes, host=host)
    assert found.open_for_changes is allowed
    if not allowed:
        for work in (found.add([], "https://example.org"), found.remove("a")):
            with pytest.raises(AskError, match="cannot change its documents"):
                list(work)


@pytest.mark.parametrize(
    ("uploads", "address", "said"),
    [
        ([], "", "Nothing was given"),
        ([], "/etc/passwd", "is not an address"),
        ([], "file:///etc/passwd", "is not an address"),
        (["/etc/hostname"], "", "not a file that was uploaded"),
    ],
)
def test_a_page_takes_no_paths_of_its_machine(
    settings: Settings, chain: Any, uploads: list[str], address: str, said: str
) -> None:
    with pytest.raises(AskError, match=said):
        list(shelf(settings, chain).add(uploads, address))
    assert all(Path(p).exists() for p in uploads)


def test_a_document_of_the_corpus_is_not_removed(settings: Settings, chain: Any) -> None:
    with pytest.raises(AskError, match="stands in the corpus folder"):
        list(shelf(settings, chain).remove("hefei.md"))
    assert (settings.corpus / "hefei.md").exists()


def test_an_address_that_fails_is_reported(settings: Settings, chain: Any) -> None:
    *_, report = shelf(settings, chain).add([], "http://127.0.0.1:9/x")
    assert "leads into a private network" in outcome_html(report)  # type: ignore[arg-type]


def test_while_the_page_loads(settings: Settings) -> None:
    loading = shelf(settings)
    assert loading.listing() == []
    with pytest.raises(AskError, match="still loading"):
        loading.read("a")


def test_nothing_of_a_document_is_markup() -> None:
    evil = "<script>x</script>\"'><b>"
    row = Listed("i", evil, evil, evil, evil, "javascript:alert(1)", 5, 1, evil, True)
    document = Document(evil, evil, evil)
    shown = listing_html([row], 1, Words()) + document_html(document, [Passage("i", 0, len(evil), heading=evil)])
    assert "<script" not in shown
    assert "<b>" not in shown
    assert "javascript:" not in shown
