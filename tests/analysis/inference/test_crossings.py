from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.inference.crossings import crossings


def test_many_crossings_with_directions_and_ends() -> None:
    slopes = np.array([1.0, 1.0, 0.01, 30.0, 1.0])
    calls = []

    def functions(places: NDArray, which: NDArray) -> NDArray:
        calls.append(len(places))
        return np.sqrt(slopes[which] ** 2 * places**2 + 0.1 * np.abs(slopes[which] * places) ** 3) - 1.0

    root = np.roots([0.1, 1.0, 0.0, -1.0]).real.max()
    step = np.array([1.0, -1.0, 1.0, 1.0, 1.0])
    found = crossings(functions, np.zeros(5), step, [np.inf, -np.inf, np.inf, np.inf, 0.5])
    np.testing.assert_allclose(found.places, [root, -root, 100 * root, root / 30, 0.5], rtol=1e-3)
    assert found.reached.tolist() == [True, True, True, True, False]
    assert sum(calls) < 90


def test_precision() -> None:
    found = crossings(lambda places, _: places**3 - 2.0, [0.0], [1.0], [np.inf], precision=1e-9)
    np.testing.assert_allclose(found.places, 2.0 ** (1 / 3), atol=2e-9)


def test_what_begins_at_its_end_and_what_never_rises_are_not_reached() -> None:
    found = crossings(lambda places, _: np.full(len(places), -1.0), [1.0, 0.0], [1.0, 1.0], [1.0, np.inf])
    assert found.reached.tolist() == [False, False]
    assert found.places[0] == 1.0


def test_a_root_at_the_very_end_is_reached() -> None:
    found = crossings(lambda places, _: places - 1.0, [0.0], [1.0], [1.0])
    assert found.reached.tolist() == [True]
    np.testing.assert_allclose(found.places, 1.0)


def test_a_jump_is_told_from_a_steep_crossing() -> None:
    def functions(places: NDArray, which: NDArray) -> NDArray:
        walls = np.where(places > 0.3, 999.0, -0.8)
        return np.where(which == 0, walls, 300.0 * (places - 0.3))

    found = crossings(functions, [0.0, 0.0], [1.0, 1.0], [np.inf, np.inf])
    np.testing.assert_allclose(found.places, 0.3, atol=1e-4)
    # on the side before it
    assert found.places[0] <= 0.3
    assert found.reached.tolist() == [True, True]
    assert found.jumped.tolist() == [True, False]
