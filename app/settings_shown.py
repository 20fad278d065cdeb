"""Settings as others see them: without passwords for people, what decides an answer for another program, where each comes
from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.settings import Settings, without_password


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting as it may be shown: no password stands in its value."""

    name: str
    variable: str
    value: str
    description: str


def shown(settings: Settings) -> tuple[Shown, ...]:
    """Every setting, for people."""
    return tuple(
        Shown(name, str(info.validation_alias or f"ASK_{name.upper()}"), _said(settings, name), info.description or "")
        for name, info in Settings.model_fields.items()
    )


def _said(settings: Settings, name: str) -> str:
    value = str(settings.index_folder if name == "index" else getattr(settings, name))
    if name == "auth" and value:
        return "***"
    return without_password(value) or "''"


def comparable(settings: Settings) -> dict[str, Any]:
    """The settings that decide what is answered, as JSON: a page with others is not asked."""
    found = ("corpus", "embedding_model", "reranker", "chroma_url", "candidates", "max_quotes", "threshold")
    worded = ("engine", "llm", "llm_url", "llm_tokens", "llm_answer_tokens", "llm_options", "judge")
    said = {n: str(getattr(settings, n)) for n in found + worded}
    return said | {"index": str(settings.index_folder.resolve()), "database": without_password(settings.database)}


def origins(flags: dict[str, Any]) -> dict[str, str]:
    """Where each setting's value comes from: flag, environment, .env or default."""
    lines = Path(".env").read_text(encoding="utf-8").splitlines() if Path(".env").is_file() else []
    in_file = {line.split("=")[0].strip().upper() for line in lines if "=" in line}
    found = {}
    for name, info in Settings.model_fields.items():
        variable = str(info.validation_alias or f"ASK_{name.upper()}")
        if flags.get(name) is not None:
            found[name] = "flag"
        elif os.environ.get(variable):
            found[name] = f"environment ({variable})"
        else:
            found[name] = ".env" if variable in in_file else "default"
    return found
