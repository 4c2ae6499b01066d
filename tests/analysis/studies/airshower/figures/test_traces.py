from __future__ import annotations

from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
from correctionlib import CorrectionSet

from analysis.events.identity import identify
from analysis.plotting.style import FigureLabel, figure_style, save_figure
from analysis.studies.airshower.calibration.derivation_settings import DerivationSettings
from analysis.studies.airshower.calibration.derive import derive
from analysis.studies.airshower.calibration.events import calibrate
from analysis.studies.airshower.calibration.settings import CalibrationSettings
from analysis.studies.airshower.figures.traces import draw_traces
from analysis.studies.airshower.simulation import monitoring
from analysis.studies.airshower.simulation.events import simulate
from analysis.studies.airshower.simulation.settings import MinuteSettings, ShowerSettings, SimulationSettings
from analysis.studies.airshower.simulation.showers import generate
from analysis.study import Dataset

LABEL = FigureLabel("erumflow air showers", simulation=True)


@pytest.fixture(scope="module")
def events() -> tuple[ak.Array, ak.Array]:
    """Some events, raw and calibrated."""
    minutes = MinuteSettings()
    monitored = monitoring.simulate(monitoring.generate(identify(minutes.dataset, 0, 10), minutes), minutes)
    content = derive({"monitoring": monitored}, DerivationSettings()).corrections.model_dump_json(exclude_none=True)
    raw = simulate(generate(identify("iron", 0, 60), ShowerSettings(period=600.0)), SimulationSettings())
    dataset = Dataset(name="iron", title="", kind="simulated")
    return raw, calibrate(raw, CorrectionSet.from_string(content), dataset, CalibrationSettings())


def station(events: tuple[ak.Array, ak.Array], saturated: bool) -> tuple[ak.Record, ak.Record]:
    """The station with the highest signal, among the saturated ones or among the others."""
    raw, calibrated = events
    signal = np.where(calibrated.stations.saturated == saturated, calibrated.stations.signal, 0.0)
    event = int(ak.argmax(ak.max(signal, axis=1)))
    place = int(ak.argmax(signal[event]))
    name = calibrated.stations.station[event][place]
    return raw.stations[event][raw.stations.station[event] == name][0], calibrated.stations[event][place]


@pytest.mark.parametrize("saturated", [False, True])
def test_all_traces_are_drawn(events: tuple[ak.Array, ak.Array], saturated: bool, tmp_path: Path) -> None:
    raw, calibrated = station(events, saturated)
    with figure_style():
        figure: Any = draw_traces(raw, calibrated, LABEL)
        save_figure(figure, tmp_path / "traces.png")
    assert (tmp_path / "traces.png").stat().st_size > 10_000
    high, low, trace = figure.axes
    for axes, gain in ((high, "high"), (low, "low")):
        for tube in range(3):
            assert axes.patches[tube].get_data().values.tolist() == np.asarray(raw[gain][tube]).tolist()
    values, edges, _ = trace.patches[-1].get_data()
    assert values.tolist() == np.asarray(calibrated.trace).tolist()
    assert any(r"\geq" in text.get_text() for text in trace.texts) == saturated
    # the calibrated trace lies above the raw one: its maximum is in a sample of the largest signal, or of saturation
    begin = round(edges[0] / 0.025)
    summed = np.asarray(raw["low"]).astype(int).sum(axis=0)[begin : begin + 128]
    assert summed[np.argmax(values)] > 0.95 * summed.max()
    start = trace.lines[-1].get_xdata()[0]
    assert edges[4] < start <= edges[5]
