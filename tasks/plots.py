"""Figures. No other task requires them, so that a change of their style draws them again and does nothing else."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any, ClassVar

from analysis.errors import StudyError
from analysis.study import Figures
from tasks.calibration import CalibrateEvents, DeriveCalibration
from tasks.data import FetchPublications, GenerateEvents, SimulateData, publication_files
from tasks.evaluation import EvaluateModel, ScoreEvents, read_predictions
from tasks.framework.compilation import cache_compilations
from tasks.framework.record_task import Need, RecordTask, recorded
from tasks.measurement import BuildWorkspace, DataTask, FitMeasurement, read_workspaces
from tasks.reconstruction import DeriveScale, EvaluateReconstruction, ReconstructEvents
from tasks.training import ModelTask, PrepareTraining, TrainModel

__all__ = [
    "FigureTask",
    "PlotCalibration",
    "PlotMeasurement",
    "PlotPublications",
    "PlotReconstruction",
    "PlotTraining",
]


class FigureTask(RecordTask):
    """What figures have in common: what the study says of them, their files and their label."""

    exclude_index = True
    takes_job = False

    #: the study's field that names the figures
    figures_of: ClassVar[str]

    @property
    def figures(self) -> Figures:
        """What is drawn.

        Raises:
            StudyError: the study has no such figures.
        """
        figures: Figures | None = getattr(self.definition, self.figures_of)
        if figures is None:
            raise StudyError(
                f"the study {self.study!r} has no {self.figures_of}, so {self.get_task_family()} draws none"
            )
        return figures

    @property
    def payload(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(f"{name}.{kind}" for name in self.figures.names for kind in ("pdf", "png"))

    def record_name(self) -> str:
        return "figures"

    def label(self) -> dict[str, Any]:
        """What stands above every figure, as the arguments of :class:`~analysis.plotting.style.FigureLabel`."""
        return {"experiment": self.definition.experiment, "energy": self.definition.energy}

    def ingredients(self, series: str) -> dict[str, Any]:
        return {"figures": self.figures, "label": self.label()}

    @abstractmethod
    def material(self) -> Any:
        """What the figures are drawn from, of :mod:`analysis.plotting.material`."""

    @recorded
    def run(self, draft):
        from analysis.plotting.style import FigureLabel, figure_style, save_figure

        cache_compilations()
        step = self.figures.draw
        with figure_style():
            drawn = step.load()(self.material(), FigureLabel(**self.label()), step.settings)
            for name in self.figures.names:
                save_figure(drawn[name], draft.path(f"{name}.pdf"), draft.path(f"{name}.png"))

    def summary(self):
        for name in self.payload:
            yield name, self.own_record.store.url(self.own_record.place, name)


class PlotCalibration(FigureTask):
    """Draw what the calibration was derived from, with its fits."""

    figures_of = "calibration_figures"

    def label(self) -> dict[str, Any]:
        datasets = [self.definition.dataset(name) for name in self.definition.calibration_datasets]
        return {**super().label(), "simulation": all(dataset.kind == "simulated" for dataset in datasets)}

    def needs(self, series: str) -> dict[str, Need]:
        return {"calibration": Need(DeriveCalibration.req(self))}

    def material(self) -> Any:
        return read_calibration(self, "calibration")


class PlotReconstruction(FigureTask):
    """Draw single events in all tiers, and how well events are reconstructed."""

    figures_of = "reconstruction_figures"

    def label(self) -> dict[str, Any]:
        return {**super().label(), "simulation": True}

    def needs(self, series: str) -> dict[str, Need]:
        study = self.definition
        shown = study.simulated[0].name
        some = {"datasets": (shown,)}
        needs = {
            "raw": Need(SimulateData.req(self, **some), shown),
            "truth": Need(GenerateEvents.req(self, **some), shown),
            "calibrated": Need(CalibrateEvents.req(self, **some), shown),
            "reconstructed": Need(ReconstructEvents.req(self, **some), shown),
            "resolution": Need(EvaluateReconstruction.req(self)),
        }
        return {**needs, "scale": Need(DeriveScale.req(self))} if study.derive_scale else needs

    def material(self) -> Any:
        from analysis.events.parquet import read_events
        from analysis.plotting.material import ReconstructionMaterial

        tiers = ("raw", "calibrated", "reconstructed", "truth")
        return ReconstructionMaterial(
            **{tier: read_events(self.input_paths(tier, "parquet")[0]) for tier in tiers},
            resolution=json.loads(self.input_path("resolution", "resolution.json").read_text()),
            scale=read_calibration(self, "scale") if self.definition.derive_scale else None,
        )


class PlotTraining(FigureTask, ModelTask):
    """Draw how the networks were trained, how good they are, and what they learned by heart."""

    figures_of = "training_figures"

    def record_name(self) -> str:
        return ModelTask.record_name(self)

    def titles(self) -> dict[str, str]:
        """What the processes are called, by their short names."""
        return {process.name: process.title for process in self.definition.processes}

    def label(self) -> dict[str, Any]:
        return {**super().label(), "simulation": True}

    def ingredients(self, series: str) -> dict[str, Any]:
        # titles change no result, but they do change a figure
        return {**super().ingredients(series), "titles": self.titles()}

    def needs(self, series: str) -> dict[str, Need]:
        prepared = PrepareTraining.req(self, datasets=("simulated",))
        scores = ScoreEvents.req(self, datasets=("simulated",))
        return {
            "networks": Need(TrainModel.req(self)),
            "evaluation": Need(EvaluateModel.req(self)),
            **{f"inputs {name}": Need(prepared, name) for name in prepared.series_names()},
            **{f"scores {name}": Need(scores, name) for name in scores.series_names()},
        }

    def material(self) -> Any:
        from analysis.plotting.material import TrainingMaterial

        names = tuple(dataset.name for dataset in self.definition.simulated)
        inputs, predictions = read_predictions(self, names)
        history = self.input_path("networks", "history.jsonl").read_text().splitlines()
        return TrainingMaterial(
            trained=self.trained(),
            inputs=inputs.select(inputs.trainable),
            predictions=predictions[inputs.trainable],
            history=[json.loads(line) for line in history],
            metrics=json.loads(self.input_path("evaluation", "metrics.json").read_text()),
            titles=self.titles(),
        )


class PlotPublications(FigureTask):
    """Draw the published numbers that the study compares itself with."""

    figures_of = "publication_figures"

    def needs(self, series: str) -> dict[str, Need]:
        return {"publications": Need(FetchPublications.req(self))}

    def material(self) -> Any:
        from analysis.plotting.material import PublicationMaterial

        return PublicationMaterial(publication_files(self, "publications"))


class PlotMeasurement(FigureTask, DataTask):
    """Draw what was measured: data and predictions, fits, uncertainties."""

    @property
    def figures(self) -> Figures:
        return self.measurement.figures

    def record_name(self) -> str:
        return DataTask.record_name(self)

    def label(self) -> dict[str, Any]:
        label = {**super().label(), "luminosity": self.luminosity}
        return {**label, "experiment": self.measurement.observe or label["experiment"]}

    def needs(self, series: str) -> dict[str, Need]:
        return {
            **self.sources(),
            "workspaces": Need(BuildWorkspace.req(self)),
            "fit": Need(FitMeasurement.req(self)),
        }

    def material(self) -> Any:
        fit = json.loads(self.input_path("fit", "fit.json").read_text())
        return self.measured(read_workspaces(self), fit)


def read_calibration(task: RecordTask, role: str) -> Any:
    """What a task's role says of a derived calibration."""
    from safetensors.numpy import load_file

    from analysis.plotting.material import CalibrationMaterial

    measurements = json.loads(task.input_path(role, "measurements.json").read_text())
    return CalibrationMaterial(measurements, load_file(task.input_path(role, "curves.safetensors")))
