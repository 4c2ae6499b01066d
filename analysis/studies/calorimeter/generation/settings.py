"""Settings of what networks learn; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.validated import check_types, require

__all__ = ["TemplateSettings"]


@dataclass(frozen=True)
class TemplateSettings:
    """Settings of the numbers that showers become for networks.

    Args:
        scale: share of a shower's energy in a cell below which its variable is linear, above logarithmic.
        components: number of principal components that networks learn, beside the response.
        nodes: number of energies at which the distribution of each variable is kept.
        knots: number of quantiles of such a distribution.
    """

    scale: float = 0.003
    components: int = 8
    nodes: int = 9
    knots: int = 21

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "scale", self.scale > 0, "greater than 0")
        for name, least in (("components", 1), ("nodes", 2), ("knots", 3)):
            require(self, name, getattr(self, name) >= least, f"at least {least}")
