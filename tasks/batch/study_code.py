"""Collect the code of a study from outside, wherever it lies, and what it needs that no lock holds."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from analysis.errors import BatchError
from analysis.provenance.keys import KeyParts
from analysis.provenance.locks import LOCK, PROJECT, lock_of, locked
from analysis.provenance.origin import distribution_of, is_first_party, own_places, packages_with
from tasks.framework.settings import study_named

__all__ = ["OWN_PACKAGES", "StudyCode", "files_in", "parts_behind", "study_code"]

OWN_PACKAGES = ("analysis", "tasks")
#: bytes that a study's code may have, with the data beside it
LIMIT = 200e6
_SKIPPED = ("__pycache__", ".mypy_cache", ".ruff_cache")


@dataclass(frozen=True)
class StudyCode:
    """The code of a study from outside.

    Args:
        files: by name, as they lie below a folder that Python imports from.
        unlocked: names of distributions that it imports and no lock holds.
    """

    files: dict[str, Path]
    unlocked: tuple[str, ...]


def study_code(study: str, modules: Collection[str]) -> StudyCode:
    """Collect whole packages: those of some modules, and all that they import and no distribution has.

    Args:
        study: its name; its extra's packages are locked.
        modules: where to begin: the study's own, and those that fingerprints have seen.

    Raises:
        BatchError: there are too many bytes in them.
    """
    extra = study_named(study).extra
    held = {**locked(PROJECT / LOCK), **(locked(lock_of(extra)) if extra else {})}
    waiting = {module.partition(".")[0] for module in modules}
    taken = set().union(waiting, *map(packages_with, waiting)) - set(OWN_PACKAGES)
    files: dict[str, Path] = {}
    unlocked: set[str] = set()
    waiting, seen = set(taken), set(taken)
    while waiting:
        top = waiting.pop()
        if top in taken or is_first_party(top):
            package = dict(_package(top))
            files |= package
            found = {name for path in package.values() if path.suffix == ".py" for name in _imported(path)}
            waiting |= found - seen - set(OWN_PACKAGES)
            seen |= found
        elif (distribution := distribution_of(top)) and distribution not in held:
            unlocked.add(metadata.distribution(distribution).name)
    sizes = {path: path.stat().st_size for path in files.values()}
    if sum(sizes.values()) > LIMIT:
        largest = max(sizes, key=lambda path: sizes[path])
        raise BatchError(
            f"the packages of the study {study!r} have {sum(sizes.values()) / 1e6:.0f} MB, and travel with its code; "
            f"the largest file is {largest}",
            cure="keep events and results outside of the study's folder; data sets name them",
        )
    return StudyCode(files, tuple(sorted(unlocked)))


def parts_behind(needs: Iterable[tuple[Any, str]]) -> dict[str, KeyParts]:
    """Parts of the keys of records and of all that they depend on, by place.

    Args:
        needs: tasks, each with one of its series.
    """
    parts: dict[str, KeyParts] = {}
    waiting = list(needs)
    while waiting:
        task, series = waiting.pop()
        if (place := task.place(series)) not in parts:
            parts[place] = task.key_parts(series)
            waiting += [(one.task, one.series or one.task.series_names()[0]) for one in task.needs(series).values()]
    return parts


def files_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files below a folder, without what Python and its tools leave there."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _SKIPPED or part.endswith(".egg-info") for part in parts)
        if path.is_file() and not hidden and path.suffix != ".pyc":
            yield "/".join(parts), path


def _package(top: str) -> Iterator[tuple[str, Path]]:
    for place in own_places(top):
        if place.is_dir():
            yield from ((f"{top}/{name}", path) for name, path in files_in(place))
        elif place.is_file():
            yield place.name, place


def _imported(file: Path) -> set[str]:
    """Top-level names that a file imports anywhere in it."""
    found: set[str] = set()
    # such a file is imported by nobody
    with contextlib.suppress(SyntaxError, ValueError):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found
