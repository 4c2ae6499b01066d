import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.learning.networks.dropout import Dropout
from analysis.learning.networks.noise import events_from

# each test compiles programs of its own
pytestmark = pytest.mark.long


def dropped(rate, shape, first=0, seed=1):
    with events_from(first):
        return np.asarray(Dropout(rate, nnx.Rngs(dropout=seed))(jnp.ones(shape)))


@pytest.mark.parametrize("rate", [0.01, 0.3, 0.5, 0.9])
def test_a_share_is_dropped_and_the_rest_scaled_up(rate):
    found = dropped(rate, (31, 4000, 3))
    assert set(np.unique(found)) == {0, np.float32(1 / (1 - rate))}
    uncertainty = np.sqrt(rate * (1 - rate) / found.size)
    assert np.mean(found == 0) == pytest.approx(rate, abs=4 * uncertainty)
    # each value of an event and each event alike
    for axes in ((1, 2), (0, 1), (0, 2)):
        share = np.mean(found == 0, axis=axes)
        pulls = (share - rate) / np.sqrt(rate * (1 - rate) / (found.size / share.size))
        assert np.max(np.abs(pulls)) < 5
        assert np.mean(pulls**2) == pytest.approx(1, abs=5 * np.sqrt(2 / share.size))


def test_values_and_events_are_dropped_independently():
    kept = dropped(0.5, (40, 2000)) > 0
    correlation = np.corrcoef(kept)[~np.eye(40, dtype=bool)]
    assert np.max(np.abs(correlation)) < 5 / np.sqrt(2000)
    assert np.mean(correlation**2) == pytest.approx(1 / 2000, rel=0.2)
    assert not np.array_equal(dropped(0.5, (40, 50), seed=2), dropped(0.5, (40, 50), seed=1))


@pytest.mark.parametrize("shape", [(5, 12), (4, 12, 3)])
def test_an_event_is_treated_alike_in_any_part_of_a_step(shape):
    whole = dropped(0.4, shape)
    for first, last in ((0, 4), (4, 12), (7, 8)):
        part = dropped(0.4, (shape[0], last - first, *shape[2:]), first)
        assert np.array_equal(part, whole[:, first:last])
    assert not np.array_equal(whole[:, :4], whole[:, 4:8])


def test_each_call_and_each_network_drops_others():
    layer = Dropout(0.5, nnx.Rngs(dropout=0))
    first, second = layer(jnp.ones((8, 100))), layer(jnp.ones((8, 100)))
    assert 0.3 < np.mean(np.asarray(first) == np.asarray(second)) < 0.7

    def call(key):
        return Dropout(0.5, nnx.Rngs(dropout=key))(jnp.ones((8, 100)))

    keys = jax.random.split(jax.random.key(3), 2)
    together = jax.vmap(call)(keys)
    assert np.array_equal(together[1], call(keys[1]))
    assert not np.array_equal(together[0], together[1])


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_what_passes_is_what_comes_back(dtype):
    values = jnp.arange(1, 25, dtype=dtype).reshape(4, 6)
    found, back = jax.vjp(lambda given: Dropout(0.5, nnx.Rngs(dropout=0))(given), values)
    assert found.dtype == values.dtype
    (gradient,) = back(jnp.ones_like(found))
    assert np.array_equal(np.asarray(gradient), np.where(np.asarray(found) > 0, 2, 0))


def test_nothing_is_dropped_afterwards():
    layer = Dropout(0.5, nnx.Rngs(dropout=0))
    layer.eval()
    values = jnp.arange(6.0).reshape(2, 3)
    assert layer(values) is values
    assert Dropout(0.0, nnx.Rngs(dropout=0))(values) is values
