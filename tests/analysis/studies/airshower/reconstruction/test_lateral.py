from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from iminuit import Minuit
from scipy.stats import norm, poisson

from analysis.studies.airshower.array import positions
from analysis.studies.airshower.reconstruction.lateral import Signals, fit_lateral, log_signal, mean_slope
from analysis.studies.airshower.reconstruction.settings import LateralSettings
from analysis.studies.airshower.settings import ObservatorySettings

SETTINGS = LateralSettings()
PLACES = positions(ObservatorySettings(rings=3)) / 1000.0
U, V = 0.4, 0.3
COSINE = np.sqrt(1.0 - U**2 - V**2)
SHARE = (SETTINGS.fluctuation[0] + SETTINGS.fluctuation[1] / COSINE) ** 2
AXIS = (np.array([U]), np.array([V]))
FIT = jax.jit(fit_lateral, static_argnames="settings")


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def expected_signal(core: tuple[float, float], size: float, slope: float) -> np.ndarray:
    """S at all stations, as the formula says."""
    d = PLACES - np.array(core)
    r = np.sqrt((d**2).sum(axis=1) - (U * d[:, 0] + V * d[:, 1]) ** 2 + 0.02**2)
    return size * r**slope * ((r + 0.7) / 1.7) ** (slope + SETTINGS.gamma)


def signals_of(signal: np.ndarray, least: float = 3.0, most: float = np.inf) -> Signals:
    triggered, above = signal >= least, signal > most
    columns = (
        *(PLACES[:, 0], PLACES[:, 1], np.where(triggered, np.minimum(signal, most), 0.0)),
        *(triggered & ~above, above, ~triggered),
    )
    return Signals(*(jnp.asarray(np.asarray(column, np.float64)[:, None]) for column in columns))


def fit_one(signals: Signals, settings: LateralSettings = SETTINGS, start: tuple[float, float] = (0.2, 0.1)):
    found = FIT(signals, AXIS, (np.array([start[0]]), np.array([start[1]])), settings=settings)
    return {name: float(value[0]) for name, value in found._asdict().items()}


def mean() -> float:
    return float(mean_slope(jnp.array(COSINE), SETTINGS))


def minus_two_log_likelihood(signals: Signals, x: float, y: float, log_size: float, slope: float) -> float:
    """As in the documentation, from the densities of scipy; but for a constant."""
    signal, measured, saturated, silent = (np.asarray(array)[:, 0] for array in signals[2:])
    expected = expected_signal((x, y), np.exp(log_size), slope)
    mu = expected / SHARE
    quiet = (1.0 - SETTINGS.missing) * poisson.cdf(SETTINGS.particles, mu) + SETTINGS.missing
    log_likelihood = (
        np.sum(measured * (signal / SHARE * np.log(mu) - mu))
        + np.sum(saturated * norm.logsf((signal - expected) / np.sqrt(SHARE * expected)))
        + np.sum(silent * np.log(quiet))
    )
    return float(-2.0 * log_likelihood + ((slope - mean()) / SETTINGS.spread) ** 2)


def test_the_function_is_that_of_nishimura_kamata_and_greisen():
    r = np.array([0.3, 1.0, 2.0])
    found = np.exp(log_signal(jnp.asarray(r), jnp.array(np.log(40.0)), jnp.array(-2.2), 0.3))
    np.testing.assert_allclose(found, 40.0 * r**-2.2 * ((r + 0.7) / 1.7) ** -1.9)
    assert found[1] == pytest.approx(40.0)


@pytest.mark.parametrize("size", [8.0, 60.0, 400.0])
def test_exact_signals_give_core_and_size_back(size):
    # without silent stations, which pull a little, and with stations of any signal
    found = fit_one(signals_of(expected_signal((0.3, -0.2), size, mean()), least=0.0))
    np.testing.assert_allclose([found["x"], found["y"]], [0.3, -0.2], atol=1e-4)
    np.testing.assert_allclose(np.exp(found["log_size"]), size, rtol=1e-4)
    assert found["chi2"] < 1e-4
    assert found["distance"] < 1e-6


def test_the_slope_of_many_stations_is_free():
    signals = signals_of(expected_signal((0.3, -0.2), 400.0, mean() + 0.2), least=0.0)
    assert fit_one(signals)["slope"] == pytest.approx(mean() + 0.2, abs=0.02)


