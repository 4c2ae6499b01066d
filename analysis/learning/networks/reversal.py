"""Network whose features tell simulation and data apart as little as they can: reversal of a gradient."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import jax
from flax import nnx

from analysis.learning.networks.dense import ACTIVATIONS, Dense
from analysis.learning.networks.dense_settings import DenseSettings
from analysis.learning.networks.reversal_settings import ReversalSettings

__all__ = ["Reversal", "ReversalSettings", "build", "reverse_gradient"]

Blocks = Mapping[str, jax.Array]


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def reverse_gradient(values: jax.Array, strength: float) -> jax.Array:
    """The values themselves; their gradient is multiplied by -strength.

    Ganin and Lempitsky, arXiv:1409.7495, Eqs. 7 and 8.
    """
    return values


def _forward(values: jax.Array, strength: float) -> tuple[jax.Array, None]:
    return values, None


def _backward(strength: float, _: None, gradient: jax.Array) -> tuple[jax.Array]:
    return (-strength * gradient,)


reverse_gradient.defvjp(_forward, _backward)


class Reversal(nnx.Module):
    """An extractor of features, a head that tells the outputs by them, and a classifier of simulation and data.

    The classifier's gradient reaches the features reversed: it learns to tell simulation and data apart, the extractor
    to make that hard (Ganin and Lempitsky, arXiv:1409.7495). All three learn in the same step.

    Args:
        shapes: of the blocks of features by name, without the event axis.
        outputs: number of outputs o.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
        settings: shape of the network.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: ReversalSettings
    ) -> None:
        extracting, head, domain = (
            DenseSettings(hidden=hidden, activation=settings.activation, dropout=0.0, segments=0)
            for hidden in (settings.hidden[:-1], settings.head, settings.domain)
        )
        features = settings.hidden[-1]
        build = settings.extractor.load() if settings.extractor else Dense
        self.extractor = build(
            shapes, features, rngs, settings.extractor.settings if settings.extractor else extracting
        )
        self.head = Dense({}, outputs, rngs, head, learned=features)
        self.domain = Dense({}, 1, rngs, domain, learned=features)
        self.activation = settings.activation

    def outputs_and_domain(self, values: Blocks, present: Blocks, strength: float) -> tuple[jax.Array, jax.Array]:
        """The outputs (b, o), and the logarithm of the odds (b,) that an event is one of the data.

        Args:
            values: features (b, ..., f) by block; 0 where missing.
            present: (b, ...) by block, False where features are missing.
            strength: a factor on the classifier's reversed gradient.
        """
        features = ACTIVATIONS[self.activation](self.extractor(values, present))
        domain = self.domain({}, {}, reverse_gradient(features, strength))
        return self.head({}, {}, features), domain[:, 0]

    def __call__(self, values: Blocks, present: Blocks) -> jax.Array:
        """The outputs for a batch of b events: (b, o); arguments as in :meth:`outputs_and_domain`."""
        return self.outputs_and_domain(values, present, 0.0)[0]


def build(
    shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: ReversalSettings
) -> nnx.Module:
    """A network with a reversed gradient; see :class:`Reversal`.

    Examples:
        >>> import jax.numpy as jnp
        >>> network = build({"event": (3,)}, 2, nnx.Rngs(0), ReversalSettings(hidden=(8,), head=(8,), domain=(8,)))
        >>> network({"event": jnp.zeros((4, 3))}, {"event": jnp.ones((4, 3), bool)}).shape
        (4, 2)
    """
    return Reversal(shapes, outputs, rngs, settings)
