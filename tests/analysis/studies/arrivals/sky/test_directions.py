from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.arrivals.sky.directions import (
    angle_between,
    around,
    galactic_rotation,
    tangents,
    to_angles,
    unit_vectors,
)


def test_the_galactic_pole_and_centre_are_where_they_are():
    places = unit_vectors(np.radians([192.859, 266.405]), np.radians([27.128, -28.936]))
    longitude, latitude = (np.degrees(one) for one in to_angles(places @ galactic_rotation()))
    assert latitude == pytest.approx([90.0, 0.0], abs=0.01)
    assert (longitude[1] + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=0.01)


def test_angles_and_vectors_are_each_others_inverse():
    longitude, latitude = np.array([0.1, 3.0, 6.2]), np.array([-1.5, 0.0, 1.2])
    found = to_angles(unit_vectors(longitude, latitude))
    assert np.allclose(found, (longitude, latitude))


def test_small_angles_are_exact():
    first, second = unit_vectors(np.array([1.0, 1.0 + 1e-9]), np.zeros(2))
    assert float(angle_between(first, second)) == pytest.approx(1e-9, rel=1e-6)


def test_tangents_are_across():
    vectors = unit_vectors(np.linspace(0, 6, 9), np.linspace(-1.4, 1.4, 9))
    east, north = tangents(vectors)
    for one in (east, north):
        assert np.allclose(np.linalg.norm(one, axis=1), 1.0)
        assert np.allclose(np.sum(one * vectors, axis=1), 0.0)
    assert (north[:, 2] > 0).all()


@pytest.mark.parametrize("concentration", [0.5, 10.0, 500.0])
def test_fisher_distribution_has_its_mean(concentration: float):
    """The mean cosine is coth(k) - 1 / k (Fisher 1953)."""
    random, number = np.random.default_rng(1), 40_000
    centre = np.tile(unit_vectors(np.array(2.0), np.array(-0.7)), (number, 1))
    drawn = around(centre, np.full(number, concentration), random.random(number), random.random(number))
    assert np.allclose(np.linalg.norm(drawn, axis=1), 1.0)
    cosine = np.sum(drawn * centre, axis=1)
    expected = 1.0 / np.tanh(concentration) - 1.0 / concentration
    assert cosine.mean() == pytest.approx(expected, abs=4 * cosine.std() / np.sqrt(number))
    # as many on each side
    east, north = tangents(centre)
    for one in (east, north):
        side = np.sum(drawn * one, axis=1)
        assert abs(side.mean()) < 4 * side.std() / np.sqrt(number)
