from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.inference.model import build_model
from tests.analysis.inference.conftest import read


def guarded(workspace: dict[str, Any]) -> list[bool]:
    return [bool(one) for one in np.asarray(build_model(workspace).arrays.guarded)]


def with_bounds(low: float, high: float, **changed: Any) -> dict[str, Any]:
    workspace = read("reported/02")
    workspace["measurements"][0]["config"]["parameters"][0]["bounds"] = [[low, high]]
    for sample in workspace["channels"][0]["samples"]:
        sample["data"] = changed.get(sample["name"], sample["data"])
        if sample["data"][0] < 0.0:
            sample["modifiers"] = [one for one in sample["modifiers"] if one["type"] == "normfactor"]
    return workspace


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (with_bounds(0.0, 10.0), False),
        (with_bounds(-20.0, 20.0), True),
        # as far as both uncertain factors go: 10 times 3 events against 1e-10 times 2
        (with_bounds(-1e-9, 20.0), True),
        # interference
        (with_bounds(0.0, 10.0, signal=[-3.0]), True),
        (with_bounds(0.0, 10.0, background=[0.0]), False),
    ],
)
def test_strengths_decide(made: dict[str, Any], wanted: bool) -> None:
    assert guarded(made) == [wanted]


def test_histograms_decide() -> None:
    bend = {"name": "scale", "type": "histosys", "data": {"hi_data": [60.0, 1.0, 3.0], "lo_data": [40.0, 5.0, 3.0]}}
    workspace = read("reported/02")
    workspace["channels"][0]["samples"] = [{"name": "background", "data": [50.0, 3.0, 3.0], "modifiers": [bend]}]
    workspace["observations"][0]["data"] = [50.0, 0.0, 0.0]
    workspace["measurements"][0]["config"] = {"poi": "", "parameters": []}
    # 50 - 5 * 10 is nothing, 3 - 5 * 2 less
    assert guarded(workspace) == [False, True, False]
