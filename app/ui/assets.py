"""Serves Gradio's own files sooner: they are compressed once and kept in memory.

Its scripts are named in the page's head, so that a browser fetches them side by side and not one after another, as each
script finds out what it needs. Its style sheets come as one.

`assets.txt` names what a first load asks for, the entry first, in the order of asking; `make load` wrote it by watching a
browser. A file's name holds a hash of its content: with another version of Gradio the files are not there, none is named,
and the page loads as slowly as Gradio's own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import gradio
from gradio.brotli_middleware import BrotliMiddleware
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LISTED = Path(__file__).with_name("assets.txt")
FOLDER = Path(gradio.__file__).with_name("templates") / "frontend" / "assets"
FOREVER = "public, max-age=31536000, immutable"
FIRST, LAST = b"<style>", b"</head>"
"""The scripts go before the first element of the page's head behind its base address; the style sheets go behind Gradio's
first one, as Gradio puts them."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of the application."""

    status: int
    headers: MutableHeaders
    body: bytes


@dataclass(frozen=True, slots=True)
class FirstLoad:
    """The files that a first load needs; none if this Gradio has others."""

    scripts: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    """All but the one that the page names itself."""

    def script_links(self) -> bytes:
        """Return the elements that fetch the scripts."""
        return "".join(f'<link rel="modulepreload" crossorigin href="./assets/{n}">' for n in self.scripts).encode()

    def sheet(self) -> bytes:
        """Return the style sheets as one, in their order."""
        return b"\n".join((FOLDER / name).read_bytes() for name in self.sheets)

    def sheet_links(self, name: str) -> bytes:
        """Return the elements that apply the one sheet and declare each of Gradio's as present.

        Gradio then adds none of its own.
        """
        there = "".join(f'<link rel="stylesheet" disabled href="./assets/{n}">' for n in self.sheets)
        return f'<link rel="stylesheet" href="./assets/{name}">{there}'.encode() if self.sheets else b""


def read_first_load(path: Path = LISTED) -> FirstLoad:
    """Read the files that `assets.txt` names; none if one of them does not exist."""
    names = path.read_text(encoding="utf-8").split() if path.is_file() else []
    if not all((FOLDER / n).is_file() for n in names):
        return FirstLoad()
    sheets = tuple(n for n in names if n.endswith(".css"))
    return FirstLoad(tuple(n for n in names if n not in sheets), sheets[1:])


class Assets:
    """Around Gradio's application. What is kept is the file, nothing of the visitor who asked for it first."""

    def __init__(self, app: ASGIApp) -> None:
        first = read_first_load()
        sheet = first.sheet()
        name = f"first-{hashlib.sha256(sheet).hexdigest()[:12]}.css"
        self.app, self._links = app, {FIRST: first.script_links(), LAST: first.sheet_links(name)}
        self._files = {f"/assets/{file.name}": app for file in FOLDER.iterdir()}  # each with what answers for it
        self._files[f"/assets/{name}"] = BrotliMiddleware(Response(sheet, media_type="text/css"))
        self._kept: dict[tuple[str, str], Reply] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or let the request through."""
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] != "GET" or not (path == "/" or path in self._files):
            await self.app(scope, receive, send)
            return
        if path == "/":
            reply = await asked(self.app, _accepting(scope, ""), receive)
            body = reply.body
            for place, links in self._links.items():
                body = body.replace(place, links + place, 1)
        else:
            reply = await self._file(path, scope, receive)
            body = reply.body
        reply.headers["content-length"] = str(len(body))
        response = Response(body, reply.status)
        response.raw_headers = reply.headers.raw
        await response(scope, receive, send)

    async def _file(self, path: str, scope: Scope, receive: Receive) -> Reply:
        accepted = Headers(scope=scope).get("accept-encoding", "")
        encoding = next((e for e in ("br", "gzip") if e in accepted), "")  # few, or visitors could fill the memory
        if (path, encoding) not in self._kept:
            reply = await asked(self._files[path], _accepting(scope, encoding), receive)
            if reply.status != 200:
                return reply
            of_file = {n: v for n, v in reply.headers.items() if n in ("content-type", "content-encoding", "vary")}
            self._kept[path, encoding] = Reply(200, MutableHeaders({**of_file, "cache-control": FOREVER}), reply.body)
        return self._kept[path, encoding]


def _accepting(scope: Scope, encoding: str) -> Scope:
    """Return a request's scope that accepts one compression only, or none if `encoding` is ''.

    A reply that is to be changed must not be compressed.
    """
    headers = [(n, v) for n, v in scope["headers"] if n != b"accept-encoding"]
    return {**scope, "headers": [*headers, (b"accept-encoding", (encoding or "identity").encode())]}


async def asked(app: ASGIApp, scope: Scope, receive: Receive) -> Reply:
    """Return the application's whole reply to a request."""
    reply = Reply(500, MutableHeaders(), b"")

    async def collect(message: Message) -> None:
        nonlocal reply
        if message["type"] == "http.response.start":
            reply = replace(reply, status=message["status"], headers=MutableHeaders(raw=list(message["headers"])))
        elif message["type"] == "http.response.body":
            reply = replace(reply, body=reply.body + message.get("body", b""))

    await app(scope, receive, collect)
    return reply
