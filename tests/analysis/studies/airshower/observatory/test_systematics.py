from __future__ import annotations

from dataclasses import replace
from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError
from analysis.learning.application.scores import Scores
from analysis.studies.airshower.observatory.settings import SystematicsSettings
from analysis.studies.airshower.observatory.showers import Showers
from analysis.studies.airshower.observatory.systematics import evaluate
from tests.analysis.studies.airshower.observatory.conftest import Known, made

SETTINGS = SystematicsSettings(sources=(("all_up", "all alike"), ("light_up", "protons alone")))


def given(some: Known, **shifted: Showers) -> dict[str, Any]:
    """Arguments of the step: the nominal set, and others of the same showers."""
    sets = {"systematics": some.showers, **{f"systematics.{name}": one for name, one in shifted.items()}}
    events, scores, truth = {}, {}, {}
    for name, one in sets.items():
        columns = {"identity": one.identity, "good": np.ones(len(one), bool), "zenith": one.zenith}
        events[name] = ak.Array({**columns, "energy": 10.0**one.energy, "fd_xmax": one.telescope})
        scores[name] = Scores(one.identity, one.depth[:, np.newaxis].astype(np.float32), ("xmax",))
        truth[name] = ak.Array({"xmax": some.depth, "mass_number": some.masses})
    return {"reconstructed": events, "scores": scores, "truth": truth}


def test_what_all_showers_have_in_common_is_calibrated_away() -> None:
    some = made(2000, 21, hybrid=1.0)
    protons = np.where(some.masses == 1, 12.0, 0.0)
    noise = np.random.default_rng(4).normal(0.0, 5.0, 2000)
    found = evaluate(
        **given(
            some,
            all_up=replace(some.showers, depth=some.showers.depth + 15.0 - 10.0 * (some.showers.energy - 19.0) + noise),
            light_up=replace(some.showers, depth=some.showers.depth + protons),
        ),
        settings=SETTINGS,
    )
    common, light = (found["sources"][name] for name in ("all_up", "light_up"))
    mean = 15.0 - 10.0 * (some.showers.energy.mean() - 19.0)
    assert common["before"]["value"] == pytest.approx(mean, abs=4.0 * common["before"]["uncertainty"])
    assert common["before"]["uncertainty"] < 0.2
    assert common["after"]["value"] < 3.0 * common["after"]["uncertainty"]
    # a quarter of them by 12: the calibration takes the mean of 3, and leaves 9 and three times -3
    assert light["before"]["value"] == pytest.approx(protons.mean(), abs=1e-3)
    assert light["after"]["value"] == pytest.approx(np.sqrt((9.0**2 + 3 * 3.0**2) / 4.0), abs=0.3)
    expected = np.hypot(common["before"]["value"], light["before"]["value"])
    assert found["sum"]["before"] == pytest.approx(expected, abs=1e-3)
    (table,) = found["tables"]
    assert table["axes"][0]["values"] == ["all alike", "protons alone", "sum in quadrature"]
    assert {number["name"] for number in found["numbers"]} == {"depth_systematic_before", "depth_systematic_after"}
    assert all(number["note"] == "simulation" for number in found["numbers"])


def test_sets_without_common_showers_are_told() -> None:
    some = made(400, 22, hybrid=1.0)
    other = replace(some.showers, identity=some.showers.identity + np.uint64(1000))
    with pytest.raises(DataError, match="0 showers are well reconstructed both with and without the shift 'all_up'"):
        evaluate(**given(some, all_up=other, light_up=other), settings=SETTINGS)
    with pytest.raises(DataError, match=r"'systematics\.light_up' is not among"):
        evaluate(**given(some, all_up=some.showers), settings=SETTINGS)
