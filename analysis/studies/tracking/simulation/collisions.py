"""Particles of collisions, decided from the identity of their event alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from analysis.studies.tracking.simulation.settings import CollisionSettings

__all__ = ["KAON_MASS", "LIFETIME", "PION_MASS", "collide"]

Array = NDArray[np.float64]

# Particle Data Group, GeV and mm
PION_MASS, KAON_MASS, LIFETIME = 0.13957, 0.49761, 26.84
# pions, kaons, protons: PDG codes, shares, masses; shares and spectrum as of minimum-bias collisions at the LHC
# (ALICE, Eur. Phys. J. C 71 (2011) 1655: mean transverse momentum about 0.5 GeV)
_SPECIES = np.array([211, 321, 2212])
_SHARES = (0.84, 0.11, 0.05)
_TEMPERATURE, _POWER, _DISPERSION = 0.15, 7.0, 2.0


def collide(random: np.random.Generator, settings: CollisionSettings) -> dict[str, NDArray[np.generic]]:
    """Draw the charged particles of an event.

    Args:
        random: numbers of the event.
        settings: of the collisions.

    Returns:
        Columns, one entry a particle: ``vertex``, number of its collision; ``pdg``; ``x``, ``y``, ``z``, where it
        begins, mm; ``px``, ``py``, ``pz``, GeV. The particles of a vertex follow each other.
    """
    beam, wide = settings.beam, settings.realistic
    vertices = max(int(random.poisson(settings.vertices)), 1) if wide else settings.vertices
    middle = np.array([beam.x, beam.y, beam.z])
    places = middle + np.array([beam.width, beam.width, beam.length]) * random.standard_normal((vertices, 3))
    decays = 2 * settings.kaons
    if wide:
        mean = settings.particles - decays
        numbers = random.negative_binomial(_DISPERSION, _DISPERSION / (_DISPERSION + mean), vertices)
    else:
        numbers = np.full(vertices, settings.particles - decays)
    vertex = np.repeat(np.arange(vertices), numbers)
    total = len(vertex)
    pdg = _SPECIES[random.choice(3, total, p=_SHARES)] if wide else np.full(total, 211)
    momentum = _momenta(_transverse(random, total, settings), random, settings)
    charge = np.where(random.random(total) < 0.5, 1, -1)
    parent = np.repeat(np.arange(vertices), settings.kaons)
    begins, daughters = _decay(places[parent], random, settings)
    vertex = np.concatenate([vertex, np.repeat(parent, 2)])
    order = np.argsort(vertex, kind="stable")
    place = np.concatenate([places[vertex[:total]], begins])[order]
    momentum = np.concatenate([momentum, daughters])[order]
    signed = np.concatenate([pdg * charge, np.tile([211, -211], len(parent))])[order]
    columns: dict[str, NDArray[np.generic]] = {
        "vertex": vertex[order].astype(np.int32),
        "pdg": signed.astype(np.int32),
    }
    columns |= {name: place[:, axis] for axis, name in enumerate(("x", "y", "z"))}
    columns |= {name: momentum[:, axis] for axis, name in enumerate(("px", "py", "pz"))}
    return columns


def _transverse(random: np.random.Generator, number: int, settings: CollisionSettings) -> Array:
    """Transverse momenta, GeV."""
    low, high = settings.pt
    if settings.realistic:
        # Tsallis without masses: dN/dpT ~ pT (1 + pT / (n T))^-n, by a table of its integral
        grid = np.geomspace(low, 100.0, 4000)
        density = grid * (1.0 + grid / (_POWER * _TEMPERATURE)) ** -_POWER
        integral = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]) * np.diff(grid))])
        return np.interp(random.random(number) * integral[-1], integral, grid)
    return np.exp(random.uniform(np.log(low), np.log(high), number))


def _momenta(transverse: Array, random: np.random.Generator, settings: CollisionSettings) -> Array:
    """Vectors of some transverse momenta, uniform in phi and pseudorapidity."""
    phi = random.uniform(-np.pi, np.pi, len(transverse))
    eta = random.uniform(-settings.eta, settings.eta, len(transverse))
    return transverse[:, None] * np.stack([np.cos(phi), np.sin(phi), np.sinh(eta)], axis=1)


def _decay(places: Array, random: np.random.Generator, settings: CollisionSettings) -> tuple[Array, Array]:
    """Two pions of each of some K0S, which have twice a pion's transverse momentum: where they begin, and momenta."""
    number = len(places)
    momentum = _momenta(2.0 * _transverse(random, number, settings), random, settings)
    flight = random.exponential(LIFETIME, number)[:, None] * momentum / KAON_MASS
    # isotropic where the kaon is at rest
    cosine, phi = random.uniform(-1.0, 1.0, number), random.uniform(-np.pi, np.pi, number)
    sine = np.sqrt(1.0 - cosine**2)
    own = np.sqrt(KAON_MASS**2 / 4.0 - PION_MASS**2)
    rest = own * np.stack([sine * np.cos(phi), sine * np.sin(phi), cosine], axis=1)
    energy = np.sqrt(np.sum(momentum**2, axis=1) + KAON_MASS**2)
    velocity, gamma = momentum / energy[:, None], energy / KAON_MASS
    along = np.sum(velocity * rest, axis=1)
    moved = [
        sign * rest + ((gamma**2 / (gamma + 1.0)) * sign * along + gamma * KAON_MASS / 2.0)[:, None] * velocity
        for sign in (1.0, -1.0)
    ]
    return np.repeat(places + flight, 2, axis=0), np.stack(moved, axis=1).reshape(-1, 3)
