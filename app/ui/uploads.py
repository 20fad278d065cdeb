"""Limits what visitors upload: files of one upload, files an hour, and files and bytes that nobody has added yet.

All is counted in memory. A walk over the folder of uploads takes seconds once there are many.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import tempfile
import threading
import time
import weakref
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from gradio.route_utils import GradioMultiPartParser
from starlette.formparsers import MultiPartException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import AskError
from app.settings import Settings
from app.ui.words import words_for
from app.web.bodies import UPLOAD
from app.web.replies import problem
from app.web.visitors import Hourly, asker, limited_names
from ingest.errors import Translatable

AT_ONCE, WAITING = 50, 2_000
"""Most files of one upload, and most that wait to be added."""
LONGEST_NAME = 80  # characters of a file's name, at most 240 bytes
_NO_NAME = re.compile(r"[/\\\x00-\x1f\x7f]+")
KEPT = 24 * 3_600
"""Seconds after which an upload that nobody added is deleted."""

NO_ROOM = "There is no room for more uploads. Try again tomorrow."
TOO_MANY = Translatable("Up to {most} files may be uploaded at once. Choose fewer files.", most=AT_ONCE)
_UPLOAD: ContextVar[Upload | None] = ContextVar("upload", default=None)


def often(most: int, minutes: int) -> AskError:
    """Return the error for a visitor who may add nothing for some minutes."""
    return AskError("Each visitor to this page may add up to {most} files an hour.", "Try again in {n} min.", most, minutes)


class Waiting:
    """The uploads that wait to be added, in a folder of this page alone. Safe to share between threads."""

    def __init__(self, most_bytes: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ask-the-plan-")).resolve()
        self.delete = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self._most_bytes, self._lock = most_bytes, threading.Lock()
        self._files: dict[str, tuple[float, int]] = {}
        self._bytes = self._coming_files = self._coming_bytes = 0

    def coming(self, files: int = 0, size: int = 0) -> None:
        """Count files and bytes that are on their way; negative numbers are those that are no longer."""
        with self._lock:
            self._coming_files += files
            self._coming_bytes += size

    def has_room(self, size: int = 0) -> bool:
        """Return True if one more file, and so many bytes, may come."""
        with self._lock:
            while self._files and (oldest := next(iter(self._files.items())))[1][0] < time.monotonic() - KEPT:
                self._forget(oldest[0])
            is_full = len(self._files) + self._coming_files >= WAITING
            return not is_full and self._bytes + self._coming_bytes + size <= self._most_bytes

    def add(self, path: str) -> None:
        """Count a file that was received."""
        with self._lock, suppress(FileNotFoundError):
            self._forget(path)
            size = Path(path).stat().st_size
            self._files[path] = (time.monotonic(), size)
            self._bytes += size

    def paste(self, text: str, title: str) -> str:
        """Write a pasted text to a file that has its title, or its first line, for a name; return the path."""
        name = _NO_NAME.sub(" ", title.strip() or text.strip().splitlines()[0])[:LONGEST_NAME].strip(" ._")
        path = self.folder / secrets.token_hex(16) / f"{name or 'text'}.txt"
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8", errors="replace")
        self.add(str(path))
        return str(path)

    def remove(self, path: str) -> None:
        """Delete a file that was added."""
        Path(path).unlink(missing_ok=True)
        with self._lock:
            self._forget(path)

    def _forget(self, path: str) -> None:
        self._bytes -= self._files.pop(path, (0.0, 0))[1]


class Upload:
    """An upload under way: its draft files so far, and the reason why no more of it is received."""

    def __init__(self, waiting: Waiting, hourly: Hourly, names: tuple[str, ...], size: int) -> None:
        self.waiting, self.hourly, self.names, self.size = waiting, hourly, names, size
        self.drafts: list[str] = []
        self.status, self.refusal, self.minutes = 0, "", 0
        self._check(size)
        waiting.coming(size=size)

    def _check(self, size: int = 0) -> None:
        """Refuse it if the visitor or the folder can take no more files."""
        if minutes := self.hourly.wait(*self.names):
            self.status, self.refusal, self.minutes = 429, often(self.hourly.most, minutes).sentence(), minutes
        elif not self.waiting.has_room(size):
            self.status, self.refusal = 507, NO_ROOM

    def draft(self, path: str) -> None:
        """Count a file as it begins.

        Raises:
            MultiPartException: It is one too many; Gradio then deletes all of the upload.
        """
        if len(self.drafts) >= AT_ONCE:
            self.status, self.refusal = 413, TOO_MANY
        elif self.drafts:  # the first was counted with the request
            self._check()
        self.drafts.append(path)
        self.waiting.coming(1)
        if self.refusal:
            raise MultiPartException(self.refusal)

    def end(self) -> None:
        """Delete the drafts that did not become files, whatever the reason."""
        for path in self.drafts:
            Path(path).unlink(missing_ok=True)
        self.waiting.coming(-len(self.drafts), -self.size)


class CountingParser(GradioMultiPartParser):
    """Takes the place of Gradio's own parser and counts each file as it begins."""

    def on_headers_finished(self) -> None:
        """Count the file whose headers were read."""
        super().on_headers_finished()
        if (upload := _UPLOAD.get()) and (file := self._current_part.file):
            upload.draft(str(file.file.name))


class Uploads:
    """Around the application: a file that is too many, or finds no room, is not received."""

    def __init__(self, app: ASGIApp, settings: Settings, waiting: Waiting) -> None:
        self.app, self.hourly, self.waiting = app, Hourly(settings.max_uploads_hour), waiting
        self.max_size = settings.max_file_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse an upload that is too large (413), one too many this hour (429) or finds no room (507)."""
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith(UPLOAD):
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        length = request.headers.get("content-length", "")
        size = int(length) if length.isdecimal() else self.max_size
        upload = Upload(self.waiting, self.hourly, limited_names(asker(request)), size)
        _UPLOAD.set(upload)
        try:
            if not upload.refusal:
                await self.app(scope, receive, self._unless_refused(upload, send))
        finally:
            upload.end()
        if upload.refusal:
            headers = {"Connection": "close"} | ({"Retry-After": str(60 * upload.minutes)} if upload.minutes else {})
            words = words_for("", request.headers.get("accept-language", ""))
            await problem(scope["path"], words.sentence(upload.refusal), upload.status, headers)(scope, receive, send)

    def _unless_refused(self, upload: Upload, send: Send) -> Send:
        """Wrap `send` so that files are counted before a visitor knows of them, and nothing is sent of a refused upload."""
        started: dict[str, Any] = {}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            elif started["status"] == 200 and not upload.refusal:
                for path in json.loads(message["body"]):
                    self.waiting.add(path)
            if not upload.refusal:
                await send(message)

        return sending
