from __future__ import annotations

import numpy as np

from analysis.events.noise import generator
from analysis.studies.airshower.simulation.randomness import DETECTION, GAUSSIAN, GENERATION, bits


def test_an_event_has_its_own_numbers_in_every_stage() -> None:
    draws = [generator(identity, stage).random(100) for identity in (1, 2) for stage in (GENERATION, DETECTION)]
    assert len({tuple(draw) for draw in draws}) == 4
    np.testing.assert_array_equal(draws[0], generator(1, GENERATION).random(100))


def test_an_identity_of_64_bits_does_not_reach_into_the_stage() -> None:
    one = generator(np.iinfo(np.uint64).max, GENERATION).random()
    assert one != generator(np.iinfo(np.uint64).max, DETECTION).random()
    assert one != generator(0, DETECTION).random()


def test_quantiles_are_standard_normal() -> None:
    assert len(GAUSSIAN) == 65536
    assert abs(float(GAUSSIAN.mean())) < 1e-6
    assert abs(float(GAUSSIAN.std()) - 1.0) < 1e-3
    assert abs(float((np.abs(GAUSSIAN) < 1.0).mean()) - 0.6827) < 1e-4


def test_bits_are_uniform() -> None:
    drawn = bits(generator(3, DETECTION), (4, 50_000))
    assert drawn.shape == (4, 50_000)
    assert drawn.dtype == np.uint16
    # a uniform distribution's mean, to five standard deviations
    assert abs(drawn.mean() / 65535.0 - 0.5) < 5.0 / np.sqrt(12.0 * drawn.size)
