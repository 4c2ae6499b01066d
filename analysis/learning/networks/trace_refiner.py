"""Refiner of the traces of simulated events, and the critic that it is trained against."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.errors import TrainingError
from analysis.learning.networks.dense import Dense
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.layer import Layer
from analysis.learning.networks.recurrence import compress_traces
from analysis.learning.networks.refiner import Refiner
from analysis.learning.networks.refiner_settings import TraceRefinerSettings

__all__ = ["TraceRefiner", "TraceRefinerSettings", "build"]

Blocks = Mapping[str, jax.Array]


class Residual(nnx.Module):
    """Two convolutions along traces, the same for all samples of all places, that tell what is added to them.

    Args:
        seen: values that come with each sample beside it and those around it.
        rngs: random numbers for the initial parameters (``params``).
        settings: window and channels.
    """

    def __init__(self, seen: int, rngs: nnx.Rngs, settings: TraceRefinerSettings) -> None:
        self.window = settings.window
        self.first = Layer(2 * settings.window + 1 + seen, settings.channels, rngs, activated=True)
        self.second = Layer(3 * settings.channels, settings.channels, rngs, activated=True)
        self.output = Layer(settings.channels, 1, rngs)
        self.output.kernel[...] *= 0.0

    def __call__(self, traces: jax.Array, seen: list[jax.Array]) -> jax.Array:
        """Traces (b, p, samples) and (f, b, p, samples) of what comes with them -> (b, p, samples)."""
        hidden = jax.nn.silu(self.first(jnp.concatenate([_around(traces[None], self.window), *seen])))
        return self.output(jax.nn.silu(self.second(_around(hidden, 1))))[0]


class Critic(nnx.Module):
    """Fully connected layers of each trace, the mean over places, and fully connected layers of the event.

    Args:
        event: shapes of the event's own blocks of features.
        inputs: samples and features of a place.
        rngs: random numbers for the initial parameters (``params``).
        settings: widths of the layers.
    """

    def __init__(
        self, event: Mapping[str, tuple[int, ...]], inputs: int, rngs: nnx.Rngs, settings: TraceRefinerSettings
    ) -> None:
        widths = (inputs, *settings.encoder)
        head = DenseSettings(hidden=settings.critic, activation="silu", dropout=0.0, segments=0)
        self.encoder = nnx.List([Layer(before, after, rngs, activated=True) for before, after in pairwise(widths)])
        self.head = Dense(event, 1, rngs, head, learned=widths[-1])

    def __call__(self, values: Blocks, present: Blocks, places: jax.Array, there: jax.Array) -> jax.Array:
        """Rate events by what is known of each place (samples + f, b, p) and whether it is there (b, p): (b,)."""
        hidden = places
        for layer in self.encoder:
            hidden = jax.nn.silu(layer(hidden))
        mean = jnp.sum(hidden * there, axis=-1) / jnp.maximum(jnp.sum(there, axis=-1), 1)
        return self.head(values, present, mean.T)[:, 0]


class TraceRefiner(Refiner):
    """A :class:`~analysis.learning.networks.refiner.Refiner` of the traces of detectors at p places.

    Traces are compressed as asinh(value / ``scale``). The refiner changes each sample by what is around it, all samples
    of all places alike: two convolutions along the trace. The critic encodes each trace by fully connected layers, all
    places alike; the mean over the places that are there and the other features of the event pass more of them. Both
    see the features of each place beside its trace: blocks whose first axis is that of the places.

    Args:
        shapes: of the blocks of features by name, without the event axis; (p, samples) of the traces.
        outputs: number of values of all traces.
        rngs: random numbers for the initial parameters (``params``) and the noise (``dropout``).
        settings: shape of the networks.

    Raises:
        TrainingError: as :class:`~analysis.learning.networks.refiner.Refiner`, or the traces have another shape.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: TraceRefinerSettings
    ) -> None:
        super().__init__(shapes, outputs, rngs, settings.block, settings.noise)
        if len(shapes[settings.block]) != 2:
            raise TrainingError(
                f"the refiner is given traces of shape {shapes[settings.block]}", cure="give it (places, samples)"
            )
        places, samples = shapes[settings.block]
        self.scale = settings.scale
        conditions = self.conditions(shapes)
        self.local = tuple(name for name, shape in conditions.items() if len(shape) == 2 and shape[0] == places)
        features = sum(shapes[name][1] for name in self.local)
        event = {name: shape for name, shape in conditions.items() if name not in self.local}
        self.refiner = Residual(features + bool(settings.noise), rngs, settings)
        self.critic = Critic(event, samples + features, rngs, settings)

    def compress(self, block: jax.Array) -> jax.Array:
        """asinh(value / scale)."""
        return compress_traces(block, self.scale)

    def expand(self, compressed: jax.Array) -> jax.Array:
        """The inverse of :meth:`compress`."""
        return jnp.sinh(compressed) * self.scale

    def residual(self, values: Blocks, present: Blocks, compressed: jax.Array) -> jax.Array:
        """Compute what is added to compressed traces (b, p, samples)."""
        features = (values[name].transpose(2, 0, 1)[..., None] for name in self.local)
        seen = [jnp.broadcast_to(one, (*one.shape[:3], compressed.shape[-1])) for one in features]
        if self.noise:
            seen.append(values[self.noise].reshape(1, *compressed.shape))
        return self.refiner(compressed, seen)

    def criticise(self, values: Blocks, present: Blocks, compressed: jax.Array) -> jax.Array:
        """Rate compressed traces (b, p, samples) by the critic: (b,), higher for what it takes for data."""
        places = [compressed, *(values[name] for name in self.local)]
        there = present[self.block]
        there = there if there.ndim == 2 else jnp.any(there, axis=-1)
        columns = jnp.concatenate([one.transpose(2, 0, 1) for one in places])
        return self.critic(values, present, columns, there.astype(columns.dtype))


def _around(values: jax.Array, window: int) -> jax.Array:
    """Each sample with those around it, with zeros beyond the ends: (f, ..., s) -> (f (2 window + 1), ..., s)."""
    samples = values.shape[-1]
    padded = jnp.pad(values, [(0, 0)] * (values.ndim - 1) + [(window, window)])
    return jnp.concatenate([padded[..., start : start + samples] for start in range(2 * window + 1)])


def build(
    shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: TraceRefinerSettings
) -> nnx.Module:
    """A refiner of traces and its critic; see :class:`TraceRefiner`.

    Examples:
        >>> shapes = {"event": (2,), "stations": (7, 3), "traces": (7, 20)}
        >>> network = build(shapes, 140, nnx.Rngs(0), TraceRefinerSettings(channels=4, encoder=(8,), critic=(8,)))
        >>> values = {name: jnp.ones((5, *shape)) for name, shape in shapes.items()}
        >>> present = {name: jnp.ones((5, *shape), bool) for name, shape in shapes.items()}
        >>> nnx.eval_shape(network, values, present).shape
        (5, 140)
    """
    return TraceRefiner(shapes, outputs, rngs, settings)
