"""The study as one object: all of its names and numbers, none of its code."""

from __future__ import annotations

from dataclasses import replace

from analysis.preservation.expectations import Tolerance
from analysis.studies.airshower.reconstruction.settings import ScaleSettings
from analysis.studies.airshower.simulation.settings import DetectorSettings, ShowerSettings, SimulationSettings
from analysis.studies.airshower.study import study as airshower
from analysis.studies.airshower.training_settings import FeatureSettings
from analysis.studies.refinement.networks import DEPTH, REFINER, REVERSAL
from analysis.studies.refinement.settings import (
    CAPTIONS,
    DATA,
    METHODS,
    REFERENCE,
    SIMULATION,
    ComparisonSettings,
)
from analysis.study import Corrections, Dataset, Figures, Inputs, Result, Scores, Statistics, Step, Study, Training

__all__ = ["study"]

_HERE = "analysis.studies.refinement"
_FEATURES = FeatureSettings()
_MASSES = tuple(number for _, number in _FEATURES.primaries)
_SHOWERS = ShowerSettings(primaries=_MASSES, shares=(0.25, 0.25, 0.25, 0.25), spectral_index=1.0)
_NOMINAL = DetectorSettings()
# water and liners that have aged, and noisier electronics; neither is in the simulation or its calibration
_AGED = replace(_NOMINAL, decay=_NOMINAL.decay - 15.0, noise=2.0 * _NOMINAL.noise)


def _showers(
    name: str, title: str, detector: DetectorSettings, purpose: str = "", fluorescence: float = 0.0
) -> Dataset:
    """Showers of all primaries, as many at every energy."""
    return Dataset(
        name=name,
        title=title,
        kind="simulated",
        purpose=purpose,
        generate=Step("analysis.studies.airshower.simulation.showers:generate", _SHOWERS),
        simulate=Step(
            "analysis.studies.airshower.simulation.events:simulate",
            SimulationSettings(detector=detector, fluorescence_share=fluorescence),
        ),
        generated=6000,
        hidden=name == DATA,
    )


_DATASETS = (
    # half of them with a fluorescence energy: what the energy scale is derived from
    _showers(SIMULATION, "showers in the detector as it was built", _NOMINAL, fluorescence=0.5),
    _showers(DATA, "showers in the aged detector, whose truth is hidden", _AGED, "hidden"),
    _showers(REFERENCE, "other showers in the aged detector, with their truth", _AGED, "aged"),
    airshower.dataset("monitoring"),
)
_ALL = (SIMULATION, DATA, REFERENCE)
_BOTH = (SIMULATION, DATA)

_EVENTS = (
    airshower.stage("calibration"),
    *(replace(airshower.stage(name), datasets=_ALL) for name in ("calibrated", "fitted")),
    Corrections(
        "scale",
        Step("analysis.studies.airshower.reconstruction.scale:derive", ScaleSettings(dataset=SIMULATION)),
        datasets=(SIMULATION,),
        reads=airshower.stage("scale").reads,
        task="DeriveScale",
    ),
    replace(airshower.stage("reconstructed"), datasets=_ALL),
)


def _depths(name: str, inputs: str, datasets: tuple[str, ...], network: str = "") -> tuple[Training, Scores]:
    """A training of networks of X_max, and what they say of data."""
    chosen = REVERSAL if network else DEPTH
    return (
        Training(name, inputs=inputs, networks=(chosen,), datasets=datasets),
        Scores(f"{name}_depths", training=name, datasets=(DATA,)),
    )


_NETWORKS = (
    Inputs("inputs", Step(f"{_HERE}.inputs:prepare", _FEATURES), datasets=_ALL),
    Inputs("noisy_inputs", Step(f"{_HERE}.inputs:add_noise"), datasets=_BOTH),
    Training("refiner", inputs="noisy_inputs", networks=(REFINER,), datasets=_BOTH),
    Scores("refined_traces", training="refiner", datasets=_BOTH),
    Inputs("refined_inputs", Step(f"{_HERE}.inputs:refine"), datasets=_BOTH),
    *_depths("unrefined", "inputs", (SIMULATION,)),
    *_depths("refined", "refined_inputs", (SIMULATION,)),
    *_depths("reversed", "inputs", _BOTH, "reversal"),
    *_depths("ideal", "inputs", (REFERENCE,)),
)

_RESULTS = (
    Result("comparison", Step(f"{_HERE}.comparison:compare", ComparisonSettings()), datasets=(DATA,)),
    Figures(
        "refinement_figures",
        Step(f"{_HERE}.figures:draw"),
        datasets=_BOTH,
        captions=CAPTIONS,
        simulation=True,
        title="Refined simulation",
    ),
)

study = Study(
    name="refinement",
    title="Refined simulation: networks of air showers in a detector that has aged",
    datasets=_DATASETS,
    stages=(*_EVENTS, *_NETWORKS, *_RESULTS),
    statistics=(Statistics("default", 1.0), Statistics("large", 10.0), Statistics("small", 0.1)),
    measures="How well refined simulation replaces a simulation of the detector as it is",
    highlights=tuple(f"{quantity}_{name}" for name in METHODS for quantity in ("bias", "resolution")),
    target_unit="g/cm2",
    chunk_events=2000,
    tolerances=(Tolerance("*", "statistical", 1.0, "a training carries roundings on until it is another training"),),
    experiment="erumflow air showers",
)
"""The study ``refinement``."""
