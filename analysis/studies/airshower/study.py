"""The study as one object: all of its names and numbers, none of its code.

Numbers that have one natural value are the defaults of the settings' classes; here stands what the study chooses.
"""

from __future__ import annotations

from analysis.preservation.expectations import Tolerance
from analysis.studies.airshower import captions
from analysis.studies.airshower.calibration.derivation_settings import DerivationSettings
from analysis.studies.airshower.calibration.settings import CalibrationSettings
from analysis.studies.airshower.composition.settings import FIGURES as COMPOSITION_FIGURES
from analysis.studies.airshower.composition.settings import CompositionFigureSettings, CompositionSettings
from analysis.studies.airshower.evaluation_settings import COVERAGE, EvaluationSettings
from analysis.studies.airshower.evaluation_settings import FIGURES as TRAINING_FIGURES
from analysis.studies.airshower.figures.settings import CALIBRATION_FIGURES
from analysis.studies.airshower.networks import NETWORKS, TUNINGS
from analysis.studies.airshower.observatory.stages import DATASETS as OBSERVATORY_DATASETS
from analysis.studies.airshower.observatory.stages import FIGURE_STAGE, SHIFTS
from analysis.studies.airshower.observatory.stages import STAGES as OBSERVATORY_STAGES
from analysis.studies.airshower.published.files import PUBLICATIONS
from analysis.studies.airshower.published.settings import FIGURES as PUBLICATION_FIGURES
from analysis.studies.airshower.published.settings import PublicationFigureSettings
from analysis.studies.airshower.reconstruction.settings import FIGURES as RECONSTRUCTION_FIGURES
from analysis.studies.airshower.reconstruction.settings import FitSettings, ResolutionSettings, ScaleSettings
from analysis.studies.airshower.simulation.settings import MinuteSettings, ShowerSettings, SimulationSettings
from analysis.studies.airshower.training_settings import FeatureSettings
from analysis.study import (
    Corrections,
    Dataset,
    Events,
    Figures,
    Fit,
    Inputs,
    Process,
    Publications,
    Result,
    Scores,
    Statistics,
    Step,
    Study,
    Training,
    Workspaces,
)

__all__ = ["study"]

_SHOWERS = "analysis.studies.airshower.simulation.showers:generate"
_EVENTS = "analysis.studies.airshower.simulation.events:simulate"
_MINUTES = 240

_PROCESSES = (
    Process("proton", "proton", ("proton",)),
    Process("helium", "helium", ("helium",)),
    Process("nitrogen", "nitrogen", ("nitrogen",)),
    Process("iron", "iron", ("iron",)),
)

_FEATURES = FeatureSettings()
_MASS_NUMBERS = dict(_FEATURES.primaries)


def _showers(name: str) -> Dataset:
    """Showers of one primary, as many at every energy."""
    return Dataset(
        name=name,
        title=f"{name} showers",
        kind="simulated",
        generate=Step(_SHOWERS, ShowerSettings(primaries=(_MASS_NUMBERS[name],), spectral_index=1.0)),
        simulate=Step(_EVENTS, SimulationSettings()),
        generated=4000,
    )


# a mixture with a falling spectrum, part of it seen by a fluorescence telescope: what the energy scale is derived from
_HYBRID = Dataset(
    name="hybrid",
    title="showers of mixed primaries with a fluorescence energy",
    kind="simulated",
    purpose="scale",
    generate=Step(
        _SHOWERS,
        ShowerSettings(primaries=tuple(_MASS_NUMBERS.values()), shares=(0.25, 0.25, 0.25, 0.25), spectral_index=2.5),
    ),
    simulate=Step(_EVENTS, SimulationSettings(fluorescence_share=0.5)),
    generated=4000,
)

_MONITORING = Dataset(
    name="monitoring",
    title="histograms of background muons, one set a minute",
    kind="simulated",
    purpose="calibration",
    generate=Step("analysis.studies.airshower.simulation.monitoring:generate", MinuteSettings()),
    simulate=Step("analysis.studies.airshower.simulation.monitoring:simulate", MinuteSettings()),
    generated=_MINUTES,
)

_COMPOSITION = CompositionSettings()

# no-break spaces: all of the name is set in bold
_OBSERVATORY = "Pierre\u00a0Auger\u00a0Observatory open data"
# of the truth and of reconstructed showers, for comparing them
_SHOWER = ("identity", "energy", "zenith", "azimuth", "x_core", "y_core")

# in all that makes X_max of raw events
_EVENTS_OF = ("simulated", "scale", "hidden", "shifted")

