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
from analysis.studies.airshower.evaluation_settings import FIGURES as TRAINING_FIGURES
from analysis.studies.airshower.evaluation_settings import EvaluationSettings
from analysis.studies.airshower.figures.settings import CALIBRATION_FIGURES
from analysis.studies.airshower.networks import NETWORKS, TUNINGS
from analysis.studies.airshower.published.files import PUBLICATIONS
from analysis.studies.airshower.published.settings import FIGURES as PUBLICATION_FIGURES
from analysis.studies.airshower.published.settings import PublicationFigureSettings
from analysis.studies.airshower.reconstruction.settings import FIGURES as RECONSTRUCTION_FIGURES
from analysis.studies.airshower.reconstruction.settings import FitSettings, ResolutionSettings, ScaleSettings
from analysis.studies.airshower.simulation.settings import MinuteSettings, ShowerSettings, SimulationSettings
from analysis.studies.airshower.training_settings import FeatureSettings
from analysis.study import Dataset, Figures, Measurement, Process, Statistics, Step, Study

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
    generate=Step("analysis.studies.airshower.simulation.monitoring:generate", MinuteSettings()),
    simulate=Step("analysis.studies.airshower.simulation.monitoring:simulate", MinuteSettings()),
    generated=_MINUTES,
)

_COMPOSITION = CompositionSettings()

study = Study(
    name="airshower",
    title="The depth of shower maximum from water-Cherenkov traces",
    datasets=(*(_showers(process.name) for process in _PROCESSES), _HYBRID, _MONITORING),
    calibration_datasets=(_MONITORING.name,),
    scale_datasets=(_HYBRID.name,),
    processes=_PROCESSES,
    publications=PUBLICATIONS,
    statistics=(Statistics("default", 1.0), Statistics("large", 10.0), Statistics("small", 0.1)),
    derive_calibration=Step("analysis.studies.airshower.calibration.derive:derive", DerivationSettings()),
    calibrate=Step("analysis.studies.airshower.calibration.events:calibrate", CalibrationSettings()),
    fit=Step("analysis.studies.airshower.reconstruction.fit:fit", FitSettings()),
    derive_scale=Step("analysis.studies.airshower.reconstruction.scale:derive", ScaleSettings()),
    reconstruct=Step("analysis.studies.airshower.reconstruction.events:reconstruct"),
    evaluate_reconstruction=Step("analysis.studies.airshower.reconstruction.resolution:evaluate", ResolutionSettings()),
    prepare_training=Step("analysis.studies.airshower.training:prepare_training", _FEATURES),
    networks=NETWORKS,
    tunings=TUNINGS,
    evaluate=Step("analysis.studies.airshower.evaluation:evaluate", EvaluationSettings()),
    calibration_figures=Figures(
        CALIBRATION_FIGURES,
        Step("analysis.studies.airshower.figures.calibration:draw"),
        captions.CALIBRATION,
    ),
    reconstruction_figures=Figures(
        RECONSTRUCTION_FIGURES,
        Step("analysis.studies.airshower.figures.reconstruction:draw"),
        captions.RECONSTRUCTION,
    ),
    training_figures=Figures(
        TRAINING_FIGURES.names, Step("analysis.plotting.regression:draw", TRAINING_FIGURES), captions.TRAINING
    ),
    publication_figures=Figures(
        PUBLICATION_FIGURES,
        Step("analysis.studies.airshower.figures.moments:draw", PublicationFigureSettings()),
        captions.PUBLICATIONS,
    ),
    measurement=Measurement(
        title="The composition of cosmic rays from measured depths of shower maximum",
        workspaces=_COMPOSITION.models,
        build=Step("analysis.studies.airshower.composition.workspace:build", _COMPOSITION),
        fit=Step("analysis.studies.airshower.composition.fit:fit", _COMPOSITION),
        figures=Figures(
            COMPOSITION_FIGURES,
            Step("analysis.studies.airshower.composition.figures:draw", CompositionFigureSettings()),
            captions.COMPOSITION,
        ),
        highlights=("resolution_network", "resolution_rise_time", "energy_resolution"),
        # no-break spaces: all of the name is set in bold
        observe="Pierre\u00a0Auger\u00a0Observatory open data",
    ),
    target_unit="g/cm2",
    chunk_events=2000,
    # up to 0.3 was measured on other processors, up to 1.2 with another seed
    tolerances=(
        Tolerance("*_network", "statistical", 1.0, "a training carries roundings on until it is another training"),
    ),
    experiment="erumflow air showers",
)
"""The study ``airshower``."""
