"""Settings of the reconstruction of air showers; the numbers of the study are the defaults."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.errors import StudyError
from analysis.studies.airshower.settings import ObservatorySettings

__all__ = [
    "FIGURES",
    "FitSettings",
    "FrontSettings",
    "LateralSettings",
    "ResolutionSettings",
    "RiseTimeSettings",
    "ScaleSettings",
]

FIGURES = ("traces", "footprint", "angular_resolution", "energy_resolution", "attenuation", "energy_scale")
"""Names of the figures that are drawn of the reconstruction."""


@dataclass(frozen=True)
class FrontSettings:
    """Settings of the fit of the shower front.

    The variance of a station's start time is that of C. Bonifazi et al., Astropart. Phys. 28 (2008) 523:
    scale² (2 T50 / n)² (n - 1) / (n + 1) + clock², where T50 is the time in which the first half of the signal arrives
    and n the number of particles, taken as the signal over the mean track length of particles in the station.

    Args:
        scale: of the spread of the first particle's time.
        clock: uncertainty in ns of the station's clock, of the sampling, and of the front's shape.
        height_over_radius: of a station's water; decides the mean track length of inclined particles.
        curvature: coefficients (k0, k1) of the front's mean curvature κ = k0 cos(θ)^k1 in 1/km.
        spread: relative standard deviation of the curvature from shower to shower.
        least: number of stations from which the curvature is fitted; with fewer it is the mean one.
        outlier: c in c² ln(1 + z² / c²), which stands for the square of a deviation of z standard deviations: a muon
            that has nothing to do with the shower may be the first one in a trace.
        steps: of the fit.
        largest: sine of the largest zenith angle that the fit considers.
        vague: uncertainty of a component of the direction from which on an event is not good.
    """

    scale: float = 1.0
    clock: float = 12.3
    height_over_radius: float = 1.2 / 1.8
    curvature: tuple[float, float] = (0.165, 1.55)
    spread: float = 0.2
    least: int = 5
    outlier: float = 3.0
    steps: int = 24
    largest: float = 0.98
    vague: float = 0.1


@dataclass(frozen=True)
class LateralSettings:
    """Settings of the lateral distribution: the signals' dependence on the distance to the shower axis.

    S(r) = S(1000) (r / 1000 m)^β ((r + 700 m) / 1700 m)^(β + γ), the modified Nishimura-Kamata-Greisen function of the
    Pierre Auger Observatory (NIM A 798 (2015) 172; JINST 15 (2020) P10021).

    Args:
        slope: coefficients of β = b0 + b1 (sec θ - 1) + b2 (sec θ - 1)².
        spread: standard deviation of β from shower to shower.
        gamma: γ.
        least: number of stations from which β is fitted; with fewer it is the mean one.
        fluctuation: coefficients of f = f0 + f1 sec θ; the variance of a signal S in VEM is f² S (M. Ave et al.,
            "The accuracy of signal measurement with the water Cherenkov detectors", 30th ICRC, 2007).
        ring: number of rings of stations around the hottest one that tell something by being silent.
        particles: largest number of particles, of f² VEM each, that leaves a station silent.
        missing: probability that a station is silent for another reason.
        steps: of the fit.
        vague: relative uncertainty of S(1000) from which on an event is not good.
    """

    slope: tuple[float, float, float] = (-2.49, 0.72, -0.06)
    spread: float = 0.15
    gamma: float = 0.0
    least: int = 5
    fluctuation: tuple[float, float] = (0.34, 0.46)
    ring: int = 2
    particles: int = 3
    missing: float = 0.01
    steps: int = 30
    vague: float = 1.0


@dataclass(frozen=True)
class RiseTimeSettings:
    """Settings of the derivation of an event's rise time from those of its stations.

    Rise times grow with the distance r to the axis as t(r) = t0 + B (sqrt(A² + r²) - A), with A and B of the zenith
    angle θ, t0 = 40 ns there (Pierre Auger Collaboration, PRD 96 (2017) 122003). On the side towards the shower's
    origin they are longer, on the other side shorter, by a factor 1 ± g (Pierre Auger Collaboration, PRD 93 (2016)
    072006). The numbers describe the mean simulated shower.

    The standard deviation of a station's rise time is that measured with stations side by side (PRD 96 (2017) 122003):
    J / sqrt(S / VEM) with J = p0 + p1 r, p0 and p1 linear in sec θ, beside the sampling.

    Args:
        begin: first share of the signal.
        end: last share of the signal.
        offset: t0, in ns.
        bend: coefficients (a0, a1) of A = a0 + a1 (sec θ - 1), in m.
        asymmetry: g0 in g = g0 sin θ (1 + ln(r / 1000 m)).
        benchmark: coefficients of the mean rise time at 1000 m in ns, a polynomial in cos θ.
        nearest: smallest distance of a station that is used, in m, as in PRD 96 (2017) 122003.
        farthest: largest distance, in m.
        least_signal: of a station, in VEM.
        near: J up to ``border``: p0 in ns, its change with sec θ, p1 in ns/m, its change with sec θ.
        far: J from there on.
        border: in m.
        least: value of J, where the parametrisation is smaller, in ns.
        sampling: part of the standard deviation that comes from the sampling, in ns: sqrt(2) 25 ns / sqrt(12).
    """

    begin: float = 0.1
    end: float = 0.5
    offset: float = 50.6
    bend: tuple[float, float] = (376.0, 208.0)
    asymmetry: float = 0.26
    benchmark: tuple[float, ...] = (199.0, -941.0, 1704.0, -631.0)
    nearest: float = 300.0
    farthest: float = 1400.0
    least_signal: float = 5.0
    near: tuple[float, float, float, float] = (-340.0, 186.0, 0.94, -0.44)
    far: tuple[float, float, float, float] = (-447.0, 224.0, 1.12, -0.51)
    border: float = 650.0
    least: float = 20.0
    sampling: float = 10.2


@dataclass(frozen=True)
class FitSettings:
    """Settings of the fits to one event.

    Args:
        observatory: the array.
        front: of the shower front.
        lateral: of the signals.
        rise_time: of the traces.
        stations: largest number of stations in the fit, those with the highest signals; all others still get their
            distances and residuals.
        rounds: how often the signals and the front are fitted in turns.
        block: number of events that are fitted at once; another one changes results by roundings.
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


