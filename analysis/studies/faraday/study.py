"""The study as one object: all of its names and numbers, none of its code."""

from __future__ import annotations

from analysis.preservation.expectations import Tolerance
from analysis.stages import Stage
from analysis.studies.faraday import captions
from analysis.studies.faraday.catalogues import COLLECTION
from analysis.studies.faraday.settings import (
    CheckSettings,
    InferenceSettings,
    MapSettings,
    PredictionSettings,
    SourceSettings,
    ValidationSettings,
)
from analysis.study import Column, Dataset, Figures, Result, Schema, Statistics, Step, Study, catalogue

__all__ = ["study"]

_HERE = "analysis.studies.faraday"
_FILES = catalogue("files.yaml")
_SCHEMA = Schema(
    "",
    (
        Column("longitude", "float64", "deg"),
        Column("latitude", "float64", "deg"),
        Column("rm", "float64", "rad/m2"),
        Column("uncertainty", "float64", "rad/m2"),
        Column("catalogue", "string"),
        Column("galactic", "bool"),
    ),
)

_MEASUREMENTS = Dataset(
    "catalogues",
    "45 catalogues of rotation measures",
    "measured",
    _FILES.files,
    _SCHEMA,
    licence="MIT",
    doi="10.5281/zenodo.10963566",
    citation=COLLECTION,
    read=Step(f"{_HERE}.reading:read"),
)

# multipoles up to 96: of 64, errors are 3 % larger
_FOLDS = InferenceSettings(nside=32, bandwidth=3, folds=3)
_SKY = InferenceSettings(nside=64)

_STAGES = (
    Stage("sources", Step(f"{_HERE}.sources:resolve", SourceSettings()), format="arrays", title="Sources"),
    Stage(
        "folds",
        Step(f"{_HERE}.inference:infer_fold", _FOLDS),
        per="fold",
        folds=_FOLDS.folds,
        format="arrays",
        task=f"{_HERE}.tasks:InferFolds",
    ),
    Stage("sky", Step(f"{_HERE}.inference:infer_sky", _SKY), format="arrays", task=f"{_HERE}.tasks:InferSky"),
    Stage(
        "predictions",
        Step(f"{_HERE}.held_out:predict_held_out", PredictionSettings()),
        of={"inferred": "folds"},
        format="arrays",
    ),
    Stage("maps", Step(f"{_HERE}.sky:make_maps", MapSettings()), format="arrays"),
    Result(
        "validation", Step(f"{_HERE}.validation:validate", ValidationSettings()), title="Sources that were left out"
    ),
    Result("checks", Step(f"{_HERE}.posterior_checks:check", CheckSettings()), title="The model"),
    Figures("sky_figures", Step(f"{_HERE}.sky_figures:draw"), captions=captions.SKY, title="The Faraday sky"),
    Figures(
        "proof_figures",
        Step(f"{_HERE}.proof_figures:draw", ValidationSettings()),
        captions=captions.PROOF,
        title="Sources that were left out",
    ),
    Figures("source_figures", Step(f"{_HERE}.source_figures:draw"), captions=captions.SOURCES, title="Measurements"),
)

study = Study(
    name="faraday",
    title="The Galactic Faraday sky",
    measures="The Faraday depth of the Galaxy in all directions, from rotation measures of extragalactic sources",
    datasets=(_MEASUREMENTS,),
    stages=_STAGES,
    statistics=(
        Statistics("default"),
        Statistics("large", changes={"folds.nside": "64", "folds.folds": "5", "sky.nside": "128", "maps.nside": "128"}),
        Statistics(
            "small",
            changes={
                "folds.nside": "16",
                "folds.folds": "2",
                "folds.bandwidth": "2",
                "folds.iterations": "2",
                "folds.geometric": "1",
                "folds.final_samples": "3",
                "folds.moves": "10",
                "folds.steps": "40",
                "folds.together": "16384",
                "folds.quick": "true",
                "sky.nside": "16",
                "sky.iterations": "2",
                "sky.geometric": "1",
                "sky.final_samples": "3",
                "sky.moves": "10",
                "sky.steps": "40",
                "sky.together": "16384",
                "sky.quick": "true",
                "predictions.neighbours": "30",
                "predictions.kernel_sources": "600",
                "maps.nside": "32",
                "validation.repetitions": "200",
                "proof_figures.repetitions": "200",
            },
        ),
    ),
    highlights=("error_all", "gain_all", "gain_beyond_1_deg", "gain_beyond_2_deg", "coverage_68_all", "slope"),
    tolerances=(
        Tolerance(
            "*", "statistical", 1.0, "an inference carries roundings on until it is another sample of the posterior"
        ),
    ),
    experiment="RMTable catalogues",
    extra="faraday",
)
"""The study ``faraday``."""
