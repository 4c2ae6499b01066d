from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import poisson

from analysis.errors import StudyError
from analysis.inference.counting import count
from analysis.inference.counting_settings import Count, Counting, Expected
from analysis.inference.few_events import limit_of_few
from analysis.inference.measurement import measure
from analysis.inference.measurement_settings import FitSettings, Interest


def experiment(observed: float, signal: float, background: float, relative: float = 0.0) -> Counting:
    sources = {"scale": relative} if relative else {}
    expected = (Expected("signal", signal), Expected("background", background, sources=sources))
    return Counting((Count("tracks", observed, expected),), {"signal": "mu"})


@pytest.mark.parametrize(("signal", "background"), [(1.0, 0.0), (4.0, 0.0), (1.0, 3.0)])
def test_no_event_excludes_three(signal: float, background: float) -> None:
    # CLs of no event is exp(-mu s), whatever the background is
    found = limit_of_few(experiment(0, signal, background))["limit"]["observed"]
    assert found == pytest.approx(-np.log(0.05) / signal, rel=1e-6)


@pytest.mark.parametrize("observed", [1, 3, 8])
def test_the_limit_solves_its_equation(observed: int) -> None:
    strength = limit_of_few(experiment(observed, 2.0, 3.2))["limit"]["observed"]
    ratio = poisson.cdf(observed, 2.0 * strength + 3.2) / poisson.cdf(observed, 3.2)
    assert ratio == pytest.approx(0.05, rel=1e-6)


def test_an_uncertain_background_is_averaged_over() -> None:
    strength = limit_of_few(experiment(5, 2.0, 3.2, 0.5))["limit"]["observed"]
    scale = 1.0 + 0.5
    pulls = np.random.default_rng(1).normal(size=400_000)
    background = 3.2 * np.where(pulls > 0, scale**pulls, 0.5 ** (-pulls))
    ratio = np.mean(poisson.cdf(5, 2.0 * strength + background)) / np.mean(poisson.cdf(5, background))
    assert ratio == pytest.approx(0.05, rel=0.01)
    # by sources as by a number's own uncertainty, as long as it is small
    own = Counting(
        (Count("tracks", 5, (Expected("signal", 2.0), Expected("background", 3.2, 0.16))),), {"signal": "mu"}
    )
    by_source = limit_of_few(experiment(5, 2.0, 3.2, 0.05))["limit"]["observed"]
    assert limit_of_few(own)["limit"]["observed"] == pytest.approx(by_source, rel=2e-3)


@pytest.mark.long
def test_of_many_events_it_is_the_asymptotic_limit() -> None:
    many = experiment(110, 20.0, 100.0)
    asked = FitSettings((Interest("mu", "mu", "mu", limit=True),), 0, 3.0, False, 0)
    theirs = measure(count(many), "observed", asked)["workspaces"]["counts"]["limit"]["mu"]
    found = limit_of_few(many)["limit"]
    assert found["observed"] == pytest.approx(theirs["observed"], rel=0.03)
    assert found["expected"] == pytest.approx(theirs["expected"], rel=0.08)


def test_expected_limits_ascend_and_are_those_of_background_alone() -> None:
    found = limit_of_few(experiment(2, 2.0, 3.2))
    assert found["limit"]["expected"] == sorted(found["limit"]["expected"])
    # the median of a Poisson distribution of 3.2 is 3
    assert found["limit"]["expected"][2] == limit_of_few(experiment(3, 2.0, 3.2))["limit"]["observed"]
    assert found["tables"][0]["columns"][0]["values"] == [found["limit"]["observed"]]


def test_what_needs_a_fit_is_told_so() -> None:
    one = experiment(3, 1.0, 1.0)
    with pytest.raises(StudyError, match=r"(?s)one region.*counting:count"):
        limit_of_few(Counting((*one.counts, Count("other", 3, one.counts[0].expected)), {"signal": "mu"}))
    with pytest.raises(StudyError, match="one region"):
        limit_of_few(Counting(one.counts, {"signal": "mu"}, {"background": "k"}))
    with pytest.raises(StudyError, match=r"3\.5 events are observed"):
        limit_of_few(experiment(3.5, 1.0, 1.0))
