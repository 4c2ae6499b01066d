"""Four-momenta as networks see them: compressed, and safe to derive where nothing is.

Every function takes four-momenta with E, px, py, pz in GeV on the first axis; the other axes are the caller's. A
``floor`` in GeV is added in quadrature to each length that something is divided by or whose root is taken, so that
values and gradients stay finite at zero momentum.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["LEAST", "boost", "compress", "cosines", "direction", "mass", "precise", "pseudorapidity", "transverse"]

LEAST = 0.01  # smallest mass by energy: faster than a Lorentz factor of 100, single precision knows no mass


def precise(values: jax.Array) -> jax.Array:
    """The values in single precision at least: masses are small differences of large numbers."""
    return values.astype(jnp.promote_types(values.dtype, jnp.float32))


def compress(size: jax.Array, scale: float) -> jax.Array:
    """asinh(size / scale): linear for what is small, logarithmic for what is large, defined at zero.

    Unlike a batch normalisation it needs no statistics: an event's value depends on no other event, however few there
    are, and networks trained side by side or on several devices need not exchange anything.
    """
    return jnp.arcsinh(size * (1 / scale))


def mass(momenta: jax.Array, floor: float) -> jax.Array:
    """The invariant mass in GeV, (4, ...) -> (...); at least 1 % of the energy, and the floor."""
    square = momenta[0] ** 2 - _square(momenta[1:])
    return jnp.sqrt(jnp.maximum(square, (LEAST * momenta[0]) ** 2) + floor**2)


def transverse(momenta: jax.Array, floor: float) -> jax.Array:
    """The transverse momentum in GeV, (4, ...) -> (...)."""
    return jnp.sqrt(momenta[1] ** 2 + momenta[2] ** 2 + floor**2)


def pseudorapidity(momenta: jax.Array, floor: float) -> jax.Array:
    """The pseudorapidity, (4, ...) -> (...)."""
    return jnp.arcsinh(momenta[3] / transverse(momenta, floor))


def direction(momenta: jax.Array, floor: float) -> jax.Array:
    """Pseudorapidity, cosine and sine of the azimuth, (4, ...) -> (3, ...): no jump at +-pi."""
    around = momenta[1:3] / transverse(momenta, floor)
    return jnp.concatenate([pseudorapidity(momenta, floor)[None], around])


def cosines(momenta: jax.Array, floor: float) -> jax.Array:
    """Cosine of the angle between each two of m momenta, (4, m, ...) -> (m (m - 1) / 2, ...)."""
    unit = momenta[1:] / jnp.sqrt(_square(momenta[1:]) + floor**2)
    first, second = np.triu_indices(momenta.shape[1], 1)
    return jnp.sum(unit[:, first] * unit[:, second], axis=0)


def boost(momenta: jax.Array, frame: jax.Array, floor: float) -> jax.Array:
    """Four-momenta in the rest frame of others (Particle Data Group, PTEP 2022, 083C01, Eq. 49.1, for any direction).

    A rest frame faster than a Lorentz factor of 100 is slowed down to that at the same momentum, so that this remains a
    Lorentz transformation.

    Args:
        momenta: (4, ...).
        frame: (4, ...), whose rest frame it is.
        floor: in GeV; a frame without energy is at rest.

    Returns:
        (4, ...).
    """
    along, rest = frame[1:], mass(frame, floor)
    energy = jnp.sqrt(_square(along) + rest**2)
    boosted = (momenta[0] * energy - jnp.sum(momenta[1:] * along, axis=0)) / rest
    moved = momenta[1:] - along * ((momenta[0] + boosted) / (energy + rest))
    return jnp.concatenate([boosted[None], moved])


def _square(vectors: jax.Array) -> jax.Array:
    """|p|^2 of three-vectors (3, ...)."""
    return vectors[0] ** 2 + vectors[1] ** 2 + vectors[2] ** 2
