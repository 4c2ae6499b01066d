from __future__ import annotations

from typing import Any

import pytest

from analysis.studies.refinement.comparison import compare
from analysis.studies.refinement.settings import DATA, ComparisonSettings
from tests.analysis.studies.refinement.conftest import BIASES


def test_each_network_has_its_bias(inputs: Any, truth: Any, depths: Any) -> None:
    found = compare(**depths, inputs=inputs, truth=truth, settings=ComparisonSettings())
    assert found["events"] == inputs[DATA].trainable.sum() < len(inputs[DATA])
    numbers = {one["name"]: one for one in found["numbers"]}
    common = numbers["bias_ideal"]["value"]
    assert abs(common) < 4 * numbers["bias_ideal"]["stat"][0]
    for name, bias in BIASES.items():
        assert numbers[f"bias_{name}"]["value"] == pytest.approx(common + bias, abs=1e-3)
        assert numbers[f"resolution_{name}"]["value"] == pytest.approx(30.0, abs=3.0)
        assert found["methods"][name]["pull_width"]["value"] == pytest.approx(1.5, abs=0.15)
        # the same showers: what all networks have in common is not in their difference
        change = found["methods"][name]["change"]
        assert change["value"] == pytest.approx(bias, abs=1e-3)
        assert change["uncertainty"] < 1e-3
    table, by_energy = found["tables"]
    assert table["columns"][0]["values"] == [numbers[f"bias_{name}"]["value"] for name in BIASES]
    assert len(by_energy["axes"][0]["values"]) == len(found["binned"]["ideal"]) == 6
