"""Import what a study names, and tell what stands in the way."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from analysis.checking.names import did_you_mean
from analysis.checking.places import place_of
from analysis.errors import ErumflowError, StudyError
from analysis.step import Step

__all__ = ["load", "not_importable"]

_CURE = "correct its name, or name its folder in [studies] path"
_KEYWORD = re.compile(r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'")


def load(step: Step) -> Callable[..., Any]:
    """Import a step's function.

    Raises:
        StudyError: the name is no ``"package.module:function"``; the module does not exist or cannot be imported; there
            is no such function in it (the message has the nearest name), or it is no function.
    """
    module, colon, name = step.function.partition(":")
    if not (module and colon and name):
        raise StudyError(f"{step.function!r} names no function", cure="write it as 'package.module:function'")
    try:
        loaded = importlib.import_module(module)
    except Exception as error:
        raise not_importable(module, error) from error
    found = getattr(loaded, name, None)
    if found is None:
        functions = [other for other, value in vars(loaded).items() if callable(value) and not other.startswith("__")]
        raise StudyError(
            f"the module {module!r} has no function {name!r} ({loaded.__file__})",
            cure=f"correct the step {step.function!r}{did_you_mean(name, functions)}",
        )
    if not callable(found):
        raise StudyError(
            f"{step.function!r} is a {type(found).__name__}, not a function ({loaded.__file__})",
            cure="name a function of the module",
        )
    return found


def not_importable(module: str, error: Exception, what: str = "module", cure: str = _CURE) -> StudyError:
    """Tell why a module of a study cannot be imported, with the line of the study that is to blame.

    Args:
        module: full name.
        error: that its import raised.
        what: the module is, such as ``"study's module"``.
        cure: if it does not exist.
    """
    if not module or (isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}.")):
        return StudyError(f"the {what} {module!r} does not exist", cure=cure + _elsewhere(module))
    place = place_of(error, {module.partition(".")[0]})
    line = f" ({place.frame.f_code.co_filename}, line {place.line})" if place else ""
    if isinstance(error, ErumflowError):  # the vocabulary checks itself
        return StudyError(f"the {what} {module!r} cannot be imported: {error.problem}{line}", cure=error.cure)
    if isinstance(error, SyntaxError):
        line = ""  # Python's message has it
    return StudyError(
        f"the {what} {module!r} cannot be imported: {type(error).__name__}: {error}{line}",
        cure=f"correct it, or what it imports{_meant(error)}{_elsewhere(_missing(error))}",
    )


def _missing(error: Exception) -> str:
    """The full name of the module that an import did not find; empty if it failed otherwise."""
    return error.name or "" if isinstance(error, ModuleNotFoundError) else ""


def _elsewhere(module: str) -> str:
    """Modules of the same package with the last part of a module's name, which may have moved there."""
    package, _, rest = module.partition(".")
    spec = importlib.util.find_spec(package) if rest else None
    found = [
        f"{package}.{'.'.join(path.relative_to(folder).with_suffix('').parts)}"
        for folder in map(Path, spec.submodule_search_locations or () if spec else ())
        for path in sorted(folder.rglob(f"{rest.rpartition('.')[2]}.py"))
    ]
    return f"; there is {' and '.join(found[:3])}" if found else ""


def _meant(error: Exception) -> str:
    """The keywords of a class, if one was given that it does not have."""
    found = _KEYWORD.search(str(error)) if isinstance(error, TypeError) else None
    if not found:
        return ""
    kind = _class_named(found[1], error)
    if kind is None:
        return ""
    keywords = [field.name for field in fields(kind)]
    return f"; {found[1]} has {', '.join(keywords)}{did_you_mean(found[2], keywords)}"


def _class_named(name: str, error: Exception) -> Any:
    """The dataclass of that name that the code which failed could see, as ``Events`` or as ``s.Events``."""
    traceback = error.__traceback__
    while traceback:
        frame = traceback.tb_frame
        for value in (*frame.f_locals.values(), *frame.f_globals.values()):
            inside = vars(value).get(name) if isinstance(value, ModuleType) else value
            kind = inside if isinstance(inside, type) else type(inside)
            if is_dataclass(kind) and kind.__name__ == name:
                return kind
        traceback = traceback.tb_next
    return None
