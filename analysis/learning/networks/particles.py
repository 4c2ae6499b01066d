"""Particles as networks on sets see them: one column of numbers each, and which of them are there."""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from flax import nnx

from analysis.errors import TrainingError
from analysis.learning.networks.blocks import choose_blocks
from analysis.learning.networks.layer import Layer
from analysis.learning.networks.momenta import compress, direction, mass, precise, transverse
from analysis.learning.networks.particles_settings import ParticleSettings

__all__ = ["FLOOR", "Embedding", "columns_of", "describe_momenta", "split_blocks", "there"]

FLOOR = 1e-6  # of the scale of energies: keeps values and gradients finite, and changes no particle


def split_blocks(
    shapes: Mapping[str, tuple[int, ...]], blocks: tuple[str, ...], particles: str, network: str, *, momenta: bool
) -> tuple[tuple[int, int], dict[str, tuple[int, ...]]]:
    """The shape (p, f) of the particles, and the shapes of the other blocks that a network takes.

    Args:
        shapes: of all blocks, without the event axis.
        blocks: names of those that the network takes; none for all of them.
        particles: name of the block of particles.
        network: for messages.
        momenta: whether particles must be four-momenta.

    Raises:
        TrainingError: a block is missing, or that of the particles has another shape.

    Examples:
        >>> split_blocks({"event": (3,), "particles": (5, 4)}, (), "particles", "set network", momenta=True)
        ((5, 4), {'event': (3,)})
    """
    chosen = choose_blocks(shapes, blocks, network)
    shape = chosen.pop(particles, None)
    if shape is None:
        raise TrainingError(
            f"the {network} takes no block {particles!r} of particles",
            cure="name the block of particles in the settings; it takes: " + ", ".join((*chosen,)),
        )
    if len(shape) != 2 or (momenta and shape[1] != 4):
        raise TrainingError(
            f"the {network} is given particles of shape {shape}",
            cure="give it (particles, 4) with E, px, py, pz in GeV" if momenta else "give it (particles, features)",
        )
    return (shape[0], shape[1]), chosen


def there(present: jax.Array) -> jax.Array:
    """Return the mask of existing particles, (b, p) bool: those that have any feature, of (b, p) or (b, p, f)."""
    return present if present.ndim == 2 else jnp.any(present, axis=-1)


def describe_momenta(momenta: jax.Array, scale: float) -> jax.Array:
    """Six numbers of order one for each particle.

    Args:
        momenta: (4, ...), E, px, py, pz in GeV.
        scale: in GeV.

    Returns:
        (6, ...): compressed energy, transverse momentum and mass, pseudorapidity, cosine and sine of the azimuth.
    """
    floor = FLOOR * scale
    sizes = [momenta[0], transverse(momenta, floor), mass(momenta, floor)]
    return jnp.concatenate([jnp.stack([compress(size, scale) for size in sizes]), direction(momenta, floor)])


class Embedding(nnx.Module):
    """Layers that all particles share; SiLU after each of them.

    Args:
        inputs: numbers f of a particle.
        widths: of the layers.
        places: number p of places, where the place says what a particle is: each has a bias of its own.
        rngs: random numbers for the initial parameters (``params``).
    """

    def __init__(self, inputs: int, widths: tuple[int, ...], places: int | None, rngs: nnx.Rngs) -> None:
        sizes = (inputs, *widths)
        self.layers = nnx.List(
            [Layer(before, after, rngs, activated=True) for before, after in zip(sizes, widths, strict=False)]
        )
        self.place = (
            None if places is None else nnx.Param(nnx.initializers.normal(1.0)(rngs.params(), (widths[0], places)))
        )

    def __call__(self, particles: jax.Array) -> jax.Array:
        """(f, b, p) -> (w, b, p)."""
        hidden = particles
        for number, layer in enumerate(self.layers):
            hidden = layer(hidden)
            if number == 0 and self.place is not None:
                hidden = hidden + self.place[...][:, None, :]
            hidden = jax.nn.silu(hidden)
        return hidden


def columns_of(
    values: Mapping[str, jax.Array], present: Mapping[str, jax.Array], settings: ParticleSettings
) -> tuple[jax.Array, jax.Array]:
    """The block of particles, features first: (f, b, p), 0 where not there, and (b, p) which are there."""
    particles, known = values[settings.particles], there(present[settings.particles])
    particles = precise(particles) if settings.momenta else particles
    return jnp.moveaxis(particles * known[..., None], -1, 0), known
