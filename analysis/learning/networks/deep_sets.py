"""Network that sums over particles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.learning.networks.deep_sets_settings import DeepSetsSettings
from analysis.learning.networks.dense import Dense
from analysis.learning.networks.momenta import compress, direction, transverse
from analysis.learning.networks.particles import FLOOR, Embedding, columns_of, describe_momenta, split_blocks

__all__ = ["DeepSets", "DeepSetsSettings", "build"]

DESCRIBED = 6  # numbers of a four-momentum
DIRECTION = 3  # of which say where it points


class DeepSets(nnx.Module):
    """Layers that all particles share, a sum over the particles that are there, and a fully connected network.

    Any function of a set that does not depend on the order of its members is of this form (Zaheer et al.,
    arXiv:1703.06114, Theorem 2). Beside the sum enters how many particles there are, as log(1 + number).

    With ``pooling`` "energy" this is an energy flow network (Komiske, Metodiev, Thaler, arXiv:1810.05165, Eq. 1.2): the
    layers see a particle's direction only, and it counts with its share of the transverse momentum, so that soft
    particles and collinear splittings change nothing. Then the sum of transverse momenta enters instead of the number.

    Features of other blocks enter the fully connected network as in :class:`analysis.learning.networks.dense.Trunk`.
    A missing feature of a particle that is there counts as 0, the median of a standardised feature.

    Args:
        shapes: of the blocks by name, without the event axis; (p, f) of the particles.
        outputs: number of outputs o.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
        settings: shape of the network.

    Raises:
        TrainingError: a block is missing, or the particles have another shape.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: DeepSetsSettings
    ) -> None:
        (places, features), others = split_blocks(
            shapes, settings.blocks, settings.particles, "network that sums over particles", momenta=settings.momenta
        )
        inputs = DESCRIBED if settings.momenta else features
        self.settings = settings
        self.each = Embedding(
            DIRECTION if settings.pooling == "energy" else inputs,
            settings.each,
            places if settings.places else None,
            rngs,
        )
        self.trunk = Dense(others, outputs, rngs, replace(settings, blocks=()), settings.each[-1] + 1)

    def __call__(self, values: Mapping[str, jax.Array], present: Mapping[str, jax.Array]) -> jax.Array:
        """The outputs for a batch of b events.

        Args:
            values: particles (b, p, f), standardised features, or E, px, py, pz in GeV as they are; of other blocks
                standardised features (b, ..., f). 0 where missing.
            present: (b, ...) by block, False where something is missing.

        Returns:
            (b, o).
        """
        particles, there = columns_of(values, present, self.settings)
        counted, scale = there.astype(particles.dtype), self.settings.scale
        number = jnp.sum(counted, axis=1)
        if self.settings.pooling == "energy":
            hard = transverse(particles, FLOOR * scale) * counted
            total = jnp.sum(hard, axis=1)
            seen, share = direction(particles, FLOOR * scale), hard / jnp.maximum(total, FLOOR * scale)[:, None]
            size = compress(total, scale)
        else:
            seen = describe_momenta(particles, scale) if self.settings.momenta else particles
            share = counted / jnp.maximum(number, 1)[:, None] if self.settings.pooling == "mean" else counted
            size = jnp.log1p(number)
        kind = values[self.settings.particles].dtype
        pooled = jnp.sum(self.each(seen.astype(kind)) * share.astype(kind), axis=-1)
        return self.trunk(values, present, jnp.concatenate([pooled, size[None].astype(kind)]).T)


def build(
    shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: DeepSetsSettings
) -> nnx.Module:
    """A network that sums over particles; see :class:`DeepSets`.

    Examples:
        >>> shapes = {"event": (3,), "particles": (9, 5)}
        >>> network = build(shapes, 2, nnx.Rngs(0), DeepSetsSettings(each=(8,), hidden=(8,)))
        >>> values = {name: jnp.ones((6, *shape)) for name, shape in shapes.items()}
        >>> present = {"event": jnp.ones((6, 3), bool), "particles": jnp.ones((6, 9), bool)}
        >>> nnx.eval_shape(network, values, present).shape
        (6, 2)
    """
    return DeepSets(shapes, outputs, rngs, settings)
