"""Pages and files from http(s) addresses, safely: one, or many with consideration for their servers.

The name is resolved once, every address that it has must be public, and the connection goes to the one that was checked;
each redirect is checked the same way. Size and time are limited for all of it together.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from itertools import count
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import unquote, urlsplit
from urllib.robotparser import RobotFileParser

import httpx

from ingest.errors import AskError, LoadError
from ingest.limits import Limits
from ingest.load import MEDIA_TYPES
from ingest.progress import Progress, quiet

log = logging.getLogger(__name__)

CLOSED_4 = tuple(
    map(
        IPv4Network,
        # this network, private use, a provider's customers, this machine, this link (a cloud's metadata), private use
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 "
        # protocol assignments (those that are global are a network's own servers all the same), examples, relays of 6to4
        "192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 "
        # benchmarks, examples, multicast, reserved and broadcast
        "198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4".split(),
    )
)
OPEN_6 = IPv6Network("2000::/3")
"""All that IANA has given out; this machine, links, sites and multicast are outside of it."""
CLOSED_6 = tuple(map(IPv6Network, "2001::/23 2001:db8::/32 3fff::/20".split()))
"""Of it: protocol assignments (Teredo, which wraps IPv4, benchmarks, ORCHID) and examples."""
WRAPPING = ((IPv6Network("::ffff:0:0/96"), 0), (IPv6Network("64:ff9b::/96"), 0), (IPv6Network("2002::/16"), 80))
"""IPv4 within IPv6, and how many bits stand behind it: mapped, NAT64, 6to4."""
REDIRECTS = 5
ROBOTS_BYTES = 512_000  # of a robots.txt that count, the least that RFC 9309 lets a program read
LONGEST_PAUSE = 30.0  # seconds between two requests to a host, whatever its robots.txt asks for
USER_AGENT = "ask-the-plan/0.1"
_SAVE_AND_ADD = "Open it in a browser, save it as a file and add that."
_SUFFIXES = MEDIA_TYPES | {"application/zip": ".zip"}
Failure = Literal["gone", "blocked", "too large", "private address", "no answer"]
_FAILURES: dict[int, Failure] = {404: "gone", 410: "gone", 401: "blocked", 403: "blocked", 429: "blocked", 451: "blocked"}
CheckAllowed = Callable[[str], Awaitable[float]]
"""Returns the seconds to wait before an address is fetched; raises a `FetchError` if it may not be."""
HOST_PAUSE = 1.0  # seconds between two requests to a host, unless its robots.txt asks for more


def is_public(address: str) -> bool:
    """Return True if an IP address can be reached by everybody.

    An IPv6 address that wraps an IPv4 address is judged by the IPv4 address.
    """
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        wrapped = next((IPv4Address(int(ip) >> shift & 0xFFFFFFFF) for network, shift in WRAPPING if ip in network), None)
        if wrapped is None:
            return ip in OPEN_6 and not any(ip in network for network in CLOSED_6)
        ip = wrapped
    return not any(ip in network for network in CLOSED_4)


@dataclass(frozen=True, slots=True)
class Fetched:
    """The content of an address: the bytes, the address after redirects, and a file name with the suffix of its kind."""

    raw: bytes
    url: str
    name: str


class FetchError(LoadError):
    """An address gave nothing that can be read; `failure` says why in a word or two."""

    def __init__(self, message: str, next_step: str = "", *values: object, failure: Failure = "no answer") -> None:
        super().__init__(message, next_step, *values)
        self.failure = failure


def host_of(url: str) -> str:
    """Return an address's host with its port; '' if it is no address."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def fetch(url: str, limits: Limits, check: CheckAllowed | None = None) -> Fetched:
    """Fetch what an address serves.

    Args:
        url: The address.
        limits: How much it may send in which time.
        check: Called before each request, redirects included. The wait that it asks for is not limited.

    Raises:
        FetchError: not a public http(s) address, no answer, an error status, too large, too slow, or too many redirects.
    """
    try:
        return asyncio.run(receive(url, limits, check))
    except TimeoutError as error:
        message = "{url} took longer than {n:g} seconds."
        raise FetchError(message, "Try again, or save it as a file and add that.", url, limits.seconds) from error
    except (httpx.HTTPError, OSError) as error:
        raise _no_answer(url, error) from error
    except (httpx.InvalidURL, ValueError) as error:  # its own, or one that it leads on to
        message = "{url} is not an address, or redirects to something that is not one."
        raise FetchError(message, "Open it in a browser and give the final address.", url) from error


