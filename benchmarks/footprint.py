"""Measures the size of an installation: the bytes of each extra by distribution, with all that they pull in.

`python -m benchmarks.footprint [EXTRA…]` names the largest.

Counted is what the extras need of what is installed here, so that an environment with more in it (the tests') says the same.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import click
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
MOST = 15  # distributions that are named
MB = 1e6


def sizes(extras: Iterable[str] = ("page",)) -> dict[str, int]:
    """Bytes of each distribution that the program needs with these extras, the largest first."""
    found: dict[str, int] = {}
    seen: set[tuple[str, str]] = set()
    wanted = [(Requirement(r), "") for r in declared(extras)]
    while wanted:
        requirement, extra = wanted.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            continue
        if name not in found:
            found[name] = size(installed)
        for own in ("", *requirement.extras):
            if (name, own) not in seen:
                seen.add((name, own))
                wanted += [(Requirement(r), own) for r in installed.requires or ()]
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def declared(extras: Iterable[str]) -> list[str]:
    """Return what pyproject.toml asks for, with these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *(r for e in extras for r in project["optional-dependencies"][e])]


def size(installed: Distribution) -> int:
    """Bytes of a distribution's files."""
    places = (Path(str(file.locate())) for file in installed.files or ())
    return sum(place.stat().st_size for place in places if place.is_file())


@click.command()
@click.argument("extras", nargs=-1)
def main(extras: tuple[str, ...]) -> None:
    """Print the largest distributions that EXTRAS need (`page` if none is named), and the sum."""
    found = sizes(extras or ("page",))
    for name, bytes_ in list(found.items())[:MOST]:
        click.echo(f"{bytes_ / MB:8.1f} MB  {name}")
    click.echo(f"{sum(found.values()) / MB:8.1f} MB  in all, {len(found)} distributions")


if __name__ == "__main__":
    main()
