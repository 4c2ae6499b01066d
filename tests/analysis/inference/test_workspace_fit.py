"""Fits of workspaces that belong to no study: numbers, and what cannot be told."""

from __future__ import annotations

import json
import warnings
from typing import Any

import numpy as np
import pyhf
import pytest

from analysis.errors import StudyError
from analysis.inference.workspace_fit import fit_workspace, without_minimum
from tests.analysis.inference.conftest import read

pytestmark = pytest.mark.long

KEYS = (
    *("poi", "value", "minus", "plus", "upper_limit", "expected_limit", "significance", "converged"),
    *("chi2", "ndf", "p_value", "at_bounds", "notes"),
)


def counting(background: float = 50.0, observed: float = 65.0, **parameter: Any) -> dict[str, Any]:
    """A bin with a signal of 10 events."""
    strength = {"name": "mu", "type": "normfactor", "data": None}
    samples = [
        {"name": "s", "data": [10.0], "modifiers": [strength]},
        {
            "name": "b",
            "data": [background],
            "modifiers": [{"name": "n", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}}],
        },
    ]
    config = {"poi": "mu", "parameters": [{"name": "mu", **parameter}] if parameter else []}
    return {
        "channels": [{"name": "region", "samples": samples}],
        "observations": [{"name": "region", "data": [observed]}],
        "measurements": [{"name": "m", "config": config}],
        "version": "1.0.0",
    }


