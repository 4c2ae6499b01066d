"""Names of tasks that law does not know: what was meant, or what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

from law.config import Config

from analysis.errors import StudyError
from analysis.registry import find_study, list_studies
from analysis.stages import Stage
from tasks.families import task_class, task_name
from tasks.framework.settings import studies_from_outside

__all__ = ["stage_task", "unknown_task"]


def stage_task(name: str) -> str:
    """The task of a stage that law's index does not have, or not by this name.

    Args:
        name: ``STUDY.STAGE``, the stage as the study writes it or as its task is called.

    Raises:
        StudyError: nothing is called so (the message has the nearest), or the study or a task of its own does not load.
    """
    study = name.partition(".")[0]
    stages = list(_stages(study))
    for family, stage in stages:
        if name in (family, f"{study}.{stage.name}"):
            for _, one in stages:
                task_class(one)
            return family
    raise unknown_task(name)


def unknown_task(name: str) -> StudyError:
    """Say of a name that no task has it, what may have been meant, and where all are listed.

    Raises:
        StudyError: the study that it begins with cannot be loaded.
    """
    studies = [one.name for one in list_studies(studies_from_outside())]
    study, dot, rest = name.partition(".")
    if dot and study in studies:
        stages = {stage.name: [family] for family, stage in _stages(study)}
        return StudyError(
            f"the study {study!r} has no stage {rest!r}{_meant(rest, stages)}",
            cure=f"all of them: law run ListStages --study {study}",
        )
    if dot:
        near = {one: [f"{one}.{rest}"] for one in studies}
        return StudyError(
            f"no task is called {name!r}, and no study {study!r}{_meant(study, near)}",
            cure="all studies: law run ListStudies; all tasks: law run ListTasks; "
            "for a new task of your own: law index -q",
        )
    names = {family: [family] for family in _indexed()}
    for one in studies:
        for family, stage in _stages(one, broken=False):
            # people may know a stage without its study, or the class of a study's own task
            for other in filter(None, (stage.name, task_name(stage), stage.task.rpartition(":")[2])):
                names.setdefault(other, [])
                names[other] += [] if family in names[other] else [family]
    return StudyError(
        f"no task is called {name!r}{_meant(name, names)}",
        cure="all tasks: law run ListTasks; the stages of a study: law run ListStages --study NAME; "
        "for a new task of your own: law index -q",
    )


def _stages(study: str, *, broken: bool = True) -> Iterator[tuple[str, Stage]]:
    """The stages of a study with their tasks' names; none if there is no such study, or it is broken (unless told)."""
    found = {one.name: one for one in list_studies(studies_from_outside())}
    if study in found and (broken or not found[study].error):
        for stage in find_study(study, studies_from_outside()).stages:
            yield f"{study}.{task_name(stage)}", stage


def _indexed() -> Iterator[str]:
    """Tasks that law's index has, without those of studies, which may be gone by now."""
    try:
        lines = Path(Config.instance().get_expanded("core", "index_file")).read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        module, _, rest = line.partition(":")
        if module != "tasks.named":
            yield rest.partition(":")[0]


def _meant(name: str, known: Mapping[str, list[str]]) -> str:
    """Ask whether one of the tasks was meant that go by the nearest names."""
    near = [name] if name in known else difflib.get_close_matches(name, known, n=2)
    tasks = list(dict.fromkeys(task for one in near for task in known[one]))[:3]
    return f"; did you mean {' or '.join(map(repr, tasks))}?" if tasks else ""
