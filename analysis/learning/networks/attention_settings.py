"""Settings of the network of self-attention over particles; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.learning.networks.particles_settings import ParticleSettings
from analysis.validated import require

__all__ = ["AttentionSettings"]


@dataclass(frozen=True)
class AttentionSettings(ParticleSettings):
    """Shape of the network of self-attention over particles ``analysis.learning.networks.attention:build``.

    Further settings are those of :class:`~analysis.learning.networks.particles_settings.ParticleSettings`.

    Args:
        width: numbers that stand for a particle; a multiple of the heads.
        heads: of each attention.
        layers: of attention among the particles.
        pairs: width of the layer that sees two particles' four-momenta together; 0 for none. No four-momenta, no layer.

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    hidden: tuple[int, ...] = (64,)
    width: int = 32
    heads: int = 4
    layers: int = 2
    pairs: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "heads", self.heads >= 1, "at least 1")
        require(self, "width", self.width >= 1 and self.width % self.heads == 0, "a multiple of the heads")
        for name in ("layers", "pairs"):
            require(self, name, getattr(self, name) >= 0, "at least 0")
