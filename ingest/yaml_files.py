"""Reads the YAML files that a folder of documents may have: what is in them is checked by pydantic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from ingest.errors import CorpusError, LoadError
from ingest.limits import DEFAULT_LIMITS
from ingest.load import YAML
from ingest.loaders.files import read_bytes


def read_yaml_file(path: Path, kind: Any, next_step: str) -> Any:
    """Read a file as a value of a kind, any that pydantic knows; None if the file is empty.

    Raises:
        CorpusError: The file is unreadable, not YAML, or not of that kind.
    """
    try:
        content = yaml.load(read_bytes(path, DEFAULT_LIMITS).decode(), Loader=YAML)
    except (LoadError, ValueError, yaml.YAMLError) as error:
        raise CorpusError("{path} cannot be read as YAML.", next_step, path) from error
    try:
        return None if content is None else TypeAdapter(kind).validate_python(content, strict=True)
    except ValidationError as error:
        raise CorpusError("{path}: {why}.", next_step, path, one_reason(error)) from error


def read_mapping(path: Path, next_step: str) -> dict[Any, Any]:
    """Read a file as a mapping, {} if it is empty; see `read_yaml_file`."""
    return read_yaml_file(path, dict[Any, Any], next_step) or {}


def one_reason(error: ValueError) -> str:
    """Return in words why a value is refused: the first reason that pydantic gives, behind the name of the field."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))
