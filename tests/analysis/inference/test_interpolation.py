from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pyhf.interpolators import code4, code4p

from analysis.inference.interpolation import (
    factor,
    factor_coefficients,
    factor_slopes,
    histogram_slopes,
    kink,
)

ALPHA = np.array([-3.0, -1.5, -1.0, -0.999, -0.3, 0.0, 0.2, 0.7, 1.0, 1.001, 2.5])
LOW, HIGH = np.array([0.9, 0.7, 1.1, 0.2]), np.array([1.1, 1.4, 0.95, 3.0])


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def arguments(alpha: float):
    return jnp.full(4, alpha), factor_coefficients(LOW, HIGH), np.log(LOW), np.log(HIGH)


def test_factors_are_those_of_code_4():
    theirs = code4([[[[low], [1.0], [high]] for low, high in zip(LOW, HIGH, strict=True)]], subscribe=False)
    for alpha in ALPHA:
        expected = np.asarray(theirs(np.array([[alpha]]))).reshape(-1)
        np.testing.assert_allclose(factor(*arguments(alpha)), expected, rtol=1e-12)


def test_factors_are_smooth_and_meet_their_inputs():
    np.testing.assert_allclose(factor(*arguments(-1.0)), LOW, rtol=1e-14)
    np.testing.assert_allclose(factor(*arguments(0.0)), 1.0, rtol=1e-14)
    np.testing.assert_allclose(factor(*arguments(1.0)), HIGH, rtol=1e-14)
    for edge in (-1.0, 1.0):
        inside, outside = (factor_slopes(*arguments(edge * (1.0 + sign * 1e-9))) for sign in (-1, 1))
        for one, other in zip(inside, outside, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


def test_slopes_are_those_of_automatic_differentiation():
    coefficients, low, high = factor_coefficients(LOW, HIGH), np.log(LOW), np.log(HIGH)
    first = jax.jit(jax.jacfwd(lambda a: factor(jnp.full(4, a), coefficients, low, high)))
    second = jax.jit(jax.jacfwd(jax.jacfwd(lambda a: factor(jnp.full(4, a), coefficients, low, high))))
    bend, curve = jax.jit(jax.grad(kink)), jax.jit(jax.grad(jax.grad(kink)))
    for alpha in ALPHA[np.abs(ALPHA) != 1.0]:
        mine = factor_slopes(*arguments(alpha))
        np.testing.assert_allclose(mine.value, factor(*arguments(alpha)), rtol=1e-14)
        np.testing.assert_allclose(mine.first, first(alpha), rtol=1e-11)
        np.testing.assert_allclose(mine.second, second(alpha), rtol=1e-10, atol=1e-12)
        histogram = histogram_slopes(jnp.asarray(alpha))
        np.testing.assert_allclose(histogram.first, bend(alpha), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(histogram.second, curve(alpha), rtol=1e-12, atol=1e-12)


def test_histograms_are_those_of_code_4p():
    low, nominal, high = np.array([8.0, 5.0]), np.array([10.0, 5.5]), np.array([11.0, 9.0])
    theirs = code4p([[[low, nominal, high]]], subscribe=False)
    half, bend = 0.5 * (high - low), 0.0625 * (high - 2.0 * nominal + low)
    for alpha in ALPHA:
        expected = np.asarray(theirs(np.array([[alpha]]))).reshape(-1)
        np.testing.assert_allclose(alpha * half + kink(jnp.asarray(alpha)) * bend, expected, rtol=1e-12, atol=1e-12)
