"""A small complete study: two simulated data sets in chunks, a calibration with a shift in its own module, a result."""

from __future__ import annotations

from pathlib import Path

__all__ = ["CALIBRATE", "SETTINGS", "write_study"]

#: the line of the calibration that tests change
CALIBRATE = "return settings.scale * pulse"

#: what law_user.cfg says
SETTINGS = "[studies]\ndefault: pulse\nmodules: pulse\n"

TEXT = '''
"""Pulses of a detector."""

from dataclasses import dataclass

import awkward as ak
import matplotlib.figure
import numpy as np

import analysis.study as s
from analysis.results import Number


@dataclass(frozen=True)
class Beam:
    mean: float


@dataclass(frozen=True)
class Calibration:
    scale: float = 2.0


def generate(identity, settings):
    return ak.Array({"identity": identity, "energy": settings.mean + np.asarray(identity) % 7})


def simulate(truth, settings):
    return ak.Array({"identity": truth.identity, "pulse": truth.energy})


def select(calibrated):
    return calibrated[calibrated.energy > 4.0]


def summarise(selected):
    values = np.concatenate([np.asarray(events.energy) for events in selected.values()])
    mean = Number("mean", "mean", float(values.mean()), stat=(0.1, 0.1), syst=None, unit="", method="mean")
    return {"numbers": [mean]}


def draw(selected):
    return {"energies": matplotlib.figure.Figure()}


def dataset(name, mean):
    own = {"generate": s.Step("pulse:generate", Beam(mean)), "simulate": s.Step("pulse:simulate"), "generated": 40}
    return s.Dataset(name, name, "simulated", **own)


study = s.Study(
    "pulse",
    title="Pulses",
    measures="The mean of pulses.",
    datasets=(dataset("near", 1.0), dataset("far", 0.0)),
    shifts=(s.Shift("gain", "gain", "calibrated", up={"scale": 2.1}, down={"scale": 1.9}),),
    stages=(
        s.Events("calibrated", s.Step("pulse_calibration:calibrate", Calibration()), task="CalibrateEvents"),
        s.Events("selected_pulses", s.Step("pulse:select"), of={"calibrated": "calibrated"}, selects=True),
        s.Result("summary", s.Step("pulse:summarise"), of={"selected": "selected_pulses"}),
        s.Figures("shapes", s.Step("pulse:draw"), of={"selected": "selected_pulses"}, names=("energies",)),
    ),
    chunk_events=20,
)
'''

CALIBRATION = '''
"""The calibration of pulses."""

import awkward as ak


def factor(pulse, settings):
    return settings.scale * pulse


def calibrate(raw, settings):
    return ak.Array({"identity": raw.identity, "energy": factor(raw.pulse, settings)})
'''


def write_study(folder: Path) -> None:
    """Write the study into a copy of the project, whose default it is from now on."""
    (folder / "pulse.py").write_text(TEXT.lstrip("\n"))
    (folder / "law_user.cfg").write_text(SETTINGS)
    (folder / "pulse_calibration.py").write_text(CALIBRATION.lstrip("\n"))
