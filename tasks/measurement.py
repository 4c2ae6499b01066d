"""From histograms to results: the statistical model and its fit."""

from __future__ import annotations

import json
from typing import Any

import luigi

from analysis.errors import StudyError
from analysis.study import Measurement
from tasks.data import FetchPublications, publication_files
from tasks.framework.compilation import cache_compilations
from tasks.framework.record_task import Need, recorded
from tasks.framework.settings import study_named
from tasks.histograms import MergeHistograms
from tasks.training import ModelTask

__all__ = [
    "BuildWorkspace",
    "DataTask",
    "FitMeasurement",
    "MeasurementTask",
    "read_workspaces",
]


class MeasurementTask(ModelTask):
    """What the tasks about a measurement have in common: what it is made from."""

    exclude_index = True

    @property
    def measurement(self) -> Measurement:
        """What is measured.

        Raises:
            StudyError: the study measures nothing.
        """
        measurement = self.definition.measurement
        if measurement is None:
            raise StudyError(
                f"the study {self.study!r} has no measurement, so {self.get_task_family()} has nothing to do"
            )
        return measurement

    def record_name(self) -> str:
        return self.campaign or "default"

    def sources(self) -> dict[str, Need]:
        """Histograms and publications, where the study has them."""
        needs = {}
        if self.definition.variables:
            needs["histograms"] = Need(MergeHistograms.req(self))
        if self.definition.publications:
            needs["publications"] = Need(FetchPublications.req(self))
        return needs

    def measured(self, workspaces: dict[str, Any], fit: dict[str, Any]) -> Any:
        """What is built, fitted and drawn from, of tasks that need the :meth:`sources`."""
        from analysis.histograms.histograms import Histograms
        from analysis.plotting.material import MeasurementMaterial

        sources = self.sources()
        histograms = (
            Histograms.load(self.input_path("histograms", "histograms.zip")) if "histograms" in sources else None
        )
        files = publication_files(self, "publications") if "publications" in sources else {}
        return MeasurementMaterial(workspaces, fit, histograms, files, self.luminosity)


class BuildWorkspace(MeasurementTask):
    """Write the statistical models as HistFactory workspaces, in the JSON that pyhf and others read."""

    @property
    def payload(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(f"{name}.json" for name in self.measurement.workspaces)

    def ingredients(self, series: str) -> dict[str, Any]:
        return {"build": self.measurement.build}

    def needs(self, series: str) -> dict[str, Need]:
        return self.sources()

    @recorded
    def run(self, draft):
        from analysis.inference.specification import read_workspace

        step = self.measurement.build
        built = step.load()(self.measured({}, {}), step.settings)
        for name in self.measurement.workspaces:
            # against the schema, and whether it makes sense; nobody gets what the fit could not read
            read_workspace(built[name])
            draft.path(f"{name}.json").write_text(json.dumps(built[name], indent=1, allow_nan=False) + "\n")

    def summary(self):
        for name in self.payload:
            yield name, self.own_record.store.url(self.own_record.place, name)


class DataTask(MeasurementTask):
    """What tasks that look at the measured data have in common: whether they do."""

    exclude_index = True

    data = luigi.ChoiceParameter(
        default="",
        choices=["", "asimov", "observed"],
        description="'observed': the measured data; 'asimov': what the model expects, so that nobody sees the result "
        "too early; default: observed, unless the study is blind",
    )

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Fill in the study's default."""
        params = super().modify_param_values(params)
        measurement = study_named(params["study"]).measurement
        params["data"] = params["data"] or ("asimov" if measurement and measurement.blind else "observed")
        return params


class FitMeasurement(DataTask):
    """Fit the statistical models: strengths, intervals, impacts, significances, limits, goodness of fit."""

    payload = ("fit.json",)

    def ingredients(self, series: str) -> dict[str, Any]:
        return {"fit": self.measurement.fit}

    def needs(self, series: str) -> dict[str, Need]:
        return {"workspaces": Need(BuildWorkspace.req(self))}

    @recorded
    def run(self, draft):
        cache_compilations()
        step = self.measurement.fit
        result = step.load()(read_workspaces(self), self.data, step.settings)
        draft.path("fit.json").write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")

    def summary(self):
        yield "data", self.data
        yield from json.loads(self.own_record.path("fit.json").read_text())["headline"].items()
        yield from super().summary()


def read_workspaces(task: MeasurementTask) -> dict[str, Any]:
    """The workspaces of a task's role ``workspaces``."""
    return {
        name: json.loads(task.input_path("workspaces", f"{name}.json").read_text())
        for name in task.measurement.workspaces
    }