_DATA = (
    Corrections(
        "calibration",
        Step("analysis.studies.airshower.calibration.derive:derive", DerivationSettings()),
        datasets=("calibration",),
    ),
    Events(
        "calibrated",
        Step("analysis.studies.airshower.calibration.events:calibrate", CalibrationSettings()),
        datasets=_EVENTS_OF,
        task="CalibrateEvents",
    ),
    Events(
        "fitted",
        Step("analysis.studies.airshower.reconstruction.fit:fit", FitSettings()),
        datasets=_EVENTS_OF,
        task="FitEvents",
    ),
    Corrections(
        "scale",
        Step("analysis.studies.airshower.reconstruction.scale:derive", ScaleSettings()),
        datasets=("scale",),
        # traces stay where they are
        reads={
            "calibrated": ("identity", "fd_energy"),
            "fitted": ("identity", "good", "zenith", "s1000", "s1000_uncertainty"),
        },
        task="DeriveScale",
    ),
    Events(
        "reconstructed",
        Step("analysis.studies.airshower.reconstruction.events:reconstruct"),
        datasets=_EVENTS_OF,
        task="ReconstructEvents",
    ),
    Result(
        "resolution",
        Step("analysis.studies.airshower.reconstruction.resolution:evaluate", ResolutionSettings()),
        datasets=("simulated", "scale"),
        reads={"reconstructed": (*_SHOWER, "good"), "truth": _SHOWER},
        task="EvaluateReconstruction",
    ),
)

_NETWORKS = (
    Inputs(
        "inputs",
        Step("analysis.studies.airshower.training:prepare_training", _FEATURES),
        datasets=_EVENTS_OF,
    ),
    Training("training", networks=NETWORKS, tunings=TUNINGS),
    Scores("scores", datasets=_EVENTS_OF),
    Result(
        "performance",
        Step("analysis.studies.airshower.evaluation:evaluate", EvaluationSettings()),
        datasets=("simulated",),
        task="EvaluateModel",
    ),
    Result(
        "coverage",
        Step("analysis.learning.evaluation.coverage:evaluate", COVERAGE),
        datasets=("simulated",),
    ),
)

_MEASUREMENT = (
    Publications("publications", publications=PUBLICATIONS),
    Workspaces(
        "workspaces",
        Step("analysis.studies.airshower.composition.workspace:build", _COMPOSITION),
        names=_COMPOSITION.models,
    ),
    Fit("fit", Step("analysis.studies.airshower.composition.fit:fit", _COMPOSITION)),
)

# in the order of the page
_FIGURES = (
    Figures(
        "measurement_figures",
        Step("analysis.studies.airshower.composition.figures:draw", CompositionFigureSettings()),
        per="campaign",
        names=COMPOSITION_FIGURES,
        captions=captions.COMPOSITION,
        observe=_OBSERVATORY,
        title="Measurement",
        task="PlotMeasurement",
    ),
    Figures(
        "publication_figures",
        Step("analysis.studies.airshower.figures.moments:draw", PublicationFigureSettings()),
        names=PUBLICATION_FIGURES,
        captions=captions.PUBLICATIONS,
        title="Published numbers",
        task="PlotPublications",
    ),
    FIGURE_STAGE,
    Figures(
        "training_figures",
        Step("analysis.plotting.regression:draw", TRAINING_FIGURES),
        datasets=("simulated",),
        names=TRAINING_FIGURES.names,
        captions=captions.TRAINING,
        simulation=True,
        title="Networks",
        task="PlotTraining",
    ),
    Figures(
        "reconstruction_figures",
        Step("analysis.studies.airshower.figures.reconstruction:draw", FitSettings()),
        datasets=("proton",),
        first=True,
        names=RECONSTRUCTION_FIGURES,
        captions=captions.RECONSTRUCTION,
        simulation=True,
        title="Reconstruction",
        task="PlotReconstruction",
    ),
    Figures(
        "calibration_figures",
        Step("analysis.studies.airshower.figures.calibration:draw"),
        names=CALIBRATION_FIGURES,
        captions=captions.CALIBRATION,
        simulation=True,
        title="Calibration",
        task="PlotCalibration",
    ),
)

study = Study(
    name="airshower",
    title="The depth of shower maximum from water-Cherenkov traces",
    datasets=(*(_showers(process.name) for process in _PROCESSES), _HYBRID, *OBSERVATORY_DATASETS, _MONITORING),
    stages=(*_DATA, *_NETWORKS, *OBSERVATORY_STAGES, *_MEASUREMENT, *_FIGURES),
    processes=_PROCESSES,
    shifts=SHIFTS,
    statistics=(Statistics("default", 1.0), Statistics("large", 10.0), Statistics("small", 0.1)),
    measures="The composition of cosmic rays from measured depths of shower maximum",
    highlights=(
        "observatory_log_mass_surface",
        "observatory_log_mass_hybrid",
        "observatory_gain",
        "resolution_network",
        "resolution_rise_time",
        "energy_resolution",
    ),
    observe=_OBSERVATORY,
    target_unit="g/cm2",
    chunk_events=2000,
    # up to 0.3 was measured on other processors, up to 1.2 with another seed
    tolerances=(
        *(
            Tolerance(name, "statistical", 1.0, "a training carries roundings on until it is another training")
            for name in ("*_network", "coverage*", "observatory_*", "depth_systematic_*")
        ),
    ),
    experiment="erumflow air showers",
)
"""The study ``airshower``."""
