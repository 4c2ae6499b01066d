from __future__ import annotations

import numpy as np
import pytest

from analysis.events.identity import identify
from analysis.studies.airshower.published.depth import read_resolution
from analysis.studies.airshower.simulation.fluorescence import depth_resolution, measured_depth
from analysis.studies.airshower.simulation.settings import SimulationSettings

RESOLUTION = SimulationSettings().fluorescence_depth


def test_the_resolution_is_the_published_one(published) -> None:
    known = read_resolution(published["xmax2014"])
    middle = (known.energy_edges[:-1] + known.energy_edges[1:]) / 2.0
    above = middle > 18.5
    assert np.abs(depth_resolution(middle, RESOLUTION) - known.width())[above].max() < 1.0


def test_depths_are_measured_without_bias_and_each_by_itself() -> None:
    identity, energy = identify("observatory", 0, 4000), np.full(4000, 10.0**18.5)
    true = np.linspace(600.0, 900.0, 4000)
    found = measured_depth(identity, energy, true, RESOLUTION)
    error = found - true
    assert error.std() == pytest.approx(RESOLUTION[0], rel=0.05)
    assert abs(error.mean()) < 4.0 * RESOLUTION[0] / np.sqrt(4000)
    assert abs(np.corrcoef(error, true)[0, 1]) < 0.06
    assert np.array_equal(found[10:20], measured_depth(identity[10:20], energy[10:20], true[10:20], RESOLUTION))
