from __future__ import annotations

import numpy as np
import pyhf
import pytest
from scipy.stats import norm

from analysis.inference.conditional import Fitted
from analysis.inference.model import Data, Model
from analysis.inference.significance import significance


def test_significance_is_that_of_pyhf(fitted: Fitted, theirs: tuple[pyhf.Model, list[float]]) -> None:
    model, data = theirs
    p_value, expected = pyhf.infer.hypotest(0.0, data, model, test_stat="q0", return_expected=True)
    found = significance(fitted, "mu")
    assert found.p_value == pytest.approx(float(p_value), rel=1e-3)
    assert found.observed == pytest.approx(norm.isf(p_value), abs=1e-3)
    assert found.expected == pytest.approx(norm.isf(expected), abs=1e-3)


def test_asimov_data_are_as_significant_as_expected(model: Model) -> None:
    found = significance(Fitted.of(model, model.asimov(model.start)), "mu")
    assert found.observed == pytest.approx(found.expected, abs=1e-6)
    assert found.observed > 2.0


def test_a_deficit_is_no_signal(model: Model) -> None:
    values = model.start.copy()
    values[model.index("mu")] = 0.0
    fewer = np.asarray(model.expected(values)) - 3.0
    found = significance(Fitted.of(model, Data(fewer, model.observed.auxiliary)), "mu")
    assert (found.observed, found.p_value) == (0.0, 0.5)
    assert found.expected > 2.0
