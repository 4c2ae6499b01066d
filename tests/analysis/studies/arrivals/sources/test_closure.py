from __future__ import annotations

from typing import Any

import numpy as np

from analysis.studies.arrivals.datasets import CLOSURE, DATASETS
from analysis.studies.arrivals.settings import SkySettings
from analysis.studies.arrivals.sources.closure import close
from analysis.studies.arrivals.sources.settings import ClosureSettings
from tests.analysis.studies.arrivals.conftest import planned


def test_known_fractions_are_found_again(array: Any, hypotheses: Any):
    """Pulls over 50 skies: no bias, and the width that the uncertainties say."""
    (dataset,) = (one for one in DATASETS if one.name == CLOSURE)
    assert dataset.generated == 50
    settings = dataset.generate.settings if dataset.generate else SkySettings()
    result = close({CLOSURE: planned(50, settings)}, array, hypotheses, ClosureSettings())
    pulls = np.array(result["pulls"])
    assert len(pulls) == 50
    assert abs(pulls.mean()) < 3.0 / np.sqrt(50)
    assert abs(pulls.std(ddof=1) - 1.0) < 3.0 / np.sqrt(2 * 49)
    numbers = {one.name: one.value for one in result["numbers"]}
    assert numbers == {"closure_mean": pulls.mean(), "closure_width": pulls.std(ddof=1)}


def test_isotropic_skies_give_no_fraction(array: Any, hypotheses: Any):
    result = close({"skies": planned(30, SkySettings(), 900)}, array, hypotheses, ClosureSettings())
    pulls = np.array(result["pulls"])
    assert (pulls >= 0).all()
    # about half of them have fewer events near the sources than isotropy gives
    assert 5 <= np.sum(pulls == 0) <= 25
