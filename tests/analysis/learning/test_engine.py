from __future__ import annotations

import jax
import numpy as np
import pytest

from analysis.learning.engine import Engine
from analysis.learning.networks.dense import build
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.preparation import prepare
from analysis.learning.settings import TrainingSettings


@pytest.fixture
def engine():
    settings = TrainingSettings(folds=3, epochs=10, batch_size=64, learning_rate=0.1, warmup=0.2)
    network = DenseSettings(hidden=(16,), segments=2)
    return Engine(lambda rngs: build({"event": (4,)}, 3, rngs, network), settings, batches=5)


def test_the_learning_rate_rises_and_falls(engine):
    rates = np.array([float(engine.schedule(step)) for step in range(51)])
    assert rates[0] == 0
    assert rates[10] == pytest.approx(0.1)
    assert rates[30] == pytest.approx((0.1 + 0.001) / 2)
    assert rates[50] == pytest.approx(0.001)
    assert (np.diff(rates[:11]) > 0).all()
    assert (np.diff(rates[10:]) < 0).all()


@pytest.mark.usefixtures("quick_compilation")
def test_networks_start_differently_and_the_same_every_time(engine):
    one, other = engine.initialise(3), engine.initialise(3)
    kernel = one.params["hidden"][0]["kernel"]
    assert kernel.shape == (3, 16, 16)
    assert not np.array_equal(kernel[0], kernel[1])
    for first, second in zip(jax.tree.leaves(one.params), jax.tree.leaves(other.params), strict=True):
        assert np.array_equal(first, second)


@pytest.mark.usefixtures("quick_compilation")
def test_weight_decay_shrinks_matrices_only(engine):
    state = engine.initialise(3)
    one = jax.tree.map(lambda leaf: leaf[0] + 1, state.params)
    zero = jax.tree.map(np.zeros_like, one)
    # after the warm-up's first step, when the learning rate is no longer zero
    inner = engine.optimizer.init(one)
    _, inner = engine.optimizer.update(zero, inner, one)
    updates, _ = engine.optimizer.update(zero, inner, one)
    assert (np.abs(updates["hidden"][0]["kernel"]) > 0).all()
    assert (updates["hidden"][0]["bias"] == 0).all()


def test_the_order_is_a_permutation_that_the_key_decides(engine):
    orders = [np.asarray(engine.order(jax.random.key(seed), 320)) for seed in (1, 1, 2)]
    assert orders[0].shape == (5, 64)
    assert np.array_equal(np.sort(orders[0].ravel()), np.arange(320))
    assert np.array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], orders[2])


@pytest.mark.long
@pytest.mark.usefixtures("quick_compilation")
def test_networks_train_together_as_they_would_alone(gaussians, engine):
    """``vmap`` over networks changes rounding only."""
    prepared = prepare(gaussians(900), engine.settings)
    assert prepared.batches == engine.batches
    state = engine.initialise(3)
    data = prepared.data
    # before the call below: it consumes the state
    alone = [
        jax.jit(engine._epoch)(
            jax.tree.map(lambda leaf, n=network: leaf[n], state),
            data._replace(own=jax.tree.map(lambda leaf, n=network: leaf[n], data.own)),
        )
        for network in range(3)
    ]
    together, report = engine.compile(state, data)(state, data)
    for network, (one, epoch) in enumerate(alone):
        assert float(epoch.validation_loss) == pytest.approx(float(report.validation_loss[network]), rel=1e-5)
        for first, second in zip(jax.tree.leaves(one.params), jax.tree.leaves(together.params), strict=True):
            assert np.allclose(first, second[network], rtol=1e-3, atol=1e-4)
