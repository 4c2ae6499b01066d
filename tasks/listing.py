"""Listing what there is: studies, their data sets and stages, and tasks."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from analysis.datasets import Dataset
from analysis.registry import list_studies
from analysis.source_files import place_of_data
from analysis.wiring import wiring
from tasks.framework.project_task import ProjectTask
from tasks.framework.settings import refuse_unknown_settings, studies_from_outside
from tasks.framework.study_task import StudyTask

__all__ = ["ListDatasets", "ListStages", "ListStudies", "ListTasks"]


class _Listing(ProjectTask):
    """A task that makes nothing and says something."""

    exclude_index = True

    def output(self):
        return []

    def complete(self):
        return True

    def run(self):
        """Nothing: the summary is all there is."""


class ListStudies(_Listing):
    """List all studies: name, title, where it is, and why it cannot be used if it cannot."""

    def summary(self):
        refuse_unknown_settings()
        for one in list_studies(studies_from_outside()):
            yield one.name, f"{one.error or one.title}  [{one.file or one.reference}]"


class ListDatasets(_Listing, StudyTask):
    """List the data sets of a study: name, kind, number of events, files and where they are, licence and DOI."""

    def summary(self):
        for dataset in self.definition.datasets:
            yield dataset.name, ", ".join(filter(None, _words(dataset)))


class ListStages(_Listing, StudyTask):
    """List the stages of a study: name, what makes it per what, what it takes, and the settings that --set changes."""

    def summary(self):
        study = self.definition
        for stage in study.stages:
            taken = ", ".join(dict.fromkeys(wiring(study, stage).stages.values()))
            settings = ", ".join(f"{name}={text}" for name, text in stage.settings())
            parts = [f"{stage.family} per {stage.per}", f"of {taken}" if taken else "", settings, stage.title]
            yield stage.name, "; ".join(filter(None, parts))


class ListTasks(_Listing):
    """List all tasks, a line each; law run TASK --help says more."""

    def summary(self):
        import tasks

        for module in pkgutil.iter_modules(tasks.__path__, "tasks."):
            if not module.ispkg and module.name not in ("tasks.named", "tasks.rerun"):
                importlib.import_module(module.name)
        found = {str(cls.get_task_family()): cls for cls in _below(ProjectTask)}
        for family, cls in sorted(found.items()):
            yield family, " ".join((cls.__doc__ or "").split("\n\n")[0].split())


def _below(cls: type[Any]) -> Iterator[Any]:
    """Tasks that can be run: all subclasses but those that only serve others."""
    for one in cls.__subclasses__():
        if not one.__dict__.get("exclude_index") and one.__module__ != "tasks.named":
            yield one
        yield from _below(one)


def _words(dataset: Dataset) -> list[str]:
    events = sum(file.events for file in dataset.files) if dataset.files else dataset.generated
    files, friends = len(dataset.files), len(dataset.all_files) - len(dataset.files)
    places = list(dict.fromkeys(place_of_data(file.url) for file in dataset.all_files))
    where = f"{', '.join(places[:3])}{f' and {len(places) - 3} more places' if len(places) > 3 else ''}"
    return [
        str(dataset.kind),
        f"{events:,} events" if events else "",
        f"{files} file{'s' if files > 1 else ''}" if files else "made by the study",
        f"{friends} file{'s' if friends > 1 else ''} of friends" if friends else "",
        f"{'read in place' if dataset.in_place else 'copied'} from {where}" if files else "",
        f"licence {dataset.licence}" if dataset.licence else "",
        f"doi:{dataset.doi}" if dataset.doi else "",
    ]
