"""Listing what there is: studies, and the data sets of one."""

from __future__ import annotations

from analysis.datasets import Dataset
from analysis.registry import list_studies
from tasks.framework.project_task import ProjectTask
from tasks.framework.settings import studies_from_outside
from tasks.framework.study_task import StudyTask

__all__ = ["ListDatasets", "ListStudies"]


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
        for one in list_studies(studies_from_outside()):
            yield one.name, f"{one.error or one.title}  [{one.file or one.reference}]"


class ListDatasets(_Listing, StudyTask):
    """List the data sets of a study: name, kind, number of events, files, licence and DOI."""

    def summary(self):
        for dataset in self.definition.datasets:
            yield dataset.name, ", ".join(filter(None, _words(dataset)))


def _words(dataset: Dataset) -> list[str]:
    events = sum(file.events for file in dataset.files) if dataset.files else dataset.generated
    files = len(dataset.files)
    return [
        str(dataset.kind),
        f"{events:,} events" if events else "",
        f"{files} file{'s' if files > 1 else ''}" if files else "made by the study",
        f"licence {dataset.licence}" if dataset.licence else "",
        f"doi:{dataset.doi}" if dataset.doi else "",
    ]
