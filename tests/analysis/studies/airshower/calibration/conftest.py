"""Monitoring data and showers of the study's own simulation, and the calibration that follows from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import awkward as ak
import correctionlib
import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.calibration import load_corrections
from analysis.events.identity import identify
from analysis.studies.airshower.calibration.derivation_settings import DerivationSettings
from analysis.studies.airshower.calibration.derive import derive
from analysis.studies.airshower.simulation import monitoring
from analysis.studies.airshower.simulation.detector import Photomultipliers, photomultipliers
from analysis.studies.airshower.simulation.events import simulate
from analysis.studies.airshower.simulation.settings import (
    MinuteSettings,
    ShowerSettings,
    SimulationSettings,
)
from analysis.studies.airshower.simulation.showers import generate
from analysis.studies.airshower.simulation.traces import digitise, light
from analysis.study import Dataset
from tests.analysis.studies.airshower.calibration.monitored import DETECTOR, MINUTES, Monitored

Recorder = Callable[..., ak.Array]


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    return Dataset(name="proton", title="", kind="simulated")


@pytest.fixture(scope="session")
def tubes() -> Photomultipliers:
    return photomultipliers(SimulationSettings().observatory, DETECTOR)


@pytest.fixture(scope="session")
def monitored() -> Monitored:
    settings = MinuteSettings(detector=DETECTOR)
    truth = monitoring.generate(identify(settings.dataset, 0, MINUTES), settings)
    raw = monitoring.simulate(truth, settings)
    return Monitored(truth, raw, derive({"monitoring": raw}, DerivationSettings()))


@pytest.fixture(scope="session")
def corrections(monitored: Monitored, tmp_path_factory: pytest.TempPathFactory) -> correctionlib.CorrectionSet:
    path: Path = tmp_path_factory.mktemp("calibration") / "corrections.json"
    monitored.calibration.save_corrections(path)
    return load_corrections(path)


@pytest.fixture(scope="session")
def showers() -> ak.Array:
    """Raw events, some of 10^20 eV next to a station."""
    truth = generate(identify("proton", 0, 120), ShowerSettings(period=60.0 * MINUTES))
    return simulate(truth, SimulationSettings(detector=DETECTOR))


@pytest.fixture(scope="session")
def record(tubes: Photomultipliers) -> Recorder:
    """Raw events of one station each that saw given light, through the simulation's electronics."""

    def recorded(deposited: NDArray[np.float64], station: NDArray[np.int64], seed: int = 1) -> ak.Array:
        random = np.random.default_rng(seed)
        observatory = SimulationSettings().observatory
        n, time = len(deposited), np.linspace(1.0, 60.0 * MINUTES - 1.0, len(deposited))
        shape = (n, observatory.photomultipliers, observatory.samples)
        bits = [random.integers(0, 65536, shape, dtype=np.uint16) for _ in range(3)]
        pulses = light(deposited.astype(np.float32), bits[0], tubes.decay[station], observatory, DETECTOR)
        gain = np.where(tubes.dead[station], 0.0, tubes.charge_at(station, time, DETECTOR))
        noise = tubes.noise[station]
        channels = {
            "high": digitise(pulses, gain, tubes.baseline_high[station], noise, bits[1], observatory),
            "low": digitise(
                pulses, gain / tubes.ratio[station], tubes.baseline_low[station], noise, bits[2], observatory
            ),
        }
        columns = {
            "station": station.astype(np.int32),
            "start": np.full(n, 100.0),
            "trigger": np.full(n, 1, np.int8),
            **{name: ak.from_numpy(samples, regulararray=True) for name, samples in channels.items()},
        }
        stations = ak.unflatten(ak.zip(columns, depth_limit=1), np.ones(n, np.int64))
        energy = ak.mask(np.full(n, 1e19), np.arange(n) % 2 == 0)
        fields = {"identity": identify("proton", 0, n), "time": time, "fd_energy": energy, "stations": stations}
        return ak.zip(fields, depth_limit=1)

    return recorded


@pytest.fixture(scope="session")
def whole(tubes: Photomultipliers) -> NDArray[np.int64]:
    """Stations all of whose photomultipliers are good."""
    return np.flatnonzero(~(tubes.dead | tubes.noisy).any(axis=1))
