"""Settings of the calibration; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.studies.calorimeter.settings import Block
from analysis.studies.calorimeter.simulation.settings import Readout
from analysis.validated import check_types, require

__all__ = ["ClosureSettings", "DerivationSettings"]


@dataclass(frozen=True)
class DerivationSettings:
    """Settings of the channels' calibration.

    Args:
        block: of crystals.
        muons: name of the data set of muons along the crystals.
        electrons: name of the data set of electrons.
        energy: of these, in GeV.
    """

    block: Block = field(default_factory=Block)
    muons: str = "muons"
    electrons: str = "electrons"
    energy: float = 10.0

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "energy", self.energy > 0, "greater than 0")


@dataclass(frozen=True)
class ClosureSettings:
    """Settings of the closure of the calibration.

    Args:
        readout: that the raw events were simulated with.
    """

    readout: Readout = field(default_factory=Readout)
