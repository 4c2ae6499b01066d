from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from iminuit import Minuit
from scipy import stats

from analysis.studies.airshower.calibration.derivation_settings import HumpSettings
from analysis.studies.airshower.calibration.humps import fit_humps, hump_maximum, hump_model

SETTINGS = HumpSettings()
EDGES = 4.0 * np.arange(151)
FITS = 200


def histograms(muons: Any, entries: float, share: float = 0.4, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Histograms of muons with that distribution over an exponential background, and where their maxima are."""
    scale = np.linspace(0.75, 1.35, FITS)[:, np.newaxis]
    decay = 35.0

    def density(x: np.ndarray) -> np.ndarray:
        return (1.0 - share) * muons.pdf(x) + share * np.exp(-x / decay) / decay

    fine = np.linspace(120.0, 260.0, 200_001)
    maximum = fine[np.argmax(density(fine))]
    cumulative = (1.0 - share) * muons.cdf(EDGES / scale) - share * np.exp(-EDGES / scale / decay)
    return np.random.default_rng(seed).poisson(entries * np.diff(cumulative, axis=1)), maximum * scale[:, 0]


SHAPES = {
    "normal": stats.norm(185.0, 55.0),
    "log-normal": stats.lognorm(0.28, scale=195.0),
    "gamma": stats.gamma(12.0, scale=16.5),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_maximum_is_found_whatever_the_muons_distribution(shape: str) -> None:
    counts, maximum = histograms(SHAPES[shape], 8e5)
    fits = fit_humps(counts, 4.0, SETTINGS)
    assert fits.good.all()
    relative = fits.position / maximum - 1.0
    assert abs(relative.mean()) < 0.005
    assert relative.std() < 0.005
    assert np.mean(fits.chi2 / fits.ndf) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("entries", [5e4, 8e5])
def test_uncertainties_are_those_of_the_spread(entries: float) -> None:
    counts, maximum = histograms(SHAPES["log-normal"], entries)
    fits = fit_humps(counts, 4.0, SETTINGS)
    pull = (fits.position - maximum) / fits.uncertainty
    assert pull.std() == pytest.approx(1.0, abs=4.0 / np.sqrt(2 * FITS))
    assert abs(pull.mean()) < 4.0 / np.sqrt(FITS)


def test_as_found_by_minuit() -> None:
    """The same likelihood, with another minimiser, numerical derivatives, and the maximum on a fine grid."""
    counts, _ = histograms(SHAPES["gamma"], 3e5)
    for place in (0, 77, 199):
        fits = fit_humps(counts[[place]], 4.0, SETTINGS)
        middles = (EDGES[1:] + EDGES[:-1]) / 2.0
        used = (middles >= fits.window[0, 0]) & (middles <= fits.window[0, 1])
        data = (middles[used], counts[place][used])

        def cost(parameters: np.ndarray, data: tuple[np.ndarray, np.ndarray] = data) -> float:
            expected = np.add(*hump_model(data[0][np.newaxis], np.asarray(parameters)[np.newaxis]))[0]
            return float(np.sum(expected - data[1] * np.log(expected)))

        minuit = Minuit(cost, fits.parameters[0] * 1.02, name=[f"p{i}" for i in range(6)])
        minuit.errordef = Minuit.LIKELIHOOD
        minuit.strategy = 2
        minuit.migrad(ncall=20_000)
        fine = np.linspace(0.8, 1.2, 400_001) * fits.position[0]
        whole = np.add(*hump_model(fine[np.newaxis], np.array(minuit.values)[np.newaxis]))[0]
        assert fine[np.argmax(whole)] == pytest.approx(fits.position[0], abs=0.1 * fits.uncertainty[0])
        assert used.sum() - 6 == fits.ndf[0]


def test_the_maximum_of_the_sum_lies_below_that_of_the_hump() -> None:
    parameters = np.array([[9.0, 185.0, 50.0, 0.2, 7.0, 4.0], [9.0, 185.0, 50.0, 0.2, -50.0, 4.0]])
    fine = np.linspace(100.0, 250.0, 1_500_001)
    whole = np.add(*hump_model(np.tile(fine, (2, 1)), parameters))
    assert hump_maximum(parameters) == pytest.approx(fine[np.argmax(whole, axis=1)], abs=1e-3)
    assert hump_maximum(parameters)[0] < 184.0
    assert hump_maximum(parameters)[1] == pytest.approx(185.0)


def test_histograms_without_a_hump() -> None:
    random = np.random.default_rng(5)
    counts = np.stack(
        [
            np.zeros(150, np.int64),
            random.poisson(5.0, 150),
            np.eye(150, dtype=np.int64)[0] * 1_000_000,
            random.poisson(3e5 * np.diff(-np.exp(-EDGES / 35.0))),
        ]
    )
    fits = fit_humps(counts, 4.0, SETTINGS)
    assert not fits.good[:3].any()
    # what is only falling may be fitted by anything, but not well known
    assert not fits.good[3] or fits.uncertainty[3] > 0.02 * fits.position[3]
    for name in ("position", "uncertainty", "width", "chi2", "parameters", "window"):
        assert np.isfinite(getattr(fits, name)).all()
        assert not getattr(fits, name)[:3].any()


def test_a_fit_depends_on_its_own_histogram_only() -> None:
    counts, _ = histograms(SHAPES["log-normal"], 1e5)
    together, alone = fit_humps(counts, 4.0, SETTINGS), fit_humps(counts[150:160], 4.0, SETTINGS)
    assert together.position[150:160] == pytest.approx(alone.position, rel=1e-6)
    assert len(fit_humps(counts[:0], 4.0, SETTINGS).position) == 0
