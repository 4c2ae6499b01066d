"""Settings of the simulation; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.airshower.simulation.settings import (
    DetectorSettings,
    ShowerSettings,
    SignalSettings,
    SimulationSettings,
    TriggerSettings,
)
from analysis.validated import check_types, require

__all__ = ["BackgroundSettings", "StationSettings", "every_station"]


@dataclass(frozen=True)
class BackgroundSettings:
    """Background of a station: stretches of time in which particles follow each other, nothing but noise around them.

    Args:
        observatory: the array that stations are chosen from.
        detector: stations and electronics, and the rate of muons.
        electromagnetic: electrons and photons for each muon: those of the study airshower's monitoring, of any signal.
        reach: particles that are more samples apart are in no trigger together: a window, and the light of a pulse.
        most: particles in a stretch; more are seldom, and counted as so many.
        together: share of generated stretches with two or more particles, which are seldom; weights make up for it.
        stretched: share of single muons whose signal is stretched, as large ones are seldom; likewise.
        stretch: by which factor.
        lead: samples before the first particle.
        tail: samples from the last particle's latest arrival on, after which a pulse has died away.
    """

    observatory: ObservatorySettings = field(default_factory=ObservatorySettings)
    detector: DetectorSettings = field(default_factory=DetectorSettings)
    electromagnetic: float = 0.99
    reach: int = 160
    most: int = 3
    together: float = 0.4
    stretched: float = 0.5
    stretch: float = 1.8
    lead: int = 8
    tail: int = 40

    def __post_init__(self) -> None:
        check_types(self)
        require(self, "most", self.most >= 2, "at least 2")
        require(self, "electromagnetic", self.electromagnetic >= 0, "at least 0")
        for name in ("together", "stretched"):
            require(self, name, 0 < getattr(self, name) < 1, "between 0 and 1")
        require(self, "stretch", 1 <= self.stretch < 3, "at least 1 and less than 3")

    @property
    def rate(self) -> float:
        """Of all particles, in Hz."""
        return self.detector.background_rate * (1.0 + self.electromagnetic)

    @property
    def gap(self) -> float:
        """The longest time between two particles of a stretch, in ns."""
        return self.reach * self.observatory.sampling

    @property
    def following(self) -> float:
        """Mean number of particles in a gap."""
        return self.rate * self.gap * 1e-9

    def samples(self, particles: int) -> int:
        """Length of the trace of so many particles."""
        return self.lead + (particles - 1) * self.reach + self.tail


@dataclass(frozen=True)
class StationSettings:
    """Stations in showers, one of each.

    Args:
        showers: of the study airshower; the station stands in the middle of the circle that their cores are in.
        simulation: of the study airshower.
    """

    showers: ShowerSettings = field(default_factory=ShowerSettings)
    simulation: SimulationSettings = field(default_factory=SimulationSettings)


def every_station(minimum: float) -> SimulationSettings:
    """Air showers of the study airshower, with the traces of all stations, whether they trigger or not.

    A threshold far below the baseline passes at the first sample, and no station is too silent to be simulated.

    Args:
        minimum: stations that expect less signal are left out, in VEM.
    """
    return SimulationSettings(
        signals=SignalSettings(minimum=minimum),
        detector=DetectorSettings(silent=-1.0),
        triggers=TriggerSettings(threshold=(-0.5, -0.5, -0.5)),
    )
