"""Gradio is imported without writing its type stubs.

It parses the source of each of its components at every import and writes a stub for editors beside it: two of three seconds
that a page takes to be reachable, into a folder that may not be writable."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from types import ModuleType

MODULE, WRITES = "gradio.component_meta", "create_or_modify_pyi"


class _Without(Loader):
    """Loads the module as its own loader does, then takes the writing out."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        if hasattr(module, WRITES):  # else Gradio has changed, and is imported as it is
            setattr(module, WRITES, lambda *_: None)


class _Finder(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        spec = importlib.machinery.PathFinder.find_spec(name, path, target) if name == MODULE else None
        if spec and spec.loader:
            spec.loader = _Without(spec.loader)
        return spec


@contextmanager
def no_stubs() -> Iterator[None]:
    """While this is open, Gradio may be imported quickly."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
