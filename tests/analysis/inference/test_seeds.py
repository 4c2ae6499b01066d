"""What a result owes to the seeds of its networks."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from analysis.errors import FitError
from analysis.inference.conditional import Fitted
from analysis.inference.measurement import measure
from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.inference.model import build_model
from analysis.inference.seeds import apart, fit_seeds

SETTINGS = FitSettings((Interest("mu", "mu", "strength"),), scan_points=0, impacts=False, goodness_toys=0)


@pytest.fixture
def seeds(workspace: dict) -> list[dict]:
    """Events move between the first two bins."""
    made = [copy.deepcopy(workspace) for _ in range(3)]
    for moved, one in zip((-8.0, 0.0, 5.0), made, strict=True):
        data = one["observations"][0]["data"]
        data[0], data[1] = data[0] - moved, data[1] + moved
    return made


def test_the_uncertainty_is_that_of_a_mean_of_independent_results(workspace: dict, seeds: list[dict]) -> None:
    values = []
    for one in seeds:
        fitted = Fitted.of(build_model(one))
        values.append(fitted.values[fitted.index("mu")])
    found = fit_seeds("whole", seeds, ["mu"])
    np.testing.assert_allclose(found.values[:, 0], values, atol=1e-6)
    assert found.deviation("mu") == pytest.approx(np.std(values, ddof=1), rel=1e-4)
    assert found.uncertainty("mu") == pytest.approx(np.std(values, ddof=1) / np.sqrt(3.0), rel=1e-4)
    assert found.precision == pytest.approx(0.5)

    named = {"whole": workspace, **{f"whole~{number}": one for number, one in enumerate(seeds, 1)}}
    told = measure(named, "observed", SETTINGS)
    assert set(told["workspaces"]) == {"whole"}
    assert told["headline"]["strength"].endswith(f"± {found.uncertainty('mu'):.2f} (training)")
    number, training = told["numbers"]
    assert training["name"] == "mu_training"
    assert training["value"] == pytest.approx(found.uncertainty("mu"), rel=1e-4)
    assert training["stat"] == pytest.approx([0.5 * training["value"]] * 2, rel=1e-4)
    assert "of 3 seeds" in number["note"]
    (table,) = (table for table in told["tables"] if table["name"] == "seeds_whole")
    assert table["columns"][0]["values"] == pytest.approx(values, abs=1e-6)
    stored = told["workspaces"]["whole"]["seeds"]
    assert stored["parameters"]["mu"]["values"] == table["columns"][0]["values"]
    assert len(stored["p_values"]) == 3
    # the rest is what it is without seeds
    alone = measure({"whole": workspace}, "observed", SETTINGS)
    assert alone["numbers"][0]["value"] == number["value"]


def test_a_mean_that_is_not_about_what_its_seeds_give_is_told(workspace: dict, seeds: list[dict]) -> None:
    for one in seeds:
        one["observations"][0]["data"][1] += 60.0
    named = {"whole": workspace, **{f"whole~{number}": one for number, one in enumerate(seeds, 1)}}
    found = fit_seeds("whole", seeds, ["mu"])
    told = measure(named, "observed", SETTINGS)
    doubt = found.doubt("mu", told["numbers"][0]["value"])
    assert f"{found.values.mean():.3g} in the mean" in doubt
    assert told["headline"]["strength"].endswith(f" (training) (WARNING: {doubt})")
    assert doubt in told["numbers"][0]["note"]
    near = found.values.mean() + 4.9 * found.uncertainty("mu")
    assert found.doubt("mu", near) == ""


def test_what_no_seed_changes_has_no_such_uncertainty(workspace: dict) -> None:
    same = {"whole": workspace, "whole~1": workspace, "whole~2": copy.deepcopy(workspace)}
    assert apart(same) == ({"whole": workspace}, {})
    assert apart({"whole": workspace, "whole~1": workspace})[1] == {}
    found = measure(same, "observed", SETTINGS)
    assert [number["name"] for number in found["numbers"]] == ["mu"]
    assert "training" not in found["headline"]["strength"]


def test_asimov_data_are_the_same_for_all_seeds(workspace: dict, seeds: list[dict]) -> None:
    named = {"whole": workspace, **{f"whole~{number}": one for number, one in enumerate(seeds, 1)}}
    assert [number["name"] for number in measure(named, "asimov", SETTINGS)["numbers"]] == ["mu"]


def test_the_mean_of_independent_draws_fluctuates_as_is_told() -> None:
    random = np.random.default_rng(1)
    draws = random.normal(1.0, 0.2, size=(4000, 4))
    told = np.sqrt((draws.var(axis=1, ddof=1) / 4).mean())
    assert draws.mean(axis=1).std() == pytest.approx(told, rel=0.05)


def test_a_seed_whose_fit_fails_is_named(seeds: list[dict], monkeypatch: pytest.MonkeyPatch) -> None:
    good, asked = Fitted.of, []

    def failing(model):
        asked.append(model)
        if len(asked) == 2:
            raise FitError("the fit did not converge", cure="look")
        return good(model)

    monkeypatch.setattr(Fitted, "of", failing)
    with pytest.raises(FitError, match="workspace 'whole', networks of seed 2: the fit did not converge"):
        fit_seeds("whole", seeds, ["mu"])
