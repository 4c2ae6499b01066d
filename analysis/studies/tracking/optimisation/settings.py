"""Settings of the optimisation of cuts; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.studies.tracking.performance.settings import PerformanceSettings
from analysis.validated import check_types, require

__all__ = ["RANGES", "OptimisationSettings"]

RANGES: tuple[tuple[str, float, float], ...] = (
    ("impact", 0.3, 3.0),
    ("impact_scattering", 0.2, 2.0),
    ("scattering", 0.005, 0.025),
    ("slope", 0.08, 0.4),
    ("curvature", 0.1, 0.6),
    ("lone", 0.3, 1.0),
)
"""Cuts that are varied, and between what; in equal steps of the logarithm."""


@dataclass(frozen=True)
class OptimisationSettings:
    """Search for cuts.

    Args:
        trials: number of sets of cuts.
        population: of a generation (NSGA-II).
        seed: of the search.
        fakes: largest share of fakes of the chosen cuts, if any has so few.
        spread: how far tracks may come from the beam spot along z, standard deviations.
        performance: which particles are to be found.
    """

    trials: int = 24
    population: int = 8
    seed: int = 1
    fakes: float = 0.15
    spread: float = 3.5
    performance: PerformanceSettings = field(default_factory=PerformanceSettings)

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("trials", "population", "fakes", "spread"):
            require(self, name, getattr(self, name) > 0, "greater than 0")
