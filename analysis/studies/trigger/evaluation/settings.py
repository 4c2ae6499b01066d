"""Settings of the evaluation; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.trigger.network.settings import WindowSettings
from analysis.validated import check_types, require

__all__ = ["EfficiencySettings", "RateSettings"]


@dataclass(frozen=True)
class RateSettings:
    """Rate that triggers are compared at, and the backgrounds that it is measured in.

    Args:
        rate: of a station, in Hz.
        chosen: data set of the background that thresholds are chosen with.
        independent: another one, in which rates are measured.
        windows: what the network sees.
        most: bins that noise is followed up in, at most: rates of more are an upper limit.
    """

    rate: float = 20.0
    chosen: str = "background"
    independent: str = "independent"
    windows: WindowSettings = field(default_factory=WindowSettings)
    most: int = 2

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "rate", self.rate > 0, "greater than 0")
        require(self, "most", 1 <= self.most <= 4, "1 to 4")


@dataclass(frozen=True)
class EfficiencySettings:
    """Bins and ranges of efficiencies.

    Args:
        observatory: the array.
        signals: edges of bins of the signal that a station expects, in VEM.
        distances: edges of bins of the distance to the shower axis, in m.
        faint: range of signals that triggers are compared in, in VEM.
        energies: edges of bins of log10(E/eV).
        range: of log10(E/eV), in which the array's efficiencies are compared.
    """

    observatory: ObservatorySettings = field(default_factory=ObservatorySettings)
    signals: tuple[float, ...] = (0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0)
    distances: tuple[float, ...] = (400.0, 600.0, 800.0, 1000.0, 1200.0, 1400.0, 1600.0, 1800.0, 2000.0, 2200.0)
    faint: tuple[float, float] = (1.0, 3.0)
    energies: tuple[float, ...] = (17.5, 17.75, 18.0, 18.25, 18.5, 18.75, 19.0)
    range: tuple[float, float] = (18.5, 19.0)

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("signals", "distances", "faint", "energies", "range"):
            edges = getattr(self, name)
            rising = all(low < high for low, high in pairwise(edges))
            require(self, name, len(edges) > 1 and rising, "rising numbers, at least two")
