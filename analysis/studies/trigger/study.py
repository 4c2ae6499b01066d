"""The study as one object: all of its names and numbers, none of its code."""

from __future__ import annotations

from analysis.preservation.expectations import Tolerance
from analysis.studies.airshower.simulation.settings import ShowerSettings
from analysis.studies.trigger import captions
from analysis.studies.trigger.evaluation.settings import EfficiencySettings, RateSettings
from analysis.studies.trigger.figures.settings import FigureSettings
from analysis.studies.trigger.network.networks import NETWORK
from analysis.studies.trigger.network.settings import LearningSettings, WindowSettings
from analysis.studies.trigger.scan.settings import POINTS, ScanSettings
from analysis.studies.trigger.settings import TriggerSettings
from analysis.studies.trigger.simulation.settings import BackgroundSettings, StationSettings, every_station
from analysis.studies.trigger.synthesis.settings import CircuitSettings
from analysis.study import Dataset, Events, Figures, Inputs, Result, Stage, Statistics, Step, Study, Training

__all__ = ["study"]

_HERE = "analysis.studies.trigger"
_BACKGROUND = BackgroundSettings()

# for tests: what trains in seconds
_QUICK = {"training.network.hidden": "16", "training.training.epochs": "10", "variants.epochs": "2"}

# protons and iron, as many at every energy
_SHOWERS = ShowerSettings(primaries=(1, 56), shares=(0.5, 0.5), log10_energy=(17.5, 19.0), core_radius=2500.0)
_STATIONS = StationSettings(_SHOWERS)


def _background(name: str, title: str, purpose: str, number: int) -> Dataset:
    return Dataset(
        name=name,
        title=title,
        kind="simulated",
        purpose=purpose,
        generate=Step(f"{_HERE}.simulation.background:generate", _BACKGROUND),
        simulate=Step(f"{_HERE}.simulation.background:simulate", _BACKGROUND),
        generated=number,
    )


def _stations(name: str, title: str, purpose: str, number: int) -> Dataset:
    return Dataset(
        name=name,
        title=title,
        kind="simulated",
        purpose=purpose,
        generate=Step(f"{_HERE}.simulation.stations:generate", _STATIONS),
        simulate=Step(f"{_HERE}.simulation.stations:simulate", _STATIONS.simulation),
        generated=number,
    )


_DATASETS = (
    _background("learned_background", "background that networks learn from", "", 60_000),
    _stations("learned_stations", "stations in showers that networks learn from", "", 24_000),
    _background("background", "background that thresholds are chosen with", "rates", 60_000),
    _background("independent", "background that rates are measured in", "rates", 60_000),
    _stations("stations", "stations in showers", "efficiencies", 10_000),
    Dataset(
        name="showers",
        title="showers and all stations of the array",
        kind="simulated",
        purpose="efficiencies",
        generate=Step("analysis.studies.airshower.simulation.showers:generate", _SHOWERS),
        simulate=Step("analysis.studies.airshower.simulation.events:simulate", every_station(0.2)),
        generated=1500,
    ),
)

_LEARNED, _JUDGED = ("simulated",), ("rates", "efficiencies")
# of stations, what triggers look at
_FIGURES = FigureSettings()
_SEEN = {"raw": ("identity", "stations")}

study = Study(
    name="trigger",
    title="A network as the trigger of a water-Cherenkov station",
    datasets=_DATASETS,
    stages=(
        Events(
            "classical",
            Step(f"{_HERE}.classical.triggers:trigger", TriggerSettings()),
            datasets=_JUDGED,
            reads=_SEEN,
        ),
        Inputs("inputs", Step(f"{_HERE}.network.inputs:prepare", LearningSettings()), datasets=_LEARNED),
        Training("training", networks=(NETWORK,), datasets=_LEARNED),
        Events(
            "judged",
            Step(f"{_HERE}.network.judging:judge", WindowSettings()),
            datasets=_JUDGED,
            reads=_SEEN,
        ),
        Result("rates", Step(f"{_HERE}.evaluation.rates:compare", RateSettings()), datasets=("rates",)),
        Result(
            "efficiency",
            Step(f"{_HERE}.evaluation.efficiency:evaluate", EfficiencySettings()),
            datasets=("efficiencies",),
        ),
        Result(
            "synthesis",
            Step(f"{_HERE}.synthesis.trigger:make", CircuitSettings()),
            # events that no threshold was chosen with
            datasets=("independent", "efficiencies"),
            format=f"{_HERE}.synthesis.record",
            task=f"{_HERE}.tasks:SynthesiseTrigger",
        ),
        Stage(
            "variants",
            Step(f"{_HERE}.scan.points:learn", ScanSettings()),
            datasets=_LEARNED,
            per="fold",
            folds=len(POINTS),
        ),
        Stage(
            "points",
            Step(f"{_HERE}.scan.points:make", ScanSettings()),
            datasets=("background", "stations"),
            per="fold",
            folds=len(POINTS),
        ),
        Result("scan", Step(f"{_HERE}.scan.points:collect")),
        Figures(
            "efficiency_figures",
            Step(f"{_HERE}.figures.efficiencies:draw", _FIGURES),
            datasets=("background",),
            captions=captions.EFFICIENCIES,
            simulation=True,
            title="Efficiencies at the same rate",
        ),
        Figures(
            "scan_figures",
            Step(f"{_HERE}.figures.efficiencies:draw_scan"),
            captions=captions.SCAN,
            simulation=True,
            title="Networks in hardware",
        ),
        Figures(
            "trace_figures",
            Step(f"{_HERE}.figures.efficiencies:draw_traces", _FIGURES),
            datasets=("background", "stations"),
            first=True,
            captions=captions.TRACES,
            simulation=True,
            title="Traces",
        ),
    ),
    statistics=(Statistics("default", 1.0), Statistics("large", 10.0), Statistics("small", 0.15, _QUICK)),
    measures="How much more a station's trigger keeps of faint signals of showers when a network in an FPGA decides, "
    "at the same rate of background",
    highlights=(
        "station_network",
        "station_over_threshold",
        "station_short_window",
        "array_network",
        "array_over_threshold",
        "circuit_latency",
        "circuit_lookup_tables",
        "circuit_parameters",
    ),
    chunk_events=5000,
    tolerances=tuple(
        Tolerance(name, "statistical", 1.0, "a training carries roundings on until it is another training")
        for name in ("*_network", "*_gain_*", "circuit_*", "scan*", "efficiency_*", "rates")
    ),
    experiment="erumflow trigger",
    extra="trigger",
)
"""The study ``trigger``."""
