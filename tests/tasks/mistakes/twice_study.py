"""Events that come twice, in two files of a data set and in two triggers; and a luminosity that cannot be right."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import analysis.study as s
from analysis.histograms.weight_settings import Weights

SCHEMA = s.Schema("Events", ("run", "event", "mass"))


def file(name: str) -> s.SourceFile:
    content = (Path(os.environ["ERUMFLOW_MIRROR"]) / f"{name}.root").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return s.SourceFile(f"{name}.root", "https://example.org", digest, len(content), 10, f"{name}.root")


def dataset(name: str, kind: Any, *files: str, **more: Any) -> s.Dataset:
    return s.Dataset(name, name, kind, tuple(map(file, files)), SCHEMA, **more)


study = s.Study(
    "twice",
    title="Twice",
    datasets=(
        # 20 events in 1/fb, where 200 were meant
        dataset("signal", "simulated", "signal", cross_section=0.001, generated=10),
        dataset("muons", "measured", "muons_a", "muons_b", luminosity=1.0),
        dataset("electrons", "measured", "electrons", luminosity=1.0),
    ),
    campaigns=(s.Campaign("both", ("muons", "electrons"), 1.0),),
    processes=(s.Process("signal", "signal", ("signal",)),),
    identity=s.EventIdentity(("run", "event")),
    stages=(
        s.Events("candidates", s.Step("twice_physics:candidates")),
        s.Result("counted", s.Step("twice_physics:count"), per="campaign"),
        s.Result("raw_counted", s.Step("twice_physics:count_raw"), per="campaign", datasets=("measured",)),
        s.Histograms(
            "filled",
            events="candidates",
            variables=(s.Variable("mass", "mass", "GeV", (0.0, 100.0)),),
            regions=(s.Region("all", "all", ()),),
            weights=Weights(),
        ),
    ),
)

strict = replace(study, name="strict", identity=s.EventIdentity(("run", "event"), duplicates="error"))
few = replace(study, name="few", identity=s.EventIdentity(("run",)))
