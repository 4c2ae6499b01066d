"""Files that code of a study reads by itself, which no key knows, and files that it may only read."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.checking.places import is_own
from analysis.errors import StudyError
from analysis.provenance.auxiliary import located, steps_in
from analysis.provenance.fingerprint import imported_modules
from analysis.provenance.modules import module_source
from analysis.provenance.origin import places_of
from analysis.provenance.unseen import UnseenWarning
from analysis.step import Step

__all__ = ["UndeclaredFileWarning", "reading", "telling"]

# of an environment, whose packages a lock or a manifest names; and what systems say of themselves
_KNOWN = (f"{sys.prefix}/", f"{sys.base_prefix}/", "/proc/", "/sys/", "/dev/", "/etc/", "/usr/")
_CODE = (".py", ".pyc", ".so")
# what these read for a step is theirs: records that are loaded late, fonts, compiled programs
_OTHERS = ("analysis", "tasks", "matplotlib", "mplhep", "jax")
_STUDIES = "analysis.studies."
# events of Python by which a file is lost, with how many of their arguments are paths
_HARM = {"os.remove": 1, "os.truncate": 1, "os.rename": 2}


class UndeclaredFileWarning(UnseenWarning):
    """A step read a file of the study's folder that it does not declare."""


@dataclass(frozen=True)
class _Watch:
    """Files and packages that are watched for.

    Args:
        packages: top-level packages of the study.
        modules: that run; files in folders of their packages are noted. ``None`` for all files.
        wide: whether files of the packages that these import are noted, too.
        lent: files that must not be written.
        found: files that were read.
    """

    packages: frozenset[str]
    modules: tuple[str, ...] | None = None
    wide: bool = False
    lent: frozenset[str] = frozenset()
    found: set[str] = field(default_factory=set)

    def folders(self, *, wide: bool) -> tuple[str, ...]:
        """Folders whose files are noted, each with a separator at its end."""
        modules = self.modules or ()
        return tuple(dict.fromkeys(one for module in modules for one in _folders(module, wide and self.wide)))

    def covers(self, file: str) -> bool:
        """Whether a file is to be noted if it is read; what modules import is looked at only if it has to be."""
        if file in self.lent or file in self.found:
            return False
        if self.modules is None or file.startswith(self.folders(wide=False)):
            return True
        return not file.startswith(_KNOWN) and file.startswith(self.folders(wide=True))


_watches: list[_Watch] = []
# what is read to decide what is noted, is not
_deciding: list[str] = []


@contextmanager
def reading(packages: Collection[str], arguments: Mapping[str, Any]) -> Iterator[set[str]]:
    """Note which files code of a study opens for reading within the block.

    What compiled code opens by itself (HDF5, Arrow) is not seen.

    Args:
        packages: top-level packages of the study.
        arguments: of the step; files whose paths are among them are known.

    Returns:
        Their paths, which are there when the block has ended; without modules and what belongs to an environment.
    """
    with _watching(_Watch(frozenset(packages))) as found:
        yield found
    found -= {path for path in found if path.startswith(_KNOWN)}
    _leave_out(found, arguments)


@contextmanager
def telling(function: Step | Callable[..., Any], arguments: Mapping[str, Any], stage: str) -> Iterator[list[Path]]:
    """Warn of files of the study's folder that a function reads and no key knows, and keep it from writing its own.

    Args:
        function: that runs within the block.
        arguments: of it; files whose paths are among them are known.
        stage: name of the stage.

    Returns:
        The files that the function, and steps in its settings, are lent.

    Raises:
        StudyError: within the block, where the function opens such a file for writing, removes or renames it.
    """
    steps = list(steps_in(function))
    lent = [path for step in steps for path in located(step).values()]
    modules = tuple(step.module for step in steps) or (str(getattr(function, "__module__", "")),)
    packages = frozenset(module.partition(".")[0] for module in modules)
    # a module of tasks imports the whole framework
    watch = _Watch(packages, modules, bool(steps), frozenset(_paths(lent)))
    with _watching(watch) as found:
        yield lent
    _leave_out(found, {**arguments, "lent": lent})
    if found:
        _warn(function, sorted(found), stage, watch.folders(wide=True))


