"""What has a title, by its name in the language of whoever reads."""

from __future__ import annotations

from typing import Protocol


class Titled(Protocol):
    """A document, a citation of it, or an original behind it."""

    @property
    def title(self) -> str:
        """As it stands."""

    @property
    def title_zh(self) -> str:
        """In Chinese, '' where it has none of its own."""


def titles(named: Titled, language: str) -> tuple[str, str]:
    """What has a title, and a reader's language -> what it is called there, and its title as it stands where that is
    another, '' where not: by that it is found."""
    chinese = named.title_zh if language == "zh" else ""
    return (chinese, named.title) if chinese and chinese != named.title else (named.title, "")
