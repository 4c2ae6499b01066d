"""Settings of the steps of the study: their names and shapes; the numbers are in ``study``.

They stand apart from the steps so that a study can be read without loading numpy, and so that no step's code depends on
another step's settings.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.study import PRESENTATION, Cut, Process

__all__ = [
    "CalibrationSettings",
    "DimuonSettings",
    "FeatureSettings",
    "ParticleSettings",
    "PeakFigureSettings",
    "PeakSettings",
    "ReconstructionSettings",
]


@dataclass(frozen=True)
class PeakSettings:
    """A dimuon resonance and the window that it is fitted in; masses and widths in GeV.

    Args:
        name: as in the measurements.
        title: for figures; may hold LaTeX.
        mass: the reference value of its mass.
        mass_uncertainty: of the reference value.
        width: natural width.
        power: the line is multiplied by this power of the mass: phase space times luminosity of the colliding partons.
        shape_uncertainty: of the fitted mass, from what is not known about the line shape.
        window: lowest and highest mass of the fit.
        bins: number of bins in the window; fine compared with the resolution.
    """

    name: str
    title: str = field(metadata=PRESENTATION)
    mass: float
    mass_uncertainty: float
    width: float
    power: float
    shape_uncertainty: float
    window: tuple[float, float]
    bins: int


@dataclass(frozen=True)
class PeakFigureSettings:
    """Settings of the figures of the calibration.

    Args:
        titles: name and title of each resonance; may hold LaTeX.
    """

    titles: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DimuonSettings:
    """Settings of the derivation of the muon momentum scale.

    Args:
        peaks: the resonances that the scale is measured with.
        eta_edges: of the abs(eta) regions with a scale of their own, from 0 to the largest abs(eta) of a muon.
        min_pt: smallest pt of a muon, in GeV.
        min_pairs: smallest number of pairs that is fitted, in the window of a peak and a pair of regions.
    """

    peaks: tuple[PeakSettings, ...]
    eta_edges: tuple[float, ...]
    min_pt: float
    min_pairs: int


@dataclass(frozen=True)
class CalibrationSettings:
    """Settings of the calibration of events.

    Args:
        correction: name of the correction of the muon's momentum.
        systematic: ``"nominal"``, ``"up"`` or ``"down"``: by how much its uncertainty moves simulated muons.
        tau_energy: factor for the energy of simulated hadronic tau decays.
        unclustered_energy: factor for what belongs neither to muon, tau nor jets, in simulated events.
    """

    correction: str
    systematic: str = "nominal"
    tau_energy: float = 1.0
    unclustered_energy: float = 1.0

    @property
    def shifted(self) -> bool:
        """Whether simulated events change."""
        return (self.systematic, self.tau_energy, self.unclustered_energy) != ("nominal", 1.0, 1.0)


@dataclass(frozen=True)
class ReconstructionSettings:
    """Settings of the reconstruction.

    Args:
        processes: what an event can come from; the position is the class label.
        stored_luminosity: in 1/fb; what the weights in the files were computed for.
    """

    processes: tuple[Process, ...]
    stored_luminosity: float


@dataclass(frozen=True)
class ParticleSettings:
    """The fields of reconstructed events that a four-momentum is made of.

    Args:
        name: for people.
        pt: transverse momentum in GeV.
        phi: azimuth in rad.
        eta: pseudorapidity; empty for what has no longitudinal momentum.
        mass: in GeV; empty for what has none.
    """

    name: str
    pt: str
    phi: str
    eta: str = ""
    mass: str = ""


@dataclass(frozen=True)
class FeatureSettings:
    """Settings of the network's inputs.

    Args:
        features: fields of reconstructed events, in the order of the network's inputs.
        classes: names of the processes, in the order of the labels.
        particles: whose four-momenta make a second block of features, in this order.
        selection: events that the network may be trained on; every event gets a row, whether it passes or not.
    """

    features: tuple[str, ...]
    classes: tuple[str, ...]
    particles: tuple[ParticleSettings, ...]
    selection: tuple[Cut, ...]
