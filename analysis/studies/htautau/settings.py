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
    "PileupSettings",
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
        overlap: distance in eta and phi below which a jet is the muon or the hadronic tau decay.
    """

    correction: str
    systematic: str = "nominal"
    tau_energy: float = 1.0
    unclustered_energy: float = 1.0
    overlap: float = 0.5

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
        fractions: of the generated events, by simulated data set, that the files were made of; the weights in the files
            were computed for all of them.
        b_tag: least discriminator of a jet of a bottom quark; the default is the medium working point of the CSV
            algorithm (CMS, JINST 8 (2013) P04013).
        b_tag_eta: largest abs(eta) of such a jet, where the tracker ends.
    """

    processes: tuple[Process, ...]
    stored_luminosity: float
    fractions: tuple[tuple[str, float], ...]
    b_tag: float = 0.679
    b_tag_eta: float = 2.4


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


@dataclass(frozen=True)
class PileupSettings:
    """Settings of the weights that give simulated events the measured number of vertices.

    Args:
        groups: names of simulated data sets that were made with one distribution of the pile-up; all others are
            measured.
        measured: which measured events tell the distribution.
        simulated: which simulated ones do.
        edges: of the bins of the number of vertices; what lies outside is in the first and the last one.
        relative: by how much the measured number is shifted up and down.
    """

    groups: tuple[tuple[str, ...], ...]
    measured: tuple[Cut, ...]
    simulated: tuple[Cut, ...]
    edges: tuple[float, ...]
    relative: float
