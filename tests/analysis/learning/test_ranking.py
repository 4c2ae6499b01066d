from __future__ import annotations

import jax
import numpy as np
import pytest

from analysis.learning.ranking import mean_auc
from analysis.learning.roc import auc


def test_agrees_with_the_exact_area(gaussians):
    inputs = gaussians(2000)
    scores = inputs.features["event"].values[:, [0, 1, 3]]  # the third feature is missing, and so equal, in many events
    expected = np.mean([auc(scores[:, c], inputs.label == c, inputs.weight).value for c in range(3)])
    found = jax.jit(mean_auc)(scores, inputs.label, inputs.weight.astype(np.float32))
    assert float(found) == pytest.approx(expected, abs=1e-5)


def test_events_without_weight_do_not_count(gaussians):
    inputs = gaussians(500)
    weight = np.where(np.arange(500) < 400, inputs.weight, 0).astype(np.float32)
    values = inputs.features["event"].values[:, :3]
    few = jax.jit(mean_auc)(values[:400], inputs.label[:400], weight[:400])
    assert float(jax.jit(mean_auc)(values, inputs.label, weight)) == pytest.approx(float(few), abs=1e-6)
