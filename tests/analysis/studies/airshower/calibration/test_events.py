from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
from correctionlib import CorrectionSet
from numpy.typing import NDArray

from analysis.errors import DataError, StudyError
from analysis.events.parquet import read_events, write_events
from analysis.studies.airshower.array import positions
from analysis.studies.airshower.calibration.events import calibrate
from analysis.studies.airshower.calibration.settings import CalibrationSettings
from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.airshower.simulation.detector import Photomultipliers
from analysis.study import Dataset
from tests.analysis.studies.airshower.calibration.monitored import Monitored

Recorder = Callable[..., ak.Array]

SETTINGS = CalibrationSettings()
TYPE = (
    "{identity: uint64, time: float64, fd_energy: ?float64, fd_xmax: ?float64, "
    "stations: var * {station: int32, x: float32, y: float32, "
    "signal: float32, start: float64, saturated: bool, photomultipliers: int8, trigger: int8, trace: 128 * float32}}"
)


def flat(events: ak.Array, name: str) -> np.ndarray:
    return np.asarray(ak.flatten(events["stations", name], axis=None))


def pulses(number: int, signal: float, samples: slice = slice(48, 49)) -> NDArray[np.float64]:
    """Light of that signal in VEM, spread over some samples of n traces."""
    light = np.zeros((number, 256))
    light[:, samples] = signal / light[:, samples].shape[1]
    return light


@pytest.mark.parametrize(
    ("signal", "samples"),
    [(1.0, slice(48, 49)), (10.0, slice(48, 68)), (100.0, slice(48, 53)), (1000.0, slice(48, 88))],
)
def test_known_light_gives_the_known_signal(
    record: Recorder,
    corrections: CorrectionSet,
    dataset: Dataset,
    whole: NDArray[np.int64],
    signal: float,
    samples: slice,
) -> None:
    """One vertical muon; a longer signal; two that saturate the high gain."""
    events = record(pulses(2000, signal, samples), np.resize(whole, 2000))
    assert (np.max(flat(events, "high")) == 1023) == (signal >= 100.0)
    calibrated = calibrate(events, corrections, dataset, SETTINGS)
    assert not flat(calibrated, "saturated").any()
    assert flat(calibrated, "signal").mean() == pytest.approx(signal, rel=0.01)
    # photo-electrons of three photomultipliers, the electronics' noise, and what the constants are known to
    assert flat(calibrated, "signal").std() < 1.3 * np.hypot(np.sqrt(signal / 270.0), 0.13) + 0.002 * signal


def test_a_vertical_muon_has_the_height_of_one_vem_peak(
    record: Recorder, corrections: CorrectionSet, dataset: Dataset, whole: NDArray[np.int64]
) -> None:
    calibrated = calibrate(record(pulses(2000, 1.0), np.resize(whole, 2000)), corrections, dataset, SETTINGS)
    trace = flat(calibrated, "trace").reshape(2000, 128)
    assert trace.mean(axis=0).max() == pytest.approx(1.0, abs=0.02)
    # the first sample above threshold follows four others
    assert np.abs(trace[:, :4]).max() < 0.11
    assert (trace[:, 4] > 0.1).all()
    start = (flat(calibrated, "start") - 100.0) / 25.0
    assert np.abs(start - 48.5).max() <= 0.5


def test_the_low_gain_is_saturated(
    record: Recorder, corrections: CorrectionSet, dataset: Dataset, whole: NDArray[np.int64]
) -> None:
    calibrated = calibrate(record(pulses(200, 5000.0), np.resize(whole, 200)), corrections, dataset, SETTINGS)
    assert flat(calibrated, "saturated").all()
    assert (flat(calibrated, "signal") < 4500.0).all()
    assert (flat(calibrated, "signal") > 500.0).all()


def test_bad_photomultipliers_are_left_out(
    record: Recorder, corrections: CorrectionSet, dataset: Dataset, tubes: Photomultipliers
) -> None:
    bad = tubes.dead | tubes.noisy
    station = np.flatnonzero(bad.any(axis=1) & ~bad.all(axis=1))
    assert len(station) >= 5
    events = record(pulses(2000, 20.0, slice(48, 68)), np.resize(station, 2000))
    calibrated = calibrate(events, corrections, dataset, SETTINGS)
    number = 3 - bad.sum(axis=1)
    assert (flat(calibrated, "photomultipliers") == number[flat(calibrated, "station")]).all()
    assert flat(calibrated, "signal").mean() == pytest.approx(20.0, rel=0.01)
    assert flat(calibrated, "signal").std() < 0.8


