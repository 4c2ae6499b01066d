from __future__ import annotations

import numpy as np
import pytest

from analysis.hexagon import coordinates, neighbours, rings_of
from analysis.studies.airshower.array import footprint
from analysis.studies.airshower.settings import ObservatorySettings


def positions(rings: int) -> np.ndarray:
    return coordinates(rings) @ np.array([[1.0, 0.0], [0.5, np.sqrt(3) / 2]])


@pytest.mark.parametrize("rings", [0, 1, 2, 4])
def test_rings_come_one_after_another(rings: int):
    axial = coordinates(rings)
    ring = np.abs(np.column_stack([axial, axial.sum(axis=1)])).max(axis=1)
    assert (np.diff(ring) >= 0).all()
    assert np.bincount(ring).tolist() == [1, *(6 * number for number in range(1, rings + 1))]
    assert len(np.unique(axial, axis=0)) == len(axial)


def test_neighbours_are_at_distance_one_and_turn_counter_clockwise():
    table, place = neighbours(2), positions(2)
    assert table.shape == (19, 6)
    for number, own in enumerate(table):
        distance = np.hypot(*(place - place[number]).T)
        assert set(own[own >= 0]) == set(np.flatnonzero(np.isclose(distance, 1)))
        for direction, other in enumerate(own):
            if other >= 0:
                angle = np.deg2rad(60 * direction)
                assert place[other] - place[number] == pytest.approx([np.cos(angle), np.sin(angle)])


def test_the_order_is_that_of_the_air_showers_stations():
    """The inner stations of an array are a hexagon around its central one."""
    for rings in (1, 2):
        assert footprint(ObservatorySettings(rings=3), rings)[0].tolist() == list(range(len(coordinates(rings))))
        inner = neighbours(rings)
        around = footprint(ObservatorySettings(rings=rings), 1)[:, 1:]
        assert np.array_equal(inner, around)


def test_no_hexagon_has_eight_places():
    assert [rings_of(len(coordinates(rings))) for rings in range(5)] == list(range(5))
    with pytest.raises(ValueError, match="no hexagon has 8 places"):
        rings_of(8)
