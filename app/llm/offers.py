"""The models that the page offers to whoever has none: those that this machine has the memory for, and providers' models."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil
from pydantic import TypeAdapter

FILE = Path(__file__).with_name("models.toml")
SPARE = 3.0  # gigabytes of memory that a model needs beside its weights: for its context, for the page and for the system


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model that Ollama can download; `tried` is true if it has taken our exam."""

    name: str
    gigabytes: float
    licence: str
    tried: bool = False


@dataclass(frozen=True, slots=True)
class Offers:
    """The list: models for this machine, and the names of providers' models, the best known first."""

    local: tuple[LocalModel, ...]
    hosted: dict[str, tuple[str, ...]]


@cache
def offers() -> Offers:
    """Return all that is on the list."""
    return TypeAdapter(Offers).validate_python(tomllib.loads(FILE.read_text(encoding="utf-8")))


def memory() -> float:
    """Return the memory of this machine, in gigabytes."""
    return float(psutil.virtual_memory().total) / 1e9


def fitting(gigabytes: float) -> tuple[LocalModel, ...]:
    """Return the models that fit into a memory."""
    return tuple(model for model in offers().local if model.gigabytes + SPARE <= gigabytes)