def _no_answer(url: str, error: Exception) -> FetchError:
    return FetchError("{url} does not answer ({why}).", "Check the address and the connection.", url, type(error).__name__)


async def receive(url: str, limits: Limits, check: CheckAllowed | None = None, cut: int | None = None) -> Fetched:
    """Fetch an address as `fetch` does; of a longer page, return its first `cut` bytes."""
    address, client = url, httpx.AsyncClient(trust_env=False, timeout=limits.seconds)
    async with asyncio.timeout(limits.seconds) as timer, client:
        for _ in range(REDIRECTS + 1):
            request = await _request(client, address, limits)  # what is no public address needs no other check
            if check and (pause := await check(address)):
                timer.reschedule((timer.when() or 0.0) + pause)
                await asyncio.sleep(pause)
            response = await client.send(request, stream=True)
            try:
                if response.has_redirect_location:
                    address = str(httpx.URL(address).join(response.headers["location"]))
                    continue
                return await _read_response(response, address, limits, cut)
            finally:
                await response.aclose()
    raise FetchError("{url} redirects more than {n} times.", "Give the final address.", url, REDIRECTS)


async def _request(client: httpx.AsyncClient, url: str, limits: Limits) -> httpx.Request:
    """Build a request to the IP address that was checked, under the host name of the URL.

    Raises:
        FetchError: not an http(s) address, one with a password, or see `_public_ip`.
    """
    parsed = httpx.URL(url)
    name, port = parsed.raw_host.decode("ascii"), parsed.port or (443 if parsed.scheme == "https" else 80)
    if parsed.scheme not in ("http", "https") or not name or parsed.userinfo or port > 65_535:
        raise FetchError("{url} cannot be fetched.", "Give an http or https address without a password.", url)
    target = parsed.copy_with(host=await _public_ip(name, port, url, limits), fragment=None)
    headers = {"Host": parsed.netloc.decode("ascii"), "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    return client.build_request("GET", target, headers=headers, extensions={"sni_hostname": name})


async def _public_ip(host: str, port: int, url: str, limits: Limits) -> str:
    """Return the IP address to connect to, after checking that all addresses of the name are public.

    A host and port in `limits.allow_hosts` may have private ones.

    Raises:
        FetchError: the name is unknown, or one of its addresses is private.
    """
    try:
        infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        message = "{url}: no server named {host} was found."
        raise FetchError(message, "Check its spelling and the connection.", url, host) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in infos))
    private = [a for a in addresses if not is_public(a)]
    if private and f"{host}:{port}" not in limits.allow_hosts:
        message = "{url} points to a private network ({address})."
        step = "If you meant that, set ASK_ALLOW_HOSTS to {host}:{port}."
        raise FetchError(message, step, url, private[0], host, port, failure="private address")
    return addresses[0]


async def _read_response(response: httpx.Response, url: str, limits: Limits, cut: int | None) -> Fetched:
    status = response.status_code
    if status != 200:
        failure = _FAILURES.get(status, "no answer")
        raise FetchError("{url} answers with status {n}.", _SAVE_AND_ADD, url, status, failure=failure)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity"):  # nobody asked for it, and a few kilobytes may unpack to gigabytes in one step
        message = "{url} sends compressed data ({how}), although uncompressed data was requested."
        raise FetchError(message, _SAVE_AND_ADD, url, encoding[:20])
    raw = bytearray()
    async for part in response.aiter_raw():
        raw += part
        if cut and len(raw) >= cut:
            del raw[cut:]
            break
        if not cut and len(raw) > limits.file_bytes:
            message = "{url} sends more than {n:,} bytes."
            raise FetchError(message, "Give a smaller file.", url, limits.file_bytes, failure="too large")
    content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    stem, dot, ending = name.rpartition(".")
    own = dot + ending.lower() if dot else ""
    suffix = _SUFFIXES.get(content_type, own)
    if content_type == "text/plain" and own in (".md", ".markdown", ".csv", ".tsv"):
        suffix = own  # many servers know no better
    return Fetched(bytes(raw), url, ((stem if dot else name) or urlsplit(url).hostname or "page") + (suffix or ".html"))


