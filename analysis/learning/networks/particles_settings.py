"""Settings of all networks on sets of particles; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.learning.networks.dense_settings import DenseSettings
from analysis.validated import require

__all__ = ["ParticleSettings"]


@dataclass(frozen=True)
class ParticleSettings(DenseSettings):
    """Settings of networks on sets of particles: representation of the particles, and layers behind the sets.

    Args:
        hidden: width of each hidden layer behind the set.
        activation: after each hidden layer.
        dropout: share of hidden values set to zero in training, in [0, 1).
        segments: of the piecewise linear encoding of each feature of other blocks; 0 for none.
        residual: whether a hidden layer as wide as the one before it adds to what that one says.
        blocks: names of the blocks that the network takes, with that of the particles; none for all of them.
        particles: name of the block of particles.
        momenta: whether particles are four-momenta E, px, py, pz in GeV; otherwise they are standardised features.
        scale: in GeV, of four-momenta: where the compression of energies goes over from linear to logarithmic.
        places: whether the place of a particle says what it is (a muon first, then a tau lepton, ...); otherwise
            their order does not matter.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    dropout: float = 0.0
    particles: str = "particles"
    momenta: bool = False
    scale: float = 50.0
    places: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "scale", self.scale > 0, "greater than 0")
