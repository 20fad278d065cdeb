"""Names and passwords: which there are, whether one fits, and how fast they may be tried."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import SettingsError
from app.web.replies import problem

FREE = 3  # wrong passwords before the next ones wait
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds; doubled with each wrong password
FORGOTTEN = 3600.0  # seconds after which an address begins anew
AT_ONCE = 4  # attempts of one address that may wait
KNOWN = 10_000  # addresses that are remembered


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
    """The wrong passwords of an address; one attempt is looked at after the other."""

    wrong: int = 0
    waiting: int = 0
    latest: float = field(default_factory=time.monotonic)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def pause(self) -> float:
        """Seconds until the next attempt is looked at."""
        return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (self.wrong - FREE)) if self.wrong >= FREE else 0.0


class Attempts:
    """Around the application: whoever tries passwords waits longer after each wrong one, and the right one waits too."""

    def __init__(self, app: ASGIApp, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self.app, self.sleep = app, sleep
        self._tries: OrderedDict[str, Tries] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold back a login, let everything else through."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"].rstrip("/") != "/login":
            await self.app(scope, receive, send)
            return
        tries = self._of(_client(scope))
        if tries.waiting >= AT_ONCE:
            said = "Too many passwords are being tried from this address. Try again in a minute."
            await problem(scope["path"], said, 429, {"Retry-After": "60"})(scope, receive, send)
            return
        tries.waiting += 1
        try:
            async with tries.turn:
                await self.sleep(tries.pause)
                await self.app(scope, receive, _counting(tries, send))
        finally:
            tries.waiting -= 1

    def _of(self, address: str) -> Tries:
        found = self._tries.get(address)
        if found is None or (not found.waiting and time.monotonic() - found.latest > FORGOTTEN):
            found = self._tries[address] = Tries()
        self._tries.move_to_end(address)
        if len(self._tries) > KNOWN:
            self._tries.popitem(last=False)
        return found


def _counting(tries: Tries, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            tries.wrong = 0 if message["status"] == 200 else tries.wrong + 1
            tries.latest = time.monotonic()
        await send(message)

    return sending


def _client(scope: Scope) -> str:
    """The address of a visitor; of IPv6 the network, in which one visitor has all addresses."""
    host = (scope.get("client") or ("", 0))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    return str(ipaddress.ip_network((host, 64), strict=False)) if address.version == 6 else host
