from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from analysis.studies.airshower.reconstruction.minimisation import Expansion, minimise, solve


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def test_linear_equations_are_solved_for_each_event():
    random = np.random.default_rng(1)
    root = random.normal(size=(50, 4, 4))
    matrix, vector = root @ root.transpose(0, 2, 1) + np.eye(4), random.normal(size=(50, 4))
    found = solve(jnp.asarray(matrix.transpose(1, 2, 0)), jnp.asarray(vector.T))
    np.testing.assert_allclose(np.asarray(found).T, np.linalg.solve(matrix, vector[..., None])[..., 0], rtol=1e-8)


def rosenbrock(scale: jax.Array):
    """Sum of squares of 10 (y - x²) and (s - x): minimum 0 at (s, s²)."""

    def expand(parameters: jax.Array) -> Expansion:
        x, y = parameters
        residuals = jnp.stack([10.0 * (y - x**2), scale - x])
        jacobian = jnp.stack(
            [jnp.stack([-20.0 * x, 10.0 * jnp.ones_like(x)]), jnp.stack([-jnp.ones_like(x), jnp.zeros_like(x)])]
        )
        return Expansion(
            jnp.sum(residuals**2, axis=0),
            2.0 * jnp.einsum("re,rpe->pe", residuals, jacobian),
            2.0 * jnp.einsum("rpe,rqe->pqe", jacobian, jacobian),
        )

    return expand


def test_the_minimum_of_a_bent_valley_is_found():
    scale = jnp.array([1.0, 2.0, 0.5])
    start = jnp.array([[-1.2, 3.0, 0.0], [1.0, -1.0, 0.0]])
    found, there = minimise(rosenbrock(scale), start, 100, (1.0, 1.0))
    np.testing.assert_allclose(found, [scale, scale**2], atol=1e-6)
    np.testing.assert_allclose(there.value, 0.0, atol=1e-10)


def test_no_step_leads_up():
    scale = jnp.array([1.0])
    start = jnp.array([[-1.2], [1.0]])
    values = [float(minimise(rosenbrock(scale), start, steps, (1.0, 1.0))[1].value[0]) for steps in (0, 1, 4, 12)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < values[0]


def test_parameters_stay_in_the_allowed_region():
    found, _ = minimise(
        rosenbrock(jnp.array([2.0])), jnp.zeros((2, 1)), 60, (1.0, 1.0), lambda place: jnp.minimum(place, 1.5)
    )
    # beyond x = 1.5 nothing is allowed: the best place of all has y = 1.5
    assert float(found[0, 0]) <= 1.5
    assert float(found[1, 0]) <= 1.5


def test_a_parameter_that_nothing_depends_on_stays():
    def expand(parameters: jax.Array) -> Expansion:
        x = parameters[0] - 3.0
        gradient = jnp.stack([2.0 * x, jnp.zeros_like(x)])
        two, zero = 2.0 * jnp.ones_like(x), jnp.zeros_like(x)
        return Expansion(x**2, gradient, jnp.stack([jnp.stack([two, zero]), jnp.stack([zero, zero])]))

    found, _ = minimise(expand, jnp.array([[0.0], [7.0]]), 20, (10.0, 10.0))
    np.testing.assert_allclose(found[:, 0], [3.0, 7.0], atol=1e-6)
