"""Lorentz Boost Network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.learning.networks.dense import Dense
from analysis.learning.networks.lorentz_settings import LorentzSettings
from analysis.learning.networks.momenta import boost, compress, cosines, direction, mass, precise, transverse
from analysis.learning.networks.particles import split_blocks, there

__all__ = ["Lorentz", "LorentzBoost", "LorentzSettings", "build"]

FLOOR = 0.001  # of the scale of energies: below it a length counts as none


class LorentzBoost(nnx.Module):
    """Trainable combinations of particles, seen from trainable rest frames.

    Erdmann, Geiser, Rath and Rieger, JINST 14 (2019) P06006, arXiv:1812.09722: m sums of the four-momenta with
    trainable weights, m more that stand for rest frames, and each sum boosted into its own rest frame. Weights
    count by their absolute values, so that no combination has a negative energy or moves faster than light.

    The features of the boosted combinations are energy, mass and transverse momentum as asinh(x / ``scale``),
    pseudorapidity, cosine and sine of the azimuth, and the cosines of the angles between each two of them. Where the
    paper normalises features over batches, the compression makes them of order one; see
    :func:`analysis.learning.networks.momenta.compress`.

    Args:
        particles: number p of particles.
        rngs: random numbers for the initial weights (``params``); normal with a width of 1/p, so that combinations have
            about the energy of one particle.
        settings: shape of the network.
    """

    def __init__(self, particles: int, rngs: nnx.Rngs, settings: LorentzSettings) -> None:
        shape, initial = (particles, settings.combinations), nnx.initializers.normal(1 / particles)
        self.combination = nnx.Param(initial(rngs.params(), shape))
        self.frame = nnx.Param(initial(rngs.params(), shape))
        self.scale = settings.scale
        self.features = settings.features

    @property
    def size(self) -> int:
        """Number f of features."""
        number = self.combination.shape[1]
        sizes = {"direction": 3 * number, "angles": number * (number - 1) // 2}
        return sum(sizes.get(name, number) for name in self.features)

    def combine(self, momenta: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The m combinations and the m rest frames: (4, m, b) GeV each, of momenta (p, 4, b) GeV."""
        columns = momenta.reshape(momenta.shape[0], -1)

        def weighted(weights: jax.Array) -> jax.Array:
            sums = jnp.abs(weights).astype(columns.dtype).T @ columns
            return jnp.moveaxis(sums.reshape(-1, *momenta.shape[1:]), 1, 0)

        return weighted(self.combination[...]), weighted(self.frame[...])

    def __call__(self, momenta: jax.Array) -> jax.Array:
        """The features of b events: (p, 4, b) GeV, 0 where there is no particle -> (f, b)."""
        combined, frames = self.combine(momenta)
        floor = FLOOR * self.scale
        boosted = boost(combined, frames, floor)
        columns = []
        for name in self.features:
            if name == "energy":
                columns.append(compress(boosted[0], self.scale))
            elif name == "mass":  # the same in every frame, and known best in the first
                columns.append(compress(mass(combined, floor), self.scale))
            elif name == "transverse":
                columns.append(compress(transverse(boosted, floor), self.scale))
            elif name == "direction":
                columns.append(direction(boosted, floor).reshape(-1, boosted.shape[-1]))
            else:
                columns.append(cosines(boosted, floor))
        return jnp.concatenate(columns)


class Lorentz(nnx.Module):
    """A :class:`LorentzBoost`, whose features enter a fully connected network.

    Beside them enter the truth value "missing" of each particle, and the features of other blocks as in
    :class:`analysis.learning.networks.dense.Trunk`.

    Args:
        shapes: of the blocks by name, without the event axis; (p, 4) of the particles.
        outputs: number of outputs o.
        rngs: random numbers for the initial parameters (``params``) and the dropout (``dropout``).
        settings: shape of the network.

    Raises:
        TrainingError: a block is missing, or the particles are no four-momenta.
    """

    def __init__(
        self, shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: LorentzSettings
    ) -> None:
        (particles, _), others = split_blocks(
            shapes, settings.blocks, settings.particles, "Lorentz Boost Network", momenta=True
        )
        self.particles = settings.particles
        self.boosts = LorentzBoost(particles, rngs, settings)
        learned = self.boosts.size + particles
        self.trunk = Dense(others, outputs, rngs, replace(settings, blocks=()), learned)

    def __call__(self, values: Mapping[str, jax.Array], present: Mapping[str, jax.Array]) -> jax.Array:
        """The outputs for a batch of b events.

        Args:
            values: E, px, py, pz of particles (b, p, 4) in GeV, as they are (a block without names); of other blocks,
                standardised features (b, ..., f). 0 where missing.
            present: (b, ...) by block, False where something is missing.

        Returns:
            (b, o).
        """
        momenta, known = values[self.particles], there(present[self.particles])
        columns = jnp.moveaxis(precise(momenta) * known[..., None], 0, -1)
        features = self.boosts(columns).T.astype(momenta.dtype)
        missing = 1 - known.astype(momenta.dtype)
        return self.trunk(values, present, jnp.concatenate([features, missing], axis=-1))


def build(shapes: Mapping[str, tuple[int, ...]], outputs: int, rngs: nnx.Rngs, settings: LorentzSettings) -> nnx.Module:
    """A Lorentz Boost Network; see :class:`Lorentz`.

    Examples:
        >>> shapes = {"event": (3,), "particles": (5, 4)}
        >>> network = build(shapes, 2, nnx.Rngs(0), LorentzSettings(combinations=4, hidden=(8,)))
        >>> values = {name: jnp.ones((6, *shape)) for name, shape in shapes.items()}
        >>> present = {"event": jnp.ones((6, 3), bool), "particles": jnp.ones((6, 5), bool)}
        >>> nnx.eval_shape(network, values, present).shape
        (6, 2)
    """
    return Lorentz(shapes, outputs, rngs, settings)
