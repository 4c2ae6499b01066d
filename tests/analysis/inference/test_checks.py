"""Validation of a model from invented histograms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.histograms.histograms import Histograms, merge
from analysis.inference.check_settings import Checks, Judgement
from analysis.inference.checks import validate
from analysis.measurement import Region, Variable
from analysis.report.page import render
from analysis.results import Check, Table
from tests.analysis.inference.test_histfactory import EDGES, MODEL, histograms, made
from tests.analysis.report.example import page

MASS = Variable("mass", "$m$", "GeV", EDGES)
REGIONS = (Region("signal", "signal region", ()), Region("control", "control region", ()))
CHECKS = Checks((MASS,), REGIONS, MODEL, {"mu": 0.0})


def wrong() -> Histograms:
    """Data of the control region that nothing in the model explains."""
    return merge([histograms(), made("data", {"control": np.array([0.0, 300.0, 0.0]), "signal": np.zeros(3)})])


def test_every_distribution_is_compared() -> None:
    found = validate(histograms(w=1.3), "observed", CHECKS)
    checks = [Check.from_json(one) for one in found["checks"]]
    assert [(one.name, one.title, one.where) for one in checks] == [
        ("mass_signal", "$m$", "signal region"),
        ("mass_control", "$m$", "control region"),
    ]
    # the factor of the background comes from the bins
    assert [one.ndf for one in checks] == [2, 2]
    assert not any(one.failed for one in checks)
    (table,) = map(Table.from_json, found["tables"])
    assert table.columns[2].values == tuple(one.p_value for one in checks)
    assert found["headline"] == {"data and model": "all 2 distributions are described (p ≥ 0.01)"}


def test_a_wrong_model_is_told() -> None:
    found = validate(wrong(), "observed", CHECKS)
    good, bad = (Check.from_json(one) for one in found["checks"])
    assert (good.failed, bad.failed) == (False, True)
    assert bad.p_value is not None
    assert bad.p_value < 1e-4
    # and shown before all results, in red
    shown = render(page(checks=(good, bad)))
    assert shown.index('<tr class="failed"><th scope="row"><i>m</i></th><td>control region') < shown.index(
        'class="headline"'
    )
    told = found["headline"]["data and model"]
    assert told.startswith(
        "1 of 2 distributions are not described (p < 0.01, 0.02 by chance); $m$, control region: p = "
    )


def test_with_asimov_data_the_measured_ones_are_not_looked_at() -> None:
    one, other = (validate(filled, "asimov", CHECKS) for filled in (histograms(), wrong()))
    assert one == other
    assert one["checks"] == []
    assert "not been looked at" in one["headline"]["data and model"]


@pytest.mark.parametrize(
    "change",
    [
        lambda: replace(CHECKS, variables=(replace(MASS, regions=("elsewhere",)),)),
        lambda: replace(CHECKS, regions=()),
        lambda: Judgement(least=0.0),
        lambda: Judgement(fewest=-1.0),
    ],
)
def test_settings_are_checked(change) -> None:
    with pytest.raises(StudyError):
        change()
