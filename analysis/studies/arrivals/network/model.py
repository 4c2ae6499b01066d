"""A graph network on the sphere: which of a sky's events come from sources?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.learning.networks.edges import EdgeConvolution, nearest
from analysis.learning.networks.layer import Layer

if TYPE_CHECKING:
    from analysis.studies.arrivals.network.settings import NetworkSettings

__all__ = ["SphereGraph"]


class SphereGraph(nnx.Module):
    """Two edge convolutions of the events of a sky, and a logit of each event.

    After T. Bister, M. Erdmann, J. Glombitza et al., Astropart. Phys. 126 (2021) 102527: edge convolutions join
    neighbours on the sphere. It says of each event, rather than of the sky, whether it is from a source: a sky has a
    thousand such labels, and what it says of single events is what is asked of it later.

    Args:
        features: f of an event.
        rngs: random numbers for the initial parameters (``params``).
        settings: shape of the network.
    """

    def __init__(self, features: int, rngs: nnx.Rngs, settings: NetworkSettings) -> None:
        width = settings.width
        self.dynamic, self.neighbours = settings.dynamic, settings.neighbours
        self.first = Layer(features, width, rngs, activated=True)
        self.second = Layer(width, width, rngs, activated=True)
        self.near = EdgeConvolution(features + width, width, settings.layers, rngs)
        self.far = EdgeConvolution(width, width, settings.layers, rngs)
        self.event = Layer(2 * width, width, rngs, activated=True)
        self.logit = Layer(width, 1, rngs)

    def __call__(self, events: jax.Array, found: jax.Array) -> jax.Array:
        """The logits of all events of b skies.

        Args:
            events: (b, p, f), standardised features.
            found: (b, p, k), numbers of neighbours on the sphere.

        Returns:
            (b, p).
        """
        exists = jnp.ones(found.shape, bool)
        alone = jnp.moveaxis(events, -1, 0)
        hidden = jax.nn.relu(self.second(jax.nn.relu(self.first(alone))))
        near = self.near(jnp.moveaxis(jnp.concatenate([alone, hidden]), 0, -1), found, exists)
        if self.dynamic:
            found, exists = nearest(near, jnp.ones(near.shape[:2], bool), self.neighbours)
        far = self.far(near, found, exists)
        both = jnp.moveaxis(jnp.concatenate([near, far], axis=-1), -1, 0)
        return self.logit(jax.nn.relu(self.event(both)))[0]
