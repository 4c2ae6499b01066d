"""Rational-quadratic splines."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from analysis.learning.networks.spline import inverse_spline, pieces_of, spline

pytestmark = pytest.mark.usefixtures("quick_compilation")


@pytest.mark.long
@pytest.mark.parametrize(("kind", "tolerance"), [("float32", 1e-5), ("float64", 1e-10)])
@pytest.mark.parametrize("spread", [0.1, 1.0])
def test_inverse_and_derivative(generator: np.random.Generator, kind: str, tolerance: float, spread: float) -> None:
    with jax.enable_x64(kind == "float64"):
        outputs = jnp.asarray(generator.normal(scale=spread, size=(2000, 3 * 8 - 1)), kind)
        values = jnp.asarray(generator.normal(scale=2.5, size=2000), kind)
        pieces = pieces_of(outputs, 8, 5.0)
        found, logarithm = spline(values, pieces)
        assert found.dtype == kind
        # of the interval's length; where the spline is flat, its inverse enlarges what rounding has left
        flat = np.maximum(1, np.exp(-logarithm))
        assert np.all(np.abs(inverse_spline(found, pieces) - values) <= 10 * tolerance * flat)
        assert np.allclose(spline(inverse_spline(values, pieces), pieces)[0], values, rtol=0, atol=100 * tolerance)
        slope = jax.vmap(jax.grad(lambda value, *own: spline(value, own)[0]))(values, *pieces)
        assert np.allclose(np.log(slope), logarithm, rtol=0, atol=100 * tolerance)
        beyond = np.abs(values) > 5.0
        assert beyond.any()
        assert np.array_equal(found[beyond], values[beyond])
        assert not np.any(logarithm[beyond])


def test_rises_and_is_smooth_across_knots(generator: np.random.Generator) -> None:
    with jax.enable_x64(True):
        x, y, slope = pieces_of(jnp.asarray(generator.normal(scale=2.0, size=(50, 1, 23))), 8, 5.0)
        found, _ = spline(jnp.broadcast_to(jnp.linspace(-6, 6, 2001), (50, 2001)), (x, y, slope))
        assert np.all(np.diff(found) > 0)
        for knot in range(9):
            # in the pieces on either side, and beyond the last ones
            for side in (-1e-11, 1e-11):
                at, logarithm = spline(x[..., knot] + side, (x, y, slope))
                assert np.allclose(at, y[..., knot], rtol=0, atol=1e-7)
                assert np.allclose(logarithm, np.log(slope[..., knot]), rtol=0, atol=1e-4)


def test_outputs_of_zero_change_nothing() -> None:
    values = jnp.linspace(-6, 6, 101)
    found, logarithm = spline(values, pieces_of(jnp.zeros((101, 23)), 8, 5.0))
    assert np.allclose(found, values, atol=1e-5)
    assert np.allclose(logarithm, 0, atol=1e-5)
