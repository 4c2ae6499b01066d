from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from analysis.learning.networks.recurrence import CELLS, GatedRecurrentUnit, compress_traces, patches

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("quick_compilation")]
EVERY = pytest.mark.parametrize("name", CELLS)


def cell(name, seed=1):
    made = CELLS[name](3, 4, nnx.Rngs(seed))
    made.input.bias[...] = jnp.linspace(-1, 1, len(made.input.bias[...]))
    return made


def sequences(steps=6, number=10):
    return np.random.default_rng(2).normal(size=(steps, 3, number)).astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def read_by_hand(made, name, given):
    """The equations in NumPy, double precision, one sequence in a row; all states (t, n, hidden)."""
    of_input, bias, of_state = (
        np.asarray(array, np.float64)
        for array in (made.input.kernel[...], made.input.bias[...], made.recurrent_kernel[...])
    )
    state, memory, states = np.zeros((given.shape[2], 4)), np.zeros((given.shape[2], 4)), []
    for step in given.astype(np.float64):
        inputs, recurrent = step.T @ of_input + bias, state @ of_state
        if name == "gru":
            (r, z, n), (hr, hz, hn) = np.split(inputs, 3, -1), np.split(recurrent, 3, -1)
            update = sigmoid(z + hz)
            state = update * state + (1 - update) * np.tanh(n + sigmoid(r + hr) * hn)
        else:
            i, f, g, o = np.split(inputs + recurrent, 4, -1)
            memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(g)
            state = sigmoid(o) * np.tanh(memory)
        states.append(state)
    return np.array(states)


@EVERY
def test_cells_are_the_textbooks_cells(name):
    made, given = cell(name), sequences()
    expected = read_by_hand(made, name, given)
    assert np.allclose(made(jnp.asarray(given)).T, expected[-1], atol=1e-5)
    assert np.allclose(np.moveaxis(made.states(jnp.asarray(given)), 1, 2), expected, atol=1e-5)


@EVERY
def test_cells_are_those_of_flax(name):
    """Whose gates have other names, and whose bias is the recurrent product's."""
    made, given = cell(name), sequences()
    of_input, of_state, bias = made.input.kernel[...], made.recurrent_kernel[...], made.input.bias[...]
    if name == "gru":
        other = nnx.GRUCell(3, 4, rngs=nnx.Rngs(0))
        nnx.update(other, {"dense_i": {"kernel": of_input, "bias": bias}, "dense_h": {"kernel": of_state}})
        carried = jnp.zeros((10, 4))
    else:
        other = nnx.OptimizedLSTMCell(3, 4, rngs=nnx.Rngs(0))  # type: ignore[assignment]
        nnx.update(other, {"dense_i": {"kernel": of_input}, "dense_h": {"kernel": of_state, "bias": bias}})
        carried = (jnp.zeros((10, 4)), jnp.zeros((10, 4)))  # type: ignore[assignment]
    for step in given:
        carried, found = other(carried, jnp.asarray(step.T))
    assert np.allclose(made(jnp.asarray(given)).T, found, atol=1e-5)


@EVERY
def test_the_backward_pass_that_computes_again_is_exact(name):
    """Against finite differences in double precision, of the sum of all states."""
    made, given = cell(name), sequences(5, 2)
    graph, params = nnx.split(made)

    def total(params):
        return jnp.sum(nnx.merge(graph, params).states(jnp.asarray(given)))

    gradient = jax.grad(total)(params)
    kernel = np.asarray(made.recurrent_kernel[...])
    for place in ((0, 0), (1, 5), (3, kernel.shape[1] - 1)):
        changed = []
        for sign in (1, -1):
            moved = kernel.astype(np.float64)
            moved[place] += sign * 1e-4
            other = cell(name)
            # a stand-in for the module, since its parameters are in single precision
            changed.append(read_by_hand(Moved(other, moved), name, given).sum())
        expected = (changed[0] - changed[1]) / 2e-4
        assert gradient["recurrent_kernel"][...][place] == pytest.approx(expected, rel=1e-4, abs=1e-4)


class Moved:
    """A cell with another recurrent kernel, in double precision."""

    def __init__(self, made, kernel):
        self.input, self.recurrent_kernel = made.input, kernel


@EVERY
def test_steps_that_are_not_there_change_nothing(name):
    made, given = cell(name), sequences()
    there = np.random.default_rng(3).random((6, 10)) < 0.6
    found = made(jnp.asarray(given), jnp.asarray(there))
    for number in range(10):
        kept = given[there[:, number], :, number, None]
        expected = made(jnp.asarray(kept)) if len(kept) else np.zeros((4, 1))
        assert np.allclose(found[:, number], expected[:, 0], atol=1e-6)
    states = made.states(jnp.asarray(given), jnp.asarray(there))
    assert np.array_equal(states[-1], found)


def test_a_long_short_term_memory_begins_with_remembering():
    made = CELLS["lstm"](3, 4, nnx.Rngs(0))
    assert made.input.bias[...].tolist() == [0.0] * 4 + [1.0] * 4 + [0.0] * 8
    assert not GatedRecurrentUnit(3, 4, nnx.Rngs(0)).input.bias[...].any()


def test_patches_of_samples():
    traces = np.arange(2 * 5 * 3).reshape(2, 5, 3)
    found = patches(jnp.asarray(traces), 2)
    assert found.shape == (3, 6, 2)
    for number in range(2):
        assert found[:, :, number].reshape(-1).tolist() == [*traces[number].reshape(-1).tolist(), 0, 0, 0]


def test_compressed_traces():
    traces = jnp.array([-2.0, 0.0, 1e-3, 1e3])
    assert np.array_equal(compress_traces(traces, 0.0), traces)
    assert np.allclose(compress_traces(traces, 0.1), np.arcsinh(np.asarray(traces) / 0.1))