def test_the_cls_that_pyhf_publishes():
    """The example of pyhf's documentation, whose CLs it states: docs/statistics.md shows it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        model = pyhf.simplemodels.uncorrelated_background([12.0, 11.0], [50.0, 52.0], [3.0, 7.0])
        workspace = dict(pyhf.Workspace.build(model, [51.0, 48.0, *model.config.auxdata]))
    found = fit_workspace("pyhf", workspace)
    # hello-world.ipynb of pyhf 0.6.2
    assert found.cls == pytest.approx((0.052515541856109765, 0.06445521290832805), rel=1e-4)
    lines = dict(found.lines())
    assert lines["CLs"] == "0.05252 for mu = 1 (expected 0.06446)"
    assert lines["upper limit"].endswith("at 95 % CL (CLs, asymptotic)")


def test_numbers_as_json():
    found = fit_workspace("counting", counting()).as_json()
    assert tuple(found) == KEYS
    assert found["poi"] == "mu"
    # 65 - 50 events of 10; the square root of 65 and 10 % of 50
    assert found["value"] == pytest.approx(1.5, abs=1e-6)
    assert np.hypot(0.77, 0.50) < found["minus"] < found["plus"] < np.hypot(0.84, 0.51)
    assert found["upper_limit"] == pytest.approx(3.1626, abs=1e-3)
    assert found["expected_limit"] < found["upper_limit"]
    assert found["converged"] is True
    assert found["at_bounds"] == found["notes"] == []


# value, interval downwards and upwards, upper limit, degrees of freedom, and what the notes say
REPORTED: dict[str, tuple[Any, ...]] = {
    "02": (-0.667, 1.154, 0.432, 1.332, 0, "nothing is expected where nothing is observed, in b1[0]"),
    "03-unfixed": (1.5, 0.922, 0.977, 3.163, 0, ""),
    "03": (1.5, 0.922, 0.977, 3.163, 0, "fixed by the workspace's measurement, and free here to be measured: mu"),
    "03b": (1.5, 0.773, 0.840, 2.932, 0, "fixed by the workspace's measurement, and free here to be measured: mu"),
    "04e": (0.0, 0.0, 0.230, 0.944, 1, "at a bound of its range: mu = 0"),
    "04e-with-a-tiny-nuisance": (0.0, 0.0, 0.230, 0.944, 1, "at a bound of its range: mu = 0"),
    # of the product of two strengths, data tell neither
    "16": (2.708, 2.0, 7.3, None, 1, "the data tell only a combination of mu, mu2"),
    "16b": (1.8, 1.8, 3.2, 6.072, 0, "the data tell only a combination of k, mu"),
    "24": (5.0, 1.030, 1.163, 6.987, 1, "at a bound of its range: norm_b = 10"),
    "24-wide": (1.0, 1.0, 1.345, 3.442, 0, ""),
    "25-e8": (1.1, 1.1, 1.155, 3.102, 1, ""),
    "28": (0.0, 0.0, 31.869, 58.488, 1, ""),
}


@pytest.mark.parametrize("name", REPORTED)
def test_cases_of_public_reports(name: str):
    value, minus, plus, limit, ndf, note = REPORTED[name]
    found = fit_workspace(name, read(f"reported/{name}")).as_json()
    assert (found["value"], found["minus"], found["plus"]) == pytest.approx((value, minus, plus), abs=1e-3)
    assert found["upper_limit"] == (None if limit is None else pytest.approx(limit, abs=1e-3))
    assert found["ndf"] == ndf
    assert any(one.startswith(note) for one in (*found["notes"], *([] if note else [""])))
    assert bool(found["at_bounds"]) == note.startswith("at a bound")
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("name", ["01", "06", "06b"])
def test_workspaces_of_public_reports_that_contradict_themselves(name: str):
    with pytest.raises(StudyError, match=rf"^{name}: the (staterror 'staterror_SR'|normsys 'g\[0\]') of the sample"):
        fit_workspace(name, read(f"reported/{name}"))


@pytest.mark.parametrize(
    ("workspace", "poi", "note"),
    [
        (counting(), "n", "n is a nuisance parameter with a constraint, no strength"),
        (counting(bounds=[[0.5, 3.0]]), "", "mu = 0 is outside of the parameter's bounds, 0.5 to 3"),
    ],
)
def test_no_limit_and_no_significance_where_nothing_can_be_compared_with(
    workspace: dict[str, Any], poi: str, note: str
):
    fit = fit_workspace("counting", workspace, poi)
    found = fit.as_json()
    assert found["upper_limit"] is found["expected_limit"] is found["significance"] is None
    assert found["value"] is not None
    assert note in found["notes"][0]
    assert {"upper limit", "expected", "CLs", "significance"} & set(dict(fit.lines())) == set()


def test_a_workspace_without_a_parameter_of_interest():
    workspace = counting()
    workspace["measurements"][0]["config"]["poi"] = ""
    found = fit_workspace("counting", workspace)
    assert [found.as_json()[name] for name in KEYS[:7]] == [None] * 7
    assert "names no parameter of interest (--poi does)" in found.as_json()["notes"][0]
    # the parameters are fitted all the same
    assert [row[0] for row in found.parameters()[0]] == ["parameter", "mu", "n"]
    assert fit_workspace("counting", workspace, "mu").as_json()["value"] == pytest.approx(1.5, abs=1e-6)


def test_asimov_data_look_at_no_observation():
    found, other = (
        fit_workspace("counting", counting(observed=observed), data="asimov").as_json() for observed in (65.0, 3.0)
    )
    assert found == other
    assert found["value"] == pytest.approx(1.0, abs=1e-6)
    assert found["notes"] == ["Asimov data: expected numbers, the observations were looked at nowhere"]


def test_few_events_are_told():
    (note,) = fit_workspace("counting", counting(background=4.0, observed=16.0)).as_json()["notes"]
    assert "asymptotic, of 4.4 expected events of background, fewer than 10" in note


def test_signal_alone():
    workspace = counting(observed=7.0)
    del workspace["channels"][0]["samples"][1]
    fit = fit_workspace("alone", workspace)
    found = fit.as_json()
    assert found["value"] == pytest.approx(0.7, abs=1e-6)
    assert found["significance"] is None
    assert [note.partition(":")[0] for note in found["notes"]] == [
        "the limit is asymptotic, of no expected events of background, fewer than 10",
        "the data are impossible without the signal",
    ]
    assert dict(fit.lines())["significance"].startswith("infinite")


def test_goodness_by_toys():
    goodness = dict(fit_workspace("two", read("signal_and_control"), toys=20).lines())["goodness"]
    assert "(20 toys)" in goodness


def test_what_is_invalid_names_the_workspace():
    with pytest.raises(StudyError, match=r"the workspace a\.json has no parameter 'muu'; did you mean 'mu'\?"):
        fit_workspace("a.json", counting(), "muu")
    with pytest.raises(StudyError, match=r"a\.json: the workspace does not follow pyhf's schema at"):
        fit_workspace("a.json", {**counting(), "channels": []})
    with pytest.raises(
        StudyError, match=r"a\.json: the sample 'b' of the channel 'region' has a value that is not finite"
    ):
        fit_workspace("a.json", counting(background=float("nan")))


def test_a_fit_without_a_minimum_is_json_of_the_same_keys():
    found = without_minimum("mu", "it did not converge")
    assert tuple(found) == KEYS
    assert (found["converged"], found["notes"]) == (False, ["it did not converge"])
    assert {found[name] for name in KEYS[1:7]} == {None}


def test_no_more_than_a_screen_of_parameters():
    rows, more = fit_workspace("two", read("signal_and_control")).parameters()
    assert rows[0] == ("parameter", "best fit", "pull", "post-fit / pre-fit uncertainty")
    assert len(rows) + more > 5
    assert all(len(row) == 4 for row in rows)
