from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.events.identity import identify

pytest.importorskip("acts")

from analysis.studies.tracking.simulation.events import generate, simulate
from analysis.studies.tracking.simulation.settings import CollisionSettings, DetectorSettings, SimulationSettings
from tests.analysis.studies.tracking.conftest import Collisions


def test_an_event_is_the_same_beside_any_others(collisions: Collisions) -> None:
    truth = generate(identify("beam", 3, 2), CollisionSettings(10))
    assert ak.to_list(truth) == ak.to_list(collisions.truth[3:5])
    assert ak.to_list(simulate(truth[1:], SimulationSettings())) == ak.to_list(collisions.raw[4:5])


def test_each_true_hit_has_a_cluster_in_its_place(collisions: Collisions) -> None:
    assert ak.all(collisions.raw.clusters.module == collisions.truth.hits.module)
    middle = collisions.beam_spot
    residuals = [
        np.asarray(ak.flatten(collisions.points.points[name] - (collisions.truth.hits[name] - middle[name])))
        for name in ("x", "y", "z")
    ]
    # two coordinates of a pixel's width over the root of 12
    assert np.sqrt(np.mean(np.sum(np.square(residuals), axis=0))) == pytest.approx(0.05 * (2 / 12) ** 0.5, rel=0.03)


def test_material_changes_directions() -> None:
    identity = identify("material", 0, 1)
    free = generate(identity, CollisionSettings(3, detector=DetectorSettings(interactions=False)))
    real = generate(identity, CollisionSettings(3))
    assert ak.to_list(free.particles) == ak.to_list(real.particles)
    assert ak.all(free.hits.left == 0)
    assert ak.sum(real.hits.left) > 0
