"""Figures. No other task requires them, so that a change of their style draws them again and does nothing else."""

from __future__ import annotations

import json
from typing import Any

from tasks.calibration import DeriveCalibration
from tasks.framework.record_task import Need, RecordTask, recorded

__all__ = ["FigureTask", "PlotCalibration"]


class FigureTask(RecordTask):
    """What figures have in common: their names and their label."""

    exclude_index = True

    def figures(self) -> tuple[str, ...]:
        """Names of the figures."""
        raise NotImplementedError

    @property
    def payload(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(f"{name}.{kind}" for name in self.figures() for kind in ("pdf", "png"))

    def record_name(self) -> str:
        return "figures"

    def label(self) -> dict[str, Any]:
        """What stands above every figure, as the arguments of :class:`~analysis.plotting.style.FigureLabel`."""
        return {"experiment": self.definition.experiment, "energy": self.definition.energy}

    def titles(self) -> dict[str, str]:
        """What the figures' things are called, by their short names."""
        raise NotImplementedError

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
        settings = self.definition.derive_calibration.settings
        return {peak.name: peak.title for peak in getattr(settings, "peaks", ())}

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
