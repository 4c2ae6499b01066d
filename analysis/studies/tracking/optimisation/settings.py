"""Settings of the optimisation of cuts; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.studies.tracking.performance.settings import PerformanceSettings
from analysis.validated import check_types, require

__all__ = ["RANGES", "OptimisationSettings", "PassSettings"]

RANGES: dict[str, tuple[float, float]] = {
    "prompt": (0.1, 0.6),
    "impact": (1.5, 8.0),
    "impact_scattering": (0.15, 1.0),
    "scattering": (0.005, 0.02),
    "slope": (0.06, 0.3),
    "curvature": (0.1, 0.5),
    "lone": (0.4, 1.0),
}
"""Cuts that are varied, and between what, in equal steps of the logarithm; ``prompt`` is the impact parameter of the
passes that begin in the first layers, ``impact`` that of the others."""


@dataclass(frozen=True)
class PassSettings:
    """One search of several, each of them among the space points that are left.

    Args:
        momentum: lowest transverse momentum, GeV.
        spread: how far tracks may come from the beam spot along z, standard deviations.
        anywhere: whether seeds begin in any layer, not only in those that tracks meet first.
    """

    momentum: float = 0.45
    spread: float = 3.5
    anywhere: bool = False

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("momentum", "spread"):
            require(self, name, getattr(self, name) > 0, "greater than 0")


@dataclass(frozen=True)
class OptimisationSettings:
    """Search for cuts.

    Args:
        trials: number of sets of cuts.
        population: of a generation (NSGA-II).
        seed: of the search.
        passes: one after the other: first what is easy to find, so that little is left for wide cuts.
        performance: which particles are to be found.
    """

    trials: int = 24
    population: int = 8
    seed: int = 1
    passes: tuple[PassSettings, ...] = (
        PassSettings(momentum=1.0, spread=2.0),
        PassSettings(spread=2.5),
        PassSettings(anywhere=True),
    )
    performance: PerformanceSettings = field(default_factory=PerformanceSettings)

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("trials", "population"):
            require(self, name, getattr(self, name) > 0, "greater than 0")
