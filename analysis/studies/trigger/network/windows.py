"""Windows of traces: what the network sees at each sample, as integers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from analysis.studies.trigger.network.settings import WindowSettings

__all__ = ["bin_means", "windows"]


def bin_means(mean: NDArray[np.float32], settings: WindowSettings) -> NDArray[np.int16]:
    """Means over bins that begin at any sample, in fixed point.

    Args:
        mean: (n, s) traces in VEM peaks, mean of the photomultipliers.
        settings: of the windows.

    Returns:
        (n, s + 2 w), of bins from w samples before the trace on, w the length of a window; nothing is around a trace.
    """
    padded = np.pad(mean.astype(np.float64), ((0, 0), (settings.samples + 1, settings.samples + settings.width - 1)))
    total = np.cumsum(padded, axis=1)
    sums = total[:, settings.width :] - total[:, : -settings.width]
    fixed = np.floor(sums * (2.0**settings.fraction / settings.width) + 0.5)
    return np.clip(fixed, 0, 2**settings.bits - 1).astype(np.int16)


def windows(means: NDArray[np.int16], start: NDArray[np.int64], settings: WindowSettings) -> NDArray[np.int16]:
    """Inputs of windows that begin at some samples.

    Args:
        means: of :func:`bin_means`, (n, s + 2 w).
        start: (n, m) first samples of windows, from 1 - w to s - 1.
        settings: of the windows.

    Returns:
        (n, m, bins), the earliest first.
    """
    place = start[:, :, None] + settings.samples + settings.width * np.arange(settings.bins)
    return means[np.arange(len(means))[:, None, None], place]
