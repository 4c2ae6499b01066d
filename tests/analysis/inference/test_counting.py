from __future__ import annotations

import numpy as np
import pyhf
import pytest

from analysis.errors import StudyError
from analysis.inference.counting import count
from analysis.inference.counting_settings import Count, Counting, Expected
from analysis.inference.measurement import measure
from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.inference.specification import read_workspace

SIGNAL = Expected("signal", 12.0, sources={"efficiency": 0.1})
BACKGROUND = Expected("background", 50.0, 7.0, {"efficiency": 0.1})
EXPERIMENT = Counting((Count("search", 52, (SIGNAL, BACKGROUND)),), {"signal": "mu"})
LIMITS = FitSettings((Interest("mu", "mu", r"$\mu$", limit=True, significance=True),), 0, 3.0, False, 0)


def theirs(experiment: Counting) -> tuple[pyhf.Model, list[float]]:
    made = count(experiment)[experiment.name]
    model = pyhf.Model({"channels": made["channels"]}, validate=False, poi_name="mu")
    counts = [one["data"][0] for one in sorted(made["observations"], key=lambda one: one["name"])]
    return model, counts + model.config.auxdata


@pytest.mark.long
def test_limits_are_those_of_pyhf():
    found = measure(count(EXPERIMENT), "observed", LIMITS)["workspaces"]["counts"]["limit"]["mu"]
    model, data = theirs(EXPERIMENT)
    observed, expected = pyhf.infer.intervals.upper_limits.upper_limit(data, model, scan=None, level=0.05)
    assert found["observed"] == pytest.approx(float(observed), rel=2e-3)
    assert found["expected"] == pytest.approx([float(limit) for limit in expected], rel=2e-3)


@pytest.mark.long
def test_a_control_region_tells_a_free_normalisation():
    regions = (
        Count("signal", 25, (Expected("signal", 10.0), Expected("w", 10.0))),
        Count("control", 150, (Expected("w", 100.0),)),
    )
    found = measure(count(Counting(regions, {"signal": "mu"}, {"w": "w_norm"})), "observed", LIMITS)
    (mu,) = found["numbers"]
    # 25 - 1.5 * 10 events; their uncertainties by propagation
    assert mu["value"] == pytest.approx(1.0, abs=1e-3)
    spread = np.hypot(np.sqrt(25.0), 1.5 * 10.0 / np.sqrt(150.0)) / 10.0
    assert np.mean(mu["stat"]) == pytest.approx(spread, rel=0.05)


@pytest.mark.long
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_sources_move_numbers_together_or_against_each_other(sign: float):
    regions = tuple(
        Count(name, 100, (Expected("signal", 10.0), Expected("w", 90.0, sources={"energy": size})))
        for name, size in (("low", 0.1), ("high", 0.1 * sign))
    )
    found = measure(count(Counting(regions, {"signal": "mu"})), "observed", LIMITS)["workspaces"]["counts"]
    # what moves both alike looks like the signal; what moves them against each other does not
    _, up = found["intervals"]["mu"]["syst"]
    assert (up > 0.7) == (sign > 0.0)


def test_it_is_a_workspace():
    made = count(EXPERIMENT)["counts"]
    read_workspace(made)
    assert [m["type"] for m in made["channels"][0]["samples"][1]["modifiers"]] == ["staterror", "normsys"]
    assert made["measurements"][0]["config"]["parameters"][0]["bounds"][0][0] == 0.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: Expected("s", -1.0), "-1.0 events are expected of 's'"),
        (lambda: Expected("s", float("nan")), "nan events"),
        (lambda: Expected("s", 1.0, -1.0), "the uncertainty -1.0"),
        (lambda: Expected("s", 1.0, sources={"a": 1.5}), "the relative uncertainty 'a' of 's' is 1.5"),
        (lambda: Expected("s", 1.0, sources={"a": 0.0}), "the relative uncertainty 'a'"),
        (lambda: Count("r", -3, (SIGNAL,)), "-3 events are observed"),
        (lambda: Count("r", 3, ()), "expects nothing"),
        (lambda: Count("r", 3, (SIGNAL, SIGNAL)), "name each process once"),
        (lambda: Counting((), {}), "regions are called"),
        (lambda: Counting(EXPERIMENT.counts * 2, {"signal": "mu"}), "name of its own"),
        (lambda: Counting(EXPERIMENT.counts, {"sginal": "mu"}), "(?s)strength names 'sginal'.*signal, background"),
        (lambda: Counting(EXPERIMENT.counts, {"signal": "mu"}, {"w": "k"}), "free names 'w'"),
    ],
)
def test_numbers_that_cannot_be_meant(wrong, message: str):
    with pytest.raises(StudyError, match=message):
        wrong()
