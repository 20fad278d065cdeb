"""How files and folders are named on the command line: an empty name is a mistake (a variable that is not set), never the
working directory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from app.errors import AskError


class Named(click.Path):
    """A path that is not empty."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path.

        Raises:
            AskError: the name is empty.
        """
        if not str(value).strip():
            raise nothing(param.opts[0] if param else "A path")
        return super().convert(value, param, ctx)


FOLDER = Named(path_type=Path)


def nothing(what: str) -> AskError:
    """What is named -> the error for an empty name."""
    return AskError(f"{what} is empty.", "Give a name, or leave it out; a variable of your shell may not be set.")


def named(what: str, given: Iterable[str]) -> None:
    """Check that none of the names is empty.

    Raises:
        AskError: one is.
    """
    if any(not name.strip() for name in given):
        raise nothing(what)
