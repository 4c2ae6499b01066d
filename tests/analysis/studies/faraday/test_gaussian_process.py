from __future__ import annotations

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from analysis.studies.faraday.gaussian_process import fit_kernel, predict
from analysis.studies.faraday.sphere import directions


def sky(number: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return directions(random.uniform(0, 20, number), random.uniform(-10, 10, number))


def test_with_all_neighbours_it_is_that_of_scikit_learn():
    places, wanted = sky(120, 1), sky(20, 2)
    random = np.random.default_rng(3)
    values, relative = random.normal(size=120), random.uniform(0.1, 0.3, 120)
    found = predict(places, values, relative, wanted, (0.8, 4.0, 0.5), neighbours=120)
    # on so small a patch, chords are angles
    kernel = ConstantKernel(0.64, "fixed") * Matern(np.radians(4.0), "fixed", nu=0.5)
    other = GaussianProcessRegressor(kernel, alpha=0.25 + relative**2, optimizer=None).fit(places, values)
    assert found == pytest.approx(other.predict(wanted), abs=2e-3)


def test_its_kernel_is_found():
    places = sky(1500, 4)
    angle = np.degrees(np.arccos(np.clip(places @ places.T, -1, 1)))
    root = np.linalg.cholesky(np.exp(-angle / 3.0) + 1e-9 * np.eye(1500))
    random = np.random.default_rng(5)
    values = root @ random.normal(size=1500) + 0.4 * random.normal(size=1500)
    amplitude, length, noise = fit_kernel(places, values, np.zeros(1500))
    assert amplitude == pytest.approx(1.0, abs=0.3)
    assert length == pytest.approx(3.0, abs=1.8)
    assert noise == pytest.approx(0.4, abs=0.08)
