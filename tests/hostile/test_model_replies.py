"""Servers of language models that mean harm, and replies that would stop the program, on the wire and before any parser.

The server is a real one: a socket that sends whatever bytes a trial says. What is held everywhere: the answer comes in time,
its note is one of the program's own sentences, and memory and processor are used as for any other answer.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import brotli
import pytest

from app.llm.client import CallResult, Writer
from app.llm.notes import why
from app.llm.prompts import Prompt
from app.llm.provider import load_writer
from app.llm.reply import MAX_STATEMENTS, ReplyStream
from app.llm.selecting import select_blocks
from app.llm.transport import MAX_BYTES, MAX_EVENT_LINES, MAX_LINE, Limits, ReplyRefusedError
from app.llm.writing import Writing
from app.settings import read_settings
from app.store.records import public
from app.text.words import key as word_key
from ingest.documents import Document, Passage
from tests.app.llm.shelf import FACT, Shelf, document, last_answer, material
from tests.in_json import in_json
from tests.scripted import event

pytestmark = pytest.mark.hostile
KEY = "sk-4711-of-the-owner"
PROMPT = Prompt("Answer.", "What?")
SECONDS = 6.0
SAID = f'{FACT} [S1 "opened on 3 May 2017"]'
PROVIDERS = ("openai", "ollama", "anthropic")
Send = Callable[[socket.socket], None]


# --- a server that sends whatever bytes it is told


@dataclass
class EvilServer:
    port: int
    send: Send = lambda _: None
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def evil_server() -> Iterator[EvilServer]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = EvilServer(listener.getsockname()[1])

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(20)
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65_536)
            length = next((int(h[15:]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length:")), 0)
            while len(head.partition(b"\r\n\r\n")[2]) < length:
                head += connection.recv(65_536)
            server.requests.append(head)
            server.send(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server
    finally:
        listener.close()


@pytest.fixture(scope="module")
def evil() -> Iterator[EvilServer]:
    with evil_server() as found:
        yield found


def asked(server: EvilServer, provider: str = "openai", **settings: Any) -> Writer:
    given = {"llm": f"{provider}:evil", "llm_url": server.url + ("/v1" if provider == "openai" else "")}
    return load_writer(read_settings(**given | {"llm_seconds": SECONDS} | settings), key=KEY)


def head(kind: str = "text/event-stream", *more: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Connection: close", *more, "", ""]).encode()


def sends(*parts: bytes, kind: str = "text/event-stream", more: tuple[str, ...] = ()) -> Send:
    def send(connection: socket.socket) -> None:
        connection.sendall(head(kind, *more))
        for part in parts:
            connection.sendall(part)

    return send


def without_end(part: bytes, kind: str = "text/event-stream", pause: float = 0.0) -> Send:
    def send(connection: socket.socket) -> None:
        connection.sendall(head(kind))
        while True:
            connection.sendall(part)
            time.sleep(pause)

    return send


def stream(text: str, size: int = 20) -> bytes:
    return "".join([*(event(text[at : at + size]) for at in range(0, len(text), size)), "data: [DONE]\n\n"]).encode()


def called(writer: Writer, seconds: float = SECONDS) -> tuple[list[Any], CallResult]:
    *said, done = writer.write(PROMPT, seconds)
    assert isinstance(done, CallResult)
    assert done.seconds < seconds + 3
    return said, done


# --- on the wire

BOMB = brotli.compress(b"data: " + b"x" * 50_000_000)
BYTES: dict[str, tuple[Send, tuple[str, ...]]] = {
    "a line without an end": (without_end(b"x" * 65_536), ("endless",)),
    "a line without an end, piece by piece": (without_end(b"data: " + b"x" * 10_000), ("endless",)),
    "events without an end": (without_end(event("x" * 1_000).encode() * 20), ("endless",)),
    "empty events without an end": (without_end(b"data: {}\n\n" * 5_000), ("endless", "slow")),
    "comments without an end": (without_end(b": wait\n\n" * 5_000), ("endless",)),
    "one event of many lines": (without_end(b"data: 1\n" * 5_000), ("endless",)),
    "carriage returns": (without_end(b"data: 1\r" * 9_000), ("endless",)),
    "NUL": (without_end(b"\0" * 65_536), ("endless",)),
    "brotli": (sends(BOMB, more=("Content-Encoding: br",)), ("endless",)),
    "gzip": (sends(b"\x1f\x8b" + b"\0" * 100, more=("Content-Encoding: gzip",)), ("endless",)),
    "two encodings": (sends(b"x", more=("Content-Encoding: identity, br",)), ("endless",)),
    "an unknown encoding": (sends(b"x", more=("Content-Encoding: of-my-own",)), ("endless",)),
    "one page of JSON": (without_end(b'{"a":' * 10_000, kind="application/json"), ("endless",)),
    "slowly": (without_end(b": a\n\n", pause=0.05), ("slow",)),
    "byte by byte": (without_end(b"x", pause=0.01), ("slow",)),
    "nothing": (lambda _: time.sleep(SECONDS + 2), ("slow", "down", "broken")),
    "broken off": (sends(stream(in_json(SAID))[:200]), ("broken", "nonsense", "")),
    "no HTTP": (lambda c: c.sendall(b"\xff\xfe\n\n\n"), ("broken", "down", "error")),
    "a head without an end": (lambda c: c.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000), ("broken", "down")),
}  # fmt: skip


@pytest.mark.parametrize("name", BYTES)
def test_whatever_bytes_come_the_call_ends_in_time(evil, name):
    evil.send, failures = BYTES[name]
    started = time.process_time()
    _, done = called(asked(evil, llm_options='{"max_retries": 0}'))
    assert done.failure in failures
    assert time.process_time() - started < 15


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("trial", ["without end", "packed", "redirected"])
def test_every_provider_speaks_through_the_one_transport(evil, provider, trial, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # heeded by nobody
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with evil_server() as elsewhere:
        kind = "application/x-ndjson" if provider == "ollama" else "text/event-stream"
        redirect = head("text/plain", f"Location: {elsewhere.url}/v1/chat", status="307 Temporary Redirect")
        evil.send = {
            "without end": without_end(b"x" * 65_536, kind),
            "packed": sends(BOMB, kind=kind, more=("Content-Encoding: br",)),
            "redirected": lambda c: c.sendall(redirect),
        }[trial]
        before = len(evil.requests)
        _, done = called(asked(evil, provider, **({} if provider == "ollama" else {"llm_options": '{"max_retries": 0}'})))
        assert done.failure == ("endless" if trial != "redirected" else "error")
        assert len(evil.requests) > before
        assert b"accept-encoding: identity" in evil.requests[-1].lower()
        assert not elsewhere.requests


@pytest.mark.parametrize(
    "chunks",
    [
        [b"x" * (MAX_LINE + 1)],
        [b"x" * 1_000] * (MAX_LINE // 1_000 + 1),
        [b"x" * 1_000 + b"\n"] * (MAX_BYTES // 1_000),
        [b"a\n" * (MAX_EVENT_LINES + 1)],
        [b"\n" * 60_000],
    ],
    ids=["a long line", "in pieces", "much", "one event", "empty lines"],
)
def test_there_is_a_limit_to_all(chunks):
    limits = Limits(events=True)

    def take_all() -> None:
        for chunk in chunks:
            list(limits.take(chunk))

    with pytest.raises(ReplyRefusedError):
        take_all()


def test_lines_are_given_on_whole():
    limits = Limits(events=True)
    given = [bytes(g) for chunk in (b"data: 1", b"2\n\nda", b"ta: 3\n") for g in limits.take(chunk)]
    assert given == [b"data: 12\n\n", b"data: 3\n"]
    assert not limits.rest


# --- what stands in a reply


@pytest.mark.parametrize("text", ["x", '"', "\\", "[", "{", '{"text":', " ", "}", '"a" ', "1", "<", "<think>"])
def test_eighteen_thousand_pieces_cost_what_their_length_costs(text):
    stream, started = ReplyStream(), time.process_time()
    list(stream.feed('{"blocks": [{"statements": [{"text": "'))
    for _ in range(18_000):
        list(stream.feed(text))
    assert time.process_time() - started < 3
    stream, started = ReplyStream(), time.process_time()
    list(stream.feed(text * 500_000))
    assert time.process_time() - started < 10


def delta(**said: Any) -> bytes:
    choice = {"index": 0, "delta": {"role": "assistant", **said}, "finish_reason": None}
    chunk = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(chunk)}\n\n".encode()


CALL = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "x" * 500}}
INSIDE: dict[str, tuple[Send, tuple[str, ...]]] = {
    "words": (without_end(delta(content="and more " * 50)), ("endless", "slow")),
    "tool calls": (without_end(delta(tool_calls=[CALL])), ("endless", "slow")),
    "reasoning": (without_end(delta(content="", reasoning_content="x" * 500)), ("endless", "slow")),
    "empty words": (without_end(delta(content="") * 50), ("endless", "slow")),
    "9,000 pieces": (sends(delta(content="a") * 9_000), ("nonsense", "slow")),
    "no JSON": (sends(b"data: {nonsense\n\n"), ("nonsense", "error")),
    "a list": (sends(b"data: [1]\n\n"), ("nonsense", "error")),
    "a number": (sends(b"data: 5\n\n"), ("nonsense", "error")),
    "deep JSON": (sends(b"data: " + b"[" * 50_000 + b"]" * 50_000 + b"\n\n"), ("nonsense", "error")),
    "no choices": (sends(b'data: {"choices": null}\n\n'), ("nonsense", "error")),
    "choices of nothing": (sends(b'data: {"choices": [null]}\n\n'), ("nonsense", "error")),
    "content that is none": (sends(delta(content={"a": 1})), ("nonsense", "error")),
    "a huge number": (sends(b'data: {"choices": [{"index": ' + b"9" * 6_000 + b"}]}\n\n"), ("nonsense", "error")),
    "an error": (sends(b'data: {"error": {"message": "IndexError: string index out of range"}}\n\n'), ("nonsense", "error")),
}  # fmt: skip


@pytest.mark.parametrize("name", INSIDE)
def test_whatever_events_come_the_call_ends_in_time(evil, name):
    evil.send, failures = INSIDE[name]
    started = time.process_time()
    _, done = called(asked(evil, llm_options='{"max_retries": 0}'), seconds=20)
    assert done.failure in failures
    assert time.process_time() - started < 30


def test_a_hundred_statements_are_enough(evil):
    many = {"blocks": [{"kind": "list", "statements": [{"text": f"It is {n}."} for n in range(10 * MAX_STATEMENTS)]}]}
    evil.send = sends(stream(json.dumps(many), 500))
    said, done = called(asked(evil, llm_answer_tokens=10_000))
    assert (len(said), done.failure) == (MAX_STATEMENTS, "")


@pytest.mark.parametrize("said", [KEY, f"It is {KEY}, they say.", "sk 4711 of the owner", "*sk-4711*-of-the-`owner`"])
def test_the_key_in_use_is_repeated_nowhere(evil, said):
    reply = {"blocks": [{"statements": [{"text": said}, {"text": FACT, "supports": [{"key": "S1", "words": said}]}]}]}
    evil.send = sends(stream(json.dumps(reply | {"not_stated": said})))
    statements, done = called(asked(evil))
    assert (statements, done.not_stated) == ([], "")
    evil.send = sends(stream(f"1: no - {said}\n2: yes"))
    assert asked(evil).complete(PROMPT, SECONDS)[0] == "2: yes"
    evil.send = sends(stream(json.dumps({"statements": [{"number": 1, "text": said}]})))
    assert asked(evil).rewrite(PROMPT, SECONDS)[0] == {}


@pytest.mark.parametrize("half", ["\\ud83d", "\\udc00", "\\ud83d \\ude00"])
def test_halves_of_characters_reach_nobody(evil, half):
    reply = json.dumps(in_json(f"{SAID}\nNOT STATED: who paid HALF.")).replace("HALF", half)[1:-1]
    evil.send = sends(
        stream("").removesuffix(b"data: [DONE]\n\n"), event("PIECE").replace("PIECE", reply).encode(), b"data: [DONE]\n\n"
    )
    answer = last_answer(Writing(asked(evil), judges=False), material("opened on 3 May"))
    json.dumps(public(answer), ensure_ascii=False).encode()


# --- before the model is asked, and after


class Kept(Shelf):
    """Documents whose passages are found once, as in an index."""

    def __init__(self, *documents: Document) -> None:
        super().__init__(*documents)
        self._passages = {key: super(Kept, self).passages(key) for key in self.documents}

    def passages(self, document_id: str) -> tuple[Passage, ...]:
        return self._passages[document_id]


def wide(columns: int, rows: int, cell: str = "some words of no use") -> str:
    heads = " | ".join(f"Column {n}" for n in range(columns))
    line = " | ".join([cell] * columns)
    rest = "\n".join(f"| Row {n} | {line} |" for n in range(rows))
    return f"## Table\n\n| Name | {heads} |\n|{'---|' * (columns + 1)}\n{rest}\n\n## Works\n\n{FACT}\n"


TEXTS = {
    "wide": lambda: wide(2_000, 10),
    "very wide": lambda: wide(10_000, 2),
    "long": lambda: wide(3, 4_000, "words"),
    "one paragraph": lambda: f"{FACT} " + "It is a sentence of no use at all. " * 12_000,
    "one sentence": lambda: f"{FACT}\n\n" + "word " * 60_000,
    "a list": lambda: f"{FACT}\n\n" + "- an item of no use\n" * 12_000,
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", TEXTS)
def test_a_document_of_megabytes_costs_no_more_than_another(name):
    text = TEXTS[name]()
    shelf = Kept(document(text, "Large"))
    (key,) = shelf.documents
    near = [p for p in shelf.passages(key) if p.start < 2_000_000]
    found = material("opened on 3 May", shelf=shelf)
    step = max(1, len(near) // 18)
    more = [type(found.evidence[0])("S1", shelf.documents[key], p, "") for p in near[::step]]
    for whole in ((), (key,)):
        given = material("opened on 3 May", shelf=shelf, whole=whole)
        given = replace(given, evidence=[*given.evidence, *more])
        started = time.thread_time()
        shown = select_blocks(given, 6_000)
        assert time.thread_time() - started < 15  # less than one of them on an idle machine
        assert any(FACT in block.text for block in shown)


@pytest.mark.parametrize("judges", [True, False])
def test_no_exception_reaches_a_reader(evil, judges, caplog, monkeypatch):
    def fails(*_: Any, **__: Any) -> Any:
        raise IndexError("string index out of range")

    monkeypatch.setattr("app.llm.checks.fault_of", fails)
    evil.send = sends(stream(in_json(SAID)))
    answer = last_answer(Writing(asked(evil), judges=judges), material("opened on 3 May"))
    assert answer.model
    assert answer.model.failure == "error"
    assert answer.note == f"{why('error', 0)}; quotes are shown instead."
    assert "string index" not in json.dumps(public(answer))
    assert "string index" in caplog.text  # the log has it


STEMS = ("relat", "organ", "nation", "creat", "industri", "oper", "gener")
ENDS = ("ional", "ize", "izes", "ization", "ing", "ed", "ive", "al", "ally", "es", "or", "ation", "ity", "ful")
WORDS = [f"{stem}{end}" for stem in STEMS for end in ENDS]


def test_forty_threads_read_words_as_one_does():
    alone = {word: word_key(word) for word in WORDS}
    for _ in range(5):
        word_key.cache_clear()
        with ThreadPoolExecutor(40) as pool:
            found = list(pool.map(lambda n: {w: word_key(w) for w in WORDS[n % 7 :] + WORDS[: n % 7]}, range(40)))
        assert all(one == alone for one in found)


@pytest.mark.timeout(120)
def test_forty_threads_at_once_have_the_answers_of_one(evil):
    evil.send = sends(stream(in_json(SAID)))
    found = material("opened on 3 May")

    def answer(_: int = 0) -> Any:
        whole = last_answer(Writing(asked(evil, llm_seconds=60), judges=False), found)
        return whole.sentences, whole.note

    alone = answer()
    assert alone[0][0].text == FACT
    with ThreadPoolExecutor(40) as pool:
        assert set(pool.map(answer, range(40))) == {alone}
