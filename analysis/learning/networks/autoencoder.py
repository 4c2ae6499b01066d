"""Autoencoder: an event through the eye of a needle and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import jax
from flax import nnx

from analysis.errors import TrainingError
from analysis.learning.networks.autoencoder_settings import AutoencoderSettings
from analysis.learning.networks.blocks import choose_blocks
from analysis.learning.networks.dense import Dense

__all__ = ["Autoencoder", "AutoencoderSettings", "build"]


class Autoencoder(nnx.Module):
    """A fully connected encoder to a few numbers, and a fully connected decoder back to the features.

    Hinton and Salakhutdinov, Science 313 (2006) 504. Trained on ordinary events, it reconstructs them well and others
    badly, which makes the error a search for what is new (Heimel et al., arXiv:1808.08979; Farina, Nakai and Shih,
    arXiv:1808.08992).

    Args:
        shapes: of the blocks of features by name, without the event axis.
        outputs: number of outputs o, which is that of all features of the chosen blocks.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
        settings: shape of the network.

    Raises:
        TrainingError: a chosen block is not there, or the features are not as many as the outputs.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: AutoencoderSettings
    ) -> None:
        chosen = choose_blocks(shapes, settings.blocks, "autoencoder")
        features = sum(map(math.prod, chosen.values()))
        if features != outputs:
            raise TrainingError(
                f"the autoencoder reconstructs {features} features ({', '.join(chosen)}), not {outputs}",
                cure="train it with the loss 'reconstruction', for the same blocks",
            )
        self.encoder = Dense(shapes, settings.bottleneck, rngs, settings)
        back = replace(settings, hidden=settings.hidden[::-1], blocks=())
        self.decoder = Dense({}, outputs, rngs, back, settings.bottleneck)

    def encode(self, values: Mapping[str, jax.Array], present: Mapping[str, jax.Array]) -> jax.Array:
        """The few numbers that events are reduced to, (b, bottleneck); arguments as in :meth:`__call__`."""
        return self.encoder(values, present)

    def __call__(self, values: Mapping[str, jax.Array], present: Mapping[str, jax.Array]) -> jax.Array:
        """The reconstruction of a batch of b events.

        Args:
            values: standardised features (b, ..., f) by block, without unit; 0 where missing.
            present: (b, ...) by block, False where features are missing.

        Returns:
            (b, o): standardised features, also of what is missing; those of all chosen blocks side by side, the blocks
            in the order of their names, as :func:`analysis.learning.networks.blocks.side_by_side` has them.
        """
        return self.decoder({}, {}, self.encode(values, present))


def build(
    shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: AutoencoderSettings
) -> nnx.Module:
    """An autoencoder; see :class:`Autoencoder`.

    Examples:
        >>> network = build({"event": (6,)}, 6, nnx.Rngs(0), AutoencoderSettings(hidden=(8,), bottleneck=2))
        >>> network({"event": jax.numpy.zeros((4, 6))}, {"event": jax.numpy.ones((4, 6), bool)}).shape
        (4, 6)
    """
    return Autoencoder(shapes, outputs, rngs, settings)
