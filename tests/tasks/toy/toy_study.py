"""A small study: own stages per chunk, data set, fold, study and campaign, and two fits; no networks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import analysis.study as s
from analysis.histograms.weight_settings import Weights
from analysis.inference.histfactory_settings import Channel, Model
from analysis.inference.measurement_settings import FitSettings, Interest


@dataclass(frozen=True)
class Beam:
    mean: float = 0.0


@dataclass(frozen=True)
class Detector:
    noise: float = 0.3


@dataclass(frozen=True)
class Cleaning:
    scale: float = 1.0


def _dataset(name: str, mean: float, **more: object) -> s.Dataset:
    own = s.Step("toy_physics:generate", Beam(mean)), s.Step("toy_physics:simulate", Detector())
    kind = "measured" if "luminosity" in more else "simulated"
    return s.Dataset(name, name, kind, generate=own[0], simulate=own[1], generated=300, **more)  # type: ignore[arg-type]


PROCESSES = (s.Process("signal", "signal", ("signal",)), s.Process("background", "background", ("background",)))
PULSE = s.Variable("pulse", "pulse", "", (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0))
LOW = s.Region("low", "low pulses", (s.Cut("pulse", "<", 1.0),))
HIGH = s.Region("high", "high pulses", (s.Cut("pulse", ">=", 1.0),))


def _fit(region: s.Region, measured: str, blind: bool) -> tuple[s.Stage, ...]:
    """Histograms, workspaces and a fit of a region in one of the measured data sets."""
    name = region.name
    model = Model(name, (Channel(name, "pulse"),), strength={"signal": "mu"})
    fit = FitSettings((Interest("mu", f"mu_{name}", f"signal, {region.title}"),), 0, 3.0, False, 0)
    filled = {"variables": (PULSE,), "regions": (region,), "weights": Weights(), "datasets": ("simulated", measured)}
    return (
        s.Histograms(f"{name}_histograms", events="selected", **filled),  # type: ignore[arg-type]
        s.Workspaces(
            f"{name}_workspaces",
            s.Step("analysis.inference.histfactory:build", model),
            of={"histograms": f"{name}_histograms"},
            names=(name,),
        ),
        s.Fit(
            f"{name}_fit",
            s.Step("analysis.inference.measurement:measure", fit),
            of={"workspaces": f"{name}_workspaces"},
            blind=blind,
        ),
    )


MADE = (
    s.Events("cleaned", s.Step("toy_physics:clean", Cleaning()), fields=("pulse",)),
    s.Events("selected", s.Step("toy_physics:select"), selects=True),
    s.Events("ranked", s.Step("toy_physics:rank"), per="dataset"),
    s.Stage("thirds", s.Step("toy_physics:third"), per="fold", folds=3),
    s.Events("weighted", s.Step("toy_physics:weigh")),
    s.Result("summary", s.Step("toy_physics:summarise")),
    s.Result("yields", s.Step("toy_physics:count"), per="campaign"),
    s.Figures("shapes", s.Step("toy_physics:draw"), names=("pulses",), title="Shapes"),
    s.Figures("signals", s.Step("toy_physics:draw_raw"), names=("raw_pulses",), per="campaign"),
)

study = s.Study(
    "toy",
    title="A toy",
    datasets=(
        _dataset("signal", 1.5, cross_section=0.15),
        _dataset("background", 0.0, cross_section=0.15),
        _dataset("run", 0.7, luminosity=1.0),
        _dataset("rerun", 0.7, luminosity=1.0),
    ),
    # both saw the same collisions
    campaigns=(s.Campaign("both", ("run", "rerun"), 1.0), s.Campaign("one", ("run",), 1.0)),
    processes=PROCESSES,
    shifts=(s.Shift("gain", "gain", "cleaned", up={"scale": 1.02}, down={"scale": 0.98}),),
    stages=(*MADE, *_fit(LOW, "run", blind=False), *_fit(HIGH, "rerun", blind=True)),
    chunk_events=100,
)

measured = replace(
    study,
    name="toymeasured",
    datasets=study.datasets[2:],
    processes=(),
    shifts=(),
    stages=(*MADE[:1], *MADE[2:6], *MADE[7:]),
)
