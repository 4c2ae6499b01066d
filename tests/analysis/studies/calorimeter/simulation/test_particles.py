from __future__ import annotations

import numpy as np

from analysis.studies.calorimeter.simulation.particles import turn


def test_turned_directions_have_the_angle_and_stay_unit_vectors() -> None:
    random = np.random.default_rng(1)
    direction = random.normal(size=(3, 1000))
    direction[:, :2] = [[0, 0], [0, 0], [1, -1]]
    direction /= np.linalg.norm(direction, axis=0)
    bend = 2 * random.random(1000)
    found = turn(direction, bend, random.random(1000))
    np.testing.assert_allclose(np.linalg.norm(found, axis=0), 1.0, rtol=1e-12)
    np.testing.assert_allclose((found * direction).sum(axis=0), 1 - bend, atol=1e-12)


def test_azimuths_are_all_around() -> None:
    direction = np.tile([[0.6], [0.0], [0.8]], 4000)
    found = turn(direction, np.full(4000, 0.3), (np.arange(4000) + 0.5) / 4000)
    np.testing.assert_allclose(found.mean(axis=1), 0.7 * direction[:, 0], atol=1e-9)
