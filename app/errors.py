"""Errors that a user can make while asking, each with the sentence shown and the next step.

AskError (ingest.errors)
├── QuestionError   empty, too long, or nothing but signs
├── SettingsError   a value that cannot be
└── ServerError     the page cannot start: the port is taken, the address is not this machine's
"""

from importlib.util import find_spec

from ingest.errors import AskError, Translatable

EXTRAS = {
    "page": ("fastapi", "gradio", "httptools", "jinja2", "markupsafe", "mcp", "prometheus_client", "starlette", "uvicorn"),
    "eval": ("ir_measures", "langchain_chroma", "langchain_text_splitters", "matplotlib", "sklearn"),
    "team": ("psycopg", "psycopg_pool"),
}
"""The extras of pyproject.toml, and the modules that each brings beyond what `ask` needs."""

__all__ = ["AskError", "QuestionError", "ServerError", "SettingsError", "Translatable", "install_hint", "require_extra"]


class QuestionError(AskError):
    """The question cannot be asked."""


class SettingsError(AskError):
    """A setting has a value that it cannot have."""


class ServerError(AskError):
    """The page cannot be served."""


def install_hint(extra: str) -> Translatable:
    """Return how to install an extra.

    The command names a folder: the program is in no package index, and a package of its name there would be somebody
    else's.
    """
    return Translatable("Run in the program's folder: {command}", command=f"pip install -e '.[{extra}]'")


def require_extra(extra: str) -> None:
    """Look, before any work is begun, whether an extra is installed.

    Raises:
        AskError: a module of it is missing; says how to get it.
    """
    if missing := [module for module in EXTRAS[extra] if find_spec(module) is None]:
        raise AskError("This needs packages that are not installed: {packages}.", install_hint(extra), ", ".join(missing))
