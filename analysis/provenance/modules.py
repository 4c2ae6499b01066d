"""Find and read the source of modules, without importing them."""

from __future__ import annotations

import ast
import importlib.machinery
import threading
import warnings
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from analysis.errors import StudyError
from analysis.provenance.definitions import Definition, Definitions
from analysis.provenance.kept_definitions import kept_definitions
from analysis.provenance.origin import package_folders

__all__ = ["ModuleSource", "compiled_module", "is_namespace", "module_source", "state_of"]


@dataclass(frozen=True, eq=False)
class ModuleSource:
    """The source of one module.

    Args:
        name: full name.
        path: file that it was read from.
        is_package: whether it is a package's ``__init__``.
        content: of the file.
        state: time of the last change (ns) and size of the file when it was read.
    """

    name: str
    path: Path
    is_package: bool
    content: bytes
    state: tuple[int, int]

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree.

        Raises:
            StudyError: the file is no Python.
        """
        return _parse(self.content, self.path)

    @cached_property
    def definitions(self) -> Definitions:
        """The definitions in it.

        Raises:
            StudyError: the file is no Python.
        """
        return kept_definitions(self.content, lambda: self.tree)

    @cached_property
    def index(self) -> dict[str, list[Definition]]:
        """Statements that define or change a name, imports left out, by name."""
        found: dict[str, list[Definition]] = {}
        for one in self.definitions.statements:
            for name in one.names:
                found.setdefault(name, []).append(one)
        return found

    def binds(self, name: str) -> bool:
        """Whether a statement of the module binds a name, by importing it or otherwise."""
        return name in self.index or name in self.definitions.imports

    @property
    def package(self) -> str:
        """Name of the package that relative imports begin at."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    def now(self) -> ModuleSource | None:
        """The module as its file is now; itself if that was not touched, ``None`` if it is gone."""
        if state_of(self.path) == self.state:
            return self
        return _read(self.name, self.path, self.is_package) if self.path.is_file() else None


@cache
def module_source(name: str) -> ModuleSource | None:
    """The source of a module, found without importing it or its packages; ``None`` when there is none.

    Raises:
        StudyError: the file cannot be read.
    """
    for stem in _stems(name):
        for path, is_package in ((stem / "__init__.py", True), (stem.with_suffix(".py"), False)):
            if path.is_file():
                return _read(name, path, is_package)
    return None


@cache
def compiled_module(name: str) -> Path | None:
    """The file of a module that is compiled, whose content is all that can be followed; ``None`` when there is none."""
    suffixes = [*importlib.machinery.EXTENSION_SUFFIXES, *importlib.machinery.BYTECODE_SUFFIXES]
    files = (stem.with_name(f"{stem.name}{suffix}") for stem in _stems(name) for suffix in suffixes)
    return next((file for file in files if file.is_file()), None)


@cache
def is_namespace(name: str) -> bool:
    """Whether there is a folder of that name, so that it is a package without code of its own."""
    return any(stem.is_dir() for stem in _stems(name))


def state_of(path: Path) -> tuple[int, int]:
    """Time of the last change (ns) and size of a file; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size


def _stems(name: str) -> list[Path]:
    top, *rest = name.split(".")
    return [root.joinpath(*rest) for root in package_folders(top)]


def _read(name: str, path: Path, is_package: bool) -> ModuleSource:
    # the state comes first: an edit in between is noticed later rather than never
    state = state_of(path)
    try:
        return ModuleSource(name, path, is_package, path.read_bytes(), state)
    except OSError as error:
        raise StudyError(f"{path} cannot be read: {error.strerror}", cure="make it readable") from error


# Python 3.11 counts the depth of all threads' trees together and finds it wrong; filters of warnings are of all, too
_one_at_a_time = threading.Lock()


def _parse(content: bytes, path: Path) -> ast.Module:
    try:
        with _one_at_a_time, warnings.catch_warnings():
            # Python warns of doubtful syntax when it runs the module, and that is often enough
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            return ast.parse(content, filename=str(path))
    except SyntaxError as error:
        raise StudyError(f"{path}:{error.lineno} is not valid Python: {error.msg}", cure="correct the file") from error
    except ValueError as error:
        raise StudyError(f"{path} cannot be read as Python: {error}", cure="correct the file") from error
