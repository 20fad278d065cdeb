"""Names and passwords: which there are, whether one fits, and how fast they may be tried."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import SettingsError
from app.web.bodies import LOGIN, replayed
from app.web.hosts import network
from app.web.replies import problem
from app.web.visitors import visitor

T = TypeVar("T")
FREE = 3  # wrong passwords before the next ones wait
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds; doubled with each wrong password
FORGOTTEN = 3600.0  # seconds after which an address begins anew
AT_ONCE = 4  # attempts of one address that may wait
KNOWN = 10_000  # those who try, and browsers that have logged in, which are remembered


def logins(auth: str) -> list[tuple[str, str]]:
    """`name:password`, several with commas between them -> pairs; [] for ''.

    Raises:
        SettingsError: one has no name or no password.
    """
    pairs = [tuple(part.strip().partition(":")[::2]) for part in auth.split(",") if part.strip()]
    if any(not name or not password for name, password in pairs):
        raise SettingsError("--auth is not NAME:PASSWORD.", "Give --auth NAME:PASSWORD, several with commas between them.")
    return [(name, password) for name, password in pairs]


def checked(pairs: Sequence[tuple[str, str]]) -> Callable[[str, str], bool]:
    """Pairs -> a check whether a name and a password are one of them; it takes the same time for each."""

    def fits(name: str, password: str) -> bool:
        given = (name.encode(errors="replace"), password.encode(errors="replace"))
        found = [hmac.compare_digest(given[0], n.encode()) & hmac.compare_digest(given[1], p.encode()) for n, p in pairs]
        return any(found)

    return fits


@dataclass(slots=True)
class Tries:
    """The wrong passwords for a name from an address; one attempt is looked at after the other."""

    wrong: int = 0
    waiting: int = 0
    latest: float = field(default_factory=time.monotonic)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def pause(self) -> float:
        """Seconds until the next attempt is looked at."""
        return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (self.wrong - FREE)) if self.wrong >= FREE else 0.0


class Attempts:
    """Around the application: whoever tries passwords waits longer after each wrong one, and the right one waits too.

    Counted is by name and address, all names that are none as one, so that nobody waits for what others try. A browser that
    has logged in under a name before counts alone: another at its address, maybe a proxy's, does not keep it waiting.
    """

    def __init__(
        self,
        app: ASGIApp,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        names: frozenset[str] = frozenset(),
    ) -> None:
        self.app, self.sleep, self.names = app, sleep, names
        self._tries: OrderedDict[tuple[str, str], Tries] = OrderedDict()
        self._came_in: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold back a login, let everything else through."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"].rstrip("/") != LOGIN:
            await self.app(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        name = await _name(scope, replayed(body, receive))
        name, browser = name if name in self.names else "", visitor(Headers(scope=scope).get("cookie", ""))
        tries = self._of((browser if (browser, name) in self._came_in else network(_host(scope)), name))
        if tries.waiting >= AT_ONCE:
            said = "Too many passwords are being tried for this name. Try again in a minute."
            await problem(scope["path"], said, 429, {"Retry-After": "60"})(scope, receive, send)
            return
        tries.waiting += 1
        try:
            async with tries.turn:
                await self.sleep(tries.pause)
                await self.app(scope, replayed(body, receive), _counting(tries, send))
            if browser and not tries.wrong:
                _remember(self._came_in, (browser, name), None)
        finally:
            tries.waiting -= 1

    def _of(self, who: tuple[str, str]) -> Tries:
        found = self._tries.get(who)
        if found is None or (not found.waiting and time.monotonic() - found.latest > FORGOTTEN):
            found = Tries()
        _remember(self._tries, who, found)
        return found


def _remember(kept: OrderedDict[tuple[str, str], T], who: tuple[str, str], what: T) -> None:
    """Put it last; the one that was longest ago is forgotten where there are too many."""
    kept[who] = what
    kept.move_to_end(who)
    if len(kept) > KNOWN:
        kept.popitem(last=False)


async def _name(scope: Scope, receive: Receive) -> str:
    """The name in a login's form; '' where it cannot be read."""
    try:
        async with Request(scope, receive).form() as form:
            return str(form.get("username", "")).strip()
    except (HTTPException, MultiPartException):
        return ""


def _counting(tries: Tries, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            tries.wrong = 0 if message["status"] == 200 else tries.wrong + 1
            tries.latest = time.monotonic()
        await send(message)

    return sending


def _host(scope: Scope) -> str:
    return str((scope.get("client") or ("", 0))[0])
