from __future__ import annotations

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord

from analysis.studies.faraday.sphere import chord, directions, linked, nearest, pixel_latitudes, separation


def random_sky(number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.uniform(0, 360, number), np.degrees(np.arcsin(random.uniform(-1, 1, number)))


def test_neighbours_are_those_of_astropy():
    known, wanted = random_sky(300, 1), random_sky(50, 2)
    distance, index = nearest(directions(*known), directions(*wanted), 2)
    catalogue = SkyCoord(*known, unit="deg", frame="galactic")
    for order in (1, 2):
        other, angle, _ = SkyCoord(*wanted, unit="deg", frame="galactic").match_to_catalog_sky(catalogue, order)
        assert index[:, order - 1].tolist() == other.tolist()
        assert distance[:, order - 1] == pytest.approx(angle.to_value(units.deg), abs=1e-9)


def test_chords_and_angles():
    assert separation(np.array([chord(angle) for angle in (0.01, 1.0, 90.0, 180.0)])) == pytest.approx(
        [0.01, 1, 90, 180]
    )


def test_links_within_a_label_are_shorter():
    places = directions(np.array([0.0, 1.0, 2.0, 2.2]), np.zeros(4))
    assert len(set(linked(places, 1.1))) == 1
    found = linked(places, 1.1, np.array([0, 1, 1, 1]), 0.5)
    assert found[0] == found[1] != found[2] == found[3]


def test_latitudes_of_pixels():
    found = pixel_latitudes(8)
    assert len(found) == 768
    assert np.mean(np.sin(np.radians(found)) ** 2) == pytest.approx(1 / 3, rel=1e-2)
