"""Dynamic graph network on particles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from analysis.errors import TrainingError
from analysis.learning.networks.dense import Dense
from analysis.learning.networks.edges import EdgeConvolution, nearest
from analysis.learning.networks.graph_settings import GraphSettings
from analysis.learning.networks.particles import split_blocks, there

__all__ = ["Convolutions", "Graph", "GraphSettings", "build", "check_coordinates"]


class Convolutions(nnx.Module):
    """Edge convolutions one after the other, each on a graph of its own.

    The first graph joins neighbours in the particles' coordinates, the other ones in all that the particles have
    learned so far (Wang et al., arXiv:1801.07829, Sec. 3.3).

    Args:
        features: f of a particle.
        coordinates: of the first graph, numbers of features.
        neighbours: of a particle, at most.
        widths: of the convolutions.
        layers: of each convolution.
        rngs: random numbers for the initial parameters (``params``).
    """

    def __init__(
        self,
        features: int,
        coordinates: tuple[int, ...],
        neighbours: int,
        widths: tuple[int, ...],
        layers: int,
        rngs: nnx.Rngs,
    ) -> None:
        self.coordinates = coordinates
        self.neighbours = neighbours
        self.convolutions = nnx.List(
            [EdgeConvolution(before, after, layers, rngs) for before, after in pairwise((features, *widths))]
        )

    def __call__(self, particles: jax.Array, known: jax.Array, places: jax.Array | None = None) -> jax.Array:
        """Apply the edge convolutions to the particles, one after the other.

        Args:
            particles: (b, p, f).
            known: (b, p) bool, which particles are there.
            places: (b, p, g), where the coordinates are; among the particles' features if not given.

        Returns:
            (b, p, w), 0 where no particle is.
        """
        where = (particles if places is None else places)[..., np.array(self.coordinates)]
        for convolution in self.convolutions:
            particles = convolution(particles, *nearest(where, known, self.neighbours)) * known[..., None]
            where = particles
        return particles


class Graph(nnx.Module):
    """Edge convolutions of particles, whose mean passes a fully connected network.

    ParticleNet (Qu and Gouskos, arXiv:1902.08570) without batch normalisation; see
    :class:`analysis.learning.networks.edges.EdgeConvolution` and :class:`Convolutions`. The order of the particles does
    not matter. Beside their mean enters how many there are, as log(1 + number).

    Features of other blocks enter the fully connected network as in :class:`analysis.learning.networks.dense.Trunk`. A
    missing feature of a particle that is there counts as 0, the median of a standardised feature.

    Args:
        shapes: of the blocks by name, without the event axis; (p, f) of the particles.
        outputs: number of outputs o.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
        settings: shape of the network.

    Raises:
        TrainingError: a block is missing, the particles have another shape, or lack a coordinate.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: GraphSettings
    ) -> None:
        (_, features), others = split_blocks(
            shapes, settings.blocks, settings.particles, "dynamic graph network", momenta=False
        )
        check_coordinates(settings.coordinates, features, "particles")
        self.particles = settings.particles
        self.convolutions = Convolutions(
            features, settings.coordinates, settings.neighbours, settings.widths, settings.layers, rngs
        )
        self.trunk = Dense(others, outputs, rngs, replace(settings, blocks=()), settings.widths[-1] + 1)

    def __call__(self, values: Mapping[str, jax.Array], present: Mapping[str, jax.Array]) -> jax.Array:
        """The outputs for a batch of b events.

        Args:
            values: particles (b, p, f) and other blocks (b, ..., f), standardised features; 0 where missing.
            present: (b, ...) by block, False where something is missing; (b, p) or (b, p, f) of the particles.

        Returns:
            (b, o).
        """
        known = there(present[self.particles])
        learned = self.convolutions(values[self.particles] * known[..., None], known)
        number = jnp.sum(known, axis=1, keepdims=True).astype(learned.dtype)
        mean = jnp.sum(learned, axis=1) / jnp.maximum(number, 1)
        return self.trunk(values, present, jnp.concatenate([mean, jnp.log1p(number)], axis=1))


def build(shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: GraphSettings) -> nnx.Module:
    """A dynamic graph network; see :class:`Graph`.

    Examples:
        >>> shapes = {"event": (3,), "particles": (9, 5)}
        >>> network = build(shapes, 2, nnx.Rngs(0), GraphSettings(hidden=(8,), neighbours=4, widths=(8, 8), layers=2))
        >>> values = {name: jnp.ones((6, *shape)) for name, shape in shapes.items()}
        >>> present = {"event": jnp.ones((6, 3), bool), "particles": jnp.ones((6, 9), bool)}
        >>> nnx.eval_shape(network, values, present).shape
        (6, 2)
    """
    return Graph(shapes, outputs, rngs, settings)


def check_coordinates(coordinates: tuple[int, ...], features: int, what: str) -> None:
    """Whether all coordinates are features.

    Raises:
        TrainingError: one is not.
    """
    if max(coordinates) >= features:
        raise TrainingError(
            f"the coordinates of the graph are the features {', '.join(map(str, coordinates))}, counted from 0, of "
            f"{what} that have {features}",
            cure="give numbers of features with the setting 'coordinates'",
        )
