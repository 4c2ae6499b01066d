"""The steps of the study: measurement, closure and figures of one small observatory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.calibration import SavedCalibration
from analysis.learning.application.scores import Scores
from analysis.plotting.style import FigureLabel, figure_style
from analysis.studies.airshower.observatory import closure, depth_scale, figures, results
from analysis.studies.airshower.observatory.response import Response
from analysis.studies.airshower.observatory.settings import (
    FIGURES,
    ClosureSettings,
    DepthScaleSettings,
    ObservatoryMeasurement,
)
from tests.analysis.studies.airshower.observatory.conftest import Known, made

COLUMNS = ("mean", "mean_energy", "log_width", "log_width_energy", "log_noise", "log_noise_energy")
NONE = {"sum": {"after": 0.0}}


def given(**sets: Known) -> dict[str, Any]:
    events, scores, truth = {}, {}, {}
    for name, some in sets.items():
        one = some.showers
        columns = {"identity": one.identity, "good": np.ones(len(one), bool), "zenith": one.zenith}
        telescope = ak.mask(ak.from_numpy(np.nan_to_num(one.telescope)), np.isfinite(one.telescope))
        events[name] = ak.Array({**columns, "energy": 10.0**one.energy, "fd_xmax": telescope})
        scores[name] = Scores(one.identity, one.depth[:, np.newaxis].astype(np.float32), ("xmax",))
        truth[name] = ak.Array({"xmax": some.depth, "mass_number": some.masses})
    return {"reconstructed": events, "scores": scores, "truth": truth}


@pytest.fixture(scope="module")
def found(
    response: Response, settings: ObservatoryMeasurement, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    arguments = given(observatory=made(4000, 31, hybrid=1 / 7, bias=-10.0), hybrid=made(3000, 32))
    truth = arguments.pop("truth")
    derived = depth_scale.derive(**arguments, settings=DepthScaleSettings())
    folder: Path = tmp_path_factory.mktemp("scale")
    derived.save_measurements(folder / "measurements.json")
    scale = SavedCalibration(lambda name: folder / name)
    scale.__dict__["curves"] = derived.curves
    table = {
        name: {
            **dict(zip(COLUMNS, response.lines[place].tolist(), strict=True)),
            "shape": response.shapes[place].tolist(),
        }
        for place, (name, _) in enumerate(settings.primaries)
    }
    known: dict[str, Any] = {"depth_scale": scale, "response": {"response": table}}
    return {
        "depth_scale": scale,
        "observatory": results.measure(**arguments, **known, systematics={"sum": {"after": 4.0}}, settings=settings),
        "without": results.measure(**arguments, **known, systematics=NONE, settings=settings),
        "closure": closure.check(
            **arguments,
            truth=truth,
            **known,
            settings=ClosureSettings(measurement=settings, observatories=3, events=1400),
        ),
    }


def test_the_observatory_tells_both_samples_as_simulation(found: dict[str, Any]) -> None:
    observatory = found["observatory"]
    json.dumps(observatory, allow_nan=False)
    surface, hybrid = (number for number in observatory["numbers"])
    assert [one["name"] for one in (surface, hybrid)] == ["observatory_log_mass_surface", "observatory_log_mass_hybrid"]
    assert all(one["note"] == "simulation" for one in observatory["numbers"])
    assert surface["stat"][0] < 0.6 * hybrid["stat"][0]
    # of telescopes none is simulated
    assert hybrid["syst"] is None
    hidden = found["closure"]["hidden"]["log_mass"]
    for number in observatory["numbers"]:
        total = np.hypot(number["stat"][0], (number["syst"] or (0.0,))[0])
        assert abs(number["value"] - hidden) < 3.5 * total
    (table,) = observatory["tables"]
    assert len(table["columns"]) == 8


def test_systematic_uncertainties_of_depth_count_for_surface_events_alone(found: dict[str, Any]) -> None:
    more, less = (found[name]["samples"] for name in ("observatory", "without"))
    assert more["hybrid"] == less["hybrid"]
    syst = np.array(more["surface"]["mean"]["syst"])
    assert syst == pytest.approx(np.hypot(less["surface"]["mean"]["syst"], 4.0), abs=1e-4)
    # protons and iron are four units of ln A apart, and about a hundred g/cm2
    assert more["surface"]["systematic"]["log_mass"] == pytest.approx(4.0 / 24.0, rel=0.3)


def test_closure_finds_the_bias_before_and_none_after(found: dict[str, Any]) -> None:
    bias = found["closure"]["bias"]
    before, after, error = (np.array(bias[name]) for name in ("before", "after", "error"))
    assert (before < -5.0).all()
    assert abs(np.average(after, weights=error**-2.0)) < 5.0
    names = [number["name"] for number in found["closure"]["numbers"]]
    assert names[:2] == ["observatory_gain", "observatory_gain_stat"]
    assert len(found["closure"]["observatories"]["pulls"]["surface"]) == 3


def test_figures_are_drawn(found: dict[str, Any], settings: ObservatoryMeasurement) -> None:
    with figure_style():
        drawn = figures.draw(
            found["observatory"], found["closure"], found["depth_scale"], FigureLabel("x", simulation=True), settings
        )
    assert tuple(drawn) == FIGURES
    assert [len(figure.axes) for figure in drawn.values()] == [2, 1, 2]
