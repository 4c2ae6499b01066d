"""Spectra side by side: sums, chi2, the bin that moved most."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.comparison.histograms import Spectrum, compare_histograms
from analysis.histograms.histograms import Histograms, merge, new_histogram

EDGES = (0.0, 1.0, 3.0, 4.0)


def histograms(
    values: Any, variances: Any, names: tuple[str, str, str] = ("z", "signal", "nominal"), edges: Any = EDGES
):
    sums = np.array([values, variances], np.float64).reshape(2, 1, 1, 1, -1)
    categories = [[name] for name in names]
    filled = new_histogram("mass", edges, False, (categories[0], categories[1], categories[2]), sums=sums)
    return Histograms({"mass": filled}, {"mass": np.zeros(sums.shape)})


def test_chi2_is_that_of_two_histograms_of_weights():
    a, b = histograms([10.0, 20.0, 0.0], [4.0, 9.0, 0.0]), histograms([13.0, 16.0, 0.0], [5.0, 7.0, 0.0])
    (one,) = compare_histograms(a, b)
    assert (one.spectrum, one.same, one.problem) == (Spectrum("mass", "signal", "z"), False, "")
    assert one.chi2 == pytest.approx(3.0**2 / 9.0 + 4.0**2 / 16.0)
    # the empty bin has no say
    assert (one.a, one.b, one.bins, one.ratio) == (30.0, 29.0, 2, 29.0 / 30.0)
    assert one.pull == pytest.approx(3.0 / math.sqrt(5.0))
    assert one.place == (0.0, 1.0)


def test_of_independent_histograms_it_is_distributed_as_chi2_and_of_the_same_events_it_is_smaller():
    random = np.random.default_rng(7)
    edges = np.linspace(0.0, 1.0, 21)
    found: list[float] = []
    same_events: list[float] = []
    for _ in range(200):
        first, second = (random.poisson(400.0, 20).astype(float) for _ in range(2))
        found += [
            one.chi2 or 0.0 for one in compare_histograms(*(histograms(x, x, edges=edges) for x in (first, second)))
        ]
        # nine tenths of the events pass both selections
        part = random.binomial(first.astype(int), 0.9).astype(float)
        moved = part + random.poisson(40.0, 20)
        same_events += [
            one.chi2 or 0.0 for one in compare_histograms(*(histograms(x, x, edges=edges) for x in (first, moved)))
        ]
    assert stats.kstest(found, stats.chi2(20).cdf).pvalue > 0.01
    assert np.mean(same_events) == pytest.approx(2.0, rel=0.1)


def test_equal_sums_are_the_same_and_other_variances_are_not():
    a = histograms([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    (one,) = compare_histograms(a, histograms([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]))
    assert (one.same, one.chi2, one.pull, one.place, one.size) == (True, 0.0, 0.0, None, 0.0)
    (one,) = compare_histograms(a, histograms([1.0, 2.0, 3.0], [1.0, 2.0, 4.0]))
    assert (one.same, one.chi2, one.pull) == (False, 0.0, 0.0)


def test_a_bin_that_moved_without_uncertainty_has_no_chi2_and_comes_first():
    a, b = histograms([1.0, 0.0, 3.0], [1.0, 0.0, 1.0]), histograms([2.0, 5.0, 3.0], [1.0, 0.0, 1.0])
    (one,) = compare_histograms(a, b)
    assert (one.chi2, one.pull, one.place, one.size) == (None, None, (1.0, 3.0), math.inf)


def test_what_only_one_has_and_other_bins_are_told():
    a = merge([histograms([1.0] * 3, [1.0] * 3), histograms([1.0] * 3, [1.0] * 3, ("w", "signal", "nominal"))])
    b = histograms([1.0] * 3, [1.0] * 3)
    found = {one.spectrum.process: one.problem for one in compare_histograms(a, b)}
    assert found == {"z": "", "w": "only a has it"}
    assert [one.problem for one in compare_histograms(b, a) if one.problem] == ["only b has it"]
    (one,) = compare_histograms(b, histograms([1.0] * 3, [1.0] * 3, edges=(0.0, 1.0, 3.0, 5.0)))
    assert (one.problem, one.same) == ("its bins are others", False)


def test_nominal_spectra_come_before_shifted_ones_and_those_first_that_moved_most():
    def both(z: float, w: float, up: float) -> Histograms:
        parts = {("z", "nominal"): z, ("w", "nominal"): w, ("z", "scale_up"): up, ("w", "scale_up"): 1.0}
        return merge([histograms([v] * 3, [1.0] * 3, (name, "signal", shift)) for (name, shift), v in parts.items()])

    found = compare_histograms(both(1.0, 1.0, 1.0), both(1.5, 3.0, 9.0))
    assert [(one.spectrum.process, one.spectrum.shift) for one in found] == [
        ("w", "nominal"),
        ("z", "nominal"),
        ("z", "scale_up"),
        ("w", "scale_up"),
    ]
