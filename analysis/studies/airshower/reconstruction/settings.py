"""What the reconstruction of air showers assumes; the numbers of the study are the defaults."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.studies.airshower.settings import ObservatorySettings

__all__ = ["FIGURES", "FitSettings", "FrontSettings", "LateralSettings", "RiseTimeSettings"]

FIGURES = ("traces", "footprint", "angular_resolution", "energy_resolution", "attenuation", "energy_scale")
"""Names of the figures that are drawn of the reconstruction."""


@dataclass(frozen=True)
class FrontSettings:
    """How the shower front is fitted.

    The variance of a station's start time is that of C. Bonifazi et al., Astropart. Phys. 28 (2008) 523:
    scale² (2 T50 / n)² (n - 1) / (n + 1) + clock², where T50 is the time in which the first half of the signal arrives
    and n the number of particles, taken as the signal over the mean track length of particles in the station.

    Args:
        scale: of the spread of the first particle's time.
        clock: uncertainty in ns of the station's clock, of the sampling, and of the front's shape.
        height_over_radius: of a station's water; decides the mean track length of inclined particles.
        curvature: the front's mean curvature at zenith angle 0, in 1/km; at θ it is this times cos θ.
        spread: relative standard deviation of the curvature from shower to shower.
        least: number of stations from which the curvature is fitted; with fewer it is the mean one.
        steps: of the fit.
        largest: sine of the largest zenith angle that the fit considers.
        vague: uncertainty of a component of the direction from which on an event is not good.
    """

    scale: float = 1.0
    clock: float = 20.0
    height_over_radius: float = 1.2 / 1.8
    curvature: float = 0.10
    spread: float = 0.4
    least: int = 5
    steps: int = 6
    largest: float = 0.98
    vague: float = 0.1


@dataclass(frozen=True)
class LateralSettings:
    """How signals are taken to depend on the distance to the shower axis.

    S(r) = S(1000) (r / 1000 m)^β ((r + 700 m) / 1700 m)^(β + γ), the modified Nishimura-Kamata-Greisen function of the
    Pierre Auger Observatory (NIM A 798 (2015) 172, Sec. 8.2; JINST 15 (2020) P10021, Sec. 7).

    Args:
        slope: coefficients of β = b0 + b1 (sec θ - 1) + b2 (sec θ - 1)².
        spread: standard deviation of β from shower to shower.
        gamma: γ.
        least: number of stations from which β is fitted; with fewer it is the mean one.
        fluctuation: coefficients of f = f0 + f1 sec θ; the variance of a signal S in VEM is f² S (M. Ave et al., 30th
            ICRC (2007) 4, 307).
        ring: number of rings of stations around the hottest one that tell something by being silent.
        particles: largest number of particles, of f² VEM each, that leaves a station silent.
        missing: probability that a station is silent for another reason.
        steps: of the fit.
        vague: relative uncertainty of S(1000) from which on an event is not good.
    """

    slope: tuple[float, float, float] = (-2.3, 0.9, 0.0)
    spread: float = 0.15
    gamma: float = 0.0
    least: int = 5
    fluctuation: tuple[float, float] = (0.34, 0.46)
    ring: int = 2
    particles: int = 3
    missing: float = 0.01
    steps: int = 16
    vague: float = 1.0


@dataclass(frozen=True)
class RiseTimeSettings:
    """How the rise time of an event is found from those of its stations.

    Rise times grow with the distance r to the axis as t(r) = 40 ns + B (sqrt(A² + r²) - A) (Pierre Auger Collaboration,
    PRD 96 (2017) 122003, Eq. 3, here with one A for all showers).

    Args:
        begin: first share of the signal.
        end: last share of the signal.
        offset: rise time of the detector itself, in ns.
        bend: A, in m.
        nearest: smallest distance of a station that is used, in m.
        farthest: largest distance, in m.
        least_signal: of a station, in VEM.
        asymmetry: half the relative difference of rise times between the early and the late side, per tan θ at 1000 m.
        benchmark: coefficients of the mean rise time at 1000 m in ns, a polynomial in cos θ.
        resolution: relative standard deviation of a station's rise time, times the square root of its signal in VEM.
        floor: relative standard deviation of a station's rise time with a large signal.
    """

    begin: float = 0.1
    end: float = 0.5
    offset: float = 40.0
    bend: float = 500.0
    nearest: float = 500.0
    farthest: float = 1800.0
    least_signal: float = 5.0
    asymmetry: float = 0.0
    benchmark: tuple[float, ...] = (0.0, 350.0)
    resolution: float = 1.0
    floor: float = 0.1


@dataclass(frozen=True)
class FitSettings:
    """What is fitted to one event.

    Args:
        observatory: the array.
        front: of the shower front.
        lateral: of the signals.
        rise_time: of the traces.
        stations: largest number of stations in the fit, those with the highest signals; all others still get their
            distances and residuals.
        rounds: how often the signals and the front are fitted in turns.
        block: number of events that are fitted at once; changes no event's result.
        distance: largest expected decrease of -2 ln L of a fit that has come to its end (Minuit's "EDM").
    """

    observatory: ObservatorySettings = field(default_factory=ObservatorySettings)
    front: FrontSettings = field(default_factory=FrontSettings)
    lateral: LateralSettings = field(default_factory=LateralSettings)
    rise_time: RiseTimeSettings = field(default_factory=RiseTimeSettings)
    stations: int = 24
    rounds: int = 2
    block: int = 256
    distance: float = 0.01
