from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.airshower.simulation.atmosphere import altitude, depth


@pytest.mark.parametrize(
    # pressure of the U.S. standard atmosphere 1976 in hPa; 1 hPa carries 1.0197 g/cm2
    ("height", "pressure"),
    [(0.0, 1013.25), (2000.0, 795.0), (5000.0, 540.5), (10000.0, 265.0), (20000.0, 55.3), (30000.0, 11.97)],
)
def test_depths_are_pressures_of_the_standard_atmosphere(height: float, pressure: float) -> None:
    assert depth(np.array(height)) == pytest.approx(1.0197 * pressure, rel=0.03)


def test_altitude_inverts_depth() -> None:
    heights = np.array([-1500.0, 0.0, 1400.0, 3999.0, 4001.0, 9999.0, 10001.0, 25000.0, 39999.0, 40001.0, 80000.0])
    np.testing.assert_allclose(altitude(depth(heights)), heights, rtol=1e-9, atol=1e-6)


def test_depth_falls_everywhere() -> None:
    assert np.all(np.diff(depth(np.linspace(-2000.0, 99000.0, 5000))) < 0.0)


def test_altitude_falls_everywhere_but_for_the_gaps_between_layers() -> None:
    # the published layers join to a part in 10^4
    assert np.diff(altitude(np.linspace(1.0, 1300.0, 5000))).max() < 2.0


def test_the_observatory_stands_at_its_depth() -> None:
    observatory = ObservatorySettings()
    assert depth(np.array(observatory.altitude)) == pytest.approx(observatory.depth, rel=0.01)
