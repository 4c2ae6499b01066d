"""Settings of the tests with catalogues; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.studies.arrivals.settings import CATALOGUES
from analysis.studies.arrivals.sky.search_settings import SearchSettings
from analysis.validated import require

__all__ = ["ChosenCatalogues", "ClosureSettings"]


@dataclass(frozen=True)
class ChosenCatalogues:
    """Catalogues that simulated skies are scanned with.

    Args:
        isotropic: of isotropic skies.
        others: of skies with sources.
        search: for circles around Centaurus A, on isotropic skies.
    """

    isotropic: tuple[str, ...] = CATALOGUES
    others: tuple[str, ...] = ("starburst",)
    search: SearchSettings = field(default_factory=SearchSettings)

    def __post_init__(self) -> None:
        for name in ("isotropic", "others"):
            require(self, name, set(getattr(self, name)) <= set(CATALOGUES), f"some of {', '.join(CATALOGUES)}")


@dataclass(frozen=True)
class ClosureSettings:
    """Closure test: the fraction is fitted on skies as the likelihood assumes them.

    Args:
        catalogue: whose likelihood it is.
        threshold: EeV.
        radius: degrees, that of the simulation.
    """

    catalogue: str = "starburst"
    threshold: float = 38.0
    radius: float = 25.0
