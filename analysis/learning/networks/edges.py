"""Edge convolution: what a particle learns from its nearest neighbours."""

from __future__ import annotations

from itertools import pairwise

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.learning.networks.momenta import precise

__all__ = ["EdgeConvolution", "nearest"]


def nearest(places: jax.Array, there: jax.Array, neighbours: int) -> tuple[jax.Array, jax.Array]:
    """The nearest neighbours of each particle in its event, itself excluded.

    Distances are Euclidean; of particles at the same distance, the first ones count.

    Args:
        places: (b, p, d), where the particles are.
        there: (b, p) bool, which particles exist.
        neighbours: how many k to look for; p - 1 where there are fewer places.

    Returns:
        (b, p, k) int32, their places among the p, the nearest one first; and (b, p, k) bool, whether there is one. A
        particle that is not there has none.
    """
    places = precise(jax.lax.stop_gradient(places))
    number = places.shape[1]
    square = jnp.sum(places**2, axis=-1)
    distance = square[:, :, None] + square[:, None, :] - 2 * (places @ jnp.swapaxes(places, 1, 2))
    possible = there[:, :, None] & there[:, None, :] & ~jnp.eye(number, dtype=bool)
    closeness, found = jax.lax.top_k(jnp.where(possible, -distance, -jnp.inf), min(neighbours, number - 1))
    return found, closeness > -jnp.inf


class EdgeConvolution(nnx.Module):
    """EdgeConv (Wang et al., arXiv:1801.07829, Eq. 8) as in ParticleNet (Qu and Gouskos, arXiv:1902.08570, Sec. II).

    With k neighbours j of a particle i, and one network h for all edges: x_i becomes

        ReLU(S x_i + mean_j h(x_i, x_j - x_i)),

    S linear. ReLU follows each layer of h. Unlike there, no batch is normalised: the kernels start from He's normal
    distribution (arXiv:1502.01852), S from LeCun's, all biases from zero, and an event's values depend on no other
    event. A particle without neighbours has S x_i only.

    The first layer, A x_i + B (x_j - x_i) = (A - B) x_i + B x_j, is computed for particles instead of edges. Then all
    particles look at their first neighbours, then at their second ones, and so on: one such slot of all events fits
    into a processor's cache, which all edges at once do not. The backward pass computes the edges of a slot again, so
    that only particles are kept.

    Args:
        features: f of a particle.
        width: w of all layers.
        layers: of h.
        rngs: random numbers for the initial parameters (``params``).
    """

    def __init__(self, features: int, width: int, layers: int, rngs: nnx.Rngs) -> None:
        initial = nnx.initializers.he_normal()
        widths = (2 * features, *[width] * layers)
        self.edge = nnx.List(
            [nnx.Linear(before, after, kernel_init=initial, rngs=rngs) for before, after in pairwise(widths)]
        )
        self.shortcut = nnx.Linear(features, width, rngs=rngs)

    def __call__(self, particles: jax.Array, found: jax.Array, exists: jax.Array) -> jax.Array:
        """Apply the edge convolution to the particles.

        Args:
            particles: (b, p, f).
            found: (b, p, k) int32, places of the neighbours.
            exists: (b, p, k) bool, whether there is one.

        Returns:
            (b, p, w); of particles that are not there, anything finite.
        """
        batch, number, features = particles.shape
        rows = particles.reshape(batch * number, features)
        first, *others = self.edge
        of_particle, of_difference = first.kernel[:features], first.kernel[features:]
        bias = _bias(first)
        own = _map(rows, of_particle - of_difference, bias)
        others_share = _map(rows, of_difference, jnp.zeros_like(bias))
        starts = number * jnp.arange(batch, dtype=found.dtype)
        slots = jnp.moveaxis(found + starts[:, None, None], 2, 0).reshape(-1, batch * number)
        counted = jnp.moveaxis(exists, 2, 0).reshape(-1, batch * number, 1).astype(particles.dtype)

        @jax.checkpoint
        def look(total: jax.Array, slot: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
            neighbour, counts = slot
            hidden = jax.nn.relu(own + others_share.at[neighbour].get(mode="promise_in_bounds"))
            for layer in others:
                hidden = jax.nn.relu(_map(hidden, layer.kernel[...], _bias(layer)))
            return total + hidden * counts, None

        total, _ = jax.lax.scan(look, jnp.zeros_like(own), (slots, counted))
        mean = total / jnp.maximum(jnp.sum(counted, axis=0), 1)
        straight = _map(rows, self.shortcut.kernel[...], _bias(self.shortcut))
        return jax.nn.relu(straight + mean).reshape(batch, number, -1)


def _bias(layer: nnx.Linear) -> jax.Array:
    assert layer.bias is not None
    return layer.bias[...]


@jax.custom_vjp
def _map(rows: jax.Array, kernel: jax.Array, bias: jax.Array) -> jax.Array:
    """(n, f), (f, w), (w,) -> (n, w): a linear map of rows, as neighbours are looked up by row.

    With a backward pass of its own: the last bits of XLA's sums over rows, those of its own gradient, depend on the
    number of the processor's cores.
    """
    return rows @ kernel + bias


def _forward(rows: jax.Array, kernel: jax.Array, bias: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return _map(rows, kernel, bias), (rows, kernel)


def _backward(kept: tuple[jax.Array, jax.Array], gradient: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    rows, kernel = kept
    # without the barrier, the product would be one of rows again
    columns = jax.lax.optimization_barrier(rows.T)
    ones = jnp.ones((1, len(rows)), gradient.dtype)
    return gradient @ kernel.T, columns @ gradient, (ones @ gradient)[0]


_map.defvjp(_forward, _backward)
