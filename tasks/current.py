"""The records that the present code makes: keys of a study's whole graph, and of what a manifest describes.

Nothing is made, no record is read and no physics is imported.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from luigi.freezing import FrozenOrderedDict

from analysis.chapters import Training
from analysis.errors import ErumflowError, StoreError
from analysis.study import Dataset, Study
from analysis.wiring import covered
from tasks.data import FetchData, FindDuplicates, GenerateEvents, SimulateData
from tasks.export import ExportModel
from tasks.families import task_class
from tasks.finding import OTHERS
from tasks.framework.parameters import ChangesParameter
from tasks.framework.pin_options import options
from tasks.framework.record_workflow import DatasetWorkflow
from tasks.framework.settings import study_named, study_of
from tasks.preservation import MakeResults
from tasks.shifted_workflow import ShiftedWorkflow
from tasks.tuning import TuneModel

__all__ = ["current_places", "is_current", "pinned_keys"]

_NO_CHANGES = FrozenOrderedDict()
# these choose records of a workflow, and decide no key of any
_CHOOSING = frozenset({"branch", "branches", "datasets", "effective_workflow", "shift", "workflow"})


def current_places(name: str, changes: Sequence[Mapping[str, str]] = ()) -> set[str]:
    """Return the places of all records that the present code makes of a study.

    These are of all stages, data sets, shifts, campaigns and choices of statistics; with the study's own settings, and
    with each of some changes.

    Args:
        name: of the study.
        changes: of settings, by ``STAGE.field``.

    Raises:
        ErumflowError: the study cannot be loaded, or its keys cannot be decided.
    """
    study = study_named(name)
    found: set[str] = set()
    for changed in (_NO_CHANGES, *map(FrozenOrderedDict, changes)):
        for statistics in study.statistics:
            for campaign in [one.name for one in study.campaigns] or [""]:
                given = {"study": name, "campaign": campaign, "statistics": statistics.name, "set": changed}
                _add_places(_tasks(study_of(name, statistics.name, changed), given), found)
    return found


def is_current(place: str, manifest: Mapping[str, Any], changes: str | None = None) -> bool:
    """Whether the present code makes these records with the parameters that their manifest has.

    Args:
        place: of the records.
        manifest: of one of them.
        changes: of settings, in place of those of the manifest; an empty text for none.
    """
    try:
        family, texts = str(manifest["record"]["family"]), dict(manifest["parameters"])
    except (LookupError, TypeError, ValueError):
        return False
    if changes is not None:
        texts["set"] = changes
    series = place.rpartition("/")[2].rpartition("-")[0]
    given = tuple(sorted((name, str(text)) for name, text in texts.items() if name not in _CHOOSING))
    return place in _remade(family, given, series)


@cache
def _remade(family: str, given: tuple[tuple[str, str], ...], series: str) -> frozenset[str]:
    """The places of a series of the task of a family with parameters; none if the present code has no such task."""
    try:
        task = _task_of(family, dict(given))
        if not isinstance(task, DatasetWorkflow) and series not in task.series_names():
            return frozenset()
        return frozenset(_places_of(task, series))
    except StoreError:
        raise
    except (ErumflowError, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError):
        # parameters or names that the present code does not know
        return frozenset()


def pinned_keys() -> frozenset[str]:
    """Return the keys that law.cfg's section ``[pins]`` names, or their first digits."""
    return frozenset(key for option in options().values() for key in option.keys)


def _add_places(tasks: Iterator[Any], found: set[str]) -> None:
    """Add the places of tasks' records, and of all that they are made of."""
    waiting = [(task, series) for task in tasks for series in task.series_names()]
    seen: set[tuple[str, str]] = set()
    while waiting:
        task, series = waiting.pop()
        if (task.task_id, series) not in seen:
            seen.add((task.task_id, series))
            found |= _places_of(task, series)
            waiting += [(need.task, need.chosen_series) for need in task.needs(series).values()]


def _places_of(task: Any, series: str) -> set[str]:
    """The place of a series, and the one that it would have if it were not pinned."""
    return {task.place(series), f"{task.study}/{task.family}/{series}-{task.key_parts(series).key()}"}


def _tasks(study: Study, given: Mapping[str, Any]) -> Iterator[Any]:
    """Yield tasks that make everything of a study, or require it."""
    for stage in study.stages:
        cls = task_class(stage)
        more: dict[str, Any] = {}
        if issubclass(cls, DatasetWorkflow):
            more["datasets"] = tuple(sorted(covered(study, stage.name)))
        if issubclass(cls, ShiftedWorkflow):
            more["shift"] = ("all",)
        if more.get("datasets", True):
            yield cls(**given, stage=stage.name, **more)
        if isinstance(stage, Training):
            yield ExportModel(**given, stage=stage.name)
            for tuning in stage.tunings:
                changed = FrozenOrderedDict({**given["set"], f"{stage.name}.tuning": tuning.name})
                yield TuneModel(**{**given, "set": changed}, stage=stage.name)
    yield from _origins(study, given)
    if study.holding("results") or study.holding("figures"):
        yield from (need.task for need in MakeResults(**given).needs("").values())


def _origins(study: Study, given: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the tasks that make raw events and what comes before them."""
    origins: dict[Any, Callable[[Dataset], Any]] = {
        FetchData: lambda dataset: dataset.files and not dataset.in_place,
        GenerateEvents: lambda dataset: dataset.generate,
        SimulateData: lambda dataset: dataset.simulate,
        FindDuplicates: lambda dataset: study.identity and not dataset.simulate,
    }
    for cls, has in origins.items():
        if names := tuple(one.name for one in study.datasets if has(one)):
            more = {"shift": ("all",)} if issubclass(cls, ShiftedWorkflow) else {}
            yield cls(**given, datasets=names, **more)


def _task_of(family: str, texts: Mapping[str, str]) -> Any:
    """Make a task of texts; of a workflow, with the data sets and shifts that it has by itself."""
    name = family.partition(".")[0]
    if name in OTHERS:
        cls = getattr(importlib.import_module(OTHERS[name][0]), name)
    else:
        study = study_of(texts["study"], texts["statistics"], ChangesParameter().parse(texts["set"]))
        cls = task_class(study.stage(texts["stage"]))
    parameters = {name: one for name, one in cls.get_params() if one.significant and name not in _CHOOSING}
    return cls(**{name: one.parse(texts[name]) for name, one in parameters.items() if name in texts})
