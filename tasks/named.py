"""The stages of all studies as tasks of their own names: ``law run STUDY.STAGE``.

A stage ``training_figures`` is called ``trainingFigures`` here: law takes what follows ``_`` for a parameter. The tasks
are what the standard tasks are with ``--study STUDY --stage STAGE``, with the same records and keys.
"""

from __future__ import annotations

import contextlib
from typing import Any

import luigi

from analysis.registry import find_study, list_studies
from analysis.stages import Stage
from analysis.study import Study
from tasks.families import task_class, task_name
from tasks.framework.settings import studies_from_outside

__all__ = ["named_tasks"]


def named_tasks(study: Study) -> dict[str, Any]:
    """Make a task for each stage of a study, by its name.

    Raises:
        StudyError: a stage's own task cannot be loaded.
    """
    return {f"{study.name}.{stage.name}": _named(study, stage) for stage in study.stages}


def _named(study: Study, stage: Stage) -> Any:
    base = task_class(stage)
    if ":" in stage.task:
        # a command could not import the study's module by itself
        base.exclude_index = True
    text = stage.title or f"Make the stage {stage.name!r} of the study {study.name!r}"
    parameters = {
        "study": luigi.Parameter(default=study.name, description=f"name of the study; default: {study.name}"),
        "stage": luigi.Parameter(default=stage.name, description=f"name of the stage; default: {stage.name}"),
    }
    own = {"__doc__": text, "__module__": __name__, "task_namespace": study.name, "makes": base.makes or stage.family}
    return type(task_name(stage), (base,), {**own, **parameters})


for _one in list_studies(studies_from_outside()):
    # what is wrong with the others is told by ListStudies, and by commands that are about them
    if not _one.error:
        # a study's own tasks are code of anybody's, in which anything may go wrong
        with contextlib.suppress(Exception):
            globals().update(named_tasks(find_study(_one.name, studies_from_outside())))
