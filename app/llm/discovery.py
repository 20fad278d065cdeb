"""Finds language models: servers on the usual ports of this machine, and keys in the environment.

No other machine is contacted, and no key is sent anywhere.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from app.llm.transport import ReplyRefusedError, own_client

WAIT = 1.0  # seconds that a server on this machine may take to say all that it has, however slowly it speaks
PROVIDERS = {
    "openai": ("OpenAI", "OPENAI_API_KEY"),
    "anthropic": ("Anthropic", "ANTHROPIC_API_KEY"),
    "google_genai": ("Google", "GOOGLE_API_KEY"),
    "mistralai": ("Mistral", "MISTRAL_API_KEY"),
}
"""The providers that take a key, each with its own name and the variable in which its class looks for the key."""
_NAME = re.compile(r"[\w.:/@+ -]{1,200}")
_OWN_MODEL_NAME = "ask-the-plan"  # what a page of this program calls itself


@dataclass(frozen=True, slots=True)
class Endpoint:
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
    """A server that runs, and the names of its models; an Ollama may have none yet."""

    endpoint: Endpoint
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Discovery:
    """The servers that run on this machine, and the providers whose key is in the environment."""

    servers: tuple[Server, ...] = ()
    keys: tuple[str, ...] = ()


def usual_endpoints(environment: Mapping[str, str] = os.environ) -> tuple[Endpoint, ...]:
    """Return the usual places of servers on this machine.

    Ollama's place is `OLLAMA_HOST`, if that is on this machine.
    """
    ports = (("LM Studio", 1234), ("llama.cpp", 8080), ("vLLM", 8000), ("Jan", 1337), ("GPT4All", 4891))
    ollama = _ollama_address(environment.get("OLLAMA_HOST", ""))
    endpoints = [Endpoint("Ollama", "ollama", ollama)] if ollama else []
    return (*endpoints, *(Endpoint(name, "openai", f"http://127.0.0.1:{port}/v1") for name, port in ports))


def discover(endpoints: Sequence[Endpoint] | None = None, environment: Mapping[str, str] = os.environ) -> Discovery:
    """Ask all endpoints at once for their models, and look for keys."""
    endpoints = usual_endpoints(environment) if endpoints is None else endpoints
    pairs = zip(endpoints, asyncio.run(_all_models(endpoints)), strict=True)
    servers = tuple(Server(endpoint, models) for endpoint, models in pairs if models is not None)
    return Discovery(servers, tuple(endpoint for endpoint, (_, variable) in PROVIDERS.items() if environment.get(variable)))


async def _all_models(endpoints: Sequence[Endpoint]) -> list[tuple[str, ...] | None]:
    async with own_client(httpx, timeout=WAIT) as client:
        return await asyncio.gather(*(_models(client, endpoint) for endpoint in endpoints))


async def _models(client: httpx.AsyncClient, endpoint: Endpoint) -> tuple[str, ...] | None:
    """Return the names of a server's models, at most 100; None if nothing answers, or if it is another kind of server."""
    try:
        async with asyncio.timeout(WAIT):
            reply = (await client.get(endpoint.listing)).raise_for_status().json()
        listing, name = ("models", "name") if endpoint.provider == "ollama" else ("data", "id")
        raw_names = [model[name] for model in reply[listing]]
    except (OSError, httpx.HTTPError, httpx.InvalidURL, ReplyRefusedError, ValueError, LookupError, TypeError):
        return None
    names = [n for n in raw_names if isinstance(n, str) and _NAME.fullmatch(n) and n != _OWN_MODEL_NAME]
    has_none = endpoint.provider == "ollama" and not raw_names
    return tuple(dict.fromkeys(names))[:100] if names or has_none else None


def _ollama_address(host: str) -> str:
    """Return the address of `OLLAMA_HOST` on this machine.

    The result is '' if it is another machine, which must not be contacted without consent.
    """
    try:
        parts = urlsplit(host if "//" in host else f"//{host or '127.0.0.1'}")
        name, port = parts.hostname or "127.0.0.1", parts.port or 11434
        is_local = name == "localhost" or ip_address(name).is_loopback or ip_address(name).is_unspecified
    except ValueError:
        return ""
    name = "127.0.0.1" if name in ("0.0.0.0", "::", "localhost") else name
    return f"http://{f'[{name}]' if ':' in name else name}:{port}" if is_local and parts.scheme != "https" else ""
