"""Settings of the simulation; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.studies.calorimeter.settings import Block
from analysis.validated import check_types, require

__all__ = ["BeamSettings", "MuonSettings", "Readout", "SimulationSettings", "TransportSettings"]


@dataclass(frozen=True)
class TransportSettings:
    """Cuts and steps of the transport of particles.

    Args:
        photons: those of less energy are absorbed where they are, in MeV.
        electrons: the same, of kinetic energy in MeV.
        radiation: photons of less energy are radiated continuously and absorbed where that happens, in MeV.
        step: the longest one, in radiation lengths.
        loss: share of its energy that an electron loses by ionisation in a step, at most.
    """

    photons: float = 0.3
    electrons: float = 2.0
    radiation: float = 1.0
    step: float = 0.3
    loss: float = 0.2

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "photons", 0.1 <= self.photons < 0.5, "at least 0.1, and less than an electron's mass")
        for name in ("electrons", "radiation", "step", "loss"):
            require(self, name, getattr(self, name) > 0, "greater than 0")


@dataclass(frozen=True)
class BeamSettings:
    """Electrons and photons that are shot at the block.

    Args:
        energies: lowest and highest one, in GeV; the same number in each interval of its logarithm.
        angles: smallest and largest one to the crystals' axis, in degrees; uniform.
        photons: share of photons; the others are electrons.
        spot: half the width of the square that they hit evenly, in cm.
    """

    energies: tuple[float, float] = (1.0, 20.0)
    angles: tuple[float, float] = (0.0, 20.0)
    photons: float = 0.5
    spot: float = 0.2

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "energies", 0.1 <= self.energies[0] <= self.energies[1], "two rising numbers of at least 0.1")
        require(self, "angles", 0 <= self.angles[0] <= self.angles[1] < 60, "two rising numbers from 0 to 60")
        require(self, "photons", 0 <= self.photons <= 1, "between 0 and 1")


@dataclass(frozen=True)
class MuonSettings:
    """Muons along the crystals, each through one of them, in turn.

    Args:
        block: of crystals.
    """

    block: Block = field(default_factory=Block)


@dataclass(frozen=True)
class Readout:
    """Electronics: one channel a cell, with constants of its own that a calibration has to find.

    Args:
        light: photoelectrons per MeV (CMS Collaboration, JINST 3 (2008) S08004, section 4.3).
        excess: noise factor of the photodetectors' gain, the same place.
        gain: typical counts per MeV.
        spread: relative standard deviation of the channels' gains.
        pedestal: typical counts without signal.
        noise: of a channel, in MeV.
        bits: of the converter.
        seed: of the channels' constants.
    """

    light: float = 4.5
    excess: float = 2.0
    gain: float = 1.2
    spread: float = 0.08
    pedestal: float = 200.0
    noise: float = 1.5
    bits: int = 16
    seed: int = 1

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "light", self.light > 0, "greater than 0")
        require(self, "excess", self.excess >= 1, "at least 1")
        require(self, "spread", 0 <= self.spread < 0.3, "at least 0 and less than 0.3")
        require(self, "bits", 8 <= self.bits <= 16, "8 to 16")


@dataclass(frozen=True)
class SimulationSettings:
    """From a particle to counts.

    Args:
        block: of crystals.
        transport: of the shower's particles.
        readout: of the cells.
        aim: depth at which the axes of showers pass the middle of the block, in radiation lengths.
        together: so many showers are simulated at once; changes no result.
    """

    block: Block = field(default_factory=Block)
    transport: TransportSettings = field(default_factory=TransportSettings)
    readout: Readout = field(default_factory=Readout)
    aim: float = 6.0
    together: int = 64
