"""Run small programs anew and ask for the keys of their entries."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from analysis.provenance.keys import canonical_json, describe
from analysis.step import Step
from tests.analysis.provenance.conftest import forget

__all__ = ["Workplace", "workplace"]


class Workplace:
    """A folder from which Python imports, with one program at a time.

    Args:
        folder: the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written: dict[str, str] = {}

    def write(self, files: Mapping[str, str]) -> None:
        """Put a program in the place of the one that is there."""
        for name in self._written.keys() - files.keys():
            (self.folder / name).unlink()
        for name, text in files.items():
            if self._written.get(name) != text:
                path = self.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        self._written = dict(files)
        forget()

    def key(self, function: str) -> str:
        """Everything of a step's key that is about its code."""
        forget()
        return canonical_json(describe(Step(function)))

    def result(self, function: str) -> object:
        """Import what is there and call a function; what it returned, or the error's type."""
        before = set(sys.modules)
        module, _, name = function.partition(":")
        try:
            found: Callable[[], object] = getattr(importlib.import_module(module), name)
            return found()
        except (ArithmeticError, AttributeError, ImportError, LookupError, NameError, TypeError, ValueError) as error:
            return type(error)
        finally:
            for one in set(sys.modules) - before:
                if str(getattr(sys.modules[one], "__file__", "")).startswith(str(self.folder)):
                    del sys.modules[one]
            importlib.invalidate_caches()


@contextlib.contextmanager
def workplace(folder: Path) -> Iterator[Workplace]:
    """A folder that Python imports from meanwhile, and that it keeps no compiled files of."""
    folder.mkdir(exist_ok=True)
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(folder))
    try:
        yield Workplace(folder)
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = kept
        forget()
