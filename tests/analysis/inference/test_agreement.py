"""Agreement of data and model, judged by numpy, by a minimiser, by a saturated fit and by simulated data sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import scipy.stats

from analysis.errors import StudyError
from analysis.inference import agreement as agreement_module
from analysis.inference.agreement import Agreement, agreement
from analysis.inference.conditional import Fitted
from analysis.inference.model import Model, build_model
from analysis.inference.prediction import jacobian

BINS = 12
BACKGROUND, SIGNAL = np.linspace(200.0, 40.0, BINS), np.full(BINS, 20.0)
TILT = np.linspace(-0.2, 0.2, BINS)


def specification(observed: np.ndarray, scale: float = 1.0, free: bool = True) -> dict[str, Any]:
    """A background with a free factor, a tilt and few simulated events, and a signal with an uncertain size."""
    background, signal = scale * BACKGROUND, scale * SIGNAL
    tilted = {"hi_data": list(background * (1 + TILT)), "lo_data": list(background * (1 - TILT))}
    of_background = [
        *([{"name": "norm", "type": "normfactor", "data": None}] if free else []),
        {"name": "stat", "type": "staterror", "data": list(0.06 * background)},
        {"name": "tilt", "type": "histosys", "data": tilted},
    ]
    of_signal = [
        {"name": "mu", "type": "normfactor", "data": None},
        {"name": "size", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}},
        {"name": "stat", "type": "staterror", "data": list(0.1 * signal)},
    ]
    samples = [
        {"name": "background", "data": list(background), "modifiers": of_background},
        {"name": "signal", "data": list(signal), "modifiers": of_signal},
    ]
    return {
        "channels": [{"name": "region", "samples": samples}],
        "observations": [{"name": "region", "data": [float(one) for one in observed]}],
        "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0",
    }


OBSERVED = np.random.default_rng(7).poisson(1.1 * (1 + TILT) * BACKGROUND + SIGNAL)


def p_value(found: Agreement) -> float:
    assert found.p_value is not None
    return found.p_value


def test_it_is_what_linear_algebra_says() -> None:
    """Without free factors, written out with numpy."""
    found = agreement(build_model(specification(OBSERVED, free=False)), known={"mu": 0.3})
    expected = BACKGROUND + SIGNAL
    # derivatives of a normsys at its centre are those of its exponential
    size = SIGNAL * np.log(1.1 / 0.9) / 2.0
    variances = expected + (0.06 * BACKGROUND) ** 2 + (0.1 * SIGNAL) ** 2
    covariance = np.diag(variances)
    for effect in (TILT * BACKGROUND, 0.3 * SIGNAL, size):
        covariance = covariance + np.outer(effect, effect)
    chi2 = (OBSERVED - expected) @ np.linalg.solve(covariance, OBSERVED - expected)
    assert found.statistic == pytest.approx(chi2, rel=3e-3)
    assert found.ndf == BINS
    assert found.p_value == pytest.approx(scipy.stats.chi2.sf(found.statistic, BINS))


@pytest.mark.long
def test_models_of_many_shapes_share_a_program() -> None:
    """And their expectations and slopes are those of the models themselves."""
    models = [build_model(specification(OBSERVED)), build_model(specification(OBSERVED, free=False))]
    folder = Path(__file__).parent / "workspaces"
    models.append(build_model(json.loads((folder / "all_modifiers.json").read_text())))
    program: Any = agreement_module._with_slopes
    programs = program._cache_size()
    for model in models:
        values = model.start + 0.01 * np.arange(len(model.start))
        expected, slopes = agreement_module._expected(model, values)
        np.testing.assert_allclose(expected, np.asarray(model.expected(values)), rtol=1e-14)
        np.testing.assert_allclose(slopes, jacobian(model, values), rtol=1e-11, atol=1e-11)
    # of two samples each, but for the last one
    assert program._cache_size() - programs <= 2


def test_it_is_the_least_sum_of_squares_and_constraints() -> None:
    """With a free factor, minimised by scipy over all parameters."""
    model = build_model(specification(OBSERVED))
    found = agreement(model, known={"mu": 0.3})
    at = np.asarray(model.expected(found.values))
    centres = found.values
    widths = np.array([0.3 if p.name == "mu" else (p.width or np.inf) for p in model.parameters])

    def residuals(values: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [(OBSERVED - np.asarray(model.expected(values))) / np.sqrt(at), (values - centres) / widths]
        )

    least = scipy.optimize.least_squares(residuals, centres)
    # to first order in the parameters
    assert found.statistic == pytest.approx(2.0 * least.cost, rel=0.05)
    assert found.ndf == BINS - 1


@pytest.mark.long
def test_with_many_events_it_is_the_goodness_of_the_fit_of_the_bins() -> None:
    """The saturated model of a likelihood fit, which another part of the project computes."""
    scale = 100.0
    observed = np.random.default_rng(3).poisson(scale * (1.05 * (1 + 0.1 * TILT) * BACKGROUND + SIGNAL))
    model = build_model(specification(observed, scale))
    held = specification(observed, scale)
    held["measurements"][0]["config"]["parameters"] = [{"name": "mu", "fixed": True}]
    fitted = Fitted.of(build_model(held))
    assert agreement(model, known={"mu": 0.0}).statistic == pytest.approx(fitted.deviance, rel=0.05)


def drawn(model: Model, generator: np.random.Generator, wrong: float = 0.0) -> np.ndarray:
    """Events as the model says, with parameters as uncertain as they are."""
    values = [
        generator.normal(p.centre, p.width)
        if p.centre is not None and p.width is not None and not p.fixed
        else (generator.normal(1.0, 0.3), 1.2)[p.name == "norm"]
        for p in model.parameters
    ]
    return generator.poisson(
        np.maximum(np.asarray(model.expected(values)), 0.0) * (1.0 + wrong * (-1.0) ** np.arange(BINS))
    )


@pytest.mark.long
def test_p_values_are_uniform_for_a_right_model_and_small_for_a_wrong_one() -> None:
    model, generator = build_model(specification(OBSERVED)), np.random.default_rng(1)
    found = [p_value(agreement(model, known={"mu": 0.3}, observed=drawn(model, generator))) for _ in range(400)]
    assert scipy.stats.kstest(found, "uniform").pvalue > 0.01
    assert 0.0 <= np.mean(np.array(found) < 0.05) < 0.09
    wrong = [p_value(agreement(model, known={"mu": 0.3}, observed=drawn(model, generator, 0.4))) for _ in range(20)]
    assert max(wrong) < 1e-3


def test_an_uncertainty_covers_what_it_moves() -> None:
    """The same deviation, told by an uncertainty or not."""
    moved = (1 + 2.0 * TILT) * BACKGROUND + SIGNAL
    covered = agreement(build_model(specification(moved)), known={"mu": 0.3})
    bare = specification(moved)
    modifiers = bare["channels"][0]["samples"][0]["modifiers"]
    modifiers[:] = [one for one in modifiers if one["name"] != "tilt"]
    uncovered = agreement(build_model(bare), known={"mu": 0.3})
    assert covered.statistic == pytest.approx(4.0, rel=0.2)
    assert p_value(uncovered) < 1e-4 < p_value(covered)


def test_factors_that_cannot_be_told_apart_take_one_degree_of_freedom() -> None:
    """Factors of two samples of one shape."""
    twice = specification(OBSERVED)
    twice["channels"][0]["samples"][1]["data"] = list(0.1 * BACKGROUND)
    assert agreement(build_model(twice)).ndf == BINS - 1
    assert agreement(build_model(specification(OBSERVED))).ndf == BINS - 2


def test_bins_with_few_events_are_joined() -> None:
    model = build_model(specification(OBSERVED / 20.0, 0.05))
    expected = 0.05 * (BACKGROUND + SIGNAL)
    assert agreement(model, known={"mu": 0.0}, fewest=0.0).ndf == BINS - 1
    assert agreement(model, known={"mu": 0.0}, fewest=5.0).ndf < np.sum(expected >= 5.0) + 4
    assert agreement(model, known={"mu": 0.0}, fewest=1e6).ndf == 0
    assert agreement(model, known={"mu": 0.0}, fewest=1e6).p_value is None


def test_what_is_known_has_to_be_a_parameter() -> None:
    with pytest.raises(StudyError, match="no parameter 'nu'"):
        agreement(build_model(specification(OBSERVED)), known={"nu": 0.1})
