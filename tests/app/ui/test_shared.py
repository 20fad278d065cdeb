"""An answer under an address of its own: its page, its other forms, and who may see it. No models: the answer is made up."""

from __future__ import annotations

import asyncio
import html
import io
import json
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from docx import Document as WordDocument
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.answers import Answer, NotePart
from app.sentences import Citation, Sentence
from app.settings import read_settings
from app.store.conversations import Conversations, NotSaved, Shared
from app.store.export import file_name
from app.store.records import DocumentVersion, Record, read_record, sha256
from app.ui.dialogs import link_html
from app.ui.mount import mount
from app.ui.shared import add_shared, page_html
from app.ui.words import Words
from app.web.server import make_app
from app.web.service import Service
from app.web.shelf import Reading
from ingest.documents import Document, Passage, Source

HERE = "http://127.0.0.1:7860"
TEXT = "Tea is green. It grows on hills.\n\nCoffee is black."
ANN, BOB = "a" * 32, "b" * 32
SOURCE = Source("s", "All <b>tea</b>", "Tea & Sons", "2021-03-11", "https://example.org/tea?a=1&b=2", official=True)


def made(question: str = "What is <i>tea</i>?") -> Record:
    document = Document(TEXT, "On tea", "tea.md")
    cited = Citation(1, document.id, "On tea", "Kinds", "Tea is green.", 0, 13, "en", (SOURCE,), page=3)
    said = Answer(
        question,
        question,
        "answered",
        (Sentence("Tea is green.", (1,), (7, 12)),),
        (cited,),
        note_parts=(NotePart("other", "A note."),),
    )
    originals = (DocumentVersion(document.id, document.title, document.origin, sha256(TEXT)),)
    return Record("0123456789ab", "2026-11-28T04:00:00+00:00", said, 0.2, "index", (), originals)


def alone(record: Record) -> Shared:
    return Shared(record.id, record.answer.question, (record,))


def reading(_: Record, document_id: str) -> Reading | None:
    passages = (Passage(document_id, 0, 13), Passage(document_id, 14, 32), Passage(document_id, 34, 50, block=1))
    return Reading(Document(TEXT, "On tea", "tea.md"), passages)


@pytest.fixture
def saved(tmp_path: Path) -> Conversations:
    return Conversations(tmp_path / "conversations.db")


@pytest.fixture
def record(saved: Conversations) -> Record:
    """A record of a conversation of Ann's."""
    found = made()
    saved.save(ANN, "c1", found, 0)
    return found


@pytest.fixture
def client(saved: Conversations, tmp_path: Path) -> TestClient:
    app, service = FastAPI(), Service(read_settings(data=tmp_path))
    add_shared(app, service, saved, "Teas", _everybody)
    return TestClient(app, base_url=HERE)


async def _everybody(_: object) -> bool:
    return True


# --- who may see it, and for how long


def test_only_what_was_shared_is_there_and_only_its_owner_shares_it(
    saved: Conversations, record: Record, client: TestClient
) -> None:
    assert client.get(f"/a/{record.id}").status_code == 404
    for who, which in ((BOB, "c1"), (ANN, "c2")):
        with pytest.raises(NotSaved, match="was not saved"):
            saved.share(who, which, record)
    saved.share(ANN, "c1", record)
    saved.share(ANN, "c1", record)  # once more is the same
    assert client.get(f"/a/{record.id}").status_code == 200
    assert saved.shared(record.id) == alone(read_record(record.to_dict()))


def test_it_stays_as_it_is_until_the_conversation_is_deleted(
    saved: Conversations, record: Record, client: TestClient
) -> None:
    saved.share(ANN, "c1", record)
    other = replace(made("And coffee?"), id="ba9876543210")
    saved.save(ANN, "c1", other, 0)  # asked again: the first answer is replaced in the conversation
    assert "tea" in client.get(f"/a/{record.id}").text
    saved.delete(ANN, "c1")
    assert client.get(f"/a/{record.id}").status_code == 404


