from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.airshower.simulation.geometry import Geometry, geometry

_OBSERVATORY = ObservatorySettings()


def _one(east: float, north: float, zenith: float, azimuth: float, xmax: float = 750.0) -> Geometry:
    one = np.ones(1)
    return geometry(east * one, north * one, zenith * one, azimuth * one, xmax * one, _OBSERVATORY)


def test_a_vertical_shower_sees_stations_at_their_distance() -> None:
    seen = _one(300.0, -400.0, 0.0, 1.0)
    assert seen.distance[0] == pytest.approx(500.0)
    assert seen.ahead[0] == pytest.approx(0.0)
    assert seen.beyond[0] == pytest.approx(_OBSERVATORY.depth - 750.0)


def test_stations_on_the_side_that_the_shower_comes_from_are_ahead() -> None:
    zenith = np.radians(60.0)
    early, late, beside = (_one(*place, zenith, 0.0) for place in ((1000.0, 0.0), (-1000.0, 0.0), (0.0, 1000.0)))
    assert early.ahead[0] == pytest.approx(1000.0 * np.sin(zenith))
    assert late.ahead[0] == pytest.approx(-early.ahead[0])
    assert early.distance[0] == pytest.approx(500.0) == pytest.approx(late.distance[0])
    assert beside.distance[0] == pytest.approx(1000.0)
    # there the shower has less matter behind it
    assert early.beyond[0] < beside.beyond[0] < late.beyond[0]
    assert beside.beyond[0] == pytest.approx(_OBSERVATORY.depth / np.cos(zenith) - 750.0)


def test_distances_do_not_depend_on_the_compass() -> None:
    angle = np.linspace(0.0, 2.0 * np.pi, 13)
    seen = geometry(
        800.0 * np.cos(angle + 0.3),
        800.0 * np.sin(angle + 0.3),
        np.full(13, 0.7),
        angle,
        np.full(13, 700.0),
        _OBSERVATORY,
    )
    np.testing.assert_allclose(seen.distance, seen.distance[0], rtol=1e-12)
    np.testing.assert_allclose(seen.beyond, seen.beyond[0], rtol=1e-12)
