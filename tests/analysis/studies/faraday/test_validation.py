from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.checking.values import check_result
from analysis.studies.faraday.settings import ValidationSettings
from analysis.studies.faraday.validation import METHODS, allowed, coverage, validate

SETTINGS = ValidationSettings(repetitions=100)


def predictions(number: int = 3000) -> dict[str, Any]:
    random = np.random.default_rng(1)
    rm = random.normal(size=number) * 50
    found = {"rm": rm, "separation": random.uniform(0, 3, number), "cumulative": random.uniform(0, 1, number)}
    for method, error in zip(METHODS, (8.0, 12.0, 10.0, 11.0, 13.0), strict=True):
        found[method] = rm + error * random.normal(size=number)
    return {**found, "density": np.full(number, np.exp(-3.0))}


def test_errors_gains_and_coverage():
    found = check_result(validate(predictions(), SETTINGS))
    numbers = {one["name"]: one for one in found["numbers"]}
    assert numbers["error_all"]["value"] == pytest.approx(8 * 0.6745, rel=0.05)
    assert numbers["gain_all"]["value"] == pytest.approx(20.0, abs=5.0)
    assert numbers["gain_all"]["note"] == "the best is: median of the five nearest"
    for name in ("all", "beyond_1_deg", "beyond_2_deg"):
        for level, probability in (("68", 0.68), ("95", 0.95)):
            number = numbers[f"coverage_{level}_{name}"]
            assert number["value"] == pytest.approx(100 * probability, abs=4 * number["stat"][0])
    table = next(one for one in found["tables"] if one["name"] == "held_out_errors")
    assert table["columns"][0]["values"] == [3000, *table["columns"][0]["values"][1:]]
    assert table["columns"][0]["values"][2] == pytest.approx(1000, abs=100)
    density = next(one for one in found["tables"] if one["name"] == "held_out_coverage")["columns"][-1]
    assert density["values"] == pytest.approx([-3.0] * 3)


def test_it_is_the_same_again():
    assert validate(predictions(), SETTINGS)["numbers"] == validate(predictions(), SETTINGS)["numbers"]


def test_coverage_and_what_it_may_be():
    probability = (np.arange(1000) + 0.5) / 1000
    assert coverage(probability, 0.68) == pytest.approx(0.68)
    assert coverage(0.5 + (probability - 0.5) / 2, 0.68) == 1.0
    assert allowed(0.68, 100_000) == 0.03
    assert allowed(0.68, 100) == pytest.approx(2 * np.sqrt(0.68 * 0.32 / 100))
