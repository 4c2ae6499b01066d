from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.studies.arrivals.datasets import FIELDS, MASSES
from analysis.studies.arrivals.network import measurement
from analysis.studies.arrivals.network.measurement import HISTORY, measure
from analysis.studies.arrivals.network.settings import MeasurementSettings

TRUE = 0.07
NAMES = (*(name for name, _, _ in FIELDS), *MASSES)


class Networks:
    """Stands for trained networks that know a sky's fraction: logits of sources and of others."""

    def __init__(self, *_: Any) -> None:
        random = np.random.default_rng(3)
        source = random.random(4000) < TRUE
        self.ratios = np.stack([np.log(np.where(source, 8.0, (1.0 - 8.0 * 0.02) / 0.98))] * 2)

    def log_ratios(self, directions: Any) -> Any:
        return self.ratios

    def judge(self, directions: Any) -> Any:
        return np.array([30.0, 25.0, 35.0]), np.array([TRUE, TRUE - 0.01, TRUE + 0.01])


def scores() -> dict[str, Any]:
    """Skies whose fitted fraction is the true one with a spread of 0.01; less in the whole field."""
    random = np.random.default_rng(5)
    found: dict[str, Any] = {
        "reference.ts": random.exponential(2.0, (1000, 3)),
        "reference.fitted": np.maximum(random.normal(0.0, 0.01, (1000, 3)), 0.0),
    }
    for name in NAMES:
        fraction = np.repeat([0.02, 0.04, 0.06, 0.08, 0.10, 0.13], 60)
        share = 0.8 if name == "whole_field" else 1.0
        found[f"{name}.fraction"] = fraction
        found[f"{name}.fitted"] = np.maximum(random.normal(share * fraction[:, None], 0.01, (len(fraction), 3)), 0.0)
        found[f"{name}.ts"] = np.zeros((len(fraction), 3))
    return found


@pytest.fixture
def result(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(measurement, "SkyNetworks", Networks)
    sky = {"directions": np.tile([1.0, 0.0, 0.0], (4000, 1))}
    return measure(sky, {"energy": np.full(4000, 50.0)}, {}, [], scores(), MeasurementSettings())


def test_the_fraction_has_its_interval_and_shifts(result: dict[str, Any]):
    numbers = {one.name: one for one in result["numbers"]}
    fraction = numbers["fraction_network"]
    assert fraction.value == pytest.approx(100 * TRUE, abs=0.4)
    assert fraction.stat == pytest.approx((1.0, 1.0), abs=0.4)
    (table,) = result["tables"]
    shifts = dict(zip(table.axes[0].values, table.columns[0].values, strict=True))
    assert len(shifts) == len(NAMES) - 1 + 2
    # what is fitted in the whole field is four fifths of the truth
    assert shifts["coherent field: the model"] == pytest.approx(100 * TRUE * 0.25, abs=0.6)
    assert (shifts["network 1 alone"], shifts["network 2 alone"]) == pytest.approx((-1.0, 1.0), abs=0.4)
    assert fraction.syst is not None
    assert fraction.syst[1] == pytest.approx(np.sqrt(sum(max(one, 0.0) ** 2 for one in shifts.values())))


def test_p_values_are_counted_and_the_history_is_told(result: dict[str, Any]):
    numbers = {one.name: one for one in result["numbers"]}
    assert numbers["p_network"].value == pytest.approx(1 / 1001)
    assert numbers["p_network"].note == f"0 of 1000 isotropic skies; {HISTORY}"
    # exp(-30 / 2) of an exponential
    assert np.log(numbers["p_network_tail"].value) == pytest.approx(-15.0, abs=3.0)


def test_every_event_says_what_it_adds(result: dict[str, Any]):
    adds = np.array(result["sky"]["adds"])
    assert len(adds) == len(result["sky"]["energy"]) == 4000
    # they add up to TS at the fitted fraction, and those of sources add something
    assert (adds > 0).mean() == pytest.approx(TRUE, abs=0.02)
    assert adds.sum() > 0
