"""Normal random numbers of events."""

from __future__ import annotations

import numpy as np
import scipy.stats

from analysis.events.identity import identify
from analysis.events.noise import normal_numbers

EXPECTED = [[-1.8919997, -0.3614983], [-0.5260348, 1.2434815]]


def test_distribution_and_independence() -> None:
    """Of the events of a data set, of neighbouring numbers, and across the numbers of an event."""
    for identity in (identify("one", 0, 20_000), np.arange(20_000, dtype=np.uint64)):
        found = normal_numbers(identity, 4)
        assert found.dtype == np.float32
        assert np.isfinite(found).all()
        for column in found.T:
            assert scipy.stats.kstest(column, "norm").pvalue > 1e-3
        # of numbers that know nothing of each other, 0.007 is one standard deviation
        assert np.abs(np.corrcoef(found.T) - np.eye(4)).max() < 0.03
        assert np.abs(np.corrcoef(found[:-1].T, found[1:].T)[:4, 4:]).max() < 0.03
        assert len(np.unique(found)) > 0.99 * found.size


def test_an_event_has_its_own_in_any_chunk_and_of_any_size() -> None:
    identity = identify("one", 0, 100)
    every = normal_numbers(identity, 5)
    assert np.array_equal(normal_numbers(identity[40:60], 3), every[40:60, :3])


def test_they_are_the_same_on_every_machine() -> None:
    assert np.allclose(normal_numbers(np.array([1, 2**63], np.uint64), 2), EXPECTED, rtol=1e-6, atol=0)
