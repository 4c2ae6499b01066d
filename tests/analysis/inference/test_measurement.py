from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from analysis.errors import FitError, StudyError
from analysis.inference.conditional import Fitted
from analysis.inference.measurement import measure
from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.results import Number, Table

STRENGTH = Interest("mu", "mu_signal", r"$\mu$", limit=True, significance=True, note="a test")
NORMALISATION = Interest("norm_background", "k_background", "$k$", workspace="whole")
SETTINGS = FitSettings((STRENGTH, NORMALISATION), scan_points=11, goodness_toys=30)


@pytest.fixture
def workspaces(workspace: dict) -> dict[str, dict]:
    part = copy.deepcopy(workspace)
    part["channels"][0]["samples"] = part["channels"][0]["samples"][:2]
    return {"whole": workspace, "part": part}


def test_everything_is_there(workspaces: dict[str, dict], fitted: Fitted) -> None:
    found = measure(workspaces, "observed", settings=SETTINGS)
    # JSON knows all of it
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found) == {"data", "workspaces", "numbers", "tables", "headline"}
    assert found["data"] == "observed"
    whole = found["workspaces"]["whole"]
    assert set(whole) == {
        *("converged", "twice_nll", "iterations", "parameters", "correlation", "covariance", "intervals", "impacts"),
        *("scan", "significance", "limit", "goodness", "other_minima", "at_bounds", "notes"),
    }
    assert whole["converged"] is True
    assert whole["twice_nll"] == pytest.approx(fitted.twice_nll, abs=1e-6)
    assert list(whole["parameters"]) == list(fitted.names)
    assert set(whole["parameters"]["mu"]) == {
        *("value", "uncertainty", "start", "lower", "upper", "fixed", "constraint", "centre", "width", "pull"),
        "constrained_to",
    }
    assert whole["parameters"]["mu"]["value"] == pytest.approx(fitted.values[fitted.index("mu")], abs=1e-6)
    np.testing.assert_allclose(whole["correlation"]["matrix"], fitted.correlation, atol=1e-7)
    np.testing.assert_allclose(whole["covariance"]["matrix"], fitted.covariance, atol=1e-7)
    assert whole["correlation"]["names"] == list(fitted.names)
    assert set(whole["intervals"]) == {"mu", "norm_background"}
    impacts = whole["impacts"]["mu"]
    assert {row["parameter"] for row in impacts} == set(fitted.names) - {"mu"}
    sizes = [max(abs(row["down"]), abs(row["up"])) for row in impacts]
    assert sizes == sorted(sizes, reverse=True)
    scan = whole["scan"]["mu"]
    assert {len(values) for values in scan.values()} == {11}
    assert set(whole["significance"]) == set(whole["limit"]) == {"mu"}
    assert whole["limit"]["mu"]["expected"] == sorted(whole["limit"]["mu"]["expected"])
    assert len(whole["limit"]["mu"]["expected"]) == 5
    assert whole["goodness"]["toys"] == whole["goodness"]["toys_converged"] == 30
    assert len(whole["goodness"]["toy_statistics"]) == 30
    assert whole["other_minima"] == whole["at_bounds"] == whole["notes"] == []
    # measured where it was asked for
    assert set(found["workspaces"]["part"]["intervals"]) == {"mu"}


def test_numbers_and_headline(workspaces: dict[str, dict]) -> None:
    found = measure(workspaces, "observed", settings=SETTINGS)
    numbers = {stored["name"]: Number.from_json(stored) for stored in found["numbers"]}
    assert set(numbers) == {"mu_signal_whole", "mu_signal_part", "k_background"}
    one = numbers["mu_signal_whole"]
    interval = found["workspaces"]["whole"]["intervals"]["mu"]
    assert (one.value, one.stat, one.syst) == (interval["value"], tuple(interval["stat"]), tuple(interval["syst"]))
    assert one.total == pytest.approx((interval["down"], interval["up"]), rel=1e-4)
    assert one.note == "a test"
    assert "whole" in one.method
    headline = found["headline"]
    assert set(headline) == {
        *(r"$\mu$ (whole)", r"$\mu$ (part)", "$k$", "goodness of fit (whole)", "goodness of fit (part)")
    }
    assert "1.08 −0.29 +0.31 (stat) ± 0.22 (syst); significance 3.1 σ" in headline[r"$\mu$ (whole)"]
    assert "below 1.72 (expected 0.675) at 95 % CL" in headline[r"$\mu$ (whole)"]


def test_tables(workspaces: dict[str, dict], fitted: Fitted) -> None:
    found = measure({"whole": workspaces["whole"]}, "observed", settings=SETTINGS)
    tables = {stored["name"]: Table.from_json(stored) for stored in found["tables"]}
    assert set(tables) == {"tests_whole", "goodness_whole", "yields_whole", "parameters_whole", "correlation_whole"}
    assert tables["parameters_whole"].axes[0].values == fitted.names
    strongest = np.abs(np.array(tables["correlation_whole"].columns[0].values, float))
    assert np.all(np.diff(strongest) <= 1e-6)
    yields = tables["yields_whole"]
    rows = list(zip(*(axis.values for axis in yields.axes), strict=True))
    before, after, observed = (dict(zip(rows, column.values, strict=True)) for column in yields.columns)
    assert ("control_region", "signal") not in rows
    assert before["signal_region", "background"] == 245.0
    assert observed["signal_region", "total"] == 327.0
    assert observed["signal_region", "background"] is None
    samples = [after["signal_region", name] or 0.0 for name in ("background", "other", "signal")]
    assert after["signal_region", "total"] == pytest.approx(sum(samples))
    # a free normalisation and constraints together describe a region's sum well
    total = yields.columns[1].errors["total"][rows.index(("signal_region", "total"))][1]
    assert 0.8 < total / np.sqrt(327.0) < 1.1
    assert abs((after["signal_region", "total"] or 0.0) - 327.0) < 5.0


