"""A pair of muons as six numbers that a generator may draw at will: whatever they are, they make two four-momenta.

The pair has a mass, a transverse momentum, a rapidity and an azimuth. In its rest frame, which is reached by a boost along
the beam and one along the transverse momentum, both muons fly apart with half of its mass each; the beam axis is then the
z axis of Collins and Soper (Phys. Rev. D 16 (1977) 2219). So energy, momentum and the muons' mass are right by construction.
"""

import numpy as np
from scipy.special import ndtr, ndtri

MUON = 0.105658
#: lowest and highest mass of a pair, lowest transverse momentum of a muon in GeV, highest pseudorapidity
MASS, PT, ETA = (70.0, 110.0), 20.0, 2.4
# the middle of the peak and a width, in GeV, that spread it over the whole window
_PEAK, _WIDTH = 91.0, 2.0
# single precision has no number nearer to 1
_NEAREST = 2.0**-24


def polar(four):
    """Transverse momentum, pseudorapidity, azimuth of four-momenta (n, 4) with the energy first."""
    pt = np.hypot(four[:, 1], four[:, 2])
    return pt, np.arcsinh(four[:, 3] / pt), np.arctan2(four[:, 2], four[:, 1])


def four_momenta(pt, eta, phi):
    """Four-momenta (n, 4) of muons, the energy first."""
    momentum = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=1)
    return np.concatenate([np.sqrt(MUON**2 + np.sum(momentum**2, axis=1))[:, None], momentum], axis=1)


def mass_of(four):
    """Invariant masses of four-momenta."""
    return np.sqrt(four[:, 0] ** 2 - np.sum(four[:, 1:] ** 2, axis=1))


def coordinates(minus, plus):
    """Mass, transverse momentum, rapidity, azimuth of pairs, and both angles of the negative muon: six arrays."""
    pair = minus + plus
    mass, pt, phi = mass_of(pair), np.hypot(pair[:, 1], pair[:, 2]), np.arctan2(pair[:, 2], pair[:, 1])
    rapidity = np.arctanh(pair[:, 3] / pair[:, 0])
    energy, along, across, z = _turned(minus, -phi).T
    energy, z = _boosted(energy, z, -np.sinh(rapidity))
    _, along = _boosted(energy, along, -pt / mass)
    return mass, pt, rapidity, phi, z / np.sqrt(along**2 + across**2 + z**2), np.arctan2(across, along)


def momenta(mass, pt, rapidity, phi, cos_theta, phi_star):
    """Four-momenta of the negative and of the positive muon, the inverse of :func:`coordinates`."""
    size, sine = np.sqrt(mass**2 / 4 - MUON**2), np.sqrt(1 - cos_theta**2)
    found = []
    for sign in (1, -1):
        along, across, z = sign * size * np.array([sine * np.cos(phi_star), sine * np.sin(phi_star), cos_theta])
        energy, along = _boosted(mass / 2, along, pt / mass)
        energy, z = _boosted(energy, z, np.sinh(rapidity))
        found.append(_turned(np.stack([energy, along, across, z], axis=1), phi))
    return tuple(found)


def to_targets(mass, pt, rapidity, phi, cos_theta, phi_star):
    """Targets (n, 6) whose distributions are near normal ones; any six numbers are those of a pair within the limits."""
    low, high = _cauchy(np.array(MASS))
    shares = (
        (_cauchy(mass) - low) / (high - low),
        *((value / reach + 1) / 2 for value, reach in zip((rapidity, phi, cos_theta, phi_star), _REACH, strict=True)),
    )
    normal = [ndtri(np.clip(share, _NEAREST, 1 - _NEAREST)) for share in shares]
    return np.stack([normal[0], np.log(pt), *normal[1:]], axis=1)


def from_targets(targets):
    """Mass, transverse momentum, rapidity, azimuth and angles that targets (n, 6) stand for."""
    first, log_pt, *others = np.asarray(targets, np.float64).T
    low, high = _cauchy(np.array(MASS))
    mass = _PEAK + _WIDTH * np.tan(low + (high - low) * ndtr(first))
    values = [reach * (2 * ndtr(one) - 1) for one, reach in zip(others, _REACH, strict=True)]
    return mass, np.exp(log_pt), *values


_REACH = (ETA, np.pi, 1.0, np.pi)


def _cauchy(mass):
    return np.arctan((mass - _PEAK) / _WIDTH)


def _turned(four, angle):
    """Turned around the beam."""
    energy, x, y, z = four.T
    return np.stack([energy, x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle), z], axis=1)


def _boosted(energy, momentum, size):
    """Energy and momentum along a boost of beta gamma."""
    gamma = np.sqrt(1 + size**2)
    return gamma * energy + size * momentum, gamma * momentum + size * energy
