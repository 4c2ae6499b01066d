from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.airshower.array import footprint, number_of_stations, positions
from analysis.studies.airshower.settings import ObservatorySettings

ARRAY = ObservatorySettings(rings=3)


def test_stations_stand_on_a_triangular_grid() -> None:
    place = positions(ARRAY)
    assert place.shape == (number_of_stations(ARRAY), 2) == (37, 2)
    distance = np.hypot(*(place[:, None] - place[None]).T)
    assert distance[np.triu_indices(37, 1)].min() == pytest.approx(ARRAY.spacing)
    # an inner station has six neighbours
    near = np.isclose(distance, ARRAY.spacing).sum(axis=1)
    assert near[:19].tolist() == [6] * 19
    assert near[19:].max() < 6


@pytest.mark.parametrize("rings", [1, 2])
def test_a_footprint_looks_the_same_around_every_station(rings: int) -> None:
    place, around = positions(ARRAY), footprint(ARRAY, rings)
    for station, members in enumerate(around):
        there = members >= 0
        offset = place[members[there]] - place[station]
        assert offset == pytest.approx((place[around[0]] - place[0])[there], abs=1e-6)
    assert (around[:, 0] == np.arange(37)).all()
    assert (around[:7] >= 0).all()
