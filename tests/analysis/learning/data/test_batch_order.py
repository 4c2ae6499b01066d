from __future__ import annotations

import jax
import numpy as np
import pytest

from analysis.learning.data.batch_order import BatchOrder


@pytest.mark.long
@pytest.mark.parametrize(
    ("events", "shuffled"), [(1000, 4000), (1000, 128), (1000, 300), (1, 64), (64, 64), (5000, 64)]
)
def test_every_place_comes_once(events, shuffled):
    batch_order = BatchOrder.of(events, 64, shuffled)
    order = np.asarray(jax.jit(batch_order.all)(jax.random.key(3)))
    assert order.shape == (batch_order.windows, batch_order.steps, 64)
    assert np.array_equal(np.sort(order.ravel()), np.arange(batch_order.places))
    assert batch_order.places >= events
    # no window is longer than asked for, and padding is less than a step for each window
    assert batch_order.window_events <= max(shuffled, 64)
    assert batch_order.places - events < 64 * (batch_order.windows + 1)


def test_the_key_decides():
    batch_order = BatchOrder.of(1000, 50, 300)
    compiled = jax.jit(batch_order.all)
    orders = [np.asarray(compiled(jax.random.key(seed))) for seed in (1, 1, 2)]
    assert np.array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], orders[2])


@pytest.mark.parametrize("shuffled", [4000, 300])
def test_a_window_by_itself_is_the_same_as_in_the_epoch(shuffled):
    batch_order, key = BatchOrder.of(1000, 50, shuffled), jax.random.key(4)
    pieces, whole = np.asarray(jax.jit(batch_order.pieces)(key)), np.asarray(jax.jit(batch_order.all)(key))
    within = jax.jit(batch_order.within)
    for window in range(batch_order.windows):
        places = (pieces[window][:, None] * 50 + np.arange(50)).ravel()
        assert np.array_equal(places[np.asarray(within(key, window))], whole[window])


def test_orders_are_uniform():
    """Where each of 12 places comes, in 2000 epochs: a chi-square of 121 degrees of freedom."""
    batch_order = BatchOrder.of(12, 4, 100)
    orders = np.asarray(jax.jit(jax.vmap(batch_order.all))(jax.random.split(jax.random.key(9), 2000))).reshape(2000, 12)
    counts = np.zeros((12, 12))
    for position in range(12):
        counts[position] = np.bincount(orders[:, position], minlength=12)
    expected = 2000 / 12
    statistic = np.sum((counts - expected) ** 2 / expected)
    assert 70 < statistic < 190


def test_windows_mix_from_epoch_to_epoch():
    """Neighbouring batches meet others in each epoch."""
    batch_order = BatchOrder.of(6400, 64, 640)
    pieces = jax.jit(batch_order.pieces)
    together = [set(map(frozenset, np.asarray(pieces(jax.random.key(k))).tolist())) for k in (1, 2)]
    assert not together[0] & together[1]
