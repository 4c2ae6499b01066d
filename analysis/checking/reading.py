"""Files that a step reads by itself: no key knows what they hold."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from analysis.checking.places import is_own

__all__ = ["reading"]

# of an environment, whose packages a lock or a manifest names; and what systems say of themselves
_KNOWN = (sys.prefix, sys.base_prefix, "/proc", "/sys", "/dev", "/etc", "/usr")
_CODE = (".py", ".pyc", ".so")
# what these read for a step is theirs: records that are loaded late, fonts, compiled programs, modules
_OTHERS = ("analysis", "tasks", "matplotlib", "mplhep", "jax", "importlib._bootstrap", "importlib._bootstrap_external")

_watched: list[tuple[frozenset[str], set[str]]] = []


@contextmanager
def reading(packages: Collection[str], arguments: Mapping[str, Any]) -> Iterator[set[str]]:
    """Note which files code of a study opens for reading within the block.

    Args:
        packages: top-level packages of the study.
        arguments: of the step; files whose paths are among them are known.

    Returns:
        Their paths, which are there when the block has ended; without modules and what belongs to an environment.
    """
    _begin()
    found: set[str] = set()
    _watched.append((frozenset(packages), found))
    try:
        yield found
    finally:
        _watched.pop()
        found -= {path for path in found if path in set(_paths(arguments)) or not _matters(path)}


@functools.cache
def _begin() -> None:
    sys.addaudithook(_hook)


def _hook(event: str, details: tuple[Any, ...]) -> None:
    # Python calls it for every event of the process from now on
    if event != "open" or not _watched:
        return
    path, mode, flags = details
    writes = set("wax+") & set(mode) if mode else flags & (os.O_WRONLY | os.O_RDWR)
    if writes or not isinstance(path, str | bytes | os.PathLike):
        return
    packages, found = _watched[-1]
    frame = sys._getframe(1)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if is_own(frame, packages):
            found.add(os.path.abspath(os.fsdecode(path)))
            return
        if name in _OTHERS or name.partition(".")[0] in _OTHERS:
            return
        frame = frame.f_back  # type: ignore[assignment]


def _matters(path: str) -> bool:
    return Path(path).is_file() and not path.endswith(_CODE) and not any(Path(path).is_relative_to(k) for k in _KNOWN)


def _paths(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, str | Path):
        yield os.path.abspath(value)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _paths(one)
