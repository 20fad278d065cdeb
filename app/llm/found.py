"""Finds language models: servers on this machine, asked on their usual ports, and keys in the environment.

Nothing beyond this machine is asked, and no key is sent anywhere.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

WAIT = 1.0  # seconds that a server on this machine may take to say all that it has, however slowly it speaks
LONGEST = 1_000_000  # bytes of such a reply
MOST = 100  # models of a server
PROVIDERS = {
    "openai": ("OpenAI", "OPENAI_API_KEY"),
    "anthropic": ("Anthropic", "ANTHROPIC_API_KEY"),
    "google_genai": ("Google", "GOOGLE_API_KEY"),
    "mistralai": ("Mistral", "MISTRAL_API_KEY"),
}
"""The providers that take a key, each with its own name and the variable in which its class looks for the key."""
_NAME = re.compile(r"[\w.:/@+ -]{1,200}")
_OWN = "ask-the-plan"  # what a page of this program calls itself


@dataclass(frozen=True, slots=True)
class Place:
    """A server that may be there: its name, the provider whose class speaks to it, and its address."""

    name: str
    provider: str
    address: str

    @property
    def listing(self) -> str:
        """The address that lists its models."""
        return f"{self.address}/api/tags" if self.provider == "ollama" else f"{self.address}/models"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs, and the names of its models."""

    place: Place
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The servers that run on this machine, and the providers whose key stands in the environment."""

    servers: tuple[Server, ...] = ()
    keys: tuple[str, ...] = ()


def usual_places(environment: Mapping[str, str] = os.environ) -> tuple[Place, ...]:
    """Return the usual places of servers on this machine.

    Ollama's place is `OLLAMA_HOST`, if that is on this machine.
    """
    ports = (("LM Studio", 1234), ("llama.cpp", 8080), ("vLLM", 8000), ("Jan", 1337), ("GPT4All", 4891))
    ollama = _ollama(environment.get("OLLAMA_HOST", ""))
    places = [Place("Ollama", "ollama", ollama)] if ollama else []
    return (*places, *(Place(name, "openai", f"http://127.0.0.1:{port}/v1") for name, port in ports))


def look(places: Sequence[Place] | None = None, environment: Mapping[str, str] = os.environ) -> Found:
    """Ask all places at once for their models, and look for keys."""
    places = usual_places(environment) if places is None else places
    listed = asyncio.run(_listed(places))
    servers = tuple(Server(p, models) for p, models in zip(places, listed, strict=True) if models)
    return Found(servers, tuple(p for p, (_, variable) in PROVIDERS.items() if environment.get(variable)))


async def _listed(places: Sequence[Place]) -> list[tuple[str, ...]]:
    async with httpx.AsyncClient(trust_env=False, timeout=WAIT) as client:
        return await asyncio.gather(*(_models(client, place) for place in places))


async def _models(client: httpx.AsyncClient, place: Place) -> tuple[str, ...]:
    """Return the names of a server's models; () if nothing answers, or if it is another kind of server."""
    try:
        async with asyncio.timeout(WAIT), client.stream("GET", place.listing) as reply:
            reply.raise_for_status()
            body = b""
            async for piece in reply.aiter_bytes():
                body += piece
                if len(body) > LONGEST:
                    return ()
        said = json.loads(body)
        listing, name = ("models", "name") if place.provider == "ollama" else ("data", "id")
        listed = [model[name] for model in said[listing]]
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, KeyError, TypeError):
        return ()
    names = [n for n in listed if isinstance(n, str) and _NAME.fullmatch(n) and n != _OWN]
    return tuple(dict.fromkeys(names))[:MOST]


def _ollama(host: str) -> str:
    """Return the address of `OLLAMA_HOST` on this machine.

    The result is '' if it is another machine, which must not be contacted without consent.
    """
    try:
        parts = urlsplit(host if "//" in host else f"//{host or '127.0.0.1'}")
        name, port = parts.hostname or "127.0.0.1", parts.port or 11434
        known = name == "localhost" or ip_address(name).is_loopback or ip_address(name).is_unspecified
    except ValueError:
        return ""
    name = "127.0.0.1" if name in ("0.0.0.0", "::", "localhost") else name
    return f"http://{f'[{name}]' if ':' in name else name}:{port}" if known and parts.scheme != "https" else ""
