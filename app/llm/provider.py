"""Loads the language model that the settings name: its provider's class, limits, address and key.

This is the only module that imports chat models, and it is imported only if a model is set.

Keys are in a file that only its owner can read, named by ASK_SECRETS, as `NAME=value` lines.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import httpx
import httpx2

from app.errors import AskError, Translatable, install_hint
from app.llm.client import Writer
from app.llm.discovery import PROVIDERS
from app.llm.transport import own_arguments, own_client
from app.settings import Settings
from ingest.storage import private_folder, storage_errors, write_whole

_HOW_TO_NAME = "Write PROVIDER:MODEL, for instance openai:gpt-4.1-mini."
RETRIES = 3
"""Further attempts of the provider's client after 429, 5xx or a broken connection, with growing pauses."""
OPENAI_KINDS = ("openai", "azure_openai", "deepseek", "xai")
"""Providers whose classes are kinds of OpenAI's, which take a client."""
KNOWN = (*OPENAI_KINDS, "anthropic", "google_genai", "mistralai", "ollama")
"""Providers whose classes can be made to speak through our own client; other servers mostly speak OpenAI's protocol."""
_SINCE_HTTPX2 = {"openai": 3, "anthropic": 2}  # major versions
EXTRAS = {"anthropic": "anthropic", "google_genai": "google", "mistralai": "mistral"}


def read_keys(path: Path) -> dict[str, str]:
    """Read the variables of a file.

    Raises:
        AskError: The file cannot be read, or users other than its owner can read it.
    """
    from dotenv import dotenv_values

    try:
        mode = path.stat().st_mode
        values = dotenv_values(path, interpolate=False)
    except OSError as error:
        message = "The secrets file {path} cannot be read ({why})."
        raise AskError(message, "See ASK_SECRETS.", path, error.strerror) from error
    if os.name == "posix" and mode & 0o077:
        raise AskError("Other users can read the secrets file {path}.", "Run: {command}", path, f"chmod 600 {path}")
    return {name: value for name, value in values.items() if value}


def save_key(path: Path, variable: str, key: str) -> None:
    """Write a key into the file, in the place of an older one; the file is written whole.

    Raises:
        AskError: the file cannot be read or written.
    """
    existing = path.read_text(encoding="utf-8").splitlines() if path.is_file() and read_keys(path) is not None else []
    lines = [line for line in existing if line.split("=")[0].strip().removeprefix("export ").strip() != variable]
    with storage_errors(path):
        private_folder(path.parent)
        write_whole(path, "\n".join([*lines, f"{variable}='{key}'"]) + "\n")


def checked_key(key: str) -> str:
    """Check a key as typed, and return it without white space around it.

    Raises:
        AskError: It contains characters that no key has.
    """
    key = key.strip()
    if len(key) > 1_000 or not (key.isascii() and key.isprintable()) or any(mark in key for mark in " \"'\\"):
        raise AskError("This is not a key.", "A key is one line without spaces or quotation marks.")
    return key


def variable_of(provider: str, address: str) -> str:
    """Return the name of the variable of a key.

    Each address has a variable of its own, so that its key is never sent to another.

    Args:
        provider: The provider.
        address: The address of its server, '' for the provider's own.
    """
    if not address:
        return PROVIDERS[provider][1] if provider in PROVIDERS else f"{provider.upper()}_API_KEY"
    host = urlsplit(address).netloc.lower()
    digest = hashlib.sha256(host.encode()).hexdigest()[:8]  # a.b and a-b are not one place
    name = "".join(c if c.isascii() and c.isalnum() else "_" for c in host)
    return f"KEY_OF_{name}_{digest}".upper()


