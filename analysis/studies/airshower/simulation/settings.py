"""Numbers of the simulation: showers, their signals on the ground, the detector and its triggers."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.errors import StudyError
from analysis.step import PRESENTATION
from analysis.studies.airshower.monitoring_settings import MonitoringSettings
from analysis.studies.airshower.settings import ObservatorySettings

__all__ = [
    "DetectorSettings",
    "MinuteSettings",
    "ShowerSettings",
    "SignalSettings",
    "SimulationSettings",
    "TimeSettings",
    "TriggerSettings",
]

_PRIMARIES = {1: "proton", 4: "helium", 14: "nitrogen", 56: "iron"}


@dataclass(frozen=True)
class ShowerSettings:
    """Settings of the generated showers.

    Args:
        primaries: mass numbers.
        shares: of the primaries; their sum need not be 1.
        log10_energy: range of log10(E/eV).
        spectral_index: g of the spectrum dN/dE ~ E^-g; 1 is flat in log10(E).
        maximum_zenith: of an arrival distribution flat in sin^2(zenith), in rad.
        core_radius: cores are uniform in a circle of that radius around the array's middle, in m.
        period: length of data taking, in s.
        model: hadronic interaction model that X_max follows.
        muon_exponent: beta in N = A^(1 - beta) (E / 10 EeV)^beta, of J. Matthews, Astropart. Phys. 22 (2005) 387;
            the canonical value (D. Gora et al., PoS(ICRC2023) 243).
        muon_fluctuation: relative standard deviation of a proton's muon number (Pierre Auger Collaboration,
            PRL 126 (2021) 152002).
        muon_fluctuation_exponent: e in sigma ~ A^-e, which takes 16 % of a proton to 6 % of iron.

    Raises:
        StudyError: an unknown primary, or numbers that do not fit together.
    """

    primaries: tuple[int, ...] = (1,)
    shares: tuple[float, ...] = (1.0,)
    log10_energy: tuple[float, float] = (18.5, 20.0)
    spectral_index: float = 1.0
    maximum_zenith: float = 1.0471975511965976
    core_radius: float = 4000.0
    period: float = 14400.0
    model: str = "EPOS-LHC"
    muon_exponent: float = 0.92
    muon_fluctuation: float = 0.16
    muon_fluctuation_exponent: float = 0.25

    def __post_init__(self) -> None:
        unknown = [mass for mass in self.primaries if mass not in _PRIMARIES]
        if unknown or not self.primaries:
            known = ", ".join(f"{mass} ({name})" for mass, name in _PRIMARIES.items())
            raise StudyError(
                f"ShowerSettings.primaries: no primary has the mass number {', '.join(map(str, unknown)) or '(none)'}",
                cure=f"use some of: {known}",
            )
        if len(self.shares) != len(self.primaries) or min(self.shares) < 0.0 or sum(self.shares) <= 0.0:
            raise StudyError(
                f"ShowerSettings.shares: {self.shares} are no shares of {len(self.primaries)} primaries",
                cure="give one number >= 0 for each of the primaries, not all 0",
            )
        if self.log10_energy[0] > self.log10_energy[1]:
            raise StudyError(
                f"ShowerSettings.log10_energy: {self.log10_energy} is no range", cure="give the lower end first"
            )


@dataclass(frozen=True)
class SignalSettings:
    """Mean signals of a proton shower of 10^19 eV, 1000 m from its axis; see :mod:`.ground`.

    Args:
        em: largest electromagnetic signal along the shower, in VEM.
        em_maximum: where that is, as depth behind X_max, in g/cm2.
        em_width: from the beginning of the profile to its maximum, in g/cm2.
        em_decay: Lambda of the profile, in g/cm2.
        em_energy: exponent of the energy.
        em_slope: beta of the lateral distribution at X_max and its change with depth, per 1000 g/cm2.
        muon: largest muonic signal along the shower, in VEM.
        muon_scale: what muonic signals are multiplied by; data have more muons than simulations (Pierre Auger
            Collaboration, PRD 91 (2015) 032003 and PRL 117 (2016) 192001).
        muon_maximum: as ``em_maximum``.
        muon_width: as ``em_width``.
        muon_decay: as ``em_decay``.
        muon_slope: as ``em_slope``.
        minimum: stations with less expected signal are not simulated, in VEM.
    """

    em: float = 35.0
    em_maximum: float = 100.0
    em_width: float = 950.0
    em_decay: float = 110.0
    em_energy: float = 1.0
    em_slope: tuple[float, float] = (2.75, -0.45)
    muon: float = 20.0
    muon_scale: float = 1.0
    muon_maximum: float = 400.0
    muon_width: float = 1250.0
    muon_decay: float = 500.0
    muon_slope: tuple[float, float] = (2.10, -0.20)
    minimum: float = 0.5


@dataclass(frozen=True)
class TimeSettings:
    """Settings of the arrival times of particles; see :mod:`.times`.

    Args:
        muon_depth: median of the muons' production depth relative to X_max, in g/cm2.
        muon_depth_spread: half of the distance between the 16 % and 84 % quantiles of the production depth, in g/cm2.
        front_depth: where the first particles come from, relative to X_max, in g/cm2.
        kinematic_delay: of muons at 1000 m, in ns.
        kinematic_spread: of it, added in quadrature to the standard deviation of the logarithm of their delay.
        em_distance: how far up from X_max the electromagnetic particles seem to come from, in m.
        em_delay: their median delay in units of the geometric one.
        em_exponent: p in delay ~ r^p.
        em_spread: standard deviation of the logarithm of their delay.
        muon_fluctuation: standard deviation, from shower to shower, of the muons' production depth relative to X_max,
            in g/cm2.
        em_fluctuation: relative standard deviation, from shower to shower, of the electromagnetic particles' delays.
        local_fluctuation: relative standard deviation of median delays from station to station of a shower, times the
            square root of the station's signal in VEM and divided by sin 2θ: what rise times of stations side by side
            differ by beyond the statistics of the particles drawn here (Pierre Auger
            Collaboration, PRD 96 (2017) 122003, J(r, θ)).
    """

    muon_depth: float = -170.0
    muon_depth_spread: float = 150.0
    front_depth: float = -545.0
    kinematic_delay: float = 25.0
    kinematic_spread: float = 0.4
    em_distance: float = 4500.0
    em_delay: float = 1.75
    em_exponent: float = 1.3
    em_spread: float = 0.70
    muon_fluctuation: float = 50.0
    em_fluctuation: float = 0.08
    local_fluctuation: float = 1.5


@dataclass(frozen=True)
class DetectorSettings:
    """Stations and their electronics, after NIM A 798 (2015) 172 and Bertou et al., NIM A 568 (2006) 839.

    Args:
        seed: of the constants of all photomultipliers.
        em_signal: mean signal of one electromagnetic particle with those that come with it, in VEM. With it and the
            muons' tracks, a signal S fluctuates by (0.34 + 0.46 sec θ) sqrt(S / VEM) VEM, as measured with stations
            side by side (M. Ave et al., 30th ICRC (2007), arXiv:2101.06158; Pierre Auger Collaboration, JINST 15
            (2020) P10021).
        muon_spread: relative standard deviation of a muon's signal about that of its track's length.
        bright: expected signal above which particles are no longer drawn one by one, in VEM.
        silent: signal in the water below which no condition of a trigger can be fulfilled, in VEM; the traces of such a
            station are not simulated.
        background_rate: of muons that have nothing to do with showers, in 1/s for a station.
        photoelectrons: of one VEM in one photomultiplier.
        decay: of the Cherenkov light in the water, in ns; mean over stations.
        decay_spread: relative, between stations: water and liners differ and age (R. Sato for the Pierre Auger
            Collaboration, 32nd ICRC (2011), arXiv:1107.4806).
        response_spread: relative standard deviation, between stations, of what they see of a shower's signal: their
            size, and what the calibration with background muons leaves (3 %; X. Bertou et al., section 4).
        first_sample: share of the light of a particle's first 25 ns seen in the sample of its arrival; the rest is seen
            in the next one.
        vem_charge: mean over photomultipliers, in ADC counts of the high gain, summed over samples.
        vem_charge_spread: relative, between photomultipliers.
        drift: relative standard deviation of the amplitudes of the gains' slow oscillation and of their linear drift.
        drift_period: of the oscillation, and the time that the linear drift refers to, in s.
        gain_ratio: mean ratio of high to low gain.
        gain_ratio_spread: relative, between photomultipliers.
        baseline: mean, in ADC counts.
        baseline_spread: between channels, in ADC counts.
        noise: standard deviation of the electronic noise, in ADC counts.
        noise_noisy: the same, of noisy photomultipliers.
        dead: share of photomultipliers that give nothing but a constant.
        noisy: share of noisy photomultipliers.
        clock: standard deviation of a station's time, in ns (C. Bonifazi et al., Astropart. Phys. 28 (2008) 523).
    """

    seed: int = 6
    em_signal: float = 0.2
    muon_spread: float = 0.25
    bright: float = 20.0
    silent: float = 0.6
    background_rate: float = 2500.0
    photoelectrons: float = 90.0
    decay: float = 60.0
    decay_spread: float = 0.05
    response_spread: float = 0.03
    first_sample: float = 0.55
    vem_charge: float = 170.0
    vem_charge_spread: float = 0.12
    drift: float = 0.02
    drift_period: float = 14400.0
    gain_ratio: float = 32.0
    gain_ratio_spread: float = 0.03
    baseline: float = 50.0
    baseline_spread: float = 3.0
    noise: float = 0.6
    noise_noisy: float = 6.0
    dead: float = 0.01
    noisy: float = 0.01
    clock: float = 10.0


@dataclass(frozen=True)
class TriggerSettings:
    """Conditions of a station's trigger (NIM A 613 (2010) 29, section 2).

    Args:
        threshold: in VEM peaks, that 1, 2 or 3 working photomultipliers must pass in the same sample.
        occupancy_threshold: of the time over threshold, in VEM peaks.
        occupancy: samples above it in a window.
        window: length of that window, in samples.
        search: samples after the shower front's earliest arrival in which a trigger is looked for.
    """

    threshold: tuple[float, float, float] = (2.8, 2.0, 1.75)
    occupancy_threshold: float = 0.2
    occupancy: int = 13
    window: int = 120
    search: int = 64


@dataclass(frozen=True)
class SimulationSettings:
    """Settings of the simulation of the array's events.

    Args:
        observatory: the array.
        signals: mean signals on the ground.
        times: arrival times.
        detector: stations and electronics.
        triggers: conditions.
        fluorescence_share: share of the events with a fluorescence energy.
        fluorescence_resolution: its relative resolution.
        fluorescence_depth: resolution of the X_max of these events at 10^18.5 eV and at 10^19.5 eV, in g/cm2: root
            mean squares of the published sum of two normal distributions (PRD 90 (2014) 122005).
        block: events simulated at once; changes no result.
    """

    observatory: ObservatorySettings = field(default_factory=ObservatorySettings)
    signals: SignalSettings = field(default_factory=SignalSettings)
    times: TimeSettings = field(default_factory=TimeSettings)
    detector: DetectorSettings = field(default_factory=DetectorSettings)
    triggers: TriggerSettings = field(default_factory=TriggerSettings)
    fluorescence_share: float = 0.0
    fluorescence_resolution: float = 0.08
    fluorescence_depth: tuple[float, float] = (18.6, 14.9)
    block: int = field(default=64, metadata=PRESENTATION)


@dataclass(frozen=True)
class MinuteSettings:
    """Settings of the array's measurement of background particles, minute by minute; see :mod:`.monitoring`.

    Args:
        dataset: name of the data set whose events are minutes.
        observatory: the array.
        detector: stations and electronics.
        histograms: what stations send.
        muons: background muons that a photomultiplier counts in an interval, mean number.
        electromagnetic: electromagnetic background that it counts, mean number.
        hump_spread: standard deviation of the logarithm of a background muon's signal.
        electromagnetic_decay: of the electromagnetic background's signals, in VEM.
        threshold: signals below it are not counted, in VEM.
        noisy_electromagnetic: how many times as much electromagnetic background a noisy photomultiplier seems to have.
        noisy_spread: how many times as wide its muon hump is.
        pulses: large pulses in an interval that both gains see without saturation, mean number for a station.
        pulse_signal: range of their signals, in VEM.
        pulse_samples: over which each of them is summed.
    """

    dataset: str = "monitoring"
    observatory: ObservatorySettings = field(default_factory=ObservatorySettings)
    detector: DetectorSettings = field(default_factory=DetectorSettings)
    histograms: MonitoringSettings = field(default_factory=MonitoringSettings)
    muons: float = 50000.0
    electromagnetic: float = 30000.0
    hump_spread: float = 0.28
    electromagnetic_decay: float = 0.2
    threshold: float = 0.1
    noisy_electromagnetic: float = 6.0
    noisy_spread: float = 2.0
    pulses: float = 60.0
    pulse_signal: tuple[float, float] = (6.0, 16.0)
    pulse_samples: int = 20
