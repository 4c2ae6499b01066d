"""The study as one object: all of its names and numbers, none of its code."""

from __future__ import annotations

from analysis.preservation.expectations import Tolerance
from analysis.stages import Stage
from analysis.studies.arrivals import captions
from analysis.studies.arrivals.datasets import (
    CLOSURE,
    DATASETS,
    EVENTS,
    FIELDS,
    GALAXIES,
    ISOTROPIC,
    REFERENCE,
    SIGNALS,
    SOURCES,
    TRAINING,
)
from analysis.studies.arrivals.network.settings import (
    NETWORKS,
    MeasurementSettings,
    NetworkSettings,
    SensitivitySettings,
)
from analysis.studies.arrivals.settings import ScanSettings
from analysis.studies.arrivals.sky.search_settings import SearchSettings
from analysis.studies.arrivals.sources.settings import ChosenCatalogues, ClosureSettings
from analysis.study import Events, Figures, Publications, Result, Statistics, Step, Study

__all__ = ["study"]

_HERE = "analysis.studies.arrivals"
_SEARCH = SearchSettings()
# no-break spaces: all of the name is set in bold
_OBSERVATORY = "Pierre\u00a0Auger\u00a0Observatory open data"

_SCANNED = (ISOTROPIC, *(name for name, _, _ in FIELDS))
_JUDGED = (REFERENCE, *SIGNALS)

_SKY = (
    Publications("publications", publications=(GALAXIES,)),
    Events("events", Step(f"{_HERE}.sky.events:directions"), datasets=(EVENTS,)),
    Stage("measured", Step(f"{_HERE}.sky.observatory:measure"), datasets=(EVENTS,), format="arrays"),
    # without directions: what is simulated and trained gets this alone
    Stage("observatory", Step(f"{_HERE}.sky.observatory:describe"), format="arrays"),
    Stage(
        "hypotheses", Step(f"{_HERE}.sources.hypotheses:prepare", ScanSettings()), datasets=(SOURCES,), format="arrays"
    ),
    Events(
        "scanned",
        Step(f"{_HERE}.sources.scanning:scan_skies", ChosenCatalogues(search=_SEARCH)),
        datasets=_SCANNED,
    ),
    Stage(
        "scans",
        Step(f"{_HERE}.simulation.gathering:gather"),
        of={"skies": "scanned"},
        datasets=_SCANNED,
        format="arrays",
    ),
    Result("search", Step(f"{_HERE}.sky.search:search", _SEARCH)),
    Result("catalogues", Step(f"{_HERE}.sources.comparison:compare")),
    Result("closure", Step(f"{_HERE}.sources.closure:close", ClosureSettings()), datasets=(CLOSURE,)),
)

_LEARNING = (
    Stage(
        "network",
        Step(f"{_HERE}.network.training:train", NetworkSettings()),
        datasets=(TRAINING,),
        per="fold",
        folds=NETWORKS,
        format="arrays",
    ),
    Events("judged", Step(f"{_HERE}.network.judging:judge_skies"), datasets=_JUDGED),
    Stage(
        "scores",
        Step(f"{_HERE}.simulation.gathering:gather"),
        of={"skies": "judged"},
        datasets=_JUDGED,
        format="arrays",
    ),
    Result(
        "sensitivity",
        Step(f"{_HERE}.network.sensitivity:compare_sensitivities", SensitivitySettings()),
    ),
    Result(
        "measurement",
        Step(f"{_HERE}.network.measurement:measure", MeasurementSettings()),
    ),
)

# in the order of the page
_FIGURES = (
    Figures(
        "measurement_figures",
        Step(f"{_HERE}.figures.measurement:draw"),
        captions=captions.MEASUREMENT,
        title="Measured sky, graph network",
    ),
    Figures(
        "sky_figures",
        Step(f"{_HERE}.figures.sky:draw"),
        datasets=(EVENTS,),
        captions=captions.SKY,
        title="Measured sky",
    ),
    Figures(
        "network_figures",
        Step(f"{_HERE}.figures.networks:draw"),
        captions=captions.NETWORKS,
        simulation=True,
        title="Graph network",
    ),
)

study = Study(
    name="arrivals",
    title="Arrival directions of cosmic rays above 32 EeV",
    datasets=DATASETS,
    stages=(*_SKY, *_LEARNING, *_FIGURES),
    statistics=(Statistics("default", 1.0), Statistics("large", 5.0), Statistics("small", 0.05)),
    measures="The fraction of cosmic rays above 40 EeV that come from starburst galaxies, and how probable the sky is "
    "without them",
    highlights=(
        "centaurus_a_observed",
        "blind_observed",
        "ts_starburst_44",
        "p_starburst_44",
        "p_network",
        "fraction_network",
        "needed_network_half_field",
        "needed_likelihood_half_field",
    ),
    observe=_OBSERVATORY,
    experiment=_OBSERVATORY,
    chunk_events=500,
    tolerances=(
        *(
            Tolerance(name, "statistical", 1.0, "a training carries roundings on until it is another training")
            for name in ("*_network", "*_network_*", "fraction_shifts", "sensitivity")
        ),
    ),
    extra="arrivals",
)
"""The study ``arrivals``."""
