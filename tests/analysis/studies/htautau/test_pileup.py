"""Weights of the pile-up: closure with real events, shifts, and what cannot be derived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import awkward as ak
import numpy as np
import pytest

from analysis.calibration import SavedCalibration
from analysis.errors import DataError
from analysis.events.selection import passes
from analysis.studies.htautau.pileup import derive
from analysis.studies.htautau.study import study
from analysis.study import Dataset

SETTINGS = study.stage("pileup").step.settings
HIGH_MT = next(region for region in study.stage("histograms").regions if region.name == "high_mt")
Reconstructed = Callable[[Dataset], ak.Array]


def weights(pileup: SavedCalibration, dataset: Dataset, events: ak.Array, way: str = "nominal") -> np.ndarray:
    return np.asarray(pileup["pileup"].evaluate(dataset.name, np.asarray(events.npv, float), way))


def mean(events: ak.Array, weight: np.ndarray | None = None) -> tuple[float, float]:
    """Mean number of vertices, and its uncertainty."""
    npv = np.asarray(events.npv, float)
    weight = np.ones(len(npv)) if weight is None else weight
    centre = np.average(npv, weights=weight)
    return float(centre), float(np.sqrt(np.sum(weight**2 * (npv - centre) ** 2)) / weight.sum())


def test_the_weighted_simulation_has_the_measured_number_of_vertices(
    reconstructed: Reconstructed, pileup: SavedCalibration
) -> None:
    """Where W + jets is normalised, which is not where all of the weights come from."""
    measured, spread = mean(
        ak.concatenate([(e := reconstructed(d))[passes(e, HIGH_MT.cuts)] for d in study.measured("")])
    )
    simulated, bare, factors = [], [], []
    for dataset in study.simulated:
        events = reconstructed(dataset)
        events = events[passes(events, HIGH_MT.cuts)]
        simulated.append(events)
        bare.append(np.full(len(events), dataset.weight_per_fb))
        factors.append(bare[-1] * weights(pileup, dataset, events))
    every = ak.concatenate(simulated)
    before, error_before = mean(every, np.concatenate(bare))
    after, error_after = mean(every, np.concatenate(factors))
    assert (before - measured) / np.hypot(spread, error_before) > 8.0
    assert abs(after - measured) / np.hypot(spread, error_after) < 2.0


@pytest.mark.long
def test_no_sample_changes_its_number_of_events(reconstructed: Reconstructed, pileup: SavedCalibration) -> None:
    """Of those that the weights were derived from, up to the rounding of the correction."""
    for group in SETTINGS.groups:
        for way in ("nominal", "up", "down"):
            parts = []
            for name in group:
                events = reconstructed(study.dataset(name))
                parts.append(weights(pileup, study.dataset(name), events[passes(events, SETTINGS.simulated)], way))
            assert np.mean(np.concatenate(parts)) == pytest.approx(1.0, abs=1e-5)


def test_shifts_move_the_number_of_vertices_by_what_they_say(
    reconstructed: Reconstructed, pileup: SavedCalibration
) -> None:
    dataset = study.dataset("W2JetsToLNu")
    events = reconstructed(dataset)
    events = events[passes(events, SETTINGS.simulated)]
    centre, *others = (mean(events, weights(pileup, dataset, events, way))[0] for way in ("nominal", "up", "down"))
    # what lies in wide bins does not move in them
    assert np.array(others) / centre - 1.0 == pytest.approx([0.05, -0.05], abs=0.012)


def test_weights_are_those_that_went_in() -> None:
    """Simulated events drawn with a known excess of vertices."""
    generator = np.random.default_rng(5)
    npv = {"w": generator.poisson(18.0, 60_000), "run": generator.poisson(15.0, 60_000)}
    events = {name: ak.Array({"identity": np.arange(len(one)), "npv": one}) for name, one in npv.items()}
    found = derive(events, replace(SETTINGS, groups=(("w",),), measured=(), simulated=()))
    correction = found.corrections.to_evaluator()["pileup"]
    for number in (12.0, 15.0, 18.0, 22.0):
        low = 2.0 * (number // 2.0)
        odds = [
            sum(np.exp(-rate) * rate**k / np.prod(np.arange(1.0, k + 1)) for k in (low, low + 1)) for rate in (15, 18)
        ]
        assert correction.evaluate("w", number, "nominal") == pytest.approx(odds[0] / odds[1], rel=0.06)
    numbers = {one["name"]: one["value"] for one in found.measurements["numbers"]}
    assert numbers["npv_w_after"] == pytest.approx(numbers["npv_data"], abs=0.05)


@pytest.mark.parametrize(
    ("names", "message"), [(("w",), "no measured event"), (("w", "few", "run"), "no event of few has 0 to 6 vertices")]
)
def test_what_cannot_be_derived_is_told(names: tuple[str, ...], message: str) -> None:
    npv = {"w": np.arange(40), "few": np.array([15]), "run": np.arange(40)}
    events = {name: ak.Array({"identity": np.arange(len(npv[name])), "npv": npv[name]}) for name in names}
    groups = tuple((name,) for name in names if name != "run")
    with pytest.raises(DataError, match=message):
        derive(events, replace(SETTINGS, groups=groups, measured=(), simulated=()))
