"""Settings of the Lorentz Boost Network; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.learning.networks.dense_settings import DenseSettings
from analysis.validated import require

__all__ = ["LorentzSettings"]

Feature = Literal["energy", "mass", "transverse", "direction", "angles"]


@dataclass(frozen=True)
class LorentzSettings(DenseSettings):
    """Shape of the Lorentz Boost Network ``analysis.learning.networks.lorentz:build``.

    Args:
        hidden: width of each hidden layer behind the boosts.
        activation: after each hidden layer.
        dropout: share of hidden values set to zero in training, in [0, 1).
        segments: of the piecewise linear encoding of each feature of other blocks; 0 for none.
        residual: whether a hidden layer as wide as the one before it adds to what that one says.
        blocks: names of the blocks that the network takes, with that of the particles; none for all of them.
        particles: name of the block of four-momenta.
        combinations: of particles, and as many rest frames.
        scale: in GeV: where the compression of energies goes over from linear to logarithmic.
        features: of boosted combinations: energy, invariant mass, transverse momentum, direction (pseudorapidity and
            azimuth), and the angles between each two of them.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    dropout: float = 0.0
    particles: str = "particles"
    combinations: int = 10
    scale: float = 50.0
    features: tuple[Feature, ...] = ("energy", "mass", "transverse", "direction", "angles")

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "combinations", self.combinations >= 1, "at least 1")
        require(self, "scale", self.scale > 0, "greater than 0")
        require(self, "features", len(set(self.features)) == len(self.features) > 0, "one or more, each once")
