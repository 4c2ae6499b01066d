from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from analysis.learning.data.standardisation import measure, standardise
from analysis.learning.export.interpolation import interpolate


def features(events: int = 4000) -> np.ndarray:
    """A long tail, a wide one, few different values, one that never varies, neighbours among floats, tiny numbers."""
    random = np.random.default_rng(1)
    columns = [
        random.pareto(1.5, events),
        random.normal(700.0, 1e3, events),
        random.integers(0, 4, events),
        np.full(events, 3.0),
        1.0 + random.integers(0, 3, events) * np.float32(1.2e-7),
        # what underflow leaves
        np.exp(-random.uniform(0, 130, events)),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def test_agrees_with_the_standardisation_of_the_training():
    seen = features()
    knots = measure(seen, np.ones(seen.shape, bool), np.ones(len(seen)))
    on_knots = knots[..., 0].T
    between = np.nextafter(on_knots, np.float32(-np.inf))
    values = np.concatenate([seen, 3 * seen, -seen, on_knots, between, np.full((1, 6), 1e30, np.float32)])
    expected = standardise(values, np.ones(values.shape, bool), knots)
    found = jax.jit(lambda array: interpolate(array, knots))(values)
    assert found.dtype == jnp.float32
    assert np.ptp(expected[:, 0]) > 5
    assert (np.abs(seen[:, 5]) < np.finfo(np.float32).tiny).any()
    assert np.allclose(found, expected, rtol=0, atol=2e-6)


def test_all_places_share_the_functions_of_their_features():
    seen = features().reshape(1000, 4, 6)
    knots = measure(seen, np.ones(seen.shape, bool), np.ones(len(seen)))
    found = interpolate(jnp.asarray(seen), knots)
    assert found.shape == seen.shape
    assert np.allclose(found, standardise(seen, np.ones(seen.shape, bool), knots), rtol=0, atol=2e-6)


def test_a_feature_that_no_event_had_becomes_zero():
    knots = np.zeros((1, 32, 2), np.float32)
    assert not np.any(interpolate(jnp.array([[-1.0], [0.0], [5.0]]), knots))
