"""Interactions of photons and electrons in lead tungstate: how many in a radiation length, and how energy is shared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.studies.calorimeter.simulation.lead_tungstate import (
    ATTENUATION,
    DENSITY,
    ELECTRON_MASS,
    ELECTRONS,
    RADIATION_LENGTH,
)
from analysis.studies.calorimeter.simulation.random_numbers import uniform

__all__ = [
    *("bremsstrahlung", "bremsstrahlung_envelope", "bremsstrahlung_share", "compton", "compton_energy", "pair_share"),
    *("photon_rates", "soft_bremsstrahlung"),
]

Array = NDArray[np.float64]
States = NDArray[np.uint64]

_THOMSON = 0.66524587e-24 * 6.02214076e23 * ELECTRONS * DENSITY * RADIATION_LENGTH  # of all electrons, per X0
_THRESHOLD = 2 * ELECTRON_MASS
_GRID = np.linspace(np.log(0.1), np.log(1e6), 1601)


def compton(energy: Array) -> Array:
    """Number of Compton scatterings in a radiation length (O. Klein and Y. Nishina, Z. Phys. 52 (1929) 853).

    Args:
        energy: of the photon, in MeV.
    """
    k = energy / ELECTRON_MASS
    one = 1 + 2 * k
    log = np.log1p(2 * k)
    first = (1 + k) / k**2 * (2 * (1 + k) / one - log / k)
    return 0.75 * _THOMSON * (first + log / (2 * k) - (1 + 3 * k) / one**2)


def _others(energy: Array) -> tuple[Array, Array]:
    """Photoelectric effect and pair production in a radiation length.

    Both are what published coefficients have beside Compton scattering. Where both happen, the photoelectric effect
    goes on as a power of the energy. Above the table, pairs tend to 7/9 (Y.-S. Tsai, RMP 46 (1974) 815, complete
    screening) with the inverse root of the energy, from the table's last value on: our own interpolation.
    """
    known = ATTENUATION[1] - compton(ATTENUATION[0])
    points = np.log(ATTENUATION[0])
    left = np.exp(np.interp(np.log(energy), points, np.log(known)))
    # the last two points below the threshold tell the power
    below = np.flatnonzero(ATTENUATION[0] <= 1.0)[-2:]
    power = np.diff(np.log(known[below]))[0] / np.diff(points[below])[0]
    falling = known[below[1]] * (energy / ATTENUATION[0][below[1]]) ** power
    photo = np.where(energy <= _THRESHOLD, left, np.minimum(falling, left))
    last = ATTENUATION[0][-1]
    full = 7 / 9 - (7 / 9 - known[-1]) * np.sqrt(last / np.maximum(energy, last))
    pair = np.where(energy > last, full, left - photo)
    return np.where(energy > last, 0.0, photo), np.where(energy > _THRESHOLD, pair, 0.0)


_TABLE = np.stack([*_others(np.exp(_GRID)), compton(np.exp(_GRID))])


def photon_rates(energy: Array) -> tuple[Array, Array, Array]:
    """Numbers of photoelectric effects, pairs and Compton scatterings in a radiation length.

    Args:
        energy: of photons, in MeV, 0.1 to 1e6.
    """
    place = (np.log(energy) - _GRID[0]) / (_GRID[1] - _GRID[0])
    low = np.clip(place.astype(np.int64), 0, len(_GRID) - 2)
    between = place - low
    photo, pair, scattered = (row[low] + between * (row[low + 1] - row[low]) for row in _TABLE)
    return photo, np.where(energy > _THRESHOLD, pair, 0.0), scattered


def compton_energy(energy: Array, states: States) -> Array:
    """Draw the energies of scattered photons, in MeV.

    Composition and rejection (J. C. Butcher and H. Messel, Nucl. Phys. 20 (1960) 15).

    Args:
        energy: of photons before, (n,), in MeV.
        states: of their random numbers; they advance.
    """
    left, found = np.arange(len(energy)), np.empty(len(energy))
    while len(left):
        own = states[left]
        k = energy[left] / ELECTRON_MASS
        least = 1 / (1 + 2 * k)
        first, second = -np.log(least), 0.5 * (1 - least**2)
        which, place, accepted = uniform(own), uniform(own), uniform(own)
        share = np.where(which * (first + second) < first, least**place, np.sqrt(least**2 + (1 - least**2) * place))
        turn = (1 - share) / (k * share)
        good = accepted < 1 - share * turn * (2 - turn) / (1 + share**2)
        states[left] = own
        found[left] = share * energy[left]
        left = left[~good]
    return found


def pair_share(states: States) -> Array:
    """Draw the share of the energy that the electron of a pair gets: density 1 - 4/3 x (1 - x).

    Complete screening (Y.-S. Tsai, RMP 46 (1974) 815). It is 2/3 + (1 - 2 x)^2 / 3: of seven pairs, six are
    shared evenly.

    Args:
        states: of random numbers; they advance.
    """
    flat, place = uniform(states) < 6 / 7, uniform(states)
    turned = np.cbrt(2 * place - 1)
    return np.where(flat, place, 0.5 * (1 + turned))


def bremsstrahlung(energy: Array, least: float) -> Array:
    """Number of photons above an energy that an electron radiates in a radiation length.

    Complete screening: dN/dk = (4/3 - 4/3 y + y^2) / k, y = k / E (Y.-S. Tsai, RMP 46 (1974) 815).

    Args:
        energy: of electrons, in MeV.
        least: energy of the photons, in MeV.
    """
    y = np.minimum(least / energy, 1.0)
    return -4 / 3 * np.log(y) - 4 / 3 * (1 - y) + 0.5 * (1 - y**2)


def bremsstrahlung_envelope(energy: Array, least: float) -> Array:
    """Number of photons that :func:`bremsstrahlung_share` draws in a radiation length, radiated or not."""
    return 4 / 3 * np.log(np.maximum(energy / least, 1.0))


def bremsstrahlung_share(energy: Array, least: float, states: States) -> tuple[Array, NDArray[np.bool_]]:
    """Draw shares y of electrons' energies, with density 1/y, and whether there is a photon at all.

    Args:
        energy: of electrons, (n,), in MeV, above ``least``.
        least: energy of the photons, in MeV.
        states: of random numbers; they advance.
    """
    y = (least / energy) ** uniform(states)
    return y, uniform(states) < 1 - y + 0.75 * y**2


def soft_bremsstrahlung(energy: Array, most: float) -> Array:
    """Energy in MeV that electrons lose in a radiation length by photons below an energy; arguments as above."""
    y = np.minimum(most / energy, 1.0)
    return energy * (4 / 3 * y - 2 / 3 * y**2 + y**3 / 3)
