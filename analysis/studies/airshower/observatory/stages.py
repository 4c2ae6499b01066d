"""The simulated observatory as a part of the study: its data sets, stages, and systematic shifts."""

from __future__ import annotations

from dataclasses import replace

from analysis.studies.airshower import captions
from analysis.studies.airshower.observatory.settings import (
    FIGURES,
    ClosureSettings,
    DepthScaleSettings,
    ObservatoryMeasurement,
    SystematicsSettings,
)
from analysis.studies.airshower.simulation.settings import (
    DetectorSettings,
    ShowerSettings,
    SignalSettings,
    SimulationSettings,
    TimeSettings,
)
from analysis.study import Corrections, Dataset, Figures, Result, Shift, Stage, Step

__all__ = ["DATASETS", "FIGURE_STAGE", "SHIFTS", "STAGES"]

_SHOWERS = "analysis.studies.airshower.simulation.showers:generate"
_EVENTS = "analysis.studies.airshower.simulation.events:simulate"
_PART = "analysis.studies.airshower.observatory"

_MEASUREMENT = ObservatoryMeasurement()
_MASSES = tuple(number for _, number in _MEASUREMENT.primaries)


def _mixture(
    name: str, title: str, purpose: str, shares: tuple[float, ...], fluorescence: float, **more: int
) -> Dataset:
    """Showers of all primaries with a falling spectrum, some of which telescopes see, too."""
    return Dataset(
        name=name,
        title=title,
        kind="simulated",
        purpose=purpose,
        generate=Step(_SHOWERS, ShowerSettings(primaries=_MASSES, shares=shares, spectral_index=2.5)),
        simulate=Step(_EVENTS, SimulationSettings(fluorescence_share=fluorescence)),
        generated=more["generated"],
        hidden=True,
    )


DATASETS = (
    # what a measurement would be: one event in seven is a hybrid one
    _mixture(
        "observatory",
        "showers of a hidden mixture, as one observatory sees them",
        "hidden",
        (0.35, 0.15, 0.35, 0.15),
        1 / 7,
        generated=4000,
    ),
    # all of them are hybrid events: what a shift changes is to be seen, not how few there are
    _mixture(
        "systematics",
        "showers that are simulated again with one thing changed",
        "shifted",
        (0.25, 0.25, 0.25, 0.25),
        1.0,
        generated=1000,
    ),
)


def _shift(source: str, title: str, of: str, field: str, up: object, down: object) -> Shift:
    return Shift(source, title, of, up={field: up}, down={field: down}, datasets=("systematics",))


_SIGNALS, _TIMES, _DETECTOR = SignalSettings(), TimeSettings(), DetectorSettings()

SHIFTS = (
    # simulations have fewer muons than data (PRL 117 (2016) 192001)
    _shift(
        *("muon_number", "muon number", "simulate", "signals"),
        replace(_SIGNALS, muon_scale=1.3),
        replace(_SIGNALS, muon_scale=1 / 1.3),
    ),
    _shift("hadronic_model", "hadronic interaction model", "generate", "model", "Sibyll2.1", "QGSJetII-04"),
    # water and liners age; the peak of a muon, which is monitored, is not calibrated anew here
    _shift(
        *("light_decay", "decay of Cherenkov light", "simulate", "detector"),
        replace(_DETECTOR, decay=_DETECTOR.decay - 10.0),
        replace(_DETECTOR, decay=_DETECTOR.decay + 10.0),
    ),
    _shift(
        *("em_delay", "delay of electromagnetic particles", "simulate", "times"),
        replace(_TIMES, em_delay=_TIMES.em_delay * 1.06),
        replace(_TIMES, em_delay=_TIMES.em_delay / 1.06),
    ),
    # models and data disagree by tens of g/cm2 (PRD 90 (2014) 012012)
    _shift(
        *("muon_depth", "muon production depth", "simulate", "times"),
        replace(_TIMES, muon_depth=_TIMES.muon_depth - 30.0),
        replace(_TIMES, muon_depth=_TIMES.muon_depth + 30.0),
    ),
)

_SYSTEMATICS = SystematicsSettings(
    sources=(
        ("muon_number_up", "muons x 1.3"),
        ("hadronic_model_up", "Sibyll2.1 in place of EPOS-LHC"),
        ("light_decay_up", "light decay 10 ns shorter (ageing)"),
        ("em_delay_up", "electromagnetic delay + 6 %"),
        ("muon_depth_up", "muon production 30 g/cm2 higher"),
    )
)

# of reconstructed showers, and of their truth
_DEPTH = ("identity", "good", "energy", "zenith", "fd_xmax")
_TRUTH = ("identity", "xmax", "mass_number")

STAGES = (
    Stage(
        "response",
        Step(f"{_PART}.response:measure", _MEASUREMENT),
        datasets=("simulated",),
        reads={"reconstructed": _DEPTH, "truth": _TRUTH},
    ),
    Corrections(
        "depth_scale",
        Step(f"{_PART}.depth_scale:derive", DepthScaleSettings()),
        datasets=("hidden",),
        reads={"reconstructed": _DEPTH},
        task="MakeResult",
    ),
    Result(
        "systematics",
        Step(f"{_PART}.systematics:evaluate", _SYSTEMATICS),
        datasets=("shifted",),
        shifts=tuple(name for name, _ in _SYSTEMATICS.sources),
        reads={"reconstructed": _DEPTH, "truth": _TRUTH},
    ),
    Result(
        "observatory",
        Step(f"{_PART}.results:measure", _MEASUREMENT),
        datasets=("hidden",),
        reads={"reconstructed": _DEPTH},
    ),
    Result(
        "closure",
        Step(f"{_PART}.closure:check", ClosureSettings()),
        datasets=("scale", "hidden"),
        reads={"reconstructed": _DEPTH, "truth": _TRUTH},
    ),
)

FIGURE_STAGE = Figures(
    "observatory_figures",
    Step(f"{_PART}.figures:draw", _MEASUREMENT),
    datasets=("hidden",),
    names=FIGURES,
    captions=captions.OBSERVATORY,
    simulation=True,
    title="Simulated observatory",
)
