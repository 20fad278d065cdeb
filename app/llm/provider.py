"""The language model that the settings name: its provider's class, limits, address and key.

The only module that imports chat models; loaded only where one is set.
"""

from __future__ import annotations

import math
import os
from typing import Any

from app.errors import AskError, installing
from app.llm.client import Writer
from app.settings import Settings

RETRIES = 3
"""Further attempts of the provider's client after 429, 5xx or a broken connection, with growing pauses."""
EXTRAS = {"openai": "openai", "anthropic": "anthropic", "google_genai": "google", "mistralai": "mistral", "ollama": "ollama"}


def load_writer(settings: Settings) -> Writer:
    """Settings -> the language model that they name. Nothing is sent yet.

    Raises:
        AskError: its package or its key is missing, or there is no such provider.
    """
    if settings.secrets:
        _read_secrets(settings)
    try:
        from langchain.chat_models import init_chat_model
    except ImportError as error:
        raise _missing(settings.llm, "langchain") from error
    provider = settings.llm.split(":")[0]
    try:
        model = init_chat_model(settings.llm, **_arguments(provider, settings))
    except ImportError as error:
        raise _missing(settings.llm, error.name or provider) from error
    except Exception as error:
        # its words may hold a key or an address: only the variables that it asks for are repeated
        wanted = sorted({w for w in str(error).replace("`", " ").split() if w.isupper() and w.endswith(("_KEY", "_TOKEN"))})
        hint = f"Set {' or '.join(wanted)}." if wanted else "Write PROVIDER:MODEL, for instance openai:gpt-4.1-mini."
        raise AskError(f"The language model {settings.llm!r} cannot be used ({type(error).__name__}).", hint) from error
    if provider == "ollama":  # it takes what it is set up for, whatever the model could
        settings = settings.model_copy(update={"llm_tokens": settings.llm_room})
    return Writer(model, settings.llm, settings)


def load_judge(settings: Settings) -> Writer | None:
    """Settings -> the language model that judges, None where the one that writes does. Its address is that of the one that
    writes where both are of one provider.

    Raises:
        AskError: as `load_writer`.
    """
    if not settings.judge or settings.judge == settings.llm:
        return None
    same = settings.judge.split(":")[0] == settings.llm.split(":")[0]
    return load_writer(settings.model_copy(update={"llm": settings.judge} | ({} if same else {"llm_url": ""})))


def _arguments(provider: str, settings: Settings) -> dict[str, Any]:
    """What every provider's class is given, in its own words; the user's options on top."""
    given: dict[str, Any] = {"temperature": 0.0}
    if provider == "ollama":  # its context is short unless it is asked for, and what does not fit is cut without a word
        room = settings.llm_room + settings.llm_answer_tokens + 500
        given |= {"num_predict": settings.llm_answer_tokens, "num_ctx": room}
        given |= {"client_kwargs": {"timeout": settings.llm_seconds}}
    else:
        given |= {"max_tokens": settings.llm_answer_tokens, "max_retries": RETRIES}
        given["timeout"] = math.ceil(settings.llm_seconds)  # some take whole seconds only
    if settings.llm_url:
        given["base_url"] = settings.llm_url
        if provider == "openai":
            given |= {
                "stream_usage": True,
                "extra_body": {"max_tokens": settings.llm_answer_tokens},
            }  # the name that all know
            if not os.environ.get("OPENAI_API_KEY"):
                given["api_key"] = "none"  # servers of one's own ask for none, and the client for some
    given |= settings.llm_arguments
    return {name: value for name, value in given.items() if value is not None}


def _missing(llm: str, package: str) -> AskError:
    extra = EXTRAS.get(llm.split(":")[0])
    step = installing(extra) if extra else f"Run: pip install langchain {package.replace('_', '-')}"
    return AskError(f"The language model {llm!r} needs a package that is not installed ({package}).", step)


def _read_secrets(settings: Settings) -> None:
    """The file's variables into this process's environment, where the providers look; what is set already stays."""
    from dotenv import dotenv_values

    path = settings.secrets
    assert path
    try:
        mode = path.stat().st_mode
        values = dotenv_values(path)
    except OSError as error:
        raise AskError(f"The file of secrets {path} cannot be read ({error.strerror}).", "See ASK_SECRETS.") from error
    if os.name == "posix" and mode & 0o077:
        raise AskError(f"Others can read the file of secrets {path}.", f"Run: chmod 600 {path}")
    for name, value in values.items():
        if value:
            os.environ.setdefault(name, value)
