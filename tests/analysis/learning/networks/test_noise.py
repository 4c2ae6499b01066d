"""Random numbers of events."""

from __future__ import annotations

import jax
import numpy as np
import pytest
import scipy.stats
from flax import nnx

from analysis.learning.networks.noise import Noise, events_from

pytestmark = pytest.mark.usefixtures("quick_compilation")


@pytest.mark.long
def test_distributions() -> None:
    noise = Noise(nnx.Rngs(dropout=3))
    uniform, normal = np.asarray(noise.uniform(4000, 3)), np.asarray(noise.normal(4000, 3))
    assert (uniform > 0).all()
    assert (uniform < 1).all()
    assert scipy.stats.kstest(uniform.ravel(), "uniform").pvalue > 0.01
    assert scipy.stats.kstest(normal.ravel(), "norm").pvalue > 0.01
    assert np.abs(np.corrcoef(normal.T) - np.eye(3)).max() < 0.06
    assert not np.array_equal(noise.normal(4, 3), noise.normal(4, 3))


@pytest.mark.long
def test_an_event_has_its_own_wherever_it_is_computed() -> None:
    every = Noise(nnx.Rngs(dropout=3)).normal(10, 3)
    with events_from(6):
        part = Noise(nnx.Rngs(dropout=3)).normal(4, 3)
    assert np.array_equal(part, every[6:])


def test_the_ends_are_finite() -> None:
    assert np.isfinite(jax.scipy.special.ndtri((np.array([0, 2**23 - 1], np.float32) + 0.5) * 2.0**-23)).all()
