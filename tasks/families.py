"""The law tasks that make stages, by their families."""

from __future__ import annotations

import importlib
from typing import Any

from analysis.checking.names import did_you_mean
from analysis.errors import StudyError
from analysis.stages import Stage

__all__ = ["families_below", "load_families", "task_class", "task_name"]

#: modules of the tasks with names of their own, in which a family is looked for
_MODULES = (
    *("tasks.stages", "tasks.calibration", "tasks.reconstruction", "tasks.training", "tasks.evaluation"),
    *("tasks.histograms", "tasks.measurement", "tasks.plots"),
)


def task_class(stage: Stage) -> Any:
    """The law task that makes a stage.

    Raises:
        StudyError: there is none of that name.
    """
    module, _, name = stage.task.rpartition(":")
    for candidate in (module,) if module else _MODULES:
        try:
            found = getattr(importlib.import_module(candidate), name or stage.family, None)
        except Exception as error:
            where = f" (line {error.lineno} of {error.filename})" if isinstance(error, SyntaxError) else ""
            raise StudyError(
                f"the stage {stage.name!r} is made by {stage.task!r}, which cannot be loaded: "
                f"{type(error).__name__}: {error}{where}",
                cure="correct that module" if module else "write it as 'package.module:Class'",
            ) from error
        if found is not None:
            return _checked(stage, found)
    known = vars(importlib.import_module(module)) if module else {}
    tasks = [one for one, value in known.items() if isinstance(value, type) and value.__module__ == module]
    raise StudyError(
        f"the stage {stage.name!r} is made by the task {stage.task!r}, which does not exist",
        cure=f"write it as 'package.module:Class'{did_you_mean(name, tasks)}",
    )


def _checked(stage: Stage, found: Any) -> Any:
    from tasks.stage_task import StageTask

    if not (isinstance(found, type) and issubclass(found, StageTask)):
        raise StudyError(
            f"the stage {stage.name!r} is made by {stage.task!r}, which is no task that makes a stage",
            cure="derive the class from tasks.stages.MakeResult, MakeEvents, MakeDatasets or MakeFigures",
        )
    return found


def task_name(stage: Stage) -> str:
    """Return the name of the task of a stage's own name: law takes what follows ``_`` for a parameter.

    Examples:
        >>> task_name(Stage("training_figures"))
        'trainingFigures'
    """
    first, *more = stage.name.split("_")
    return first + "".join(word.capitalize() for word in more)


def load_families() -> None:
    """Import all tasks that stages may be made by; a command imports those that it needs."""
    for module in _MODULES:
        importlib.import_module(module)


def families_below(base: Any) -> set[str]:
    """Names of the tasks that make records, below a class."""
    name = base.get_task_family()
    # those with a study's name before their own make the same records
    own = set() if base.__dict__.get("exclude_index") or "." in name or name.startswith("Make") else {name}
    return own.union(*(families_below(one) for one in base.__subclasses__()))
