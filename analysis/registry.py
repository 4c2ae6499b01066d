"""Which studies there are: this project's own, those named in the configuration, those of installed packages."""

from __future__ import annotations

import importlib
import importlib.util
import operator
import traceback
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from pathlib import Path

from analysis.errors import StudyError
from analysis.study import Study

__all__ = ["ENTRY_POINTS", "find_study", "known_studies"]

ENTRY_POINTS = "erumflow.studies"
_BUILT_IN = Path(__file__).parent / "studies"
_CURE = "correct [studies] modules in law.cfg or the package's entry point; the module needs an attribute 'study'"


@cache
def find_study(name: str, modules: tuple[str, ...] = ()) -> Study:
    """The study of that name.

    Looked for in ``analysis/studies/<name>/study.py``, then in the named modules, then among the entry points of
    installed packages; only what is needed is imported.

    Args:
        name: name of the study.
        modules: importable modules with an attribute ``study``.

    Raises:
        StudyError: there is none; the message lists the known ones. Or a module cannot be used.
    """
    if name.isidentifier() and (_BUILT_IN / name / "study.py").is_file():
        return _named(_load(f"analysis.studies.{name}.study"), name, "its folder")
    for module in modules:
        study = _load(module)
        if study.name == name:
            return study
    for point in metadata.entry_points(group=ENTRY_POINTS):
        if point.name == name:
            return _named(_load(point.value), name, "its entry point")
    known = known_studies(modules)
    raise StudyError(
        f"no study is called {name!r}",
        cure=f"use one of: {', '.join(known)}; or name your module in law.cfg, section [studies], option modules",
    )


def known_studies(modules: Sequence[str] = ()) -> list[str]:
    """Names of all studies, sorted.

    Raises:
        StudyError: a module cannot be used.
    """
    points = [point.name for point in metadata.entry_points(group=ENTRY_POINTS)]
    return sorted({*_built_in(), *(_load(module).name for module in modules), *points})


def _built_in() -> list[str]:
    return [path.parent.name for path in sorted(_BUILT_IN.glob("*/study.py"))]


def _named(study: Study, name: str, where: str) -> Study:
    if study.name != name:
        raise StudyError(f"the study {study.name!r} is called {name!r} by {where}", cure="use the same name in both")
    return study


def _load(reference: str) -> Study:
    module, _, attribute = reference.partition("[")[0].strip().partition(":")
    try:
        loaded = importlib.import_module(module)
    except Exception as error:
        raise _not_importable(module, error) from error
    try:
        study = operator.attrgetter(attribute or "study")(loaded)
    except AttributeError as error:
        raise StudyError(f"the module {module!r} gives no study: {error}", cure=_CURE) from error
    if not isinstance(study, Study):
        raise StudyError(f"{reference!r} gives a {type(study).__name__}, not a Study", cure=_CURE)
    return study


def _not_importable(module: str, error: Exception) -> StudyError:
    if not module or (isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}.")):
        return StudyError(f"the study's module {module!r} does not exist", cure=_CURE)
    # the fault is in the study's own code, or in what it imports
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = "" if isinstance(error, SyntaxError) else f" ({last.filename}, line {last.lineno})"
    return StudyError(
        f"the study's module {module!r} cannot be imported: {type(error).__name__}: {error}{where}",
        cure="correct it, or what it imports",
    )
