"""Transport of showers' particles through the block, and what they deposit in its cells.

Approximation B of B. Rossi and K. Greisen (RMP 13 (1941) 240), in three dimensions and with more of what happens at low
energies: photons make pairs, scatter (Compton) and are absorbed with published coefficients; electrons and positrons
radiate (complete screening), lose the critical energy in a radiation length by ionisation, and scatter; positrons
annihilate at rest. Left out: polarisation, angles of pairs and radiation (smaller than those of scattering), knock-on
electrons, fluctuations of the ionisation, and screening at low energies. It is this project's own, and no Geant4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.studies.calorimeter.simulation import cross_sections
from analysis.studies.calorimeter.simulation.lead_tungstate import (
    CRITICAL_ENERGY,
    ELECTRON_MASS,
    RADIATION_LENGTH,
    SCATTERING_ENERGY,
)
from analysis.studies.calorimeter.simulation.particles import Particles, join, turn
from analysis.studies.calorimeter.simulation.random_numbers import uniform

if TYPE_CHECKING:
    from analysis.studies.calorimeter.settings import Block
    from analysis.studies.calorimeter.simulation.settings import TransportSettings

__all__ = ["Deposits", "transport"]

Array = NDArray[np.float64]


class Deposits:
    """Energies deposited in cells, and what left the block.

    Args:
        showers: number n of them.
        block: of crystals.
    """

    def __init__(self, showers: int, block: Block) -> None:
        self.shape = (block.rows, block.rows, block.layers)
        self._pitch = np.array([block.width, block.width, block.length / block.layers]) / RADIATION_LENGTH
        self._middle = np.array([block.rows / 2, block.rows / 2, 0.0])
        # one more for what is outside
        self._energy = np.zeros((showers, int(np.prod(self.shape)) + 1))

    @property
    def cells(self) -> Array:
        """In MeV, (n, rows, rows, layers)."""
        return self._energy[:, :-1].reshape(-1, *self.shape)

    @property
    def lost(self) -> Array:
        """Energy that left the block, (n,) in MeV."""
        return self._energy[:, -1]

    def inside(self, place: Array) -> NDArray[np.bool_]:
        """Tell which places (3, m) in radiation lengths are in the block."""
        return self._cell(place) < self._energy.shape[1] - 1

    def add(self, shower: NDArray[np.int64], place: Array, energy: Array) -> None:
        """Add m deposits in MeV, wherever they are."""
        cells = self._energy.shape[1]
        index = shower * cells + self._cell(place)
        # the sum of a cell is in the order of its shower's deposits, whatever showers there are beside it
        self._energy += np.bincount(index, energy, self._energy.size).reshape(-1, cells)

    def _cell(self, place: Array) -> NDArray[np.int64]:
        x, y, z = np.floor(place / self._pitch[:, None] + self._middle[:, None])
        rows, _, layers = self.shape
        outside = (x < 0) | (x >= rows) | (y < 0) | (y >= rows) | (z < 0) | (z >= layers)
        cell = np.where(outside, self._energy.shape[1] - 1, (x * rows + y) * layers + z)
        return cell.astype(np.int64)


def transport(primaries: Particles, charged: NDArray[np.bool_], block: Block, settings: TransportSettings) -> Deposits:
    """Follow all particles until they are absorbed or gone.

    Args:
        primaries: one a shower, numbered from 0.
        charged: (n,) whether they are electrons, or photons.
        block: of crystals.
        settings: cuts and steps.
    """
    deposits = Deposits(len(primaries), block)
    photons, electrons = primaries.select(~charged), primaries.select(charged)
    while len(photons) or len(electrons):
        photons, made = _step_photons(photons, deposits, settings)
        electrons, radiated = _step_electrons(join([electrons, made]), deposits, settings)
        photons = join([photons, radiated])
    return deposits


def _step_photons(photons: Particles, deposits: Deposits, settings: TransportSettings) -> tuple[Particles, Particles]:
    """To their next interaction: photons that are left, and electrons that were made."""
    photo, pair, scattered = cross_sections.photon_rates(photons.energy)
    total = photo + pair + scattered
    photons.place = photons.place - photons.direction * (np.log(uniform(photons.state)) / total)
    which = uniform(photons.state) * total
    inside = deposits.inside(photons.place)
    pairs = inside & (which < pair)
    scatters = inside & ~pairs & (which < pair + scattered)
    absorbed = ~(pairs | scatters)
    deposits.add(photons.shower[absorbed], photons.place[:, absorbed], photons.energy[absorbed])
    left, recoils = _scatter(photons.select(scatters), deposits, settings)
    parents = photons.select(pairs)
    share = cross_sections.pair_share(parents.state)
    kinetic = parents.energy - 2 * ELECTRON_MASS
    made = [parents.make(1, share * kinetic), parents.make(2, (1 - share) * kinetic, positive=True), recoils]
    return left, join(made)


def _scatter(photons: Particles, deposits: Deposits, settings: TransportSettings) -> tuple[Particles, Particles]:
    """Compton scattering: photons above the cut, and electrons."""
    before = photons.energy
    after = cross_sections.compton_energy(before, photons.state)
    bend = ELECTRON_MASS * (1 / after - 1 / before)
    direction = turn(photons.direction, bend, uniform(photons.state))
    recoil = photons.direction * before - direction * after
    recoil /= np.maximum(np.sqrt(np.einsum("ij,ij->j", recoil, recoil)), 1e-12)
    electrons = photons.make(1, before - after, recoil)
    photons.energy, photons.direction = after, direction
    low = after < settings.photons
    deposits.add(photons.shower[low], photons.place[:, low], after[low])
    return photons.select(~low), electrons


def _step_electrons(
    electrons: Particles, deposits: Deposits, settings: TransportSettings
) -> tuple[Particles, Particles]:
    """One step: electrons that are left, and photons that were radiated or come of annihilation."""
    slow = electrons.energy < settings.electrons
    stopped = electrons.select(slow)
    deposits.add(stopped.shower, stopped.place, stopped.energy)
    made = _annihilate(stopped.select(stopped.positive))
    electrons = electrons.select(~slow)
    energy, state = electrons.energy, electrons.state
    rate = cross_sections.bremsstrahlung_envelope(energy, settings.radiation)
    path = -np.log(uniform(state)) / np.maximum(rate, 1e-9)
    most = np.minimum(settings.step, settings.loss * energy / CRITICAL_ENERGY)
    step = np.minimum(path, most)
    # scattering at a random place of the step gives the right mean square of the displacement (F. Salvat et al.,
    # PENELOPE, "random hinge"); there is the deposit, too
    hinge = step * uniform(state)
    place = electrons.place + electrons.direction * hinge
    loss = (CRITICAL_ENERGY + cross_sections.soft_bremsstrahlung(energy, settings.radiation)) * step
    deposits.add(electrons.shower, place, loss)
    electrons.direction = turn(electrons.direction, _bend(energy, step, uniform(state)), uniform(state))
    electrons.place = place + electrons.direction * (step - hinge)
    electrons.energy = energy - loss
    outside = ~deposits.inside(electrons.place)
    rest = electrons.energy + 2 * ELECTRON_MASS * electrons.positive
    deposits.add(electrons.shower[outside], electrons.place[:, outside], rest[outside])
    radiating = (path < most) & ~outside & (electrons.energy > settings.radiation)
    parents = electrons.select(radiating)
    share, radiated = cross_sections.bremsstrahlung_share(parents.energy, settings.radiation, parents.state)
    energies = np.where(radiated, share * parents.energy, 0.0)
    electrons.energy[radiating] -= energies
    electrons.state[radiating] = parents.state
    photons = parents.make(1, energies).select(radiated)
    return electrons.select(~outside), join([photons, *made])


def _bend(energy: Array, step: Array, drawn: Array) -> Array:
    """1 - cos of the angle of multiple scattering, by G. R. Lynch and O. I. Dahl, without the logarithm of the step.

    The square of a Gaussian angle has an exponential distribution; on the sphere, 1 - cos has it (R. A. Fisher, Proc.
    R. Soc. A 217 (1953) 295).

    Args:
        energy: kinetic, in MeV.
        step: in radiation lengths.
        drawn: in (0, 1).
    """
    momentum = energy * (energy + 2 * ELECTRON_MASS) / (energy + ELECTRON_MASS)
    width = (SCATTERING_ENERGY / momentum) ** 2 * step
    return np.minimum(-width * np.log1p(drawn * np.expm1(-2 / width)), 2.0)


def _annihilate(positrons: Particles) -> list[Particles]:
    """Two photons of each, back to back, in any direction."""
    bend, azimuth = 2 * uniform(positrons.state), uniform(positrons.state)
    direction = turn(positrons.direction, bend, azimuth)
    mass = np.full(len(positrons), ELECTRON_MASS)
    return [positrons.make(1, mass, direction), positrons.make(2, mass, -direction)]
