"""Gradio's own files, sooner: kept in memory as they were first sent, and named in the page's head, so that a browser
fetches them side by side and not one after another, as each script finds out what it needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import gradio
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER = Path(gradio.__file__).with_name("templates") / "frontend" / "assets"
FOREVER = "public, max-age=31536000, immutable"
"""A file's name holds a hash of its content."""
HEAD = b"<style>"
"""The first element of the page's head behind its base address; the links go before it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the application answered."""

    status: int
    headers: dict[str, str]
    body: bytes


class Assets:
    """Around Gradio's application. What is kept is the file, nothing of the visitor who asked for it first."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self.app, self._links = app, "".join(map(_link, names)).encode()
        self._kept: dict[tuple[str, str], Reply] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or let the request through."""
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] != "GET" or not (path == "/" or path.startswith("/assets/")):
            await self.app(scope, receive, send)
            return
        key = (path, Headers(scope=scope).get("accept-encoding", ""))
        reply = self._kept.get(key)
        if reply is None:
            reply = await _asked(self.app, scope, receive)
            if path == "/":
                reply = Reply(reply.status, reply.headers, reply.body.replace(HEAD, self._links + HEAD, 1))
            elif reply.status == 200:
                of_file = {n: v for n, v in reply.headers.items() if n in ("content-type", "content-encoding", "vary")}
                reply = self._kept[key] = Reply(200, {**of_file, "cache-control": FOREVER}, reply.body)
        await Response(reply.body, reply.status, reply.headers)(scope, receive, send)


async def _asked(app: ASGIApp, scope: Scope, receive: Receive) -> Reply:
    """The application's whole answer; its length is left to whoever sends it on."""
    messages: list[Message] = []

    async def collect(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, collect)
    start, *parts = messages
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    headers.pop("content-length", None)
    return Reply(start["status"], headers, b"".join(part.get("body", b"") for part in parts))


def needed(kinds: Iterable[str], folder: Path = FOLDER) -> list[str]:
    """The files that a page with these kinds of components loads, by what Gradio's scripts list for each; [] where they list
    it otherwise, and the page loads as slowly as Gradio's own."""
    entry, core = (next(folder.glob(pattern), None) for pattern in ("index-*.js", "core-*.js"))
    if not entry or not core or not (first := _files(entry)):
        return []
    found = [*first, *_listed(folder / first[0], r"(import\(`\./Blocks-[^\]]*\])")]
    for kind in kinds:
        found += _listed(core, rf"[{{,]{re.escape(kind)}:\{{([^{{}}]*)\}}")
    return list(dict.fromkeys(found))


def _listed(script: Path, where: str) -> list[str]:
    """The files that a script lists in places of this pattern."""
    files = _files(script)
    said = " ".join(re.findall(where, script.read_text(encoding="utf-8")))
    numbers = re.findall(r"\d+", " ".join(re.findall(r"__vite__mapDeps\(\[([\d,]*)\]", said)))
    return [files[int(number)] for number in numbers]


def _files(script: Path) -> list[str]:
    listed = re.search(r"m\.f=\[([^\]]*)\]", script.read_text(encoding="utf-8"))
    return re.findall(r'"\./([^"]+)"', listed[1]) if listed else []


def _link(name: str) -> str:
    kind = "stylesheet" if name.endswith(".css") else "modulepreload"
    return f'<link rel="{kind}" crossorigin href="./assets/{name}">'
