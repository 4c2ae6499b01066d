"""Settings of the simulated observatory's measurement of composition."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.errors import StudyError

__all__ = ["FIGURES", "ClosureSettings", "DepthScaleSettings", "ObservatoryMeasurement", "SystematicsSettings"]

FIGURES = ("observatory_moments", "observatory_log_mass", "depth_scale")
"""Names of the figures."""


@dataclass(frozen=True)
class DepthScaleSettings:
    """Settings of the calibration of the networks' X_max on hybrid events.

    Args:
        dataset: whose hybrid events are used.
        prediction: of the networks.
        least_energy: log10(E/eV) of the events, as reconstructed.
        energy: log10(E/eV) that the bias is developed around.
        secant: of the zenith angle, in the same way.
        edges: log10(E/eV) at the edges of the bins that are shown.
    """

    dataset: str = "observatory"
    prediction: str = "xmax"
    least_energy: float = 18.5
    energy: float = 19.0
    secant: float = 1.25
    edges: tuple[float, ...] = (18.5, 18.7, 18.9, 19.1, 19.4, 20.0)


@dataclass(frozen=True)
class ObservatoryMeasurement:
    """Settings of the measurement of <X_max>, sigma(X_max) and composition.

    Args:
        dataset: that is measured.
        prediction: of the networks.
        energies: edges of the energy bins, log10(E/eV).
        depth: range and width of the bins of X_max, in g/cm2; the outer ones hold what lies beyond.
        primaries: mass number by name, in the order of mass.
        model: hadronic interaction model of the templates.
        fluorescence_depth: resolution of the hybrid events' X_max at 10^18.5 and 10^19.5 eV, in g/cm2.
        resolution_uncertainty: relative uncertainty of both resolutions, the published one of the telescopes'.
        rounds: in which templates are moved by the mean bias of the mixture that they found.
        toys: simulated histograms for each goodness of fit, at least two.
        seed: of the toys.

    Raises:
        StudyError: there are fewer than two energy edges, primaries or toys.
    """

    dataset: str = "observatory"
    prediction: str = "xmax"
    energies: tuple[float, ...] = (18.6, 18.8, 19.0, 19.2, 20.0)
    depth: tuple[int, int, int] = (400, 1200, 20)
    primaries: tuple[tuple[str, int], ...] = (("proton", 1), ("helium", 4), ("nitrogen", 14), ("iron", 56))
    model: str = "EPOS-LHC"
    fluorescence_depth: tuple[float, float] = (18.6, 14.9)
    resolution_uncertainty: float = 0.07
    rounds: int = 3
    toys: int = 200
    seed: int = 20250108

    def __post_init__(self) -> None:
        for name, size in (
            ("energies", len(self.energies)),
            ("primaries", len(self.primaries)),
            ("toys", self.toys),
        ):
            if size < 2:
                raise StudyError(f"the observatory is given {size} {name}", cure="give it two or more")


@dataclass(frozen=True)
class ClosureSettings:
    """Settings of the closure test with many observatories drawn from one pool of simulated showers.

    Args:
        measurement: of each of them.
        scale: calibration of each of them.
        pool: data set that they are drawn from; it should have several times as many showers as each of them, or its
            own fluctuations show.
        observatories: how many.
        events: of each, before the selection of energies.
        hybrid: one event in so many is a hybrid one.
        concentration: of the Dirichlet distribution of the hidden fractions; 1 is flat.
        seed: of fractions and draws.
    """

    measurement: ObservatoryMeasurement = field(default_factory=ObservatoryMeasurement)
    scale: DepthScaleSettings = field(default_factory=DepthScaleSettings)
    pool: str = "hybrid"
    observatories: int = 20
    events: int = 1000
    hybrid: int = 7
    concentration: float = 1.0
    seed: int = 20250109


@dataclass(frozen=True)
class SystematicsSettings:
    """Settings of the systematic uncertainties of the networks' X_max.

    Args:
        dataset: whose shifted simulations are compared with the nominal one.
        scale: calibration of each of them.
        sources: names of shifts, each with a title.
    """

    dataset: str = "systematics"
    scale: DepthScaleSettings = field(default_factory=DepthScaleSettings)
    sources: tuple[tuple[str, str], ...] = ()
