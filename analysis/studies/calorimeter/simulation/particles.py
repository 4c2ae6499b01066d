"""Particles of many showers, side by side in arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from analysis.studies.calorimeter.simulation.random_numbers import child

__all__ = ["Particles", "join", "turn"]

Array = NDArray[np.float64]


@dataclass(eq=False)
class Particles:
    """Photons, or electrons and positrons, of many showers; n of them.

    Args:
        shower: (n,) number of the shower.
        state: (n,) of the random numbers.
        energy: (n,) in MeV; the kinetic energy of those with a charge.
        place: (3, n) in radiation lengths: across the block twice, and its depth.
        direction: (3, n) unit vectors.
        positive: (n,) whether it is a positron.
    """

    shower: NDArray[np.int64]
    state: NDArray[np.uint64]
    energy: Array
    place: Array
    direction: Array
    positive: NDArray[np.bool_]

    def __len__(self) -> int:
        """Number of particles."""
        return len(self.energy)

    def select(self, rows: NDArray[np.bool_]) -> Particles:
        """Some of them."""
        return Particles(*(np.compress(rows, getattr(self, one.name), axis=-1) for one in fields(self)))

    def make(self, number: int, energy: Array, direction: Array | None = None, *, positive: bool = False) -> Particles:
        """One new particle where each of these is.

        Args:
            number: of the new one among those of an interaction, for its random numbers.
            energy: (n,) in MeV.
            direction: (3, n); that of its parent if not given.
            positive: whether they are positrons.
        """
        return Particles(
            self.shower,
            child(self.state, number),
            energy,
            self.place,
            self.direction if direction is None else direction,
            np.full(len(self), positive),
        )


def join(parts: Sequence[Particles]) -> Particles:
    """All particles of several groups, in their order."""
    return Particles(
        *(np.concatenate([getattr(part, one.name) for part in parts], axis=-1) for one in fields(Particles))
    )


def turn(direction: Array, bend: Array, azimuth: Array) -> Array:
    """Turn directions (3, n).

    Args:
        direction: unit vectors.
        bend: (n,) 1 - cos of the angle.
        azimuth: (n,) around the old direction, in turns.
    """
    x, y, z = direction
    phi = 2 * np.pi * azimuth
    along = 1 - bend
    across = np.sqrt(np.maximum(bend * (2 - bend), 0.0))
    first, second = across * np.cos(phi), across * np.sin(phi)
    # a basis without a branch (T. Duff et al., JCGT 6 (2017) 1)
    sign = np.copysign(1.0, z)
    a = -1 / (sign + z)
    b = x * y * a
    turned = np.stack(
        [
            first * (1 + sign * x * x * a) + second * b + along * x,
            first * sign * b + second * (sign + y * y * a) + along * y,
            -first * sign * x - second * y + along * z,
        ]
    )
    # roundings of thousands of turns would add up
    turned /= np.sqrt(np.einsum("ij,ij->j", turned, turned))
    return turned
