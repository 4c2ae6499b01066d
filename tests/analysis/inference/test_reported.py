"""Workspaces of public reports about other fitters, with the values that are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.inference.conditional import Fitted
from analysis.inference.fitting import fit, fit_many
from analysis.inference.impacts import impacts
from analysis.inference.measurement import measure
from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.inference.model import build_model
from tests.analysis.inference.conftest import read

pytestmark = pytest.mark.long


def found_in(workspace: dict[str, Any], parameter: str = "mu", **settings: Any) -> dict[str, Any]:
    asked = Interest(parameter, "poi", "poi", limit=True, significance=True)
    settings = {"goodness_toys": 0, "scan_points": 0, **settings}
    return measure({"one": workspace}, "observed", FitSettings((asked,), **settings))


def with_samples(*samples: tuple[list[float], list[dict[str, Any]]], observed: list[float]) -> dict[str, Any]:
    """One channel."""
    workspace = read("reported/03-unfixed")
    workspace["channels"][0]["samples"] = [
        {"name": f"sample_{row}", "data": data, "modifiers": modifiers} for row, (data, modifiers) in enumerate(samples)
    ]
    workspace["observations"][0]["data"] = observed
    workspace["measurements"][0]["config"]["parameters"] = []
    return workspace


def factor(name: str) -> dict[str, Any]:
    return {"name": name, "type": "normfactor", "data": None}


def size(name: str, change: float) -> dict[str, Any]:
    return {"name": name, "type": "normsys", "data": {"hi": 1.0 + change, "lo": 1.0 - change}}


@pytest.mark.long
@pytest.mark.parametrize("name", ["04e", "04e-with-a-tiny-nuisance"])
def test_all_free_parameters_at_a_bound(name: str) -> None:
    found = found_in(read(f"reported/{name}"), scan_points=5, goodness_toys=20)
    assert found["headline"]["poi"].startswith("0.00 −0.00 +0.23 (stat)")
    assert "below 0.944" in found["headline"]["poi"]
    one = found["workspaces"]["one"]
    assert one["at_bounds"] == ["mu"]
    assert (one["goodness"]["ndf"], one["goodness"]["statistic"]) == (1, pytest.approx(2.1485, abs=1e-3))


def test_no_refit_at_all_is_no_error() -> None:
    model = build_model(read("reported/04e"))
    fitted = Fitted.of(model)
    assert impacts(fitted).down.shape == (0, 1)
    nothing = fitted.hold([], [])
    assert (nothing.values.shape, nothing.twice_nll.shape) == ((0, 1), (0,))
    found = fit_many(model, start=np.zeros((0, 1)), free=np.zeros((0, 1), bool))
    assert len(found.values) == len(found.converged) == len(found.iterations) == 0


def test_everything_fixed() -> None:
    alone = found_in(read("reported/03b"))
    assert alone["headline"]["poi"].startswith("1.50 −0.77 +0.84 (stat)")
    # nothing is asked of it
    nothing = measure({"one": read("reported/03b")}, "observed", FitSettings((), scan_points=5))
    assert nothing["workspaces"]["one"]["parameters"]["mu"]["value"] == 1.0
    assert nothing["workspaces"]["one"]["goodness"]["ndf"] == 1


def test_a_fixed_parameter_of_interest_is_freed_and_told() -> None:
    fixed, free = (found_in(read(f"reported/{name}")) for name in ("03", "03-unfixed"))
    assert fixed["headline"] == free["headline"]
    assert fixed["headline"]["poi"].startswith("1.50 −0.77 +0.84 (stat) ± 0.50 (syst); significance 1.6 σ")
    assert "below 3.16" in fixed["headline"]["poi"]
    assert fixed["numbers"][0]["note"] == "fixed by the workspace's measurement, and free here to be measured: mu"
    assert fixed["workspaces"]["one"]["notes"] == [fixed["numbers"][0]["note"]]
    assert free["workspaces"]["one"]["notes"] == []


def test_a_fixed_uncertainty_is_freed_where_it_is_measured() -> None:
    workspace = read("reported/03-unfixed")
    workspace["measurements"][0]["config"]["parameters"] = [{"name": "bn", "fixed": True}]
    found = found_in(workspace, "bn")
    assert found["workspaces"]["one"]["parameters"]["bn"]["fixed"] is False
    assert "free here to be measured: bn" in found["numbers"][0]["note"]
    # what nobody asks for stays
    assert found_in(workspace)["workspaces"]["one"]["parameters"]["bn"]["fixed"] is True


def test_what_is_fixed_because_it_is_a_factor_of_nothing_is_refused() -> None:
    gammas = {"name": "g", "type": "shapesys", "data": [1.0, 1.0]}
    workspace = with_samples(([0.0, 5.0], [gammas]), ([9.0, 9.0], [factor("mu")]), observed=[9.0, 14.0])
    with pytest.raises(StudyError, match=r"'g\[0\]' of the workspace 'one' is fixed, and changes nothing"):
        found_in(workspace, "g[0]")


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "ndf", "told"),
    [
        ("16", 1, "χ² / ndf = 6.9 / 1"),
        ("16b", 0, "cannot be judged"),
        ("24", 1, "χ² / ndf = 80.9 / 1"),
        ("24-wide", 0, "cannot be judged"),
        ("25-e6", 1, "χ² / ndf = 0.0 / 1"),
    ],
)
def test_degrees_of_freedom_are_directions_that_change_something(name: str, ndf: int, told: str) -> None:
    found = found_in(read(f"reported/{name}"))
    goodness = found["workspaces"]["one"]["goodness"]
    assert goodness["ndf"] == ndf
    assert (goodness["p_value"] is None) == (ndf < 1)
    assert found["headline"]["goodness of fit"].startswith(told)


def test_what_cannot_be_described_without_a_degree_of_freedom_has_no_ratio() -> None:
    # 10 events, where mu may not go below zero and the background cannot shrink so far
    workspace = with_samples(([10.0], [factor("mu"), factor("k")]), observed=[30.0])
    bounded = [{"name": name, "bounds": [[0.0, 1.2]]} for name in ("mu", "k")]
    workspace["measurements"][0]["config"]["parameters"] = bounded
    found = found_in(workspace)
    # both are at their bounds, so nothing moves, and a bin is left
    assert found["workspaces"]["one"]["goodness"]["ndf"] == 1
    assert found["workspaces"]["one"]["at_bounds"] == ["k", "mu"]


@pytest.mark.parametrize("name", ["25-e6", "25-e7", "25-e8"])
def test_many_events_in_a_bin(name: str) -> None:
    found = found_in(read(f"reported/{name}"), goodness_toys=20)
    assert found["headline"]["poi"].startswith(("1.1 ± 0.6 (stat)", "1.10 ± 0.58 (stat)"))
    assert found["workspaces"]["one"]["goodness"]["toys_converged"] == 20


def test_still_more_events() -> None:
    assert "below 20.7" in found_in(read("reported/25"))["headline"]["poi"]
    assert "below 58.5" in found_in(read("reported/28"))["headline"]["poi"]


@pytest.mark.long
@pytest.mark.parametrize("events", [1e4, 1e6, 1e8, 1e10])
def test_relative_results_do_not_depend_on_how_many_events_there_are(events: float) -> None:
    root = np.sqrt(events)
    nominal, signal = np.array([1.0, 2.0, 3.0]) * events, np.array([1.0, 3.0, 0.5]) * root
    gammas = {"name": "g", "type": "shapesys", "data": (2.0 * np.sqrt(nominal)).tolist()}
    workspace = with_samples(
        (signal.tolist(), [factor("mu")]),
        (nominal.tolist(), [size("b", 1.0 / root), gammas]),
        observed=(nominal + np.array([1.5, 2.0, -1.0]) * root).tolist(),
    )
    fitted = Fitted.of(build_model(workspace))
    # with a Gauss law of the same widths, analytically: covariance of data, and the best strength
    covariance = np.diag(5.0 * nominal) + np.outer(nominal, nominal) / events
    weight = np.linalg.solve(covariance, signal)
    best = weight @ (np.array([1.5, 2.0, -1.0]) * root) / (weight @ signal)
    assert fitted.values[fitted.index("mu")] == pytest.approx(best, abs=5.0 / root)
    assert fitted.uncertainties[fitted.index("mu")] == pytest.approx((weight @ signal) ** -0.5, rel=20.0 / root)


PRODUCTS = {
    "with a background": with_samples(
        ([5.0, 10.0], [factor("mu"), factor("k")]), ([50.0, 60.0], [size("b", 0.1)]), observed=[60.0, 75.0]
    ),
    "of three": with_samples(
        ([5.0, 10.0, 3.0], [factor("mu"), factor("k"), factor("q")]),
        ([50.0, 60.0, 20.0], [factor("b")]),
        observed=[60.0, 75.0, 30.0],
    ),
    "in two samples": with_samples(
        ([5.0, 10.0, 2.0], [factor("mu"), factor("k")]),
        ([7.0, 1.0, 2.0], [factor("mu"), factor("q")]),
        ([50.0, 60.0, 20.0], [size("b", 0.1)]),
        observed=[70.0, 75.0, 30.0],
    ),
    "of many events": with_samples(
        ([5e8, 1e9], [factor("mu"), factor("k")]), ([5e9, 6e9], [factor("b")]), observed=[5.1e9, 6.9e9]
    ),
}


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(made, id=name, marks=[pytest.mark.long] if place else [])
        for place, (name, made) in enumerate(PRODUCTS.items())
    ],
)
def test_flat_valleys_have_a_minimum_and_a_name(made: dict[str, Any]) -> None:
    model = build_model(made)
    found = fit(model)
    assert found.converged
    assert found.iterations < 30
    assert found.distance < 1e-12
    told = found_in(made)
    (note,) = [note for note in told["workspaces"]["one"]["notes"] if "only a combination of" in note]
    assert {"mu", "k"} <= set(note.removeprefix("the data tell only a combination of ").split(", "))
    assert "b" not in note.split(", ")
    assert "WARNING: not told apart from k" in told["headline"]["poi"]
    assert np.isfinite(found.uncertainties).all()


@pytest.mark.parametrize("name", ["16", "16b"])
def test_strengths_that_are_not_told_apart_are_named(name: str) -> None:
    found = found_in(read(f"reported/{name}"))
    assert "WARNING: not told apart from" in found["headline"]["poi"]
    assert "only a combination of" in found["numbers"][0]["note"]


def test_a_strength_of_nothing_is_named() -> None:
    workspace = with_samples(([0.0, 0.0], [factor("mu")]), ([50.0, 60.0], [factor("b")]), observed=[55.0, 60.0])
    found = measure(
        {"one": workspace}, "observed", FitSettings((Interest("mu", "mu", "mu"),), scan_points=0, goodness_toys=0)
    )
    assert "WARNING: the data tell nothing of it" in found["headline"]["mu"]


@pytest.mark.parametrize("name", ["06", "06b"])
def test_two_modifiers_that_make_one_parameter_are_refused(name: str) -> None:
    with pytest.raises(StudyError, match=r"the normsys 'g\[0\]' .* and the staterror 'g' .* both make .* 'g\[0\]'"):
        build_model(read(f"reported/{name}"))


@pytest.mark.parametrize("kind", ["shapesys", "shapefactor"])
def test_elements_of_any_vector_may_have_another_ones_name(kind: str) -> None:
    vector = {"name": "g", "type": kind, "data": [1.0, 1.0] if kind == "shapesys" else None}
    workspace = with_samples(
        ([9.0, 9.0], [vector, factor("mu")]), ([9.0, 9.0], [factor("g[1]")]), observed=[18.0, 18.0]
    )
    with pytest.raises(StudyError, match=r"both make a parameter 'g\[1\]'"):
        build_model(workspace)


@pytest.mark.parametrize("others", [0.0, 40.0, 50.0])
def test_an_uncertainty_of_nothing_or_less_is_refused(others: float) -> None:
    workspace = read("reported/01")
    gammas = workspace["channels"][0]["samples"][0]["modifiers"][0]
    workspace["channels"][0]["samples"][1] = {"name": "Other", "data": [others], "modifiers": [dict(gammas)]}
    with pytest.raises(StudyError, match=r"'staterror_SR' of the sample .* of the channel 'SR' .* in the bin 0"):
        build_model(workspace)


def test_an_uncertainty_of_less_than_nothing_is_refused() -> None:
    with pytest.raises(StudyError, match=r"uncertainty of -50 events in the bin 0.*\n  cure"):
        build_model(read("reported/01"))
    gammas = {"name": "g", "type": "shapesys", "data": [1.0, 1.0]}
    workspace = with_samples(([-5.0, 5.0], [gammas]), ([9.0, 9.0], [factor("mu")]), observed=[9.0, 14.0])
    with pytest.raises(StudyError, match=r"the shapesys 'g' .* uncertainty of -5 events in the bin 0"):
        build_model(workspace)
