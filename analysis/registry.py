"""Which studies there are: this project's own, those named in the configuration, those of installed packages."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from pathlib import Path

from analysis.errors import StudyError
from analysis.study import Study

__all__ = ["ENTRY_POINTS", "find_study", "known_studies"]

ENTRY_POINTS = "erumflow.studies"
_BUILT_IN = Path(__file__).parent / "studies"


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
    if name in _built_in():
        return _load(f"analysis.studies.{name}.study")
    for module in modules:
        study = _load(module)
        if study.name == name:
            return study
    for point in metadata.entry_points(group=ENTRY_POINTS):
        if point.name == name:
            return _load(point.value)
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


def _load(reference: str) -> Study:
    module, _, attribute = reference.partition(":")
    try:
        study = getattr(importlib.import_module(module), attribute or "study")
    except (ImportError, AttributeError) as error:
        raise StudyError(
            f"the module {module!r} gives no study: {error}",
            cure="correct [studies] modules in law.cfg; the module needs an attribute 'study'",
        ) from error
    if not isinstance(study, Study):
        raise StudyError(f"{reference!r} is a {type(study).__name__}, not a Study")
    return study
