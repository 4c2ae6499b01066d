from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.inference.minimisation import minimise
from analysis.inference.settings import MinimiserSettings

# each test compiles programs of its own
pytestmark = pytest.mark.long

INFINITE = np.inf


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


@partial(jax.jit, static_argnames=("objective", "settings"))
def compiled(objective, start, lower, upper, free, arguments, settings):
    return minimise(objective, start, lower, upper, free, *arguments, settings=settings)


def run(objective, start, lower=-INFINITE, upper=INFINITE, free=True, *arguments, **settings):
    """One program for all problems of one objective and size."""
    start = jnp.asarray(start, float)
    bounds = [jnp.broadcast_to(jnp.asarray(bound, float), start.shape) for bound in (lower, upper)]
    free = jnp.broadcast_to(jnp.asarray(free), start.shape)
    return compiled(objective, start, *bounds, free, arguments, MinimiserSettings(**settings))


def quadratic(parameters, matrix, best):
    return 0.5 * (parameters - best) @ matrix @ (parameters - best)


def saddle(parameters):
    """A saddle point at the origin, minima at (±1, 0)."""
    return (parameters[0] ** 2 - 1.0) ** 2 + parameters[1] ** 2


def rosenbrock(parameters):
    """Minimum 0 at (1, ..., 1), in a bent valley."""
    x, y = parameters[:-1], parameters[1:]
    return jnp.sum(100.0 * (y - x**2) ** 2 + (1.0 - x) ** 2)


@pytest.mark.parametrize("start", [[-1.2, 1.0], [10.0, -30.0], [0.0, 0.0], [3.0, 4.0, 0.5, 2.0, -0.1]])
def test_the_minimum_of_a_bent_valley_is_found(start):
    found = run(rosenbrock, start)
    assert found.converged
    np.testing.assert_allclose(found.parameters, 1.0, atol=1e-7)
    np.testing.assert_allclose(found.gradient, 0.0, atol=1e-5)
    np.testing.assert_allclose(found.hessian, jax.hessian(rosenbrock)(found.parameters), rtol=1e-12)
    assert 0 <= found.distance < 1e-12


def test_a_quadratic_takes_one_step():
    random = np.random.default_rng(1)
    root = random.normal(size=(500, 500))
    matrix, best = jnp.asarray(root @ root.T + np.eye(500)), jnp.asarray(random.normal(size=500))
    found = run(quadratic, np.zeros(500), -INFINITE, INFINITE, True, matrix, best)
    assert found.converged
    assert found.iterations <= 3
    np.testing.assert_allclose(found.parameters, best, atol=1e-7)


def test_bounds_hold_exactly_and_satisfy_the_conditions_of_karush_kuhn_and_tucker():
    random = np.random.default_rng(2)
    root = random.normal(size=(40, 40))
    matrix, best = root @ root.T + 0.1 * np.eye(40), random.normal(size=40)
    lower, upper = -0.4, 0.3
    for start in (np.zeros(40), np.full(40, -0.4), np.full(40, 0.3), np.where(np.arange(40) % 2, -9.0, 9.0)):
        found = run(quadratic, start, lower, upper, True, matrix, best)
        x, slope = np.asarray(found.parameters), np.asarray(found.gradient)
        assert found.converged
        assert ((x >= lower) & (x <= upper)).all()
        assert 0 < np.count_nonzero(found.at_bound) < 40
        np.testing.assert_array_equal((x == lower) & (slope > 0) | (x == upper) & (slope < 0), found.at_bound)
        np.testing.assert_allclose(slope[~np.asarray(found.at_bound)], 0.0, atol=1e-5)


def test_the_objective_is_never_evaluated_beyond_the_bounds():
    def square_root(parameters):
        # not a number for negative parameters; the minimum of the first one is at 1, that of the second one at 0
        return jnp.sum(jnp.sqrt(parameters) * jnp.array([-1.0, 1.0])) + 0.5 * parameters[0]

    found = run(square_root, [0.3, 0.5], 1e-12, 4.0)
    assert found.converged
    np.testing.assert_allclose(found.parameters, [1.0, 1e-12], atol=1e-6)


