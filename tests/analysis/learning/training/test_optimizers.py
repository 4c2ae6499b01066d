from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from analysis.learning import optimizer_settings as of
from analysis.learning.settings import TrainingSettings
from analysis.learning.training.optimizers import clip, optimizer_of, schedule_of

OPTIMIZERS = [of.AdamW(), of.Adam(), of.NAdamW(), of.SGD(), of.SGD(0.0), of.RMSProp(), of.Lion(), of.LAMB()]


def rates(schedule, steps=50):
    of_step = schedule_of(TrainingSettings(learning_rate=0.1, schedule=schedule), steps)
    return np.array([float(of_step(step)) for step in range(steps + 1)])


def test_warm_up_and_cosine():
    found = rates(of.Cosine(warmup=0.2))
    assert found[0] == 0
    assert found[10] == pytest.approx(0.1)
    assert found[30] == pytest.approx((0.1 + 0.001) / 2)
    assert found[50] == pytest.approx(0.001)
    assert (np.diff(found[:11]) > 0).all()
    assert (np.diff(found[10:]) < 0).all()
    expected = optax.warmup_cosine_decay_schedule(0.0, 0.1, 10, 50, 0.001)
    assert found == pytest.approx([float(expected(step)) for step in range(51)])


@pytest.mark.long
def test_other_schedules():
    assert rates(of.Constant()) == pytest.approx(np.full(51, 0.1))
    assert rates(of.Linear(final=0.2)) == pytest.approx(np.linspace(0.1, 0.02, 51))
    assert rates(of.Exponential(final=0.01)) == pytest.approx(np.geomspace(0.1, 0.001, 51), rel=1e-4)
    cycle = rates(of.OneCycle(rise=0.4, start=0.1, final=0.5))
    assert cycle[[0, 20, 50]] == pytest.approx([0.01, 0.1, 0.005], rel=1e-4)
    assert int(np.argmax(cycle)) == 20


@pytest.mark.parametrize(
    "schedule", [of.Cosine(), of.Constant(0.5), of.Linear(), of.Exponential(), of.OneCycle()], ids=lambda s: s.name
)
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_short_trainings_have_finite_rates(schedule, steps):
    found = rates(schedule, steps)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert found.max() <= 0.1 * (1 + 1e-6)


@pytest.mark.parametrize("chosen", OPTIMIZERS, ids=repr)
def test_every_optimizer_finds_the_bottom_of_a_valley(chosen):
    """At x = 3, y = -1 of a badly scaled paraboloid."""
    settings = TrainingSettings(learning_rate=0.05, optimizer=chosen, schedule=of.Cosine(0.0), gradient_clip=0.0)
    optimizer = optimizer_of(settings, 400)
    params = {"x": jnp.ones((1, 1)), "y": jnp.full(1, -0.2)}

    def height(params):
        return jnp.sum((params["x"] - 3) ** 2 + 5 * (params["y"] + 1) ** 2)

    def step(held, _):
        params, state = held
        updates, state = optimizer.update(jax.grad(height)(params), state, params)
        return (optax.apply_updates(params, updates), state), None

    (params, _), _ = jax.lax.scan(step, (params, optimizer.init(params)), length=400)
    assert float(params["x"][0, 0]) == pytest.approx(3, abs=0.05)
    assert float(params["y"][0]) == pytest.approx(-1, abs=0.05)


@pytest.mark.parametrize("chosen", [of.AdamW(weight_decay=0.5), of.NAdamW(weight_decay=0.5), of.Lion(weight_decay=0.5)])
def test_weight_decay_shrinks_matrices_only(chosen):
    settings = TrainingSettings(optimizer=chosen, schedule=of.Constant(), learning_rate=0.1)
    optimizer = optimizer_of(settings, 10)
    params = {"kernel": jnp.full((2, 2), 2.0), "bias": jnp.full(2, 2.0)}
    updates, _ = optimizer.update(jax.tree.map(jnp.zeros_like, params), optimizer.init(params), params)
    assert updates["kernel"] == pytest.approx(np.full((2, 2), -0.1 * 0.5 * 2))
    assert (updates["bias"] == 0).all()


@pytest.mark.parametrize("limit", [0.0, 1.0, 10.0])
def test_gradients_are_clipped_as_optax_does(limit):
    gradient = {"a": jnp.array([3.0, 4.0]), "b": jnp.full((2, 2), -2.0)}
    clipped, norm = clip(gradient, limit)
    assert float(norm) == pytest.approx(np.sqrt(25 + 16)) == pytest.approx(float(optax.tree.norm(gradient)))
    expected, _ = (optax.clip_by_global_norm(limit) if limit else optax.identity()).update(gradient, optax.EmptyState())
    for name in gradient:
        assert clipped[name] == pytest.approx(np.asarray(expected[name]), rel=1e-6)


def test_a_gradient_that_is_not_finite_has_no_finite_norm():
    for wrong in (jnp.nan, jnp.inf):
        assert not np.isfinite(clip({"a": jnp.array([wrong, 1.0])}, 1.0)[1])
    assert clip({"a": jnp.zeros(2)}, 1.0)[0]["a"].tolist() == [0.0, 0.0]