@contextmanager
def _watching(watch: _Watch) -> Iterator[set[str]]:
    _begin()
    _watches.append(watch)
    try:
        yield watch.found
    finally:
        _watches.pop()


def _leave_out(found: set[str], arguments: Mapping[str, Any]) -> None:
    known = set(_paths(arguments)) if found else set()
    found -= {path for path in found if path in known or not Path(path).is_file()}


def _warn(function: Step | Callable[..., Any], files: list[str], stage: str, folders: tuple[str, ...]) -> None:
    if isinstance(function, Step):
        name, module, where = function.function, function.module, "in its Step, and open what the argument files has"
    else:
        name, module = str(getattr(function, "__qualname__", function)), str(getattr(function, "__module__", ""))
        where = "in a Step that the task calls, and open what its argument files has"
    source = module_source(module)
    # as the study would say it, and for people: pages go to others
    folder = os.path.realpath(source.path.parent if source else "/")
    beside = [os.path.relpath(os.path.realpath(file), folder) for file in files[:3]]
    shown = [os.path.relpath(file, Path(one).parent) for file in files[:3] for one in folders if file.startswith(one)]
    problem = f"the stage {stage!r}: {name} reads {', '.join(dict.fromkeys(shown))}, which no key knows: when that "
    declared = ", ".join(f"{Path(file).stem!r}: {file!r}" for file in beside)
    cure = f"say files={{{declared}}} {where}"
    warnings.warn(UndeclaredFileWarning(f"{problem}changes, old records stay", cure), stacklevel=2)


@functools.cache
def _folders(module: str, wide: bool) -> tuple[str, ...]:
    """Folders of a study's packages: of a module, and perhaps of all that it imports and nobody has installed."""
    modules = {module}
    # whoever loads the module tells what is wrong with it
    with suppress(StudyError):
        modules |= imported_modules(module) if wide else set()
    found = set()
    for name in modules:
        top = name.partition(".")[0]
        if name.startswith(_STUDIES):
            found |= {place.joinpath(*name.split(".")[1:3]) for place in places_of("analysis")}
        elif top not in ("analysis", "tasks"):
            found |= {place if place.is_dir() else place.parent for place in places_of(top)}
    return tuple(sorted(f"{path}{os.sep}" for path in set(_paths(list(found)))))


@functools.cache
def _begin() -> None:
    sys.addaudithook(_hook)


def _hook(event: str, details: tuple[Any, ...]) -> None:
    # Python calls it for every event of the process from now on
    if not _watches or _deciding:
        return
    if event == "open":
        path, mode, flags = details
        if not isinstance(path, str | bytes | os.PathLike):
            return
        if set("wax+") & set(mode) if mode else flags & (os.O_WRONLY | os.O_RDWR | os.O_TRUNC):
            _refuse(path)
        else:
            _note(path)
    elif event in _HARM:
        for path in details[: _HARM[event]]:
            _refuse(path)


def _refuse(path: Any) -> None:
    lent = [file for watch in _watches for file in watch.lent]
    if lent and isinstance(path, str | bytes | os.PathLike) and (file := _absolute(path)) in lent:
        raise StudyError(
            f"the step writes to {file}, which it is only lent to read",
            cure="open it for reading, and let the step write what it makes elsewhere",
        )


def _note(path: Any) -> None:
    file = _absolute(path)
    if file.endswith(_CODE) or "__pycache__" in file:
        return
    _deciding.append(file)
    try:
        watches = [watch for watch in _watches if watch.covers(file)]
    finally:
        _deciding.pop()
    # the stack is looked at once for each file: it takes longer than to open one
    for watch in watches:
        frame = sys._getframe(2)
        while frame is not None:
            name = str(frame.f_globals.get("__name__", ""))
            if is_own(frame, watch.packages):
                watch.found.add(file)
                break
            if name.partition(".")[0] in _OTHERS:
                break
            frame = frame.f_back  # type: ignore[assignment]


def _absolute(path: Any) -> str:
    return os.path.abspath(os.fsdecode(path))


def _paths(value: Any) -> Iterator[str]:
    """Paths in a value, as they are and without symbolic links."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, str | Path):
        yield from (os.path.abspath(value), os.path.realpath(value))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _paths(one)