# --- many addresses, politely: one request at a time a host with a pause between, and only what its robots.txt lets programs
# fetch


Downloaded = Fetched | AskError


@dataclass(slots=True)
class _Host:
    """A host that is asked: its rules, once they are known, and when it was asked last."""

    limits: Limits
    pause: float
    rules: dict[str, RobotFileParser | FetchError] = field(default_factory=dict)
    last: float = 0.0

    async def check(self, url: str) -> float:
        """Return the seconds to wait until it may be asked again, and refuse what its rules refuse."""
        rules = await self._rules(url)
        if not rules.can_fetch(USER_AGENT, url):
            message = "The robots.txt of {host} does not let programs fetch {url}, or cannot be read."
            raise FetchError(message, _SAVE_AND_ADD, urlsplit(url).hostname, url, failure="blocked")
        delay = min(int(rules.crawl_delay(USER_AGENT) or 0), LONGEST_PAUSE)  # whole numbers have no limit, floats have
        return self._wait(max(self.pause, delay))

    def _wait(self, pause: float) -> float:
        """Return the seconds until the next request, which is taken to be sent then."""
        now = time.monotonic()
        wait = max(0.0, self.last + pause - now)
        self.last = now + wait
        return wait

    async def _rules(self, url: str) -> RobotFileParser:
        """Return the robots.txt rules of an address's server, fetching them the first time.

        Without a robots.txt everything may be fetched. If it cannot be read, for whatever reason, nothing may be.

        Raises:
            FetchError: the server has a private address, or nothing answers there.
        """
        parts = urlsplit(url)
        server = f"{parts.scheme}://{parts.netloc}"
        if server not in self.rules:
            self.rules[server] = _rules_of("User-agent: *\nDisallow: /")  # also if the time ends, which stops this here
            await asyncio.sleep(self._wait(self.pause))
            try:
                page = await receive(f"{server}/robots.txt", self.limits, cut=ROBOTS_BYTES)
                text = page.raw.decode("utf-8", "replace")
                self.rules[server] = _rules_of(text if len(page.raw) < ROBOTS_BYTES else text.rpartition("\n")[0])
            except FetchError as error:
                if error.failure in ("private address", "gone"):
                    self.rules[server] = error if error.failure == "private address" else _rules_of("")
            except httpx.ConnectError as error:
                self.rules[server] = _no_answer(server, error)
            except Exception:  # whatever an evil one does to its reader
                log.info("%s/robots.txt cannot be read", server, exc_info=True)
        if isinstance(rules := self.rules[server], FetchError):
            raise rules
        return rules


def _rules_of(text: str) -> RobotFileParser:
    rules = RobotFileParser()
    rules.parse(text.splitlines())
    return rules


def download(
    urls: Sequence[str], limits: Limits, progress: Progress = quiet, pause: float = HOST_PAUSE
) -> dict[str, Downloaded]:
    """Fetch addresses; each gives what stands there or why not.

    Args:
        urls, limits: The addresses, and how much each may bring.
        progress: It is told of each that is done, from several threads.
        pause: Seconds between two requests to a host.
    """
    urls, counter = list(dict.fromkeys(urls)), count(1)
    progress("Fetching", 0, len(urls))
    by_host: defaultdict[str, list[str]] = defaultdict(list)
    for url in urls:
        by_host[host_of(url)].append(url)

    def fetch_from(host_urls: list[str]) -> list[tuple[str, Downloaded]]:
        server, results = _Host(limits, pause), []
        for url in host_urls:
            results.append((url, _fetch_or_error(url, limits, server)))
            progress("Fetching", next(counter), len(urls))
        return results

    with ThreadPoolExecutor(4) as pool:  # hosts at the same time
        return dict(pair for pairs in pool.map(fetch_from, by_host.values()) for pair in pairs)


def _fetch_or_error(url: str, limits: Limits, host: _Host) -> Downloaded:
    try:
        return fetch(url, limits, host.check)
    except AskError as error:
        return error
    except Exception:  # the others are fetched all the same
        log.warning("%r cannot be fetched", url, exc_info=True)
        return LoadError("{url} cannot be fetched.", _SAVE_AND_ADD, url)
