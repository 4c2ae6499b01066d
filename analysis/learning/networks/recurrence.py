"""Recurrent cells that read sequences, all of them side by side."""

from __future__ import annotations

from abc import abstractmethod

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.learning.networks.layer import Layer

__all__ = ["CELLS", "Cell", "GatedRecurrentUnit", "LongShortTermMemory", "compress_traces", "patches"]


class Cell(nnx.Module):
    """A recurrent cell, whose state after the last step stands for a sequence of n side by side.

    One product with the state serves all gates of a step. The backward pass computes the gates anew instead of keeping
    them: on a processor, which would wait for its memory, this takes half of the time. Kernels start from LeCun's
    normal distribution, biases from zero.

    Args:
        features: of a step.
        hidden: size of the state.
        rngs: random numbers for the initial parameters (``params``).
    """

    gates: int
    parts: int  # of the state; the first one is what the cell says

    def __init__(self, features: int, hidden: int, rngs: nnx.Rngs) -> None:
        self.input = Layer(features, self.gates * hidden, rngs)
        initial = nnx.initializers.lecun_normal()
        self.recurrent_kernel = nnx.Param(initial(rngs.params(), (hidden, self.gates * hidden)))

    @abstractmethod
    def step(self, state: tuple[jax.Array, ...], inputs: jax.Array, recurrent: jax.Array) -> tuple[jax.Array, ...]:
        """The next state.

        Args:
            state: (hidden, n), each part.
            inputs: (gates hidden, n), the input's part of the gates.
            recurrent: (gates hidden, n), the product with the first part of the state.
        """

    def __call__(self, sequences: jax.Array, there: jax.Array | None = None) -> jax.Array:
        """The last states of n sequences.

        Args:
            sequences: (t, features, n).
            there: (t, n) bool, the steps that exist; the others change nothing. All of them if not given.

        Returns:
            (hidden, n).
        """
        return self._run(sequences, there, every=False)

    def states(self, sequences: jax.Array, there: jax.Array | None = None) -> jax.Array:
        """The states after each step, (t, hidden, n); arguments are those of the call."""
        return self._run(sequences, there, every=True)

    def _run(self, sequences: jax.Array, there: jax.Array | None, *, every: bool) -> jax.Array:
        of_state = self.recurrent_kernel[...].T

        @jax.checkpoint
        def step(
            state: tuple[jax.Array, ...], now: tuple[jax.Array, ...]
        ) -> tuple[tuple[jax.Array, ...], jax.Array | None]:
            new = self.step(state, self.input(now[0]), of_state @ state[0])
            if len(now) == 2:
                new = tuple(jnp.where(now[1], one, other) for one, other in zip(new, state, strict=True))
            return new, new[0] if every else None

        first = jnp.zeros((of_state.shape[1], sequences.shape[-1]), sequences.dtype)
        steps = (sequences,) if there is None else (sequences, there)
        last, states = jax.lax.scan(step, (first,) * self.parts, steps)
        return states if every else last[0]


class GatedRecurrentUnit(Cell):
    """Cho et al., arXiv:1406.1078, Eqs. 5 to 8; the reset gate acts after the recurrent product (as in cuDNN)."""

    gates = 3
    parts = 1

    def step(self, state: tuple[jax.Array, ...], inputs: jax.Array, recurrent: jax.Array) -> tuple[jax.Array, ...]:
        """Gates: reset, update, candidate."""
        of_input, of_state = jnp.split(inputs, 3), jnp.split(recurrent, 3)
        reset, update = (jax.nn.sigmoid(of_input[gate] + of_state[gate]) for gate in (0, 1))
        new = jnp.tanh(of_input[2] + reset * of_state[2])
        return (update * state[0] + (1 - update) * new,)


class LongShortTermMemory(Cell):
    """Hochreiter and Schmidhuber, Neural Comput. 9 (1997) 1735, with forget gates (Gers et al., 12 (2000) 2451).

    The forget gates' bias starts from 1, so that the cell remembers before it has learned what to forget (Jozefowicz,
    Zaremba, Sutskever, Proc. ICML 2015, p. 2342).

    Args:
        features: of a step.
        hidden: size of the state.
        rngs: random numbers for the initial parameters (``params``).
    """

    gates = 4
    parts = 2

    def __init__(self, features: int, hidden: int, rngs: nnx.Rngs) -> None:
        super().__init__(features, hidden, rngs)
        bias = self.input.bias
        assert bias is not None
        bias[...] = bias[...].at[hidden : 2 * hidden].set(1)

    def step(self, state: tuple[jax.Array, ...], inputs: jax.Array, recurrent: jax.Array) -> tuple[jax.Array, ...]:
        """Gates: input, forget, candidate, output."""
        enter, keep, new, leave = jnp.split(inputs + recurrent, 4)
        memory = jax.nn.sigmoid(keep) * state[1] + jax.nn.sigmoid(enter) * jnp.tanh(new)
        return jax.nn.sigmoid(leave) * jnp.tanh(memory), memory


#: by the name that settings have
CELLS: dict[str, type[Cell]] = {"gru": GatedRecurrentUnit, "lstm": LongShortTermMemory}


def compress_traces(traces: jax.Array, scale: float) -> jax.Array:
    """asinh(value / scale), linear for noise and logarithmic for signals; the traces themselves for a scale of 0."""
    return jnp.arcsinh(traces / scale) if scale else traces


def patches(traces: jax.Array, patch: int) -> jax.Array:
    """Traces as sequences of steps of several samples.

    Args:
        traces: (n, samples, channels); zeros are added at the end.
        patch: samples in one step.

    Returns:
        (t, patch channels, n).
    """
    number, samples, channels = traces.shape
    steps = -(-samples // patch)
    padded = jnp.pad(traces, ((0, 0), (0, steps * patch - samples), (0, 0)))
    return jnp.moveaxis(padded.reshape(number, steps, patch * channels), 0, -1)
