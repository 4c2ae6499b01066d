"""The study as one object: all of its names and numbers, none of its code."""

from __future__ import annotations

from analysis.learning.sample_settings import SampleEvaluation
from analysis.preservation.expectations import Tolerance
from analysis.studies.calorimeter import captions
from analysis.studies.calorimeter.calibration.settings import ClosureSettings, DerivationSettings
from analysis.studies.calorimeter.generation.networks import CLASSIFIER, GENERATORS
from analysis.studies.calorimeter.generation.settings import TemplateSettings
from analysis.studies.calorimeter.shapes.settings import ComparisonSettings, ShapeSettings
from analysis.studies.calorimeter.simulation.settings import BeamSettings, MuonSettings, SimulationSettings
from analysis.study import (
    Corrections,
    Dataset,
    Events,
    Figures,
    Inputs,
    Result,
    Scores,
    Stage,
    Statistics,
    Step,
    Study,
    Training,
)

__all__ = ["study"]

_HERE = "analysis.studies.calorimeter"
_SIMULATION = SimulationSettings()
_CALIBRATION = DerivationSettings()
_TEMPLATES = TemplateSettings()
_COMPARISON = ComparisonSettings()
_BEYOND = ComparisonSettings(
    measures=SampleEvaluation("beyond", directions=32), energies=(20.0, 30.0, 45.0, 67.0, 100.0), least=5
)

# for tests: what compiles and trains in seconds
_QUICK = {
    "training.network.layers": "2",
    "training.network.hidden": "16",
    "training.training.epochs": "4",
    "cells_classifier.training.epochs": "3",
    "shapes_classifier.training.epochs": "3",
}

# showers that are generated, too
_SHOWN = ("simulated", "extrapolation")


def _beam(name: str, title: str, number: int, purpose: str, settings: BeamSettings) -> Dataset:
    return Dataset(
        name=name,
        title=title,
        kind="simulated",
        purpose=purpose,
        generate=Step(f"{_HERE}.simulation.showers:generate", settings),
        simulate=Step(f"{_HERE}.simulation.showers:simulate", _SIMULATION),
        generated=number,
    )


_DATASETS = (
    _beam("showers", "showers of electrons and photons, 1 to 20 GeV", 9000, "", BeamSettings()),
    _beam("beyond", "showers of higher energies, 20 to 100 GeV", 400, "extrapolation", BeamSettings((20.0, 100.0))),
    _beam("average", "showers that templates are made of", 5000, "templates", BeamSettings()),
    _beam(
        "electrons",
        "electrons of a test beam",
        400,
        "calibration",
        BeamSettings((_CALIBRATION.energy,) * 2, (0.0, 0.0), 0.0),
    ),
    Dataset(
        name="muons",
        title="muons along the crystals",
        kind="simulated",
        purpose="calibration",
        generate=Step(f"{_HERE}.simulation.muons:generate", MuonSettings()),
        simulate=Step(f"{_HERE}.simulation.muons:simulate", _SIMULATION),
        generated=10_000,
    ),
)

study = Study(
    name="calorimeter",
    title="Electromagnetic showers, simulated and generated",
    datasets=_DATASETS,
    stages=(
        Corrections(
            "calibration",
            Step(f"{_HERE}.calibration.derive:derive", _CALIBRATION),
            datasets=("calibration",),
        ),
        Result("closure", Step(f"{_HERE}.calibration.closure:close", ClosureSettings())),
        Events(
            "calibrated",
            Step(f"{_HERE}.calibration.events:calibrate"),
            datasets=(*_SHOWN, "templates"),
            task="CalibrateEvents",
        ),
        Stage(
            "templates",
            Step(f"{_HERE}.generation.templates:derive", _TEMPLATES),
            datasets=("templates",),
        ),
        Inputs(
            "inputs",
            Step(f"{_HERE}.generation.inputs:prepare", _TEMPLATES),
            datasets=_SHOWN,
        ),
        Training("training", networks=GENERATORS),
        Scores("scores", datasets=_SHOWN),
        *(
            stage
            for name, cells in (("cells", True), ("shapes", False))
            for stage in (
                Inputs(
                    f"{name}_compared",
                    Step(f"{_HERE}.shapes.compared:compare", ShapeSettings(cells=cells)),
                    datasets=("simulated",),
                ),
                Training(f"{name}_classifier", inputs=f"{name}_compared", networks=(CLASSIFIER,)),
                Scores(f"{name}_discriminated", training=f"{name}_classifier", datasets=("simulated",)),
            )
        ),
        Result("comparison", Step(f"{_HERE}.shapes.comparison:compare", _COMPARISON), datasets=("simulated",)),
        Result("extrapolation", Step(f"{_HERE}.shapes.comparison:extrapolate", _BEYOND), datasets=("extrapolation",)),
        Figures(
            "shower_figures",
            Step(f"{_HERE}.figures.showers:draw", _COMPARISON),
            datasets=("simulated",),
            captions=captions.SHOWERS,
            simulation=True,
            title="Generated showers",
        ),
        Figures(
            "calibration_figures",
            Step(f"{_HERE}.figures.calibration:draw"),
            captions=captions.CALIBRATION,
            simulation=True,
            title="Calibration",
        ),
    ),
    statistics=(Statistics("default", 1.0), Statistics("large", 10.0), Statistics("small", 0.1, _QUICK)),
    measures="How well networks generate electromagnetic showers in a calorimeter, which this project's own simulation "
    "(no Geant4) makes particle by particle",
    highlights=(
        "auc_shapes",
        "auc_cells",
        "shapes_sliced_wasserstein",
        "shapes_width_simulated",
        "shapes_width_generated",
        "shapes_elongation_simulated",
        "beyond_sliced_wasserstein",
        "gain_closure",
    ),
    chunk_events=1000,
    tolerances=tuple(
        Tolerance(name, "statistical", 1.0, "a training carries roundings on until it is another training")
        for name in ("*_generated", "*_sliced_wasserstein", "*_correlation", "*_distances", "*_resolution", "auc_*")
    ),
    experiment="erumflow calorimeter",
)
"""The study ``calorimeter``."""