@dataclass(frozen=True)
class ScaleSettings:
    """Settings of the derivation of the attenuation of S(1000) and of the energy scale.

    Args:
        dataset: name of the data set with fluorescence energies.
        reference: zenith angle that S(1000) is brought to, in degrees.
        largest: zenith angle up to which events are used, in degrees.
        bins: of equal exposure in cos² θ, at most.
        least_events: in a bin on average; with fewer events in all there are fewer bins, but two more than ``degree``.
        share: of all events, above the intensity at which the showers are compared. It must leave out the signals so
            small that showers of the lowest energies are missing among them.
        degree: of the attenuation's polynomial.
        resolution: relative, of a fluorescence energy.
        least_energy: smallest fluorescence energy that is used, in eV: above it, all showers trigger, and it is some
            resolutions above the lowest energy there is.
        shown: number of events that are kept for the figure.
    """

    dataset: str = "hybrid"
    reference: float = 38.0
    largest: float = 60.0
    bins: int = 10
    least_events: int = 80
    share: float = 0.6
    degree: int = 2
    resolution: float = 0.08
    least_energy: float = 10.0**18.65
    shown: int = 1000

    def __post_init__(self) -> None:
        if not (0.0 < self.share < 1.0 and self.degree in (1, 2, 3) and self.bins >= self.degree + 2):
            raise StudyError(
                f"ScaleSettings: share {self.share}, degree {self.degree} and bins {self.bins} do not go together",
                cure="choose 0 < share < 1, a degree of 1, 2 or 3, and two bins more than the degree, or more",
            )


@dataclass(frozen=True)
class ResolutionSettings:
    """Settings of the comparison of reconstructed showers with generated ones.

    Args:
        energies: edges of bins in lg(E / eV).
        zeniths: edges of bins in the zenith angle, in degrees.
        hybrid: name of the data set of mixed primaries; its numbers are the headline's.
        headline: lg(E / eV) of the bin in the headline.
        replicas: of the bootstrap that gives uncertainties.
        seed: of the bootstrap.
        least: smallest number of events in a bin.
    """

    energies: tuple[float, ...] = (18.5, 18.75, 19.0, 19.25, 19.5, 19.75, 20.0)
    zeniths: tuple[float, ...] = (0.0, 20.0, 30.0, 38.0, 45.0, 52.0, 60.0)
    hybrid: str = "hybrid"
    headline: float = 19.0
    replicas: int = 100
    seed: int = 7
    least: int = 10
