"""Recurrent network over traces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.errors import TrainingError
from analysis.learning.networks.blocks import choose_blocks
from analysis.learning.networks.dense import Dense
from analysis.learning.networks.recurrence import CELLS, compress_traces, patches
from analysis.learning.networks.recurrent_settings import RecurrentSettings

__all__ = ["Recurrent", "RecurrentSettings", "build"]


class Recurrent(nnx.Module):
    """Recurrent cells read a trace; their last state passes a fully connected network.

    Cells are those of :mod:`analysis.learning.networks.recurrence`. Samples that are not there change no state. Of
    several places with a trace each, all of which are read by the same cells, the mean state counts; a place without
    any sample takes no part in it.

    Features of other blocks enter the fully connected network as in :class:`analysis.learning.networks.dense.Trunk`.

    Args:
        shapes: of the blocks by name, without the event axis; the traces' are described in the settings.
        outputs: number of outputs o.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
        settings: shape of the network.

    Raises:
        TrainingError: a block is missing, or the traces have another shape.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: RecurrentSettings
    ) -> None:
        others = choose_blocks(shapes, settings.blocks, "recurrent network")
        shape = _check(others.pop(settings.trace, None), settings)
        self.settings = settings
        features = settings.patch * shape[2]
        self.cells = nnx.List(
            [
                CELLS[settings.cell](settings.width if number else features, settings.width, rngs)
                for number in range(settings.layers)
            ]
        )
        self.trunk = Dense(others, outputs, rngs, replace(settings, blocks=()), settings.width)

    def __call__(self, values: Mapping[str, jax.Array], present: Mapping[str, jax.Array]) -> jax.Array:
        """The outputs for a batch of b events.

        Args:
            values: traces (b, samples), (b, samples, channels), (b, places, samples) or (b, places, samples, channels)
                as measured; of other blocks standardised features (b, ..., f). 0 where missing.
            present: (b, ...) by block, False where something is missing; its shape begins that of the values.

        Returns:
            (b, o).
        """
        traces, there = values[self.settings.trace], present[self.settings.trace]
        batch, (places, samples, channels) = traces.shape[0], _three(traces.shape[1:], self.settings)
        # which places are there, and which of their samples, where that is known one by one
        by_place = there.reshape(batch, places if self.settings.places and there.ndim > 1 else 1, -1)
        known = jnp.broadcast_to(jnp.any(by_place, axis=-1), (batch, places)).astype(traces.dtype)
        steps = None
        if there.ndim > (2 if self.settings.places else 1):
            by_sample = jnp.any(there.reshape(batch * places, samples, -1), axis=-1, keepdims=True)
            steps = jnp.any(patches(by_sample, self.settings.patch), axis=1)
        compressed = compress_traces(traces, self.settings.scale)
        sequences = patches(compressed.reshape(batch * places, samples, channels), self.settings.patch)
        for cell in [*self.cells][:-1]:
            sequences = cell.states(sequences, steps)
        states = self.cells[-1](sequences, steps).reshape(-1, batch, places) * known
        mean = jnp.sum(states, axis=2) / jnp.maximum(jnp.sum(known, axis=1), 1)
        return self.trunk(values, present, mean.T)


def build(
    shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: RecurrentSettings
) -> nnx.Module:
    """A recurrent network over traces; see :class:`Recurrent`.

    Examples:
        >>> shapes = {"event": (3,), "trace": (40, 2)}
        >>> network = build(shapes, 2, nnx.Rngs(0), RecurrentSettings(hidden=(8,), cell="lstm", patch=4, width=8))
        >>> values = {name: jnp.ones((5, *shape)) for name, shape in shapes.items()}
        >>> present = {"event": jnp.ones((5, 3), bool), "trace": jnp.ones((5, 40), bool)}
        >>> nnx.eval_shape(network, values, present).shape
        (5, 2)
    """
    return Recurrent(shapes, outputs, rngs, settings)


def _check(shape: tuple[int, ...] | None, settings: RecurrentSettings) -> tuple[int, int, int]:
    """Places, samples and channels."""
    axes = "places, samples" if settings.places else "samples"
    if shape is None:
        raise TrainingError(
            f"the recurrent network takes no block {settings.trace!r} of traces",
            cure="name the block of traces in the settings",
        )
    if len(shape) not in ((2, 3) if settings.places else (1, 2)) or 0 in shape:
        raise TrainingError(
            f"the recurrent network is given traces of shape {shape}",
            cure=f"give it ({axes}) or ({axes}, channels); the setting 'places' says whether there are several traces",
        )
    return _three(shape, settings)


def _three(shape: tuple[int, ...], settings: RecurrentSettings) -> tuple[int, int, int]:
    """Places, samples and channels of a shape that :func:`_check` has let pass."""
    full = shape if settings.places else (1, *shape)
    places, samples, channels = full if len(full) == 3 else (*full, 1)
    return places, samples, channels
