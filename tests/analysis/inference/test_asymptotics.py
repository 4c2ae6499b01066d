from __future__ import annotations

import numpy as np
import pytest
from pyhf.infer.calculators import AsymptoticTestStatDistribution

from analysis.inference.asymptotics import BAND, cls_expected, cls_observed, discovery, statistic_at_expected_limit


def pyhf_cls(q: float, q_asimov: float, deviation: float | None = None) -> float:
    """CLs by pyhf's distributions of the transformed test statistic."""
    root, root_asimov = np.sqrt(q), np.sqrt(q_asimov)
    with_signal, background = AsymptoticTestStatDistribution(-root_asimov), AsymptoticTestStatDistribution(0.0)
    if deviation is not None:
        # pyhf counts deviations of the p-value, upwards where we count those of the strength
        statistic = background.expected_value(-deviation)
    elif root <= root_asimov:
        statistic = root - root_asimov
    else:
        statistic = (q - q_asimov) / (2 * root_asimov)
    return float(with_signal.pvalue(statistic) / background.pvalue(statistic))


@pytest.mark.parametrize(("q", "q_asimov"), [(0.0, 1.0), (0.5, 2.0), (2.0, 2.0), (9.0, 3.0), (30.0, 4.0)])
def test_cls_is_that_of_pyhf(q: float, q_asimov: float) -> None:
    assert cls_observed(q, q_asimov) == pytest.approx(pyhf_cls(q, q_asimov), rel=1e-12)
    expected = [pyhf_cls(q, q_asimov, deviation) for deviation in BAND]
    np.testing.assert_allclose(cls_expected(q_asimov, BAND), expected, rtol=1e-12)


def test_a_strength_that_changes_nothing_is_not_excluded() -> None:
    np.testing.assert_allclose(cls_observed([0.0, 1e-9], [0.0, 0.0]), 1.0)
    np.testing.assert_allclose(cls_expected(0.0, BAND), 1.0)


def test_far_out_no_number_is_missing() -> None:
    found = [*np.ravel(cls_observed([1e6, 1e9], [1e5, 1e-3])), *cls_expected(1e6, BAND)]
    assert np.all(np.isfinite(found))
    np.testing.assert_allclose(found, 0.0, atol=1e-12)


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_expected_limits_lie_where_the_expected_cls_is_their_level(level: float) -> None:
    roots = statistic_at_expected_limit(level, BAND)
    assert np.all(np.diff(roots) > 0)
    np.testing.assert_allclose(np.diagonal(cls_expected((roots**2)[:, None], BAND)), 1 - level, rtol=1e-10)


def test_discovery() -> None:
    z, p = discovery([0.0, 4.0, -1e-13])
    np.testing.assert_allclose(z, [0.0, 2.0, 0.0])
    np.testing.assert_allclose(p, [0.5, 0.022750131948179195, 0.5])
