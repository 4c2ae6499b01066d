"""Fully connected network for numbers and how well each of them is known."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.errors import TrainingError
from analysis.learning.networks.dense import Trunk
from analysis.learning.networks.dense_settings import DenseSettings

__all__ = ["Gaussian", "GaussianHead", "build"]


class GaussianHead(nnx.Module):
    """Means and logarithms of variances of t targets, each shifted and scaled to mean 0 and width 1.

    As :class:`analysis.learning.losses.regression.Gaussian` reads them (Nix and Weigend, Proc. ICNN 1994, p. 55). The
    variances start at 1, whatever comes before: a network that begins by being sure of nonsense learns slowly, because
    the gradient of the means is divided by the variance (Seitzer et al., arXiv:2203.09168). The means' kernel starts
    from LeCun's normal distribution.

    Args:
        features: number f of values.
        targets: number t.
        rngs: random numbers for the initial parameters (``params``).
    """

    def __init__(self, features: int, targets: int, rngs: nnx.Rngs) -> None:
        self.mean = nnx.Linear(features, targets, rngs=rngs)
        self.log_variance = nnx.Linear(features, targets, kernel_init=nnx.initializers.zeros, rngs=rngs)

    def __call__(self, features: jax.Array) -> jax.Array:
        """(b, f) -> (b, 2 t): the means, then the logarithms of the variances."""
        return jnp.concatenate([self.mean(features), self.log_variance(features)], axis=-1)


class Gaussian(nnx.Module):
    """The hidden layers of :class:`analysis.learning.networks.dense.Trunk`, and a :class:`GaussianHead`.

    Args:
        shapes: of the blocks of features by name, without the event axis.
        outputs: number of outputs 2 t.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
        settings: shape of the network.

    Raises:
        TrainingError: the number of outputs is odd, or the settings name a block that is not there.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: DenseSettings
    ) -> None:
        if outputs % 2:
            raise TrainingError(
                f"a mean and a variance for each target are no {outputs} outputs", cure="train with the loss 'gaussian'"
            )
        self.trunk = Trunk(shapes, rngs, settings)
        self.head = GaussianHead(self.trunk.width, outputs // 2, rngs)

    def __call__(self, values: Mapping[str, jax.Array], present: Mapping[str, jax.Array]) -> jax.Array:
        """The outputs for a batch of b events: (b, 2 t).

        Args:
            values: standardised features (b, ..., f) by block, without unit; 0 where missing.
            present: (b, ...) by block, False where features are missing.
        """
        return self.head(self.trunk.last(values, present).T)


def build(shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: DenseSettings) -> nnx.Module:
    """A network for numbers and how well each of them is known; see :class:`Gaussian`.

    Examples:
        >>> network = build({"event": (3,)}, 2, nnx.Rngs(0), DenseSettings(hidden=(8,), dropout=0.0))
        >>> network({"event": jnp.ones((1, 3))}, {"event": jnp.ones((1, 3), bool)})[0, 1]
        Array(0., dtype=float32)
    """
    return Gaussian(shapes, outputs, rngs, settings)
