"""Settings of the network that sums over particles; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.learning.networks.particles_settings import ParticleSettings
from analysis.validated import require

__all__ = ["DeepSetsSettings"]


@dataclass(frozen=True)
class DeepSetsSettings(ParticleSettings):
    """Shape of the network that sums over particles ``analysis.learning.networks.deep_sets:build``.

    Further settings are those of :class:`~analysis.learning.networks.particles_settings.ParticleSettings`.

    Args:
        each: width of each layer that all particles share.
        pooling: ``sum`` or ``mean`` over the particles, or ``energy``: each counts with its share of the transverse
            momentum, and only its direction enters (four-momenta only).

    Raises:
        StudyError: a value is of the wrong type or out of its range.
    """

    each: tuple[int, ...] = (64, 64)
    pooling: Literal["sum", "mean", "energy"] = "mean"

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "each", len(self.each) >= 1 and min(self.each) >= 1, "one or more widths of at least 1")
        require(self, "pooling", self.momenta or self.pooling != "energy", "sum or mean where momenta is false")
