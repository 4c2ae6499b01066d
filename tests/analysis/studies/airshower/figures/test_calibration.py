"""Figures of the calibration, from the study's own monitoring data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.calibration import Calibration
from analysis.events.identity import identify
from analysis.plotting.style import FigureLabel, figure_style, save_figure
from analysis.studies.airshower.calibration.derivation_settings import DerivationSettings
from analysis.studies.airshower.calibration.derive import derive
from analysis.studies.airshower.figures.calibration import draw
from analysis.studies.airshower.figures.settings import CALIBRATION_FIGURES
from analysis.studies.airshower.simulation import monitoring
from analysis.studies.airshower.simulation.settings import MinuteSettings

LABEL = FigureLabel("erumflow air showers", simulation=True)


def derived(minutes: int) -> Calibration:
    settings = MinuteSettings()
    truth = monitoring.generate(identify(settings.dataset, 0, minutes), settings)
    return derive({"monitoring": monitoring.simulate(truth, settings)}, DerivationSettings())


def words(axes: Any) -> str:
    return "\n".join(text.get_text() for text in axes.texts)


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return derived(40)


@pytest.fixture(scope="module")
def figures(calibration: Calibration) -> dict[str, Any]:
    with figure_style():
        return draw(calibration, LABEL)


def test_the_figures_that_the_study_names(figures: dict[str, Any], tmp_path: Path) -> None:
    assert tuple(figures) == CALIBRATION_FIGURES
    with figure_style():
        for name, figure in figures.items():
            save_figure(figure, tmp_path / f"{name}.png", tmp_path / f"{name}.pdf")
            assert (tmp_path / f"{name}.png").stat().st_size > 10_000


def test_humps_are_the_entries_with_their_fits(figures: dict[str, Any], calibration: Calibration) -> None:
    above = figures["muon_humps"].axes[:2]
    below = figures["muon_humps"].axes[2:]
    for name, axes, pulls in zip(("charge", "peak"), above, below, strict=True):
        counts = calibration.curves[f"example_{name}_counts"]
        points = axes.containers[0].lines[0].get_ydata()
        assert points == pytest.approx(counts / 1e3)
        low, high = calibration.curves[f"example_{name}_window"]
        fitted = axes.lines[1].get_xdata()
        assert low <= fitted.min() < fitted.max() <= high
        values = pulls.lines[-1].get_ydata()
        assert len(values) == len(fitted)
        assert values.std() == pytest.approx(1.0, abs=0.4)
        station, tube, interval = calibration.curves["example"]
        unit = calibration.curves[f"vem_{name}"][station, tube, interval]
        position, _ = calibration.curves[f"example_{name}_position"]
        assert position / unit == pytest.approx(1.09)
        assert "hump / 1.09" in words(axes)
        assert f"= {unit:.3f}"[:7] in words(axes)
        assert "[ADC counts]" in pulls.get_xlabel()


def test_nothing_covers_the_points(figures: dict[str, Any]) -> None:
    for name, number in (("muon_humps", 2), ("vem_charge_in_time", 1)):
        with figure_style():
            figures[name].draw_without_rendering()
        for axes in figures[name].axes[:number]:
            boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
            for container in axes.containers:
                points = axes.transData.transform(container.lines[0].get_xydata())
                inside = points[(points[:, 1] < axes.bbox.y1)]
                for box in (*boxes, axes.get_legend().get_window_extent()):
                    assert not any(box.contains(x, y) for x, y in inside)


def test_drifts_are_relative_to_the_mean(figures: dict[str, Any], calibration: Calibration) -> None:
    left, right = figures["vem_charge_in_time"].axes
    assert len(left.containers) == 5
    for container in left.containers:
        x, y = container.lines[0].get_data()
        assert x == pytest.approx((np.arange(4) + 0.5) / 6.0)
        assert abs(y.mean()) < 1e-9
        assert 0.01 < np.abs(y).max() < 10.0
    used = (calibration.curves["working"] > 0).all(axis=2)
    assert f"{used.sum()} photomultipliers" in words(right)


def test_gain_ratios_of_all_photomultipliers(figures: dict[str, Any], calibration: Calibration) -> None:
    (axes,) = figures["gain_ratio"].axes
    drawn = axes.patches[0].get_data()
    assert drawn.values.sum() == (calibration.curves["working"] > 0).any(axis=2).sum()
    assert drawn.edges[0] > 25.0
    assert drawn.edges[-1] < 40.0


def test_one_interval_is_enough(tmp_path: Path) -> None:
    with figure_style():
        for name, figure in draw(derived(2), LABEL).items():
            save_figure(figure, tmp_path / f"{name}.png")
            assert (tmp_path / f"{name}.png").stat().st_size > 10_000