def test_a_station_without_a_working_photomultiplier_is_left_out(
    monitored: Monitored, showers: ak.Array, dataset: Dataset
) -> None:
    """Whatever its traces are; its event stays."""
    content: dict[str, Any] = monitored.calibration.corrections.model_dump(mode="json", exclude_none=True)
    lost = int(flat(showers, "station")[0])
    for correction in content["corrections"]:
        values = np.array(correction["data"]["content"]).reshape(91, 3, -1)
        values[lost] = 0.0
        correction["data"]["content"] = values.ravel().tolist()
    corrections = CorrectionSet.from_string(json.dumps(content))
    calibrated = calibrate(showers, corrections, dataset, SETTINGS)
    assert calibrated.identity.to_list() == showers.identity.to_list()
    kept = showers.stations.station[showers.stations.station != lost]
    assert calibrated.stations.station.to_list() == kept.to_list()
    assert len(ak.flatten(kept)) < len(flat(showers, "station"))
    only = showers[:1]
    one = ak.with_field(only, only.stations[only.stations.station == lost], "stations")
    assert calibrate(one, corrections, dataset, SETTINGS).stations.to_list() == [[]]


def test_showers(showers: ak.Array, corrections: CorrectionSet, dataset: Dataset) -> None:
    calibrated = calibrate(showers, corrections, dataset, SETTINGS)
    assert str(calibrated.type) == f"{len(showers)} * {TYPE}"
    assert calibrated.identity.to_list() == showers.identity.to_list()
    assert calibrated.time.to_list() == showers.time.to_list()
    for name in ("x", "y", "signal", "start", "trace"):
        assert np.isfinite(flat(calibrated, name)).all()
    place = positions(SETTINGS.observatory)[flat(calibrated, "station")]
    assert np.abs(np.stack([flat(calibrated, "x"), flat(calibrated, "y")], axis=1) - place).max() < 0.01
    assert flat(calibrated, "saturated").any()
    assert flat(calibrated, "signal").min() > 0.0
    # a station with more signal is nearer: the start is within the trace
    start = flat(calibrated, "start")
    assert start.min() > 0.0
    assert (flat(calibrated, "trace").reshape(-1, 128)[:, 4] > 0.1).mean() > 0.99


def test_the_same_in_any_chunk(showers: ak.Array, corrections: CorrectionSet, dataset: Dataset, tmp_path: Path) -> None:
    """To the last bit, also when blocks of stations begin elsewhere; and after a file."""
    write_events(calibrate(showers, corrections, dataset, SETTINGS), tmp_path / "whole.parquet")
    write_events(showers, tmp_path / "raw.parquet")
    for size in (1, 7, 50):
        stored = read_events(tmp_path / "raw.parquet")
        parts = [
            calibrate(stored[begin : begin + size], corrections, dataset, SETTINGS)
            for begin in range(0, len(showers), size)
        ]
        write_events(ak.concatenate(parts), tmp_path / "parts.parquet")
        assert (tmp_path / "parts.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_no_events(showers: ak.Array, corrections: CorrectionSet, dataset: Dataset, tmp_path: Path) -> None:
    write_events(showers[:0], tmp_path / "raw.parquet")
    for events in (showers[:0], read_events(tmp_path / "raw.parquet")):
        assert str(calibrate(events, corrections, dataset, SETTINGS).type) == f"0 * {TYPE}"
    nobody = ak.with_field(showers[:2], showers.stations[:2][:, :0], "stations")
    assert calibrate(nobody, corrections, dataset, SETTINGS).stations.to_list() == [[], []]


def test_events_outside_of_the_calibration(showers: ak.Array, corrections: CorrectionSet, dataset: Dataset) -> None:
    late = ak.with_field(showers, showers.time + 2400.0, "time")
    with pytest.raises(DataError, match=r"does not hold for all events of 'proton': stations .* times") as error:
        calibrate(late, corrections, dataset, SETTINGS)
    assert "whole period" in str(error.value)


def test_another_observatory(showers: ak.Array, corrections: CorrectionSet, dataset: Dataset) -> None:
    short = CalibrationSettings(observatory=ObservatorySettings(samples=128))
    with pytest.raises(DataError, match=r"samples instead of \d+ x 3 x 128"):
        calibrate(showers, corrections, dataset, short)
    with pytest.raises(StudyError, match=r"quiet_samples: 300 of 256 samples"):
        CalibrationSettings(quiet_samples=300)
