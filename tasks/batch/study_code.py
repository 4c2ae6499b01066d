"""Collect the code of a study from outside, wherever it lies, and what it needs that no lock holds."""

from __future__ import annotations

import ast
import contextlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from analysis.checking.step_files import steps_of
from analysis.errors import BatchError
from analysis.provenance.auxiliary import content, packed
from analysis.provenance.keys import KeyParts
from analysis.provenance.locks import LOCK, PROJECT, lock_of, locked
from analysis.provenance.origin import distribution_of, is_first_party, own_places, packages_with
from tasks.framework.settings import study_named

__all__ = ["OWN_PACKAGES", "StudyCode", "files_in", "parts_behind", "study_code", "study_files"]

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
    _refuse_too_much(study, "packages", files.values(), "outside of the study's folder")
    return StudyCode(files, tuple(sorted(unlocked)))


def study_files(study: str, lying: Mapping[str, Path]) -> dict[str, bytes]:
    """Content of the files that a study's steps declare and that do not travel with its code, and their index.

    Args:
        study: its name.
        lying: what travels, by name there.

    Raises:
        BatchError: there are too many bytes in them.
        StudyError: one is missing, or was edited since its key was decided.
    """
    found = packed(steps_of(study_named(study)), {Path(os.path.abspath(path)): name for name, path in lying.items()})
    _refuse_too_much(study, "steps' files", [one for one in found.values() if isinstance(one, Path)], "in data sets")
    return {name: content(one) if isinstance(one, Path) else one for name, one in found.items()}


def _refuse_too_much(study: str, what: str, files: Iterable[Path], where: str) -> None:
    sizes = {path: path.stat().st_size for path in files}
    if sum(sizes.values()) > LIMIT:
        raise BatchError(
            f"the {what} of the study {study!r} have {sum(sizes.values()) / 1e6:.0f} MB, and travel with its code; "
            f"the largest file is {max(sizes, key=lambda path: sizes[path])}",
            cure=f"keep events and results {where}; data sets name them",
        )


def parts_behind(needs: Iterable[tuple[Any, str]]) -> dict[str, KeyParts]:
    """Parts of the keys of records and of all that they depend on, by place; of pinned ones, those of the present code.

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
