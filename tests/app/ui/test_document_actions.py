"""A visitor's rights to the documents are checked with each action, whatever buttons a page shows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from starlette.requests import Request

from app.errors import AskError
from app.settings import Settings, read_settings
from app.store.documents import AddReport
from app.ui.document_actions import DocumentActions, Glance, outcome_html
from app.ui.documents_tab import DocumentsTab
from app.ui.following import progress_line
from app.ui.listing import Leaf, Row, listing_html
from app.ui.reader import reader_html
from app.ui.session import elsewhere
from app.ui.titles import read_sources
from app.ui.uploads import Waiting
from app.ui.words import Words
from app.web import loading as loading_module
from app.web.loading import LoadState
from app.web.queue import Asker
from app.web.service import Service
from app.web.shelf import Reading
from ingest import sync as sync_module
from ingest.add import Outcome
from ingest.database.catalogue import Listed
from ingest.documents import Document, Passage
from ingest.errors import Stopped
from ingest.index import Index
from ingest.models.load import Vectors
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder
from tests.ingest import formats as make
from tests.servers import waited_for

WAITING = Waiting(10**9)
HERE = Request({"type": "http", "http_version": "1.1", "headers": []})


def actions(settings: Settings, chain: Any = None, **more: Any) -> DocumentActions:
    return DocumentActions(Service(settings.model_copy(update=more), chain), WAITING)


@pytest.mark.parametrize(
    ("changes", "host", "allowed"),
    [("local", "127.0.0.1", True), ("local", "::1", True), ("local", "localhost", True), ("local", "0.0.0.0", False),
     ("local", "192.0.2.5", False), ("yes", "0.0.0.0", True), ("no", "127.0.0.1", False)],
)  # fmt: skip
def test_who_may_change_the_documents(settings: Settings, chain: Any, changes: str, host: str, allowed: bool) -> None:
    found = actions(settings, chain, page_changes=changes, host=host)
    assert found.open_for_changes is allowed
    if not allowed:
        for work in (found.add([], "https://example.org"), found.remove("a")):
            with pytest.raises(AskError, match="cannot change its documents"):
                list(work)


def test_a_proxy_is_known_by_what_the_page_s_functions_are_given() -> None:
    by_proxy = Request({"type": "http", "http_version": "1.1", "headers": [(b"via", b"1.1 x")]})
    assert [elsewhere(gr.Request(r)) for r in (HERE, by_proxy, None)] == [False, True, True]


@pytest.mark.parametrize(("changes", "allowed"), [("local", False), ("yes", True)])
def test_what_a_proxy_passed_on_changes_nothing_unless_everybody_may(
    settings: Settings, chain: Any, changes: str, allowed: bool
) -> None:
    found = actions(settings, chain, page_changes=changes)
    said = "There is nothing to add" if allowed else "cannot change its documents"
    with pytest.raises(AskError, match=said):
        list(found.add([], "", elsewhere=True))
    with pytest.raises(AskError, match="not an added document" if allowed else said):
        list(found.remove("none", elsewhere=True))
    with pytest.raises(AskError, match="No document is based on this source" if allowed else said):
        list(found.get_original("none", elsewhere=True))
    assert not found.removable("none", elsewhere=True)


@pytest.mark.parametrize(
    ("uploads", "address", "said"),
    [
        ([], "", "There is nothing to add"),
        ([], "/etc/passwd", "is not a web address"),
        ([], "file:///etc/passwd", "is not a web address"),
        (["/etc/hostname"], "", "not a file that was uploaded"),
    ],
)
def test_a_page_takes_no_paths_of_its_machine(
    settings: Settings, chain: Any, uploads: list[str], address: str, said: str
) -> None:
    with pytest.raises(AskError, match=said):
        list(actions(settings, chain).add(uploads, address))
    assert all(Path(p).exists() for p in uploads)


def test_a_visitor_adds_so_many_files_in_an_hour(settings: Settings, chain: Any) -> None:
    found, nobody = actions(settings, chain, max_uploads_hour=2), "http://127.0.0.1:9/"
    for _ in range(2):
        list(found.add([], nobody, asker=Asker("ann", "192.0.2.1")))
    with pytest.raises(AskError, match="may add up to 2 files an hour") as told:
        list(found.add([], nobody, asker=Asker("ann", "192.0.2.1")))
    assert Words("zh").sentence(told.value.sentence()) == "每位访客每小时最多可添加 2 个文件。请 60 分钟后再试。"
    list(found.add([], nobody, asker=Asker("bob", "192.0.2.2")))


def test_a_document_of_the_corpus_is_not_removed(settings: Settings, chain: Any) -> None:
    with pytest.raises(AskError, match="not an added document"):
        list(actions(settings, chain).remove("hefei.md"))
    assert (settings.corpus / "hefei.md").exists()


def test_an_address_that_fails_is_reported(settings: Settings, chain: Any) -> None:
    *_, report = actions(settings, chain).add([], "http://127.0.0.1:9/x")
    assert "points to a private network" in outcome_html(report)  # type: ignore[arg-type]


def test_while_the_page_loads(settings: Settings) -> None:
    loading = actions(settings)
    assert loading.listing() == []
    with pytest.raises(AskError, match="still loading"):
        loading.read("a")


def test_the_list_is_read_again_when_documents_were_added(settings: Settings, tmp_path: Path) -> None:
    (folder := tmp_path / "docs").mkdir()
    with closing(Index(tmp_path / "index", exact=True)) as index:
        found, titles = actions(settings, SimpleNamespace(index=index)), []
        for title in ("Barley", "Comets"):
            (folder / f"{title}.md").write_text(f"# {title}\n\nThe region grew {title}.\n")
            sync([folder], index, HashEmbedder())
            titles.append([row.title for row in found.listing()])
    assert [sorted(seen) for seen in titles] == [["Barley"], ["Barley", "Comets"]]


def test_a_file_that_comes_while_the_page_loads_waits_for_it(
    settings: Settings, slow: DocumentActions, upload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, chain = threading.Event(), slow.service.chain
    assert chain is not None
    chain.embedder.pause = 0.0  # type: ignore[attr-defined]

    def load(*_: Any) -> LoadState:
        loaded.wait()
        return LoadState(slow.service.settings, chain=chain)

    monkeypatch.setattr(loading_module, "load_first", load)
    found = DocumentActions(Service(slow.service.settings), WAITING)
    found.service.start()
    said = found.add([upload], "")
    assert next(said) == "Loading the models"
    loaded.set()
    *_, report = said
    assert isinstance(report, AddReport)
    assert [o.status for o in report.outcomes] == ["added"]


def test_adding_is_stopped_while_the_page_loads(settings: Settings, upload: str) -> None:
    stop = threading.Event()
    said = actions(settings).add([upload], "", stop)
    assert next(said) == "Loading the models"
    stop.set()
    with pytest.raises(Stopped):
        list(said)


def test_nothing_of_a_document_is_markup() -> None:
    evil = "<script>x</script>\"'><b>"
    row = Listed("i", evil, evil, evil, evil, "javascript:alert(1)", 5, 1, evil, True)
    document = Document(evil, evil, evil)
    leaf = Leaf([Row(row, read_sources(document))], 0, 1, 1)
    reading = Reading(document, (Passage("i", 0, len(evil), heading=evil),))
    shown = listing_html(leaf, {"i"}, Words()) + reader_html(reading, [evil], 0, True, Words())
    assert "<script" not in shown
    assert "<b>" not in shown
    assert "javascript:" not in shown


# --- adding that is stopped


class SlowEmbedder(HashEmbedder):
    """Takes a while for each batch, once it is told to, and counts them."""

    pause = 0.0
    batches = 0

    def passages(self, texts: Sequence[str]) -> Vectors:
        self.batches += 1
        time.sleep(self.pause)
        return super().passages(texts)


@pytest.fixture
def slow(tmp_path: Path, small_corpus: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DocumentActions]:
    """Leaves nothing for later."""
    monkeypatch.setattr(sync_module, "MAX_IMMEDIATE", 10_000)
    settings = read_settings(corpus=small_corpus, data=tmp_path / "data")
    index, embedder = Index(settings.index_folder), SlowEmbedder("slow", 16)
    sync([small_corpus], index, embedder)
    embedder.pause = 0.4
    chain: Any = SimpleNamespace(index=index, embedder=embedder, matcher=None)
    yield DocumentActions(Service(settings, chain), WAITING)
    index.close()


@pytest.fixture
def upload() -> Iterator[str]:
    """A document of many batches, as the page has received it."""
    folder = WAITING.folder / "stopped"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "long.md"
    path.write_text("# Long\n\n" + "\n\n".join(f"Sentence {n} is about the number {n * n}." for n in range(1_000)))
    yield str(path)
    path.unlink(missing_ok=True)


def test_adding_is_stopped_and_may_begin_again(slow: DocumentActions, upload: str) -> None:
    stop, said = threading.Event(), []
    embedder: Any = slow.service.chain.embedder
    with pytest.raises(Stopped):  # noqa: PT012
        for line in slow.add([upload], "", stop):
            said.append(line)
            if "left" in str(line):
                stop.set()
                embedded = embedder.batches
    assert embedder.batches - embedded < 20  # to its end it would take 30
    assert str(said[-1]).startswith(("Stopping", "Preparing for search"))
    assert not any("long" in row.origin for row in slow.listing())
    assert Path(upload).exists()


def test_the_page_stops_its_own_adding_and_no_other_s(slow: DocumentActions, upload: str) -> None:
    tab: Any = SimpleNamespace(actions=slow, adding={}, _outcome=lambda words, report: outcome_html(report, words))
    mine: Any = SimpleNamespace(session_hash="mine", headers={}, request=HERE)
    other: Any = SimpleNamespace(session_hash="other")
    updates = DocumentsTab.add(tab, [upload], "", "", "", "en", mine)
    assert next(updates)[5].visible
    DocumentsTab.stop(tab, other)
    assert not tab.adding["mine"].is_set()
    DocumentsTab.stop(tab, mine)
    *_, last = updates
    assert "Stopped" in last[0]
    assert not last[5].visible
    assert not tab.adding


def test_a_pasted_text_is_added_under_its_title_and_again_when_it_changes(slow: DocumentActions) -> None:
    assert slow.service.chain is not None
    slow.service.chain.embedder.pause = 0.0  # type: ignore[attr-defined]
    before = set(WAITING.folder.rglob("*.txt"))

    def pasted(text: str, title: str) -> tuple[str, str]:
        *_, report = slow.add([], "", text=text, title=title)
        assert isinstance(report, AddReport)
        return report.outcomes[0].status, slow.read(report.outcomes[0].document_id).document.title

    assert pasted("The ferry goes every hour.", "  Ferry/times 3.1 ") == ("added", "Ferry times 3.1")
    assert pasted("The ferry goes every hour.", "Ferry/times 3.1") == ("unchanged", "Ferry times 3.1")
    assert pasted("The ferry goes every day.", "Ferry/times 3.1") == ("updated", "Ferry times 3.1")
    assert pasted("\n渡船的时间\n\n渡船每小时一班，冬天停航。", "") == ("added", "渡船的时间")
    assert set(WAITING.folder.rglob("*.txt")) == before
    with pytest.raises(AskError, match="nothing to add"):
        list(slow.add([], "", text="  \n "))


def test_files_are_added_as_they_are_chosen_and_stand_in_the_box_again_where_that_is_stopped(
    slow: DocumentActions, upload: str
) -> None:
    tab = DocumentsTab.__new__(DocumentsTab)
    tab.actions, tab.adding = slow, {}
    mine: Any = SimpleNamespace(session_hash="mine", headers={}, request=HERE)
    updates = tab.add_files([upload], "en", mine)
    _, files, address, *_ = next(updates)
    assert files is None, "the box is free for more"
    tab.stop(mine)
    *_, last = updates
    assert last[1] == [upload]
    slow.service.chain.embedder.pause = 0.0  # type: ignore[union-attr]
    first, *_, done, last = tab.add_files(last[1], "en", mine)
    assert first[1] is None
    assert "“Long” was added." in unescape(done[0])
    assert [slow.read(new).document.title for new in last[6]] == ["Long"]
    assert {str(u[2]) for u in (first, done, last)} == {str(address)}, "what is typed as an address stays"
    assert last[1] != [upload]


def test_a_long_document_is_found_by_its_words_at_once_and_by_its_meaning_in_the_end(
    slow: DocumentActions, upload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_module, "MAX_IMMEDIATE", 200)
    index, embedder = slow._chain().index, slow._chain().embedder
    *_, report = slow.add([upload], "")
    assert isinstance(report, AddReport)
    assert (report.failed, report.lacking) == (False, 1_000)
    assert "found by keyword now" in outcome_html(report)
    lacking, passages = slow.service.shelf.lacking()
    assert 0 < lacking < passages
    long = next(row.id for row in slow.listing() if "long" in row.origin)
    assert index.words("the number 998001", 1)[0].chunk.document_id == long
    assert isinstance(list(slow.remove(long))[-1], Document)  # who wants it no more need not wait
    Path(upload).write_text("# Long\n\n" + "\n\n".join(f"Sentence {n} is about it." for n in range(300)))
    embedder.pause = 0.0  # type: ignore[attr-defined]
    list(slow.add([upload], ""))
    waited_for(lambda: slow.service.shelf.lacking() == (0, 0))
    index.open(embedder)
    text = index.document(next(row.id for row in slow.listing() if "long" in row.origin))
    assert text is not None
    assert index.dense(embedder.queries(["Long. Sentence 217 is about it."])[0], 1)[0].score > 0.99


def test_what_was_read_of_each_of_twenty_files_is_said_and_what_was_not(slow: DocumentActions) -> None:
    assert slow.service.chain is not None
    slow.service.chain.embedder.pause = 0.0  # type: ignore[attr-defined]
    folder = WAITING.folder / "twenty"
    folder.mkdir()
    make.pdf(folder / "half.pdf", [["The yard of Fredonia has 812 riveters."], [], ["The yard was built in the year 2031."]])
    make.eml(folder / "letter.eml")
    (folder / "bad.docx").write_bytes(b"no package")
    for n in range(17):
        (folder / f"note {n}.txt").write_text(f"The ferry number {n} goes every hour.")
    *_, report = slow.add([str(path) for path in sorted(folder.iterdir())], "")
    assert isinstance(report, AddReport)
    assert [o.name for o in report.outcomes if o.status != "added"] == ["bad.docx"]
    ids = {o.name: o.document_id for o in report.outcomes}
    assert slow.glance(ids["half.pdf"], Words()).facts.endswith("2 of 3 pages have text · 2 passages")
    assert slow.glance(ids["letter.eml"], Words("zh")).facts.endswith("未读取：budget.xlsx")
    assert "not read" not in slow.glance(ids["note 0.txt"], Words()).facts


@pytest.mark.parametrize(
    ("statuses", "english", "chinese"),
    [
        ("a", "“Doc 0” was added.", "已添加“Doc 0”。"),
        ("aa", "2 added: “Doc 0”, “Doc 1”.", "已添加 2 份：“Doc 0”、“Doc 1”。"),
        ("aaaaa", "5 added: “Doc 0”, “Doc 1”, “Doc 2” and 2 more.", "已添加 5 份：“Doc 0”、“Doc 1”、“Doc 2”及另外 2 份。"),
        ("auf", "“Doc 0” was added. “Doc 1” was updated. 1 failed.", "已添加“Doc 0”。已更新“Doc 1”。1 份添加失败。"),
        ("n", "“Doc 0” was here already.", "“Doc 0”已存在，内容未变。"),
        ("uunn", "2 updated: “Doc 0”, “Doc 1”. 2 here already: “Doc 2”, “Doc 3”.",
         "已更新 2 份：“Doc 0”、“Doc 1”。2 份已存在，内容未变：“Doc 2”、“Doc 3”。"),
    ],
)  # fmt: skip
def test_what_became_of_files_is_said_with_their_titles(statuses: str, english: str, chinese: str) -> None:
    names: dict[str, Any] = {"a": "added", "u": "updated", "n": "unchanged", "f": "failed"}
    outcomes = tuple(Outcome(f"{n}.md", names[s], document_id=str(n)) for n, s in enumerate(statuses))
    for language, said in (("en", english), ("zh", chinese)):
        html = outcome_html(AddReport(outcomes), Words(language), lambda document: Glance(f"Doc {document}"))
        assert (
            unescape(html).partition('role="status">' if "f" not in statuses else 'role="alert">')[2].startswith(f"{said}<")
        )
    assert "“0.md” was added." in unescape(outcome_html(AddReport(outcomes[:1]), Words())) or statuses[0] != "a"


@pytest.mark.parametrize(
    ("given", "said"),
    [(("Embedding", 12, 80, 11.4), "Preparing for search 12 of 80, about 11 s left"), (("Opening", 1, 1, 0.0), "Opening"),
     (("Embedding", 0, 80, None), "Preparing for search 0 of 80"),
     (("Embedding", 9, 80, 400.0), "Preparing for search 9 of 80, about 7 minutes left"),
     (("Downloading", 1_240, 4_700, 200.0), "Downloading 1.2 of 4.7 GB, about 3 minutes left")],
)  # fmt: skip
def test_it_says_how_long_it_will_take(given: tuple[str, int, int, float | None], said: str) -> None:
    assert progress_line(*given, Words()) == said
