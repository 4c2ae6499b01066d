"""Recurrent network of traces on a hexagonal grid of stations."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from analysis.errors import TrainingError
from analysis.hexagon import neighbours, rings_of
from analysis.learning.networks.dropout import Dropout
from analysis.learning.networks.hexagonal_settings import HexagonalSettings
from analysis.learning.networks.layer import Layer
from analysis.learning.networks.recurrence import GatedRecurrentUnit, compress_traces, patches

__all__ = ["Hexagonal", "HexagonalSettings", "build"]


class Hexagonal(nnx.Module):
    """One encoder for all stations' traces, exchange between neighbouring stations, and one head for the event.

    What networks for the surface detector of the Pierre Auger Observatory have in common (JINST 16 (2021) P07019,
    arXiv:2101.02946): a recurrent network shared by all stations reads their traces, and layers on the hexagonal grid
    combine the stations. Here what a station learns from its neighbours is the same in all six directions, so that the
    outputs stay as they are when the places are turned or mirrored; directions belong into the stations' features.

    - A trace enters as asinh(value / ``scale``), ``patch`` samples a step; the last state of a
      :class:`~analysis.learning.networks.recurrence.GatedRecurrentUnit` stands for it.
    - State and features of a station pass one layer; then, ``exchanges`` times, a station's values s become
      s + f(s, mean of the neighbours' s), with one layer f.
    - Mean over the stations, the station in the middle (the hottest one) and the event's features, with the truth value
      "missing" of each, pass the head's layer and the outputs.

    Stations that are not there take part in nothing. Layers are followed by SiLU. Kernels start from LeCun's normal
    distribution, all biases from zero.

    Args:
        shapes: of the blocks ``traces`` (p, samples), ``stations`` (p, f) and ``event`` (g,); p places of a hexagon in
            the order of :func:`analysis.hexagon.coordinates`.
        outputs: number of outputs o.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
        settings: shape of the network.

    Raises:
        TrainingError: the blocks are others, or their shapes do not fit together.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: HexagonalSettings
    ) -> None:
        _check(shapes)
        width = settings.width
        self.settings = settings
        self.encoder = GatedRecurrentUnit(settings.patch, settings.hidden, rngs)
        self.station = Layer(settings.hidden + shapes["stations"][1], width, rngs)
        self.exchanges = nnx.List([Layer(2 * width, width, rngs) for _ in range(settings.exchanges)])
        self.head = Layer(2 * (width + shapes["event"][0]), settings.head, rngs)
        self.output = Layer(settings.head, outputs, rngs)
        self.dropout = Dropout(settings.dropout, rngs)

    def __call__(self, values: Mapping[str, jax.Array], present: Mapping[str, jax.Array]) -> jax.Array:
        """The outputs for a batch of b events.

        Args:
            values: ``traces`` (b, p, samples) as measured, ``stations`` (b, p, f) and ``event`` (b, g) standardised.
            present: ``traces`` (b, p), ``stations`` (b, p) or (b, p, f), ``event`` (b,) or (b, g).

        Returns:
            (b, o).
        """
        batch, places, features = values["stations"].shape
        there = present["traces"].astype(values["traces"].dtype)
        traces = compress_traces(values["traces"], self.settings.scale).reshape(batch * places, -1, 1)
        states = self.encoder(patches(traces, self.settings.patch))
        own = self._bounded(values["stations"]).reshape(batch * places, features).T
        stations = jax.nn.silu(self.station(jnp.concatenate([states, own]))).reshape(-1, batch, places) * there
        for layer in self.exchanges:
            around = jnp.concatenate([stations, _neighbours_mean(stations, there)])
            gained = jax.nn.silu(layer(around.reshape(-1, batch * places)))
            stations = (stations + gained.reshape(stations.shape)) * there
        mean = jnp.sum(stations, axis=2) / jnp.maximum(jnp.sum(there, axis=1), 1)
        event = self._bounded(values["event"])
        missing = 1 - _everywhere(present["event"], event).astype(event.dtype)
        hidden = self.dropout(jnp.concatenate([mean, stations[:, :, 0], event.T, missing.T]))
        return self.output(self.dropout(jax.nn.silu(self.head(hidden)))).T

    def _bounded(self, features: jax.Array) -> jax.Array:
        """Beyond the edge of what events have, a network extrapolates at will: nothing goes far beyond."""
        return jnp.clip(features, -self.settings.reach, self.settings.reach)


def build(
    shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: HexagonalSettings
) -> nnx.Module:
    """A recurrent network on a hexagonal grid; see :class:`Hexagonal`.

    Examples:
        >>> shapes = {"traces": (7, 30), "stations": (7, 4), "event": (3,)}
        >>> network = build(shapes, 2, nnx.Rngs(0), HexagonalSettings(patch=10, hidden=8))
        >>> values = {name: jnp.ones((5, *shape)) for name, shape in shapes.items()}
        >>> present = {name: jnp.ones((5, shape[0]), bool) for name, shape in shapes.items()}
        >>> nnx.eval_shape(network, values, present).shape
        (5, 2)
    """
    return Hexagonal(shapes, outputs, rngs, settings)


def _check(shapes: Mapping[str, tuple[int, ...]]) -> None:
    dimensions = {"event": 1, "stations": 2, "traces": 2}
    if {name: len(shape) for name, shape in shapes.items()} != dimensions:
        raise TrainingError(
            f"the hexagonal network is given {', '.join(f'{name} {shape}' for name, shape in sorted(shapes.items()))}",
            cure="give it traces (places, samples), stations (places, features) and event (features,)",
        )
    places = shapes["traces"][0]
    try:
        rings_of(places)
    except ValueError as error:
        raise TrainingError(f"the hexagonal network has {places} places of traces: {error}") from error
    if shapes["stations"][0] != places:
        raise TrainingError(
            f"the hexagonal network has {places} places of traces and {shapes['stations'][0]} of stations"
        )


def _neighbours_mean(stations: jax.Array, there: jax.Array) -> jax.Array:
    """Mean of the neighbours' values (w, b, p), of those that are there (b, p); 0 where none is."""
    table = neighbours(rings_of(stations.shape[-1]))
    adjacent = np.zeros((len(table), len(table)), np.float32)
    place, direction = np.nonzero(table >= 0)
    adjacent[table[place, direction], place] = 1
    of_neighbours = jnp.asarray(adjacent, stations.dtype)
    return (stations @ of_neighbours) / jnp.maximum(there @ of_neighbours, 1)


def _everywhere(present: jax.Array, values: jax.Array) -> jax.Array:
    return jnp.broadcast_to(present.reshape(*present.shape, *[1] * (values.ndim - present.ndim)), values.shape)
