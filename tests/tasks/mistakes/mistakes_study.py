"""Studies that load and make mistakes when they run: one a stage, so that one command meets them all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import analysis.study as s


def step(name: str, settings: Any = None) -> s.Step:
    return s.Step(f"mistakes_physics:{name}", settings)


def dataset(name: str, kind: Any, **more: Any) -> s.Dataset:
    return s.Dataset(name, name, kind, generate=step("generate"), simulate=step("simulate"), generated=20, **more)


EVENTS = (
    "boom",
    "nothing",
    "array",
    "mapping",
    "loses",
    "doubles",
    "reorders",
    "not_finite",
    "overwrites",
    "misspells",
)
PULSE = s.Variable("pulse", "pulse", "", (-1.0, 0.0, 1.0))
ALL = s.Region("all", "all", ())
FILLED = s.Histograms("filled", events="keeps", variables=(PULSE,), regions=(ALL,), weights=step("weigh"))
WEIGHED = ("weigh_too_few", "weigh_without_nominal", "weigh_one_way")
SHIFTED = replace(FILLED, weight_shifts=("scale",))

#: each of them is wrong
WRONG = (
    s.Events("born_wrong", step("keeps"), datasets=("broken",)),
    s.Result("of_born_wrong", step("no_result"), of={"keeps": "born_wrong"}, datasets=("broken",)),
    *(s.Events(name, step(name), datasets=("run",)) for name in EVENTS),
    s.Events("another_field", step("another_field"), datasets=("run",), fields=("pulse",)),
    s.Result("no_result", step("no_result")),
    s.Result("bad_result", step("bad_result")),
    s.Figures("other_figures", step("other_figures"), names=("pulse", "spectra")),
    s.Workspaces("other_workspaces", step("other_workspaces"), names=("one",)),
    *(replace(SHIFTED, name=name, weights=step(name), datasets=("signal",)) for name in WEIGHED),
)

study = s.Study(
    "mistakes",
    datasets=(
        dataset("signal", "simulated", cross_section=0.02),
        dataset("run", "measured", luminosity=1.0),
        replace(dataset("broken", "measured", purpose="spare"), generate=step("forgets")),
    ),
    campaigns=(s.Campaign("all", ("run",), 1.0),),
    processes=(s.Process("signal", "signal", ("signal",)),),
    stages=(
        s.Events("keeps", step("keeps")),
        SHIFTED,
        *WRONG,
        s.Result("everything", step("everything"), per="campaign"),
    ),
)

FAULTS = ("overwrites", "centres", "draws", "loses", "doubles", "reorders", "mapping")
#: with faults that CheckStudy finds
faulty = replace(
    study,
    name="faulty",
    stages=(
        s.Events("keeps", step("keeps")),
        *(s.Events(name, step(name), datasets=("run",)) for name in FAULTS),
        replace(SHIFTED, name="weights", weights=step("weigh_one_way"), datasets=("signal",)),
    ),
)