def test_a_start_at_a_bound_where_the_objective_is_infinite_is_moved():
    # a Poisson likelihood of 3 events, with no background: infinite at zero
    found = run(lambda x: jnp.sum(x - 3.0 * jnp.log(x)), [0.0, 0.0], 0.0, 10.0)
    assert found.converged
    np.testing.assert_allclose(found.parameters, 3.0, atol=1e-5)


def test_a_linear_objective_ends_at_the_bound():
    found = run(lambda x: 5.0 * x[0] + 0.5 * (x[1] - 2.0) ** 2, [1.0, 0.0], [0.0, -9.0], [10.0, 9.0])
    assert found.converged
    np.testing.assert_allclose(found.parameters, [0.0, 2.0], atol=1e-7)
    np.testing.assert_array_equal(found.at_bound, [True, False])


def test_fixed_parameters_stay_even_beyond_their_bounds():
    free = jnp.array([True, False])
    found = run(rosenbrock, [0.5, 4.0], -3.0, 3.0, free)
    assert found.converged
    assert found.parameters[1] == 4.0
    x = float(found.parameters[0])
    assert abs(400.0 * x * (x**2 - 4.0) - 2.0 * (1.0 - x)) < 1e-4


def test_nothing_free_is_a_minimum():
    found = run(rosenbrock, [0.5, 4.0], -9.0, 9.0, jnp.array([False, False]))
    assert found.converged
    assert found.distance == 0.0
    np.testing.assert_array_equal(found.parameters, [0.5, 4.0])


def test_directions_that_nothing_depends_on_stay():
    found = run(lambda x: (x[0] - 3.0) ** 2 + (x[2] + x[3] - 1.0) ** 2, [0.0, 7.0, 0.0, 0.0], -9.0, 9.0)
    assert found.converged
    np.testing.assert_allclose(found.parameters, [3.0, 7.0, 0.5, 0.5], atol=1e-4)


@pytest.mark.parametrize("start", [[0.0, 0.0], [1e-9, 0.0], [0.3, -2.0]])
def test_negative_curvature_is_left(start):
    found = run(saddle, start)
    assert found.converged
    np.testing.assert_allclose(np.abs(found.parameters), [1.0, 0.0], atol=1e-6)


def test_units_do_not_matter():
    units = np.array([1e-6, 1e5])
    found = run(lambda x, u: rosenbrock(x / u), np.array([-1.2, 1.0]) * units, -INFINITE, INFINITE, True, units)
    assert found.converged
    np.testing.assert_allclose(found.parameters / units, 1.0, atol=1e-6)


def test_what_has_no_minimum_does_not_converge():
    assert not run(lambda x: jnp.exp(-x[0]) - x[0], [0.0]).converged
    assert not run(lambda x: jnp.nan * x[0], [0.0]).converged
    assert not run(rosenbrock, [-1.2, 1.0], iterations=3).converged


@pytest.mark.long
def test_batches_find_what_single_minimisations_find():
    starts = jnp.asarray(np.random.default_rng(3).uniform(-2.0, 2.0, size=(20, 3)))
    lower, upper = jnp.full(3, -2.0), jnp.full(3, 0.8)

    def single(start):
        return minimise(rosenbrock, start, lower, upper)

    batch = jax.jit(jax.vmap(single))(starts)
    mapped = jax.jit(lambda s: jax.lax.map(single, s))(starts)
    assert batch.converged.all()
    np.testing.assert_allclose(batch.parameters, mapped.parameters, atol=1e-5)
    one = jax.jit(lambda s: jax.lax.map(single, s))(starts[7:9])
    np.testing.assert_array_equal(one.parameters, mapped.parameters[7:9])


def test_32_bit_are_refused():
    with jax.enable_x64(False), pytest.raises(TypeError, match="enable_x64"):
        minimise(rosenbrock, jnp.zeros(2), jnp.zeros(2), jnp.ones(2))


@pytest.mark.parametrize("name", ["iterations", "tolerance", "attempts"])
def test_settings_are_positive(name):
    with pytest.raises(StudyError, match=name):
        MinimiserSettings(**{name: 0})
