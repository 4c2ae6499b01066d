from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, kstest

from analysis.inference.conditional import Fitted
from analysis.inference.goodness import goodness
from analysis.inference.model import Data, Model, build_model
from analysis.inference.toys import draw


def test_the_statistic_is_the_deviance_of_bins_and_constraints(fitted: Fitted) -> None:
    found = goodness(fitted, toys=0, seed=1)
    counts, expected = fitted.data.main, np.asarray(fitted.model.expected(fitted.values))
    statistic = 2.0 * np.sum(expected - counts + counts * np.log(counts / expected))
    for parameter in fitted.parameters:
        if parameter.constraint == "normal":
            assert parameter.pull is not None
            statistic += parameter.pull**2
        elif parameter.constraint == "poisson":
            assert parameter.width is not None
            measured = parameter.width**-2
            statistic += 2.0 * measured * (parameter.value - 1.0 - np.log(parameter.value))
    assert found.statistic == pytest.approx(statistic, rel=1e-9)
    # eight bins, two normalisations
    assert found.ndf == 6
    assert found.p_value == pytest.approx(chi2.sf(statistic, 6))
    assert found.p_value_toys is None
    assert "χ² / ndf = 2.7 / 6" in found.told()


def test_p_values_of_toys_are_uniform(model: Model) -> None:
    drawn = draw(model, model.start, 60, seed=11)
    found = [
        goodness(Fitted.of(model, Data(main, auxiliary)), toys=100, seed=place)
        for place, (main, auxiliary) in enumerate(zip(*drawn, strict=True))
    ]
    assert all(one.converged.all() and len(one.toys) == 100 for one in found)
    assert kstest([one.p_value_toys for one in found], "uniform").pvalue > 0.01
    # with as many events as these, toys and asymptotic formula agree
    by_toys, asymptotic = (np.array([getattr(one, name) for one in found]) for name in ("p_value_toys", "p_value"))
    np.testing.assert_allclose(by_toys, asymptotic, atol=5.0 * np.sqrt(0.25 / 100))


def test_a_bad_fit_is_seen(model: Model) -> None:
    zigzag = np.asarray(model.expected(model.start)) * (1.0 + 0.4 * (-1.0) ** np.arange(8))
    found = goodness(Fitted.of(model, Data(zigzag, model.observed.auxiliary)), toys=100, seed=1)
    assert found.p_value_toys == pytest.approx(1 / 101)
    assert found.p_value is not None
    assert found.p_value < 1e-4


def test_bins_in_which_nothing_happens_do_not_count(workspace: dict) -> None:
    for sample in workspace["channels"][1]["samples"]:
        sample["data"][2] = 0.0
    workspace["observations"][1]["data"][2] = 0.0
    assert goodness(Fitted.of(build_model(workspace)), toys=0, seed=1).ndf == 5


def test_asimov_data_are_described_perfectly(model: Model) -> None:
    found = goodness(Fitted.of(model, model.asimov(model.start)), toys=20, seed=1)
    assert found.statistic == pytest.approx(0.0, abs=1e-9)
    assert found.p_value_toys == 1.0