def test_a_whole_conversation_is_shared_as_it_was_then(saved: Conversations, record: Record, client: TestClient) -> None:
    second = replace(made("And coffee?"), id="ba9876543210")
    saved.save(ANN, "c1", second, 1)
    with pytest.raises(NotSaved, match="was not saved"):
        saved.share(BOB, "c1")
    assert saved.share(ANN, "c1") == "c1"
    saved.save(ANN, "c1", made("And milk?"), 2)
    text = client.get("/a/c1").text
    for part in ("What is <i>tea</i>?", "And coffee?", "Asked on 28 November 2026"):
        assert part in plain(text)
    assert "And milk?" not in plain(text)
    assert all(text.count(f'id="s{group}-1"') == text.count(f'href="#s{group}-1"') == 1 for group in (1, 2))
    assert [read(text).tags.count(f"h{level}") for level in (1, 2)] == [1, 2]
    assert text.count('<h2 class="question">') == 1  # the title is the first question
    for form in ("md", "docx", "json"):
        content = client.get(f"/a/c1.{form}").content
        found = word_text(content) if form == "docx" else content.decode()
        assert "And coffee?" in found
        assert f"/a/c1.{form}" in text.replace("&#46;", ".")
    assert f"<{HERE}/a/c1>" in client.get("/a/c1.md").text
    assert client.get("/a/c1.bib").status_code == 404
    assert client.get(f"/a/{record.id}").status_code == 404  # its answers have no addresses of their own by that
    assert [c.links for c in saved.listed(ANN)] == [1]
    saved.share(ANN, "c1")
    assert "And milk?" in plain(client.get("/a/c1").text)
    saved.delete(ANN, "c1")
    assert client.get("/a/c1").status_code == 404


@pytest.mark.parametrize("name", ["nothing", "0123456789ab.exe", "0123456789ab.", "..%2f..", "é"])
def test_what_is_not_there_is_one_sentence_on_a_page(
    saved: Conversations, record: Record, client: TestClient, name: str
) -> None:
    saved.share(ANN, "c1", record)
    answer = client.get(f"/a/{name}", headers={"Accept-Language": "zh-CN"})
    if name == "0123456789ab.":
        assert answer.status_code == 200
        return
    assert answer.status_code == 404
    assert "..%2f" in name or "这个网址下没有回答" in plain(answer.text)


def test_with_a_login_it_is_for_those_who_have_logged_in(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "tea.md").write_text("# Tea\n\nTea is green.\n", encoding="utf-8")
    settings, record = read_settings(corpus=corpus, data=tmp_path / "own", auth="ann:secret"), made()
    saved = Conversations(settings.data / "conversations.db")
    saved.save("login:ann", "c1", record, 0)
    saved.share("login:ann", "c1", record)

    async def make() -> FastAPI:
        return make_app(settings, HERE, mount)

    page = TestClient(asyncio.run(make()), base_url=HERE)
    for name in (record.id, f"{record.id}.md", "nothing"):
        refused = page.get(f"/a/{name}")
        assert refused.status_code == 401
        assert "Log in" in plain(refused.text)
        assert "green" not in refused.text
    page.post("/login", data={"username": "ann", "password": "secret"})
    assert "Tea is green." in plain(page.get(f"/a/{record.id}").text)
    page.cookies.clear()
    assert page.get(f"/a/{record.id}", headers={"Cookie": "access-token-x=1"}).status_code == 401


# --- what stands on it


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.tags: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        self.parts += [] if self.inside in ("style", "script") else [data]


def read(text: str) -> _Text:
    found = _Text()
    found.feed(text)
    return found


def plain(text: str) -> str:
    return " ".join(" ".join(read(text).parts).split())


def test_the_page_has_all_that_the_answer_rests_on_and_nothing_of_it_is_markup() -> None:
    record = made()
    page = page_html(alone(record), f"{HERE}/a/{record.id}", reading, Words("en"), "Teas")
    text = plain(page)
    said = ("What is <i>tea</i>?", "Tea is", "green", "A note.", "On tea", "Kinds", "page 3", "All <b>tea</b>", "Tea & Sons",
            "11 March 2021", "official", "Asked on 28 November 2026", f"{HERE}/a/{record.id}", "on hills.")  # fmt: skip
    for part in said:
        assert part in text
    assert not {"i", "b"} & set(read(page).tags)
    assert 'href="https&#58;//example&#46;org/tea?a&#61;1&#38;b&#61;2"' in page.replace("&#63;", "?").replace("&#47;", "/")
    assert 'href="#s1-1"' in page
    assert 'id="s1-1"' in page


def test_a_document_that_has_changed_is_told_and_its_quote_stands_alone() -> None:
    text = plain(page_html(alone(made()), HERE, lambda *_: None, Words("en"), "Teas"))
    assert "Changed since this answer was given: On tea" in text
    assert "Tea is green." in text
    assert "hills" not in text
    assert "Removed" not in text


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Removed since this answer was given: On tea."), ("zh", "回答之后已移除的文件：On tea。")],
)
def test_a_document_that_was_removed_is_not_said_to_have_changed(language: str, said: str) -> None:
    record = made()
    gone = frozenset(c.document_id for c in record.answer.citations)
    text = plain(page_html(alone(record), HERE, lambda *_: None, Words(language), "Teas", lambda _: gone))
    assert said in text
    assert Words(language)("changed", titles="On tea") not in text


