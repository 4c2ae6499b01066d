from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.inference.parameters import parameter_sets
from analysis.inference.specification import read_workspace

FOLDER = Path(__file__).parent / "workspaces"


def complete() -> dict[str, Any]:
    return json.loads((FOLDER / "all_modifiers.json").read_text())


def sets_of(workspace: dict[str, Any]):
    return {each.name: each for each in parameter_sets(read_workspace(workspace))}


def test_constraints_have_a_centre_and_a_width():
    found = sets_of(complete())
    (lumi,) = found["lumi"].parameters
    assert (lumi.constraint, lumi.centre, lumi.width, lumi.lower, lumi.upper) == ("normal", 1.0, 0.02, 0.5, 1.5)
    fakes = found["fakes"].parameters
    assert [p.name for p in fakes] == ["fakes[0]", "fakes[1]", "fakes[2]"]
    # 50 ± 5 events are an auxiliary measurement of 100
    assert found["fakes"].auxiliary[0] == 100.0
    np.testing.assert_allclose((fakes[0].centre, fakes[0].width), (1.0, 0.1))
    assert found["mu"].parameters[0].centre is None
    assert found["mu"].parameters[0].constraint == "none"


def test_uncertainties_of_simulation_are_those_of_the_sum_of_samples():
    found = sets_of(complete())["mc_signal_region"]
    expected = [np.hypot(0.5, 3.0) / 55.0, np.hypot(0.7, 4.0) / 70.0, 1.0]
    np.testing.assert_allclose(found.sigmas, expected)
    # a bin without content has a fixed parameter
    np.testing.assert_array_equal(found.fixed, [False, False, True])


def test_bins_without_content_or_uncertainty_are_fixed():
    np.testing.assert_array_equal(sets_of(complete())["fakes"].fixed, [False, True, True])


def configure(workspace: dict[str, Any], **values: Any) -> dict[str, Any]:
    workspace["measurements"][0]["config"]["parameters"].append(values)
    return workspace


def test_the_measurement_configures_parameters():
    found = sets_of(configure(complete(), name="mu", inits=[2.0], bounds=[[-1.0, 3.0]], fixed=True))["mu"]
    (mu,) = found.parameters
    assert (mu.start, mu.lower, mu.upper, mu.fixed) == (2.0, -1.0, 3.0, True)
    found = sets_of(configure(complete(), name="mc_signal_region", fixed=False))["mc_signal_region"]
    assert not found.fixed.any()
    # as in pyhf, names without a modifier are no error
    assert "unheard_of" not in sets_of(configure(complete(), name="unheard_of", fixed=True))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "mu", "inits": [1.0, 2.0]}, "'mu' 2 inits"),
        ({"name": "mu", "sigmas": [1.0]}, "'mu' of a normfactor sigmas"),
        ({"name": "efficiency", "sigmas": [1.0]}, "'efficiency' of a normsys sigmas"),
        ({"name": "mu", "auxdata": [1.0]}, "'mu' of a normfactor auxdata"),
        ({"name": "mu", "bounds": [[2.0, 1.0]]}, "'mu' impossible values"),
        ({"name": "mc_control_region", "sigmas": [0.1, 0.0]}, "'mc_control_region' impossible values"),
    ],
)
def test_impossible_settings_are_named(values, message):
    with pytest.raises(StudyError, match=message):
        sets_of(configure(complete(), **values))


def test_lumi_needs_settings():
    workspace = complete()
    workspace["measurements"][0]["config"]["parameters"] = [{"name": "lumi", "inits": [1.0]}]
    with pytest.raises(StudyError, match=r"lumi.*bounds, auxdata, sigmas"):
        sets_of(workspace)


def add(workspace: dict[str, Any], channel: int, sample: int, kind: str, name: str, data: Any = None) -> dict[str, Any]:
    found = workspace["channels"][channel]["samples"][sample]["modifiers"]
    found.append({"name": name, "type": kind, "data": data})
    return workspace


@pytest.mark.parametrize(
    ("kind", "name", "data", "message"),
    [
        ("shapesys", "fakes", [1.0, 2.0], "shapesys 'fakes' .* is elsewhere, too"),
        ("normfactor", "efficiency", None, "'efficiency' .* shares its parameter"),
        ("shapefactor", "mu", None, "'mu' .* shares its parameter"),
        ("staterror", "mc_signal_region", [1.0, 2.0], "several channels, with different samples"),
    ],
)
def test_modifiers_that_do_not_fit_together_are_named(kind, name, data, message):
    with pytest.raises(StudyError, match=message):
        sets_of(add(complete(), 1, 1, kind, name, data))


def test_a_shapefactor_cannot_grow():
    workspace = add(complete(), 1, 1, "shapefactor", "multijet_shape")
    with pytest.raises(StudyError, match=r"'multijet_shape' .* has more bins"):
        sets_of(workspace)
