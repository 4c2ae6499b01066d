"""Find the line of a study that an error comes from."""

from __future__ import annotations

import inspect
import sysconfig
import traceback
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = ["Place", "defined_at", "is_own", "place_of"]

_FRAMEWORK = Path(__file__).resolve().parents[2]
_INSTALLED = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib")})


@dataclass(frozen=True)
class Place:
    """A line of code.

    Args:
        file: as a person would name it: from the top-level package on, such as ``h4l/physics.py``.
        line: counted from 1.
        text: the line itself.
        own: whether it belongs to a study, not to this framework, to Python or to an installed package.
        frame: that ran there.
    """

    file: str
    line: int
    text: str
    own: bool
    frame: FrameType

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"


def place_of(error: BaseException, packages: Collection[str] = ()) -> Place | None:
    """Find where an error comes from: the innermost line of the study, or the innermost of all if none is the study's.

    Args:
        error: that was caught.
        packages: top-level packages that are the study's, wherever they are installed.

    Returns:
        ``None`` for an error that was not raised by Python code.
    """
    found: Place | None = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        own = is_own(frame, packages)
        if own or found is None or not found.own:
            text = traceback.FrameSummary(frame.f_code.co_filename, line, frame.f_code.co_name).line or ""
            found = Place(_file(frame), line, text.strip(), own, frame)
    return found


def defined_at(function: Any) -> str:
    """Tell file and line of a function's definition; an empty text where there is no code to name.

    Examples:
        >>> defined_at(place_of)
        'analysis/checking/places.py, line ...'
        >>> defined_at(len)
        ''
    """
    code = getattr(inspect.unwrap(function) if callable(function) else None, "__code__", None)
    name = str(getattr(function, "__module__", ""))
    return f"{_named(Path(code.co_filename), name)}, line {code.co_firstlineno}" if code else ""


def is_own(frame: FrameType, packages: Collection[str]) -> bool:
    """Tell whether a frame runs code of a study, not of this framework, of Python or of an installed package.

    Args:
        frame: of the stack.
        packages: top-level packages that are the study's, wherever they are installed.
    """
    name, file = str(frame.f_globals.get("__name__", "")), frame.f_code.co_filename
    if file.startswith("<"):
        return False
    if name.startswith("analysis.studies."):
        return True
    top = name.partition(".")[0]
    if top in packages:
        return top not in ("analysis", "tasks")
    path = Path(file).resolve()
    if any(path.is_relative_to(_FRAMEWORK / package) for package in ("analysis", "tasks")):
        return False
    # an environment may lie in the folder of the Python that it was made from, and a study in that of an environment
    parts = path.parts
    return "site-packages" not in parts and "dist-packages" not in parts and not _belongs_to_python(path)


def _belongs_to_python(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in _INSTALLED)


def _file(frame: FrameType) -> str:
    return _named(Path(frame.f_code.co_filename), str(frame.f_globals.get("__name__", "")))


def _named(path: Path, name: str) -> str:
    """A file as a person would name it, by the name of its module."""
    depth = name.count(".") + 1 + (path.name == "__init__.py")
    return str(Path(*path.parts[-depth:])) if name and name != "__main__" else str(path)
