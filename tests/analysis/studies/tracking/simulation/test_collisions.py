from __future__ import annotations

import numpy as np

from analysis.events.noise import generator
from analysis.studies.tracking.simulation.collisions import KAON_MASS, LIFETIME, PION_MASS, collide
from analysis.studies.tracking.simulation.settings import CollisionSettings


def test_vertices_have_their_particles_where_the_beams_meet() -> None:
    settings = CollisionSettings(400)
    found = collide(generator(1, 1), settings)
    assert np.array_equal(np.bincount(found["vertex"]), np.full(400, 30))
    z = found["z"][::30]
    assert abs(z.mean() - settings.beam.z) < 4 * settings.beam.length / np.sqrt(400)
    pt = np.hypot(found["px"], found["py"])
    assert np.log(pt).mean() == np.float64(np.log(pt).mean())
    assert abs(np.log(pt).mean() - np.log(0.3 * 5.0) / 2) < 0.03


def test_pions_of_a_decay_have_the_mass_and_the_flight_of_a_kaon() -> None:
    found = collide(generator(2, 1), CollisionSettings(300, particles=10, kaons=5))
    momentum = np.stack([found[name] for name in ("px", "py", "pz")], axis=1).reshape(-1, 2, 3)
    energy = np.sqrt((momentum**2).sum(axis=2) + PION_MASS**2)
    whole = momentum.sum(axis=1)
    assert np.allclose(np.sqrt(energy.sum(axis=1) ** 2 - (whole**2).sum(axis=1)), KAON_MASS, rtol=1e-6)
    place = np.stack([found[name] for name in ("x", "y")], axis=1).reshape(-1, 2, 2)[:, 0]
    radius = np.linalg.norm(place - [0.35, -0.22], axis=1)
    proper = radius * KAON_MASS / np.linalg.norm(whole[:, :2], axis=1)
    assert abs(proper.mean() / LIFETIME - 1) < 0.1
    assert np.array_equal(np.sign(found["pdg"]).reshape(-1, 2).sum(axis=1), np.zeros(1500))


def test_realistic_collisions_fluctuate() -> None:
    found = collide(generator(3, 1), CollisionSettings(200, pt=(0.15, 5.0), realistic=True))
    numbers = np.bincount(found["vertex"])
    # negative binomial with k = 2: variance of mean + mean² / 2
    assert abs(numbers.mean() - 30) < 6
    assert 17 < numbers.std() < 27
    assert 0.4 < np.hypot(found["px"], found["py"]).mean() < 0.8
    assert set(np.abs(found["pdg"])) == {211, 321, 2212}
