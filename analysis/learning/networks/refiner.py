"""Refiner of the features of simulated events, and the critic that it is trained against."""

from __future__ import annotations

import math
from collections.abc import Mapping

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.errors import TrainingError
from analysis.learning.networks.dense import Dense
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.noise import Noise
from analysis.learning.networks.refiner_settings import RefinerSettings

__all__ = ["FeatureRefiner", "Refiner", "RefinerSettings", "build"]

Blocks = Mapping[str, jax.Array]


class Refiner(nnx.Module):
    """A residual network that changes one block of features, and a critic that compares it with data.

    Simulated events are changed until a critic cannot tell them from data (Shrivastava et al., arXiv:1612.07828; for
    simulated traces of air showers: Erdmann, Geiger, Glombitza and Schmidt, arXiv:1802.03325). Before the training,
    nothing is changed. What refiner and critic see is the block as :meth:`compress` gives it.

    Args:
        shapes: of the blocks of features by name, without the event axis.
        outputs: number of values of the refined block.
        rngs: random numbers for the noise (``dropout``).
        block: name of the refined block.
        noise: name of the block of random numbers; empty for none.

    Raises:
        TrainingError: a block is missing, or the outputs are not as many as the values of the refined one.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, block: str, noise: str
    ) -> None:
        for name in (block, *([noise] if noise else [])):
            if name not in shapes:
                raise TrainingError(
                    f"the refiner is to use the block {name!r}, which the events do not have",
                    cure="name one of: " + ", ".join(sorted(shapes)),
                )
        if math.prod(shapes[block]) != outputs:
            raise TrainingError(
                f"the refiner changes the {math.prod(shapes[block])} values of the block {block!r}, not {outputs}",
                cure="train it with the loss 'refinement', for the same block",
            )
        self.block, self.noise = block, noise
        self.random = Noise(rngs)

    def conditions(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
        """Shapes of the blocks that stay as they are."""
        return {name: tuple(shape) for name, shape in shapes.items() if name not in (self.block, self.noise)}

    def compress(self, block: jax.Array) -> jax.Array:
        """The block (b, ...) as networks see it."""
        return block

    def expand(self, compressed: jax.Array) -> jax.Array:
        """The inverse of :meth:`compress`."""
        return compressed

    def residual(self, values: Blocks, present: Blocks, compressed: jax.Array) -> jax.Array:
        """Compute what is added to the block (b, ...)."""
        raise NotImplementedError

    def criticise(self, values: Blocks, present: Blocks, compressed: jax.Array) -> jax.Array:
        """Rate the block (b, ...) of events by the critic: (b,), higher for what it takes for data."""
        raise NotImplementedError

    def refine(self, values: Blocks, present: Blocks) -> jax.Array:
        """The refined block (b, ...), compressed; 0 where it is missing.

        Args:
            values: features (b, ..., f) by block; 0 where missing.
            present: (b, ...) by block, False where features are missing.
        """
        if self.noise and not self.random.deterministic:
            given = values[self.noise]
            drawn = self.random.normal(len(given), math.prod(given.shape[1:]))
            values = {**values, self.noise: drawn.reshape(given.shape).astype(given.dtype)}
        compressed = self.compress(values[self.block])
        there = present[self.block]
        there = there.reshape(*there.shape, *[1] * (compressed.ndim - there.ndim))
        return jnp.where(there, compressed + self.residual(values, present, compressed), 0)

    def __call__(self, values: Blocks, present: Blocks) -> jax.Array:
        """The refined block in its own units, flat: (b, o); arguments as in :meth:`refine`."""
        refined = self.expand(self.refine(values, present))
        return refined.reshape(refined.shape[0], -1)


class FeatureRefiner(Refiner):
    """A :class:`Refiner` of n features of an event, by fully connected networks.

    Args:
        shapes: of the blocks of features by name, without the event axis.
        outputs: number of values of the refined block.
        rngs: random numbers for the initial parameters (``params``) and the noise (``dropout``).
        settings: shape of the networks.

    Raises:
        TrainingError: as :class:`Refiner`.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: RefinerSettings
    ) -> None:
        super().__init__(shapes, outputs, rngs, settings.block, settings.noise)
        refiner, critic = (
            DenseSettings(hidden=hidden, activation=settings.activation, dropout=0.0, segments=0)
            for hidden in (settings.hidden, settings.critic)
        )
        self.refiner = Dense(shapes, outputs, rngs, refiner)
        self.critic = Dense(self.conditions(shapes), 1, rngs, critic, learned=outputs)
        self.refiner.output.kernel[...] *= 0.0

    def residual(self, values: Blocks, present: Blocks, compressed: jax.Array) -> jax.Array:
        """Compute what is added to the features (b, ...)."""
        return self.refiner(values, present).reshape(compressed.shape)

    def criticise(self, values: Blocks, present: Blocks, compressed: jax.Array) -> jax.Array:
        """Rate the features (b, ...) of events by the critic: (b,), higher for what it takes for data."""
        return self.critic(values, present, compressed.reshape(compressed.shape[0], -1))[:, 0]


def build(shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: RefinerSettings) -> nnx.Module:
    """A refiner of features and its critic; see :class:`FeatureRefiner`.

    Examples:
        >>> shapes = {"mass": (1,), "refined": (3,)}
        >>> network = build(shapes, 3, nnx.Rngs(0), RefinerSettings(hidden=(8,), critic=(8,)))
        >>> values = {name: jnp.ones((5, *shape)) for name, shape in shapes.items()}
        >>> present = {name: jnp.ones((5, *shape), bool) for name, shape in shapes.items()}
        >>> bool((network(values, present) == values["refined"]).all())
        True
    """
    return FeatureRefiner(shapes, outputs, rngs, settings)