def load_writer(settings: Settings, key: str | None = None) -> Writer:
    """Load the language model that the settings name; nothing is sent yet.

    Args:
        settings: The settings.
        key: The key, '' for none. If it is None, the key in the environment is used.

    Raises:
        AskError: The package or the key of the model is missing, or there is no such provider.
    """
    for name, value in read_keys(settings.secrets).items() if settings.secrets else ():
        os.environ.setdefault(name, value)  # where the providers look
    try:
        from langchain.chat_models import init_chat_model
    except ImportError as error:
        raise _missing(settings.llm, "langchain") from error
    provider = settings.llm.split(":")[0]
    if provider not in KNOWN:
        step = (
            "Write PROVIDER:MODEL, where PROVIDER is one of {names}; for other servers, write openai:MODEL and give their "
            "address."
        )
        raise AskError("The language model {name!r} cannot be used.", step, settings.llm, ", ".join(KNOWN))
    try:
        model = init_chat_model(settings.llm, **_arguments(provider, settings, key))
        _speak_through_own_client(provider, model)
    except ImportError as error:
        raise _missing(settings.llm, error.name or provider) from error
    except Exception as error:
        # its words may hold a key or an address: only the variables that it asks for are repeated
        named = sorted({w for w in str(error).replace("`", " ").split() if w.isupper() and w.endswith(("_KEY", "_TOKEN"))})
        hint = Translatable("Set {names}.", names=" or ".join(named)) if named else _HOW_TO_NAME
        message = "The language model {name!r} cannot be used ({why})."
        raise AskError(message, hint, settings.llm, type(error).__name__) from error
    if provider == "ollama":  # it takes what it is set up for, whatever the model could
        settings = settings.model_copy(update={"llm_tokens": settings.llm_room})
    in_use = os.environ.get(variable_of(provider, ""), "") if key is None else key
    return Writer(model, settings.llm, settings, in_use)


def _arguments(provider: str, settings: Settings, key: str | None) -> dict[str, Any]:
    """Return the arguments of a provider's class, under its own names; the user's options override them."""
    arguments: dict[str, Any] = {"temperature": 0.0}
    if provider == "ollama":  # its context is short unless it is asked for, and what does not fit is cut without a word
        room = settings.llm_room + settings.llm_answer_tokens + 500
        arguments |= {"num_predict": settings.llm_answer_tokens, "num_ctx": room}
        arguments |= {"client_kwargs": {"timeout": settings.llm_seconds, **own_arguments(httpx)}}
    else:
        arguments |= {"max_tokens": settings.llm_answer_tokens, "max_retries": RETRIES}
        arguments["timeout"] = math.ceil(settings.llm_seconds)  # some take whole seconds only
        if provider in OPENAI_KINDS:  # no limit a piece: it is kept by `asyncio.wait_for`, which loses cancellations in 3.11
            arguments |= {"http_async_client": own_client(_library("openai")), "stream_chunk_timeout": 0}
        arguments |= {"client_args": own_arguments(httpx)} if provider == "google_genai" else {}
    if settings.llm_url:
        arguments["base_url"] = settings.llm_url
        if provider == "openai":
            # the name that all know
            arguments |= {"stream_usage": True, "extra_body": {"max_tokens": settings.llm_answer_tokens}}
            if not os.environ.get("OPENAI_API_KEY"):
                arguments["api_key"] = "none"  # servers of one's own ask for none, and the client for some
    arguments |= _with_key(provider, key, arguments) if key is not None else {}
    arguments |= settings.llm_arguments
    return {name: value for name, value in arguments.items() if value is not None}


def _speak_through_own_client(provider: str, model: Any) -> None:
    """Replace the HTTP client of those two providers' classes that do not accept one."""
    if provider == "anthropic":
        own = own_client(_library("anthropic"))
        model.__dict__["_async_client"] = model._async_client.with_options(http_client=own)
    elif provider == "mistralai":
        theirs = model.async_client
        model.async_client = own_client(httpx, base_url=theirs.base_url, headers=theirs.headers, timeout=theirs.timeout)


def _library(package: str) -> ModuleType:
    """Return the HTTP library that a package uses."""
    return httpx2 if int(version(package).split(".")[0]) >= _SINCE_HTTPX2[package] else httpx


def _with_key(provider: str, key: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that give a provider's class its key.

    An empty key is passed too, since the key in the environment belongs to another address.
    """
    if provider != "ollama":
        return {"api_key": key or "none"}
    headers = {"headers": {"Authorization": f"Bearer {key}"}} if key else {}
    return {"client_kwargs": arguments["client_kwargs"] | headers}


def _missing(llm: str, package: str) -> AskError:
    extra = EXTRAS.get(llm.split(":")[0])
    run = Translatable("Run: {command}", command=f"pip install langchain {package.replace('_', '-')}")
    message = "The language model {name!r} needs a package that is not installed ({package})."
    return AskError(message, install_hint(extra) if extra else run, llm, package)