def test_three_stations_get_the_mean_slope():
    signal = expected_signal((0.6, 0.3), 10.0, mean())
    fourth = np.sort(signal)[-4]
    signals = signals_of(signal, least=fourth * 1.001)
    assert float(signals.measured.sum()) == 3
    found = fit_one(signals._replace(silent=jnp.zeros_like(signals.silent)), start=(0.5, 0.4))
    assert found["slope"] == pytest.approx(mean(), abs=1e-9)
    np.testing.assert_allclose([found["x"], found["y"], np.exp(found["log_size"])], [0.6, 0.3, 10.0], rtol=1e-3)


def test_a_saturated_station_is_a_lower_limit():
    exact = expected_signal((0.05, 0.1), 300.0, mean())
    clipped = signals_of(exact, least=0.0, most=0.1 * exact.max())
    assert float(clipped.saturated.sum()) == 1
    found = fit_one(clipped)
    np.testing.assert_allclose([found["x"], found["y"], np.exp(found["log_size"])], [0.05, 0.1, 300.0], rtol=0.01)
    # taken as it is, the clipped signal misleads
    taken = clipped._replace(measured=clipped.measured + clipped.saturated, saturated=jnp.zeros_like(clipped.saturated))
    assert np.exp(fit_one(taken)["log_size"]) < 0.9 * 300.0


def test_silent_stations_keep_the_core_away():
    signal = expected_signal((0.6, 0.3), 10.0, mean())
    signals = signals_of(signal, least=np.sort(signal)[-3])
    deaf = signals._replace(silent=jnp.zeros_like(signals.silent))
    assert fit_one(signals)["log_size"] < fit_one(deaf)["log_size"] + 0.01
    assert minus_two_log_likelihood(signals, 0.6, 0.3, np.log(60.0), mean()) > minus_two_log_likelihood(
        signals, 0.6, 0.3, np.log(10.0), mean()
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_fit_agrees_with_minuit(seed):
    random = np.random.default_rng(seed)
    size = 10.0 ** random.uniform(1.0, 2.5)
    core = tuple(random.uniform(-0.7, 0.7, 2))
    signal = random.poisson(expected_signal(core, size, mean()) / SHARE) * SHARE
    signals = signals_of(signal, least=3.1 * SHARE, most=1500.0)
    if float((signals.measured + signals.saturated).sum()) < SETTINGS.least:
        signals = signals_of(signal, least=0.5 * SHARE, most=1500.0)
    found = fit_one(signals, start=core)

    minuit = Minuit(
        lambda x, y, log_size, slope: minus_two_log_likelihood(signals, x, y, log_size, slope),
        **{name: found[name] for name in ("x", "y", "log_size", "slope")},
    )
    minuit.errordef = Minuit.LEAST_SQUARES
    # from somewhere near, not from our minimum
    minuit.values = np.array(minuit.values) + np.array([0.05, -0.05, 0.1, 0.05])
    minuit.errors = [0.05, 0.05, 0.1, 0.05]
    minuit.migrad()
    minuit.hesse()
    assert minuit.valid
    ours = [found[name] for name in ("x", "y", "log_size", "slope")]
    deviations = np.abs(np.array(ours) - np.array(minuit.values)) / np.array(minuit.errors)
    assert deviations.max() < 0.05
    # the expected curvature, not the one found
    assert found["uncertainty"] == pytest.approx(minuit.errors["log_size"], rel=0.2)


def test_pulls_and_chi2_are_those_of_the_stated_fluctuations():
    random = np.random.default_rng(5)
    events = 400
    core = random.uniform(-0.7, 0.7, (events, 2))
    signal = np.stack([random.poisson(expected_signal(c, 80.0, mean()) / SHARE) * SHARE for c in core], axis=1)
    zero = np.zeros_like(signal)
    spread = np.broadcast_to
    signals = Signals(
        *(jnp.asarray(array) for array in (spread(PLACES[:, :1], signal.shape), spread(PLACES[:, 1:], signal.shape))),
        *(jnp.asarray(array) for array in (signal, zero + 1.0, zero, zero)),
    )
    axis = (jnp.full(events, U), jnp.full(events, V))
    found = FIT(signals, axis, (jnp.asarray(core[:, 0]), jnp.asarray(core[:, 1])), settings=SETTINGS)
    pull = np.asarray((found.log_size - np.log(80.0)) / found.uncertainty)
    assert abs(pull.mean()) < 0.2
    assert 0.85 < pull.std() < 1.15
    ndf = len(PLACES) - 4
    # variance of a Poisson number's chi-square exceeds 2 where little is expected
    assert np.asarray(found.chi2).mean() / ndf == pytest.approx(1.0, abs=0.1)
