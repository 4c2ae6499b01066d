"""Recurrent network of stations' traces on a dynamic graph of the stations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.errors import TrainingError
from analysis.learning.networks.blocks import choose_blocks
from analysis.learning.networks.dense import Dense
from analysis.learning.networks.graph import Convolutions, check_coordinates
from analysis.learning.networks.recurrence import CELLS, compress_traces, patches
from analysis.learning.networks.stations_settings import StationsSettings

__all__ = ["Stations", "StationsSettings", "build"]

OWN = ("traces", "stations")


class Stations(nnx.Module):
    """One recurrent cell reads all stations' traces, edge convolutions join the stations, and one head the event.

    Like :class:`analysis.learning.networks.hexagonal.Hexagonal`, but for stations anywhere: who is whose neighbour is
    found in features of the stations (such as where they stand in the shower's plane), and from the second edge
    convolution on in what they have learned (Qu and Gouskos, arXiv:1902.08570).

    - A trace enters as asinh(value / ``scale``), ``patch`` samples a step; the last state of the cell
      (:mod:`analysis.learning.networks.recurrence`) stands for it.
    - State and features of the stations pass edge convolutions; see
      :class:`analysis.learning.networks.graph.Convolutions`.
    - Mean over the stations, the station at the first place (the hottest one) and how many stations there are, as
      log(1 + number), pass a fully connected network, with features of other blocks as in
      :class:`analysis.learning.networks.dense.Trunk`.

    Stations that are not there take part in nothing. The order of the others, but for the first one, does not matter.

    Args:
        shapes: of the blocks by name, without the event axis: ``traces`` (p, samples), ``stations`` (p, f), and others
            such as ``event`` (g,).
        outputs: number of outputs o.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
        settings: shape of the network.

    Raises:
        TrainingError: a block is missing, shapes do not fit together, or stations lack a coordinate.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: StationsSettings
    ) -> None:
        others = choose_blocks(shapes, settings.blocks, "graph network of stations")
        features = _check({name: others.pop(name) for name in OWN if name in others})
        check_coordinates(settings.coordinates, features, "stations")
        self.settings = settings
        self.cell = CELLS[settings.cell](settings.patch, settings.state, rngs)
        self.convolutions = Convolutions(
            settings.state + features,
            settings.coordinates,
            settings.neighbours,
            settings.widths,
            settings.layers,
            rngs,
        )
        self.trunk = Dense(others, outputs, rngs, replace(settings, blocks=()), 2 * settings.widths[-1] + 1)

    def __call__(self, values: Mapping[str, jax.Array], present: Mapping[str, jax.Array]) -> jax.Array:
        """The outputs for a batch of b events.

        Args:
            values: ``traces`` (b, p, samples) as measured, ``stations`` (b, p, f) and other blocks (b, ..., g)
                standardised. 0 where missing.
            present: ``traces`` (b, p), ``stations`` (b, p) or (b, p, f), other blocks (b, ...).

        Returns:
            (b, o).
        """
        known, traces = present["traces"], values["traces"]
        batch, places = known.shape
        compressed = compress_traces(traces, self.settings.scale).reshape(batch * places, -1, 1)
        states = self.cell(patches(compressed, self.settings.patch)).T.reshape(batch, places, -1)
        # beyond the edge of what events have, a network extrapolates at will: nothing goes far beyond
        own = jnp.clip(values["stations"], -self.settings.reach, self.settings.reach)
        stations = jnp.concatenate([states, own], axis=-1) * known[..., None]
        learned = self.convolutions(stations, known, places=values["stations"])
        number = jnp.sum(known, axis=1, keepdims=True).astype(learned.dtype)
        mean = jnp.sum(learned, axis=1) / jnp.maximum(number, 1)
        return self.trunk(values, present, jnp.concatenate([mean, learned[:, 0], jnp.log1p(number)], axis=1))


def build(
    shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: StationsSettings
) -> nnx.Module:
    """A graph network of stations; see :class:`Stations`.

    Examples:
        >>> shapes = {"traces": (7, 30), "stations": (7, 4), "event": (3,)}
        >>> network = build(shapes, 2, nnx.Rngs(0), StationsSettings(patch=10, state=8, widths=(8,)))
        >>> values = {name: jnp.ones((5, *shape)) for name, shape in shapes.items()}
        >>> present = {name: jnp.ones((5, shape[0]), bool) for name, shape in shapes.items()}
        >>> nnx.eval_shape(network, values, present).shape
        (5, 2)
    """
    return Stations(shapes, outputs, rngs, settings)


def _check(shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Number of a station's features."""
    if {name: len(shape) for name, shape in shapes.items()} != dict.fromkeys(OWN, 2):
        given = ", ".join(f"{name} {shape}" for name, shape in sorted(shapes.items())) or "neither traces nor stations"
        raise TrainingError(
            f"the graph network of stations is given {given}",
            cure="give it traces (places, samples) and stations (places, features)",
        )
    if shapes["stations"][0] != shapes["traces"][0]:
        raise TrainingError(
            f"the graph network of stations has {shapes['traces'][0]} places of traces and "
            f"{shapes['stations'][0]} of stations"
        )
    return shapes["stations"][1]
