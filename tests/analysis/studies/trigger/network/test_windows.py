from __future__ import annotations

import numpy as np

from analysis.studies.trigger.network.settings import WindowSettings
from analysis.studies.trigger.network.windows import bin_means, windows

SETTINGS = WindowSettings(bins=4, width=3, fraction=4, bits=6)


def test_bins_are_means_of_samples_and_saturate() -> None:
    trace = np.zeros((1, 30), np.float32)
    trace[0, 10:13] = (0.5, 1.0, 1.5)
    trace[0, 20], trace[0, 25] = 100.0, -5.0
    means = bin_means(trace, SETTINGS)
    start = np.array([[10, 7, 4, 29, 1 - SETTINGS.samples]])
    found = windows(means, start, SETTINGS)[0]
    assert found[0].tolist() == [16, 0, 0, 63]
    assert found[1].tolist() == [0, 16, 0, 0]
    # in steps of a sixteenth
    assert windows(means, np.array([[9]]), SETTINGS)[0, 0, 0] == 8
    assert not found[2, :2].any()
    assert found[3].tolist() == [0, 0, 0, 0]
    assert found[4].tolist() == [0, 0, 0, 0]
    # a bin that ends with the first sample of the trace
    first = np.ones((1, 5), np.float32)
    assert windows(bin_means(first, SETTINGS), np.array([[-2]]), SETTINGS)[0, 0].tolist() == [5, 16, 5, 0]
