"""A pair of muons as six numbers that a generator may draw at will: whatever they are, they make two four-momenta.

Mass and transverse momentum of the pair, both angles of the negative muon in its rest frame, rapidity and azimuth of
the pair: each has limits that follow from those before, so that any pair has a mass in the window and muons that the
detector sees, and all such pairs can be drawn. Momenta are conserved and the muons have their own mass by construction.
"""

import numpy as np
from scipy.special import ndtr, ndtri

MUON = 0.105658
#: mass of a pair, its highest transverse momentum and the lowest one of a muon in GeV; highest pseudorapidity
MASS, PAIR, PT, ETA = (70.0, 110.0), 200.0, 20.0, 2.4
# single precision has no number nearer to 1
_NEAREST = 2.0**-24


def four_momenta(pt, eta, phi, mass=MUON):
    """Four-momenta (n, 4), the energy first."""
    momentum = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=1)
    return np.concatenate([np.sqrt(mass**2 + np.sum(momentum**2, axis=1))[:, None], momentum], axis=1)


def square(four):
    """Squared masses of four-momenta."""
    return four[:, 0] ** 2 - np.sum(four[:, 1:] ** 2, axis=1)


def coordinates(minus, plus):
    """Mass, transverse momentum, rapidity, azimuth of pairs, and the angles of the negative muon in their rest frame.

    A boost along the beam and one along the transverse momentum lead there; the z axis is still the beam's then, as of
    J. C. Collins and D. E. Soper, Phys. Rev. D 16 (1977) 2219.
    """
    pair = minus + plus
    mass, pt, phi = np.sqrt(square(pair)), np.hypot(pair[:, 1], pair[:, 2]), np.arctan2(pair[:, 2], pair[:, 1])
    rapidity = np.arctanh(pair[:, 3] / pair[:, 0])
    energy, x, y, z = minus.T
    along, across = x * np.cos(phi) + y * np.sin(phi), y * np.cos(phi) - x * np.sin(phi)
    energy, z = energy * np.cosh(rapidity) - z * np.sinh(rapidity), z * np.cosh(rapidity) - energy * np.sinh(rapidity)
    along = along * np.hypot(1, pt / mass) - energy * pt / mass
    return mass, pt, rapidity, phi, z / np.sqrt(along**2 + across**2 + z**2), np.arctan2(across, along)


def to_targets(pt, eta, phi):
    """Targets (n, 6) of pairs of muons (n, 2) within the limits; a flat distribution would become a normal one."""
    # the muons' mass is left out, which is 10^-5 of the pair's at most
    mass, pair, rapidity, azimuth, cosine, angle = coordinates(
        *(four_momenta(pt[:, one], eta[:, one], phi[:, one], 0.0) for one in (0, 1))
    )
    cosine = cosine - _jump(cosine, *_hole(mass, pair, angle))
    known, found = (mass, pair, angle, cosine, rapidity, azimuth), []

    def value(low, high):
        own = known[len(found)]
        found.append(ndtri(np.clip((own - low) / (high - low), _NEAREST, 1 - _NEAREST)))
        return own

    _walk(value)
    return np.stack(found, axis=1)


def from_targets(targets):
    """Transverse momenta, pseudorapidities, azimuths (n, 2) of the pairs that any targets (n, 6) stand for."""
    columns = iter(np.asarray(targets, np.float64).T)

    return _walk(lambda low, high: low + (high - low) * ndtr(next(columns)))


def _walk(value):
    """Go from number to number: value(lowest, highest) is the next one."""
    mass, pair, angle = value(*MASS), value(0.0, PAIR), value(-np.pi, np.pi)
    inner, outer = _hole(mass, pair, angle)
    cosine = value(outer - inner - 1, inner - outer + 1)
    cosine = cosine + _jump(cosine, inner, outer)
    # half of the mass is the momentum of each muon in the rest frame
    size = mass / 2 * np.sqrt(np.maximum(1 - cosine**2, 0))
    along, across = size * np.cos(angle) * np.hypot(1, pair / mass), size * np.sin(angle)
    both = [(pair / 2 + sign * along, sign * across) for sign in (1, -1)]
    pt = np.stack([np.hypot(*one) for one in both], axis=1)
    eta = np.arcsinh(mass[:, None] / 2 * np.stack([cosine, -cosine], axis=1) / pt)
    rapidity = value(-ETA - eta.min(axis=1), ETA - eta.max(axis=1))
    azimuth = value(-np.pi, np.pi)
    return pt, eta + rapidity[:, None], azimuth[:, None] + np.stack([np.arctan2(y, x) for x, y in both], axis=1)


def _hole(mass, pair, angle):
    """Lowest and highest |cos theta| at which a muon's transverse momentum is below the threshold."""
    size, along = mass / 2, mass / 2 * np.abs(np.cos(angle)) * np.hypot(1, pair / mass)
    # sines at which (pair / 2 - sine along)^2 + (sine across)^2 is the threshold's square
    a, b = along**2 + (size * np.sin(angle)) ** 2, along * pair / 2
    root = np.sqrt(np.maximum(b**2 - a * (pair**2 / 4 - PT**2), 0))
    return tuple(np.sqrt(1 - np.clip((b + sign * root) / a, 0, 1) ** 2) for sign in (1, -1))


def _jump(cosine, inner, outer):
    """The width of the hole, for what lies beyond; where it reaches to 1, nothing does."""
    return np.copysign(np.where((np.abs(cosine) > inner) & (outer < 1), outer - inner, 0), cosine)
