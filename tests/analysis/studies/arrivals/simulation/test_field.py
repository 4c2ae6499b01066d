from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.arrivals.simulation.field import deflections, halo_field


def divergence(place: np.ndarray, step: float = 1e-4) -> float:
    total = 0.0
    for axis in range(3):
        shift = np.zeros(3)
        shift[axis] = step
        total += (halo_field(place + shift)[axis] - halo_field(place - shift)[axis]) / (2 * step)
    return total


@pytest.mark.parametrize("place", [(6.0, 1.0, 2.0), (-8.0, 2.0, -3.0), (2.0, 2.0, 1.5), (1.0, -3.0, -4.0)])
def test_it_has_no_sources(place: tuple[float, float, float]):
    """JF12's fields are free of divergence by construction, inside and outside of the radius of the X."""
    where = np.array(place)
    assert divergence(where) == pytest.approx(0.0, abs=1e-3 * float(np.linalg.norm(halo_field(where))))


def test_it_ends():
    far = np.array([[21.0, 0.0, 0.0], [0.0, 15.0, 15.0], [0.5, 0.0, 0.1]])
    assert (halo_field(far) == 0).all()


def test_the_x_points_to_the_north_on_both_sides():
    field = halo_field(np.array([[5.0, 0.0, 2.0], [5.0, 0.0, -2.0]]))
    assert (field[:, 2] > 0).all()
    # outwards above, inwards below
    assert field[0, 0] > 0 > field[1, 0]


def test_the_toroidal_fields_have_opposite_directions():
    above, below = halo_field(np.array([[0.0, 6.0, 1.5], [0.0, 6.0, -1.5]]))
    assert above[0] * below[0] < 0


def test_deflections_are_across_and_as_large_as_published():
    """About 5 degrees at 60 EV on average over the sky (G. R. Farrar, C. R. Physique 15 (2014) 339)."""
    random = np.random.default_rng(4)
    directions = random.normal(size=(400, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    found = deflections(directions)
    assert np.allclose(np.sum(found * directions, axis=1), 0.0, atol=1e-9)
    assert np.degrees(np.linalg.norm(found, axis=1).mean() / 60.0) == pytest.approx(5.0, abs=1.0)


def test_a_positive_particle_turns_as_it_should(monkeypatch: pytest.MonkeyPatch):
    """In a field to the north, one that flies along +x turns to -y: it came with more +y than it arrives with."""
    from analysis.studies.arrivals.simulation import field

    monkeypatch.setattr(field, "halo_field", lambda place: np.broadcast_to([0.0, 0.0, 1.0], place.shape))
    # from the anticentre, flying towards the centre: velocity +x
    direction = np.array([[-1.0, 0.0, 0.0]])
    found = field.deflections(direction)[0]
    # v x B = x cross z = -y: the velocity gains -y, so before it was +y, and the source lies at -y
    assert found[1] < 0
    assert found[[0, 2]] == pytest.approx(0.0)
    # 11.5 kpc to the edge, 1 microgauss, 1 EV: 11.5 / 1.081 rad
    assert -found[1] == pytest.approx(11.5 / 1.081, rel=1e-3)
