from __future__ import annotations

import healpy
import numpy as np
import pytest

from analysis.studies.faraday.harmonics import as_complex, modes
from analysis.studies.faraday.spectrum import slopes


def test_power_laws_have_their_slopes():
    degree = np.arange(1, 65)
    spectra = np.stack([np.append(1.0, degree**slope) for slope in (-1.5, -2.14)])
    assert slopes(spectra) == pytest.approx([-1.5, -2.14])
    assert slopes(spectra, 5, 20) == pytest.approx([-1.5, -2.14])


def test_of_a_random_sky():
    degree, _ = modes(128)
    power = np.append(0.0, np.arange(1, 129) ** -2.14)
    values = np.random.default_rng(1).normal(size=len(degree)) * np.sqrt(power[degree])
    assert slopes(healpy.alm2cl(as_complex(values))[None], 2, 128)[0] == pytest.approx(-2.14, abs=0.05)