def test_what_was_not_found_says_what_may_be_meant_and_nothing_that_is_near() -> None:
    cited = made().answer.citations
    note, meant = (NotePart("gap", "The documents do not say."),), ("What is tea?",)
    answer = Answer("Who?", "Who?", "not_found", closest=cited, note_parts=note, suggestions=meant)
    text = plain(page_html(alone(replace(made(), answer=answer)), HERE, reading, Words("zh"), "Teas"))
    assert "The documents do not say." in text
    assert "你想问的是不是： What is tea?" in text
    assert "On tea" not in text
    assert "提问日期" in text


def test_it_is_taken_along_in_every_form(saved: Conversations, record: Record, client: TestClient) -> None:
    saved.share(ANN, "c1", record)
    link = f"{HERE}/a/{record.id}"
    forms: dict[str, Callable[[bytes], str]] = {
        "md": bytes.decode, "txt": bytes.decode, "bib": bytes.decode, "json": bytes.decode, "docx": word_text
    }  # fmt: skip
    for form, text_of in forms.items():
        answer = client.get(f"/a/{record.id}.{form}")
        name = unquote(answer.headers["content-disposition"].partition("UTF-8''")[2])
        assert name == file_name(record.answer.question, form)
        text = text_of(answer.content)
        assert "Tea is green." in text
        assert "Tea & Sons" in text.replace("\\&", "&")
        assert form in ("txt", "bib", "json") or link in text
    assert read_record(json.loads(client.get(f"/a/{record.id}.json").text)).id == record.id


def word_text(content: bytes) -> str:
    found = WordDocument(io.BytesIO(content))
    links = [r.target_ref for r in found.part.rels.values() if r.is_external]
    assert SOURCE.url in links
    text: str = "\n".join(p.text for p in found.paragraphs)  # with those of its links
    return text


@pytest.mark.parametrize(
    "signs", ["\x00\x0b\x1f", "\ud800", "a" * 5_000, "合肥 & <w:p>", "\u202e", "\ufffe\uffff\ufdd0\U0010ffff"]
)
def test_word_takes_whatever_stands_in_a_question(signs: str, saved: Conversations) -> None:
    from app.store.word import word_file

    content = word_file(made(f"What is {signs}?"), HERE)
    assert "What is" in WordDocument(io.BytesIO(content)).paragraphs[0].text


# --- conversations


def test_a_conversation_is_called_what_its_owner_likes(saved: Conversations, record: Record) -> None:
    saved.retitle(BOB, "c1", "Mine")
    assert saved.title(ANN, "c1") == "What is <i>tea</i>?"
    saved.retitle(ANN, "c1", "  Green \n tea  ")
    saved.retitle(ANN, "c1", "  ")
    saved.save(ANN, "c1", made("And coffee?"), 1)
    assert [c.title for c in saved.listed(ANN)] == ["Green tea"]
    assert saved.title(BOB, "c1") == ""
    saved.retitle(ANN, "c1", "x" * 500)
    assert len(saved.title(ANN, "c1")) == 80


def test_conversations_are_sought_by_title_question_and_answer(saved: Conversations, record: Record) -> None:
    saved.save(ANN, "c2", made("Who drinks COFFEE?"), 0)
    for words, found in (("coffee", ["c2"]), ("tea green", ["c2", "c1"]), ("", ["c2", "c1"]), ("nothing", []), ("%", [])):
        assert [c.id for c in saved.listed(ANN, words)] == found
    assert saved.listed(BOB, "tea") == ()


def test_a_link_that_opens_on_this_computer_only_says_so() -> None:
    only = {"en": "It opens on this computer only", "zh": "此链接只能在本机打开"}
    for language, said in only.items():
        for host in ("127.0.0.1:7860", "localhost", "[::1]:80"):
            assert said in link_html(f"http://{host}/a/0123456789ab", Words(language))
        elsewhere = html.unescape(link_html("https://plan.example.org/a/0123456789ab", Words(language)))
        assert said not in elsewhere
        assert "share it again" in html.unescape(link_html(HERE, Words(), "conversation")).lower()
        for form in ("docx", "md"):
            assert f'href="https://plan.example.org/a/0123456789ab.{form}" download' in elsewhere
