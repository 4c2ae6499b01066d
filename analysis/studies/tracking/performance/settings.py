"""Settings of the comparison; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.validated import check_types, require

__all__ = ["PerformanceSettings"]


@dataclass(frozen=True)
class PerformanceSettings:
    """Acceptance of particles that are to be found, and bins of efficiencies.

    Args:
        pt: lowest transverse momentum, GeV.
        eta: largest pseudorapidity.
        hits: least number of hits.
        transverse: edges of bins in transverse momentum, GeV.
        directions: edges of bins in pseudorapidity.
        radii: edges of bins of the distance from the beam where a particle begins, mm.
    """

    pt: float = 0.5
    eta: float = 3.0
    hits: int = 3
    transverse: tuple[float, ...] = (0.5, 0.6, 0.8, 1.0, 1.4, 2.0, 3.0, 5.0)
    directions: tuple[float, ...] = (-3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
    radii: tuple[float, ...] = (0.0, 0.1, 1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 20.0, 25.0, 30.0)

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("transverse", "directions", "radii"):
            values = getattr(self, name)
            require(self, name, len(values) > 1 and list(values) == sorted(values), "two or more rising numbers")
        require(self, "hits", self.hits >= 1, "at least 1")
