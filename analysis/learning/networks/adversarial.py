"""Conditional generator of numbers, and the critic that it is trained against."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import jax
from flax import nnx

from analysis.errors import TrainingError
from analysis.learning.networks.adversarial_settings import AdversarialSettings
from analysis.learning.networks.dense import Dense
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.noise import Noise

__all__ = ["Adversarial", "AdversarialSettings", "Shapes", "build", "dense_settings"]

Blocks = Mapping[str, jax.Array]
Shapes = Mapping[str, tuple[int, ...]]


class Adversarial(nnx.Module):
    """A generator of t targets given features, and a critic of targets given the same features.

    Conditional adversarial networks (Mirza and Osindero, arXiv:1411.1784) with a critic in place of a classifier
    (Arjovsky, Chintala and Bottou, arXiv:1701.07875). Both are fully connected
    (:class:`analysis.learning.networks.dense.Dense`), without dropout and without normalisation over events, which a
    gradient penalty forbids the critic (Gulrajani et al., arXiv:1704.00028, section 4).

    Args:
        shapes: of the blocks of features by name, without the event axis.
        outputs: number t of targets.
        rngs: random numbers for the initial parameters (``params``) and the generator's noise (``dropout``).
        settings: shape of the networks.

    Raises:
        TrainingError: there is no block of random numbers.
    """

    def __init__(self, shapes: Shapes, outputs: int, rngs: nnx.Rngs, settings: AdversarialSettings) -> None:
        if settings.noise not in shapes:
            raise TrainingError(
                f"the generator is to take its random numbers from the block {settings.noise!r}, which the events do "
                "not have",
                cure="name one of: " + ", ".join(sorted(shapes)),
            )
        self.noise = settings.noise
        conditions = {name: shape for name, shape in shapes.items() if name != settings.noise}
        self.generator, self.critic = self.networks(shapes, conditions, outputs, rngs, settings)
        self.random = Noise(rngs)

    def networks(
        self, shapes: Shapes, conditions: Shapes, outputs: int, rngs: nnx.Rngs, settings: Any
    ) -> tuple[Any, Any]:
        """The generator, of all blocks, and the critic, of the conditions and the targets."""
        generator, critic = (dense_settings(hidden, settings) for hidden in (settings.hidden, settings.critic))
        return Dense(shapes, outputs, rngs, generator), Dense(conditions, 1, rngs, critic, learned=outputs)

    def __call__(self, values: Blocks, present: Blocks) -> jax.Array:
        """Generate targets for a batch of b events: (b, t), each of mean 0 and width 1 among the training events.

        Args:
            values: standardised features (b, ..., f) by block, without unit; 0 where missing.
            present: (b, ...) by block, False where features are missing.
        """
        if not self.random.deterministic:
            given = values[self.noise]
            drawn = self.random.normal(len(given), math.prod(given.shape[1:]))
            values = {**values, self.noise: drawn.reshape(given.shape).astype(given.dtype)}
        return self.generator(values, present)

    def criticise(self, values: Blocks, present: Blocks, targets: jax.Array) -> jax.Array:
        """Rate targets (b, t) of events by the critic: (b,), higher for what it takes for true."""
        return self.critic(values, present, targets)[:, 0]


def dense_settings(hidden: tuple[int, ...], settings: AdversarialSettings) -> DenseSettings:
    """Settings of a fully connected network without dropout and without an encoding of its inputs."""
    return DenseSettings(hidden=hidden, activation=settings.activation, dropout=0.0, segments=0)


def build(shapes: Shapes, outputs: int, rngs: nnx.Rngs, settings: AdversarialSettings) -> nnx.Module:
    """A conditional generator and its critic; see :class:`Adversarial`.

    Examples:
        >>> import jax.numpy as jnp
        >>> shapes = {"energy": (1,), "noise": (4,)}
        >>> networks = build(shapes, 3, nnx.Rngs(0), AdversarialSettings(hidden=(8,), critic=(8,)))
        >>> values = {name: jnp.zeros((5, *shape)) for name, shape in shapes.items()}
        >>> present = {name: jnp.ones((5, *shape), bool) for name, shape in shapes.items()}
        >>> networks(values, present).shape, networks.criticise(values, present, jnp.zeros((5, 3))).shape
        ((5, 3), (5,))
    """
    return Adversarial(shapes, outputs, rngs, settings)
