"""Files that visitors upload: so many an hour each, and so many bytes in all that nobody has added yet."""

from __future__ import annotations

from pathlib import Path

from gradio.utils import get_upload_folder
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.settings import Settings
from app.ui.words import words_for
from app.web.bodies import UPLOAD
from app.web.replies import problem
from app.web.visitors import Hourly, asker


class Uploads:
    """Around the application: a file that is too many, or finds no room, is not received."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.hourly, self.most = app, Hourly(settings.max_uploads_hour), settings.max_added_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or pass it on."""
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith(UPLOAD):
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        words = words_for("", request.headers.get("accept-language", ""))
        told = request.headers.get("content-length", "0")
        coming = int(told) if told.isdecimal() else 0
        said = ""
        if minutes := self.hourly.wait(asker(request).name):
            said = often(self.hourly.most, minutes)
        elif waiting() + coming > self.most:
            said = "There is no room for more uploads. Try again tomorrow."
        if said:
            status, headers = (429, {"Retry-After": str(60 * minutes)}) if minutes else (507, {})
            refused = problem(scope["path"], words.sentence(said), status, headers | {"Connection": "close"})
            await refused(scope, receive, send)
            return
        await self.app(scope, receive, send)


def often(most: int, minutes: int) -> str:
    """Why a visitor may add nothing for so many minutes."""
    return f"A visitor of this page may add {most} files in an hour. Try again in {minutes} minutes."


def waiting() -> int:
    """Bytes of all uploads that lie there."""
    folder = Path(get_upload_folder())
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else 0
