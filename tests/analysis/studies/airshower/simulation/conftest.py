"""Some showers and what the array records of them, made once for all tests of the simulation."""

from __future__ import annotations

import awkward as ak
import pytest

from analysis.events.identity import identify
from analysis.studies.airshower.simulation.events import simulate
from analysis.studies.airshower.simulation.settings import ShowerSettings, SimulationSettings
from analysis.studies.airshower.simulation.showers import generate


@pytest.fixture(scope="session")
def mixed() -> ShowerSettings:
    return ShowerSettings(primaries=(1, 4, 14, 56), shares=(1.0, 1.0, 1.0, 1.0))


@pytest.fixture(scope="session")
def truth(mixed: ShowerSettings) -> ak.Array:
    return generate(identify("mixed", 0, 150), mixed)


@pytest.fixture(scope="session")
def settings() -> SimulationSettings:
    return SimulationSettings(fluorescence_share=0.5)


@pytest.fixture(scope="session")
def raw(truth: ak.Array, settings: SimulationSettings) -> ak.Array:
    return simulate(truth, settings)
