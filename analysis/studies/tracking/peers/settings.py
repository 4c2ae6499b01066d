"""Settings of the seeders of ACTS; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.validated import check_types, require

__all__ = ["SEEDERS", "SeederSettings"]

SEEDERS: tuple[tuple[str, str], ...] = (("grid", "ACTS GridTriplet"), ("orthogonal", "ACTS Orthogonal"))
"""Seeders of ACTS: names and titles."""


@dataclass(frozen=True)
class SeederSettings:
    """As ACTS' example of seeding in this detector has it (``Examples/Scripts/Python/seeding.py``).

    Args:
        pt: lowest transverse momentum, GeV.
        field: magnetic field along z, T.
        impact: largest transverse impact parameter, mm.
        distance: least and largest distance of two hits in r, mm.
        radius: largest distance of a hit from the beam, mm.
        reach: largest distance of an origin from the beam spot along z, mm.
        scattering: of how many standard deviations a track may scatter.
        radiation: radiation lengths that a seed passes.
        seeds: that may have one space point as their middle, beside the best one.
        resolution: of a measured coordinate, mm.
    """

    pt: float = 0.5
    field: float = 2.0
    impact: float = 3.0
    distance: tuple[float, float] = (1.0, 60.0)
    radius: float = 200.0
    reach: float = 250.0
    scattering: float = 5.0
    radiation: float = 0.1
    seeds: int = 1
    resolution: float = 0.05 / 12**0.5

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("pt", "field", "impact", "radius", "reach", "scattering", "radiation", "resolution"):
            require(self, name, getattr(self, name) > 0, "greater than 0")