def test_asimov_data_are_looked_at_alone(workspaces: dict[str, dict]) -> None:
    other = copy.deepcopy(workspaces)
    for observation in other["whole"]["observations"]:
        observation["data"] = [3.0 * events + 11.0 for events in observation["data"]]
    one, two = (measure(each, "asimov", settings=SETTINGS) for each in (workspaces, other))
    assert json.dumps(one) == json.dumps(two)
    assert json.dumps(one) != json.dumps(measure(workspaces, "observed", settings=SETTINGS))
    whole = one["workspaces"]["whole"]
    for parameter in whole["parameters"].values():
        assert parameter["value"] == pytest.approx(parameter["start"], abs=1e-6)
    assert one["headline"][r"$\mu$ (whole)"].startswith("1.00 −0.29 +0.30 (stat) −0.22 +0.21 (syst) (expected)")
    assert "goodness of fit (whole)" not in one["headline"]
    assert "Asimov" in one["numbers"][0]["note"]
    assert "Asimov data" in [column["title"] for table in one["tables"] for column in table["columns"]]


def test_the_same_fit_gives_the_same_bytes(workspaces: dict[str, dict]) -> None:
    one, two = (json.dumps(measure(workspaces, "observed", settings=SETTINGS)) for _ in range(2))
    assert one == two


def test_a_strength_at_its_bound_is_told(workspaces: dict[str, dict]) -> None:
    workspaces["whole"]["observations"][0]["data"] = [90.0, 65.0, 40.0, 20.0, 9.0]
    found = measure(workspaces, "observed", settings=SETTINGS)
    interval = found["workspaces"]["whole"]["intervals"]["mu"]
    assert (interval["value"], interval["down"], interval["at_limit"]) == (0.0, 0.0, [True, False])
    assert "bound" in found["numbers"][0]["note"]
    assert found["workspaces"]["whole"]["significance"]["mu"]["observed"] == 0.0
    json.dumps(found, allow_nan=False)


def test_only_what_is_asked_for(workspaces: dict[str, dict]) -> None:
    settings = FitSettings((Interest("mu", "mu", "x"),), scan_points=0, impacts=False, goodness_toys=0)
    found = measure({"whole": workspaces["whole"]}, "observed", settings=settings)
    whole = found["workspaces"]["whole"]
    assert [whole[part] for part in ("impacts", "scan", "significance", "limit")] == [{}] * 4
    assert (whole["goodness"]["toys"], whole["goodness"]["p_value_toys"]) == (0, None)
    assert [number["name"] for number in found["numbers"]] == ["mu"]
    assert "tests_whole" not in [table["name"] for table in found["tables"]]


def test_faults_name_the_workspace(workspaces: dict[str, dict]) -> None:
    with pytest.raises(StudyError, match=r"workspace 'whole' has no parameter 'nu'"):
        measure(workspaces, "observed", settings=FitSettings((Interest("nu", "nu", "x"),)))
    with pytest.raises(StudyError, match=r"'all', which is not there"):
        measure(workspaces, "observed", settings=FitSettings((Interest("mu", "mu", "x", workspace="all"),)))
    with pytest.raises(StudyError, match="'blind' data"):
        measure(workspaces, "blind", settings=SETTINGS)  # type: ignore[arg-type]
    for sample in workspaces["part"]["channels"][1]["samples"]:
        sample["data"] = [0.0, *sample["data"][1:]]
    with pytest.raises(FitError, match="workspace 'part'") as error:
        measure(workspaces, "observed", settings=SETTINGS)
    assert error.value.cure


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scan_points": 2}, "scan_points is 2"),
        ({"goodness_toys": -1}, "goodness_toys is -1"),
        ({"level": 1.0}, "level is 1.0"),
        ({"interest": (STRENGTH, STRENGTH)}, "two numbers are called 'mu_signal'"),
    ],
)
def test_settings_are_checked(change: dict, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        FitSettings(**{"interest": (), **change})


def test_another_minimum_is_told(ambiguous: dict) -> None:
    found = measure({"two": ambiguous}, "observed", settings=FitSettings((Interest("mu", "mu", "x"),)))
    (other,) = found["workspaces"]["two"]["other_minima"]
    value = found["workspaces"]["two"]["intervals"]["mu"]["value"]
    # one more tenth of the background is one signal less by a fifth
    assert abs(other["values"]["mu"] - value) == pytest.approx(0.4, abs=0.1)
    assert 0.0 < other["twice_delta_nll"] < 1.0
    assert "another minimum" in found["numbers"][0]["note"]


@pytest.mark.long
def test_an_asymptotic_limit_of_few_events_is_doubted(workspaces: dict[str, dict]) -> None:
    few = copy.deepcopy(workspaces["part"])
    for sample in few["channels"][0]["samples"]:
        sample["data"] = [0.01 * content for content in sample["data"]]
        sample["modifiers"] = [one for one in sample["modifiers"] if one["type"] in ("normfactor", "normsys")]
    few["observations"][0]["data"] = [1.0, 1.0, 0.0, 0.0, 0.0]
    settings = FitSettings((STRENGTH,), impacts=False, scan_points=0)
    found = measure({"few": few}, "observed", settings)
    told = "expected events of background are too few for asymptotic formulae: use --limits toys"
    assert told in found["headline"][r"$\mu$"]
    assert told in found["numbers"][0]["note"]
    enough = measure({"part": workspaces["part"]}, "observed", settings)["headline"]
    assert "WARNING" not in enough[r"$\mu$"]
