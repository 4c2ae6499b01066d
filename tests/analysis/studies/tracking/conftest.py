"""A few simulated events, calibrated with themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import awkward as ak
import pytest

from analysis.events.identity import identify


@dataclass
class Collisions:
    """Events of ten vertices."""

    truth: ak.Array
    raw: ak.Array
    detector: dict[str, Any]
    beam_spot: dict[str, Any]
    layers: dict[str, Any]
    points: ak.Array


@pytest.fixture(scope="session")
def collisions() -> Collisions:
    pytest.importorskip("acts")
    from analysis.studies.tracking.detector import beam_spot, layers, modules
    from analysis.studies.tracking.detector.settings import BeamSpotSettings, LayerSettings
    from analysis.studies.tracking.reconstruction.space_points import reconstruct
    from analysis.studies.tracking.simulation.events import generate, simulate
    from analysis.studies.tracking.simulation.settings import CollisionSettings, SimulationSettings

    truth = generate(identify("beam", 0, 20), CollisionSettings(10))
    raw = simulate(truth, SimulationSettings())
    known = modules.describe()
    spot = beam_spot.derive({"beam": raw}, known, BeamSpotSettings())
    found = layers.derive({"beam": raw}, known, spot, LayerSettings())
    return Collisions(truth, raw, known, spot, found, reconstruct(raw, known, spot, found))
