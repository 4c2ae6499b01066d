"""Figures of the reconstruction, from a few events of the study's own simulation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
from correctionlib import CorrectionSet

from analysis.calibration import Calibration
from analysis.errors import DataError
from analysis.events.identity import identify
from analysis.events.joining import of_events
from analysis.plotting.style import FigureLabel, figure_style, save_figure
from analysis.studies.airshower.calibration.derivation_settings import DerivationSettings
from analysis.studies.airshower.calibration.derive import derive as derive_calibration
from analysis.studies.airshower.calibration.events import calibrate
from analysis.studies.airshower.calibration.settings import CalibrationSettings
from analysis.studies.airshower.figures.reconstruction import choose_event, choose_station, draw
from analysis.studies.airshower.reconstruction.events import reconstruct
from analysis.studies.airshower.reconstruction.fit import fit
from analysis.studies.airshower.reconstruction.resolution import evaluate
from analysis.studies.airshower.reconstruction.scale import derive
from analysis.studies.airshower.reconstruction.settings import (
    FIGURES,
    FitSettings,
    ResolutionSettings,
    ScaleSettings,
)
from analysis.studies.airshower.simulation import monitoring
from analysis.studies.airshower.simulation.events import simulate
from analysis.studies.airshower.simulation.settings import MinuteSettings, ShowerSettings, SimulationSettings
from analysis.studies.airshower.simulation.showers import generate
from analysis.study import Dataset

pytestmark = pytest.mark.long

LABEL = FigureLabel("erumflow air showers", simulation=True)
DATASET = Dataset(name="hybrid", title="", kind="simulated")

Stages = dict[str, Any]


@pytest.fixture(scope="module")
def stages() -> Stages:
    """Values of the stages that the figures are drawn from."""
    minutes = MinuteSettings()
    monitored = monitoring.simulate(monitoring.generate(identify(minutes.dataset, 0, 10), minutes), minutes)
    constants = derive_calibration({"monitoring": monitored}, DerivationSettings()).corrections
    showers = ShowerSettings(period=600.0, spectral_index=2.0)
    generated = generate(identify(DATASET.name, 0, 400), showers)
    raw = simulate(generated, SimulationSettings(fluorescence_share=0.7))
    corrections = CorrectionSet.from_string(constants.model_dump_json(exclude_none=True))
    calibrated = calibrate(raw, corrections, DATASET, CalibrationSettings())
    fitted = fit(calibrated, FitSettings())
    scale = derive({"hybrid": calibrated}, {"hybrid": fitted}, ScaleSettings())
    energies = CorrectionSet.from_string(scale.corrections.model_dump_json(exclude_none=True))
    found = reconstruct(calibrated, fitted, energies)
    truth = ak.to_packed(of_events(generated, np.asarray(found["identity"])))
    resolution = evaluate(
        {"proton": found, "hybrid": found}, {"proton": truth, "hybrid": truth}, replace(ResolutionSettings(), least=5)
    )
    return {
        "reconstructed": {"hybrid": found},
        "raw": {"hybrid": raw},
        "truth": {"hybrid": truth},
        "resolution": json.loads(json.dumps(resolution)),
        "scale": Calibration(scale.corrections, json.loads(json.dumps(scale.measurements)), scale.curves),
    }


@pytest.fixture(scope="module")
def figures(stages: Stages) -> dict[str, Any]:
    with figure_style():
        return draw(**stages, label=LABEL, settings=FitSettings())


def test_the_figures_that_the_study_names(figures: dict[str, Any], tmp_path: Path) -> None:
    assert tuple(figures) == FIGURES
    with figure_style():
        for name, figure in figures.items():
            save_figure(figure, tmp_path / f"{name}.png", tmp_path / f"{name}.pdf")
            assert (tmp_path / f"{name}.png").stat().st_size > 10_000


def test_all_axes_have_titles_and_all_figures_say_that_they_are_simulated(figures: dict[str, Any]) -> None:
    for name, figure in figures.items():
        words = [text.get_text() for axes in figure.axes for text in axes.texts]
        assert any("Simulation" in text for text in words), name
        assert figure.axes[0].get_ylabel(), name
        assert any(axes.get_xlabel() for axes in figure.axes), name


def test_the_footprint_shows_the_event(figures: dict[str, Any], stages: Stages) -> None:
    events = stages["reconstructed"]["hybrid"]
    event = events[choose_event(events)]
    above, signals, front, _bar = figures["footprint"].axes
    places = above.collections[1].get_offsets()
    np.testing.assert_allclose(places[:, 0], np.asarray(event["stations"]["x"]) / 1000.0, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(places[:, 1], np.asarray(event["stations"]["y"]) / 1000.0, rtol=1e-5, atol=1e-6)
    curve = signals.lines[0]
    at_1000 = np.exp(np.interp(1.0, curve.get_xdata(), np.log(curve.get_ydata())))
    assert at_1000 == pytest.approx(float(event["s1000"]), rel=0.01)
    residuals = np.concatenate([line.get_ydata() for line in front.lines[1:3]])
    np.testing.assert_allclose(np.sort(residuals), np.sort(np.asarray(event["geometry"]["residual"])), rtol=1e-5)
    # everything that was measured is inside the axes
    for axes in (signals, front):
        low, high = axes.get_ylim()
        for line in axes.lines:
            if line.get_marker() not in ("None", "", None):
                assert low <= np.min(line.get_ydata())
                assert np.max(line.get_ydata()) <= high


def test_resolutions_are_those_that_were_found(figures: dict[str, Any], stages: Stages) -> None:
    for name, quantity, factor in (("angular_resolution", "angle", 1.0), ("energy_resolution", "resolution", 100.0)):
        axes = figures[name].axes[0]
        expected = [
            entry[quantity]["value"] * factor
            for entry in stages["resolution"]["datasets"]["hybrid"]["by_energy"]
            if entry is not None
        ]
        drawn = [container.lines[0].get_ydata().tolist() for container in axes.containers]
        assert pytest.approx(expected) in drawn
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["proton", "mixture"]


def test_the_scale_is_what_was_derived(figures: dict[str, Any], stages: Stages) -> None:
    curves, measured = stages["scale"].curves, stages["scale"].measurements
    points = figures["attenuation"].axes[0].containers[0].lines[0]
    np.testing.assert_array_equal(points.get_ydata(), curves["attenuation_size"])
    axes, side = figures["energy_scale"].axes
    assert sum(len(container.lines[0].get_xdata()) for container in axes.containers) == len(
        curves["energy_scale_fluorescence"]
    )
    assert f"{measured['energy_scale']['events']} events" in "\n".join(text.get_text() for text in axes.texts)
    assert "mean" in "\n".join(text.get_text() for text in side.texts)


def test_the_event_to_look_at_is_good(stages: Stages) -> None:
    events = stages["reconstructed"]["hybrid"]
    number = choose_event(events)
    assert events["good"][number]
    station = choose_station(events["stations"][number])
    assert not station["saturated"]


def test_nothing_to_draw_is_said(stages: Stages) -> None:
    for tier, problem in (("reconstructed", "no event is well reconstructed"), ("raw", "not in all tiers")):
        nothing = {**stages, tier: {"hybrid": stages[tier]["hybrid"][:0]}}
        with pytest.raises(DataError, match=problem):
            draw(**nothing, label=LABEL, settings=FitSettings())
