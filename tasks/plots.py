"""Figures. No other task requires them, so that a change of their style draws them again and does nothing else."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any

from analysis.errors import StudyError
from tasks.calibration import DeriveCalibration
from tasks.evaluation import EvaluateModel
from tasks.framework.compilation import cache_compilations
from tasks.framework.record_task import Need, RecordTask, recorded
from tasks.training import ModelTask, PrepareTraining, TrainModel

__all__ = ["FigureTask", "PlotCalibration", "PlotTraining"]


class FigureTask(RecordTask):
    """What figures have in common: their names and their label."""

    exclude_index = True

    @abstractmethod
    def figures(self) -> tuple[str, ...]:
        """Names of the figures."""

    @property
    def payload(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(f"{name}.{kind}" for name in self.figures() for kind in ("pdf", "png"))

    def record_name(self) -> str:
        return "figures"

    def label(self) -> dict[str, Any]:
        """What stands above every figure, as the arguments of :class:`~analysis.plotting.style.FigureLabel`."""
        return {"experiment": self.definition.experiment, "energy": self.definition.energy}

    @abstractmethod
    def titles(self) -> dict[str, str]:
        """What the figures' things are called, by their short names."""

    def ingredients(self, series: str) -> dict[str, Any]:
        # titles change no result, but they do change a figure
        return {"label": self.label(), "titles": self.titles()}

    def summary(self):
        for name in self.payload:
            yield name, self.own_record.store.url(self.own_record.place, name)


class PlotCalibration(FigureTask):
    """Draw the peaks that the calibration was derived from, before and after it, with their fits."""

    def figures(self) -> tuple[str, ...]:
        return tuple(self.titles())

    def titles(self) -> dict[str, str]:
        peaks = getattr(self.definition.derive_calibration.settings, "peaks", ())
        if not peaks:
            raise StudyError(
                f"the calibration of the study {self.study!r} has no peaks to draw",
                cure="name them in the field 'peaks' of the settings of its derive_calibration",
            )
        return {peak.name: peak.title for peak in peaks}

    def needs(self, series: str) -> dict[str, Need]:
        return {"calibration": Need(DeriveCalibration.req(self))}

    @recorded
    def run(self, draft):
        from safetensors.numpy import load_file

        from analysis.plotting.calibration import draw_peak, fitted_peak
        from analysis.plotting.style import FigureLabel, figure_style, save_figure

        measurements = json.loads(self.input_path("calibration", "measurements.json").read_text())
        curves = load_file(self.input_path("calibration", "curves.safetensors"))
        with figure_style():
            for name, title in self.titles().items():
                figure = draw_peak(fitted_peak(name, title, measurements, curves), FigureLabel(**self.label()))
                save_figure(figure, draft.path(f"{name}.pdf"), draft.path(f"{name}.png"))


class PlotTraining(FigureTask, ModelTask):
    """Draw how the networks were trained, how well they tell classes apart, and what they learned by heart."""

    def figures(self) -> tuple[str, ...]:
        return ("history", "roc", "confusion", *(f"score_{name}" for name in self.titles()))

    def record_name(self) -> str:
        return ModelTask.record_name(self)

    def titles(self) -> dict[str, str]:
        return {process.name: process.title for process in self.definition.processes}

    def label(self) -> dict[str, Any]:
        return {**super().label(), "simulation": True}

    def needs(self, series: str) -> dict[str, Need]:
        prepared = PrepareTraining.req(self, datasets=("simulated",))
        return {
            "networks": Need(TrainModel.req(self)),
            "evaluation": Need(EvaluateModel.req(self)),
            **{f"inputs {name}": Need(prepared, name) for name in prepared.series_names()},
        }

    @recorded
    def run(self, draft):
        from analysis.learning.inputs import TrainingInputs, concatenate
        from analysis.learning.training_scores import training_scores
        from analysis.plotting.confusion import draw_confusion
        from analysis.plotting.history import draw_history
        from analysis.plotting.roc import draw_roc, roc_curves
        from analysis.plotting.scores import ScoredEvents, draw_scores
        from analysis.plotting.style import FigureLabel, figure_style, save_figure

        cache_compilations()
        titles, label = self.titles(), FigureLabel(**self.label())
        names = [dataset.name for dataset in self.definition.simulated]
        paths = [path for name in names for path in self.input_paths(f"inputs {name}", "safetensors")]
        inputs = concatenate([TrainingInputs.load(path) for path in paths])
        inputs = inputs.select(inputs.trainable)
        trained = self.trained()
        history = [json.loads(line) for line in self.input_path("networks", "history.jsonl").read_text().splitlines()]
        metrics = json.loads(self.input_path("evaluation", "metrics.json").read_text())
        comparison = json.loads(self.input_path("evaluation", "comparison.json").read_text())
        test, training = (
            ScoredEvents(scores, inputs.label, inputs.weight)
            for scores in (trained.scores(inputs), training_scores(trained, inputs))
        )
        with figure_style():
            drawn = {
                "history": draw_history(history, label),
                "roc": draw_roc(roc_curves(metrics, titles), label),
                "confusion": draw_confusion(metrics["confusion"], titles, label),
                **{
                    f"score_{name}": draw_scores(index, titles[name], test, training, comparison[name], label)
                    for index, name in enumerate(trained.classes)
                },
            }
            for name, figure in drawn.items():
                save_figure(figure, draft.path(f"{name}.pdf"), draft.path(f"{name}.png"))
