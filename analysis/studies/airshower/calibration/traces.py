"""Traces of photomultipliers: baseline, both gains in one, the mean of a station, where its signal starts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["baseline", "join_gains", "signal_start", "window", "window_sum"]

Samples = NDArray[np.uint16]
Single = NDArray[np.float32]


def baseline(samples: NDArray[np.integer], band: float) -> Single:
    """The level without a signal: the mean of the samples that are near where most of them are.

    Where the third of the samples is that lies closest together, is found even if a pulse (an early muon, say) covers
    half of them: the shortest interval, P. J. Rousseeuw, A. M. Leroy, Robust Regression and Outlier Detection (1987),
    chapter 4. The mean is needed because a count is coarse: half a count would be half a VEM in a whole trace.

    Args:
        samples: (..., b), in ADC counts; at least 3.
        band: how far from the middle of that third, then from the mean itself, a sample may be, in ADC counts.

    Returns:
        (...), in ADC counts.

    Examples:
        >>> baseline(np.array([[50, 51, 50, 51, 90, 70, 51, 50]]), 2.0)
        array([50.5], dtype=float32)
    """
    ordered = np.sort(samples, axis=-1).astype(np.float32)
    third = samples.shape[-1] // 3
    length = ordered[..., third - 1 :] - ordered[..., : samples.shape[-1] - third + 1]
    shortest = length.argmin(axis=-1)[..., np.newaxis]
    middle = np.take_along_axis(ordered, shortest, axis=-1) + np.min(length, axis=-1, keepdims=True) / 2.0
    for _ in range(2):
        near = np.abs(ordered - middle) <= band
        # sums of a few whole numbers are exact in any order; the very middle may have nothing near it
        number = near.sum(axis=-1, keepdims=True, dtype=np.float32)
        total = np.where(near, ordered, np.float32(0.0)).sum(axis=-1, keepdims=True)
        middle = np.where(number > 0, total / np.maximum(number, 1), middle)
    return middle[..., 0].astype(np.float32)


def join_gains(
    high: Samples, low: Samples, ratio: NDArray[np.float64], samples: int, band: float, maximum: int
) -> tuple[Single, NDArray[np.bool_]]:
    """Signals in counts of the high gain, from the low gain where the high one is saturated.

    Args:
        high: (n, p, s), in ADC counts.
        low: of the same shape.
        ratio: high over low gain, (n, p).
        samples: at the beginning of a trace, for the baseline.
        band: of the baseline, in ADC counts.
        maximum: the highest number that the converter gives.

    Returns:
        Counts above the baseline, (n, p, s); whether the low gain is saturated somewhere, too, (n, p).
    """
    counts = high.astype(np.float32)
    counts -= baseline(high[..., :samples], band)[..., np.newaxis]
    saturated = np.zeros(high.shape[:2], np.bool_)
    station, tube = np.nonzero(high.max(axis=-1) >= maximum)
    if len(station):
        weak = low[station, tube]
        signal = weak.astype(np.float32) - baseline(weak[..., :samples], band)[..., np.newaxis]
        signal *= ratio[station, tube, np.newaxis].astype(np.float32)
        counts[station, tube] = np.where(high[station, tube] >= maximum, signal, counts[station, tube])
        saturated[station, tube] = weak.max(axis=-1) >= maximum
    return counts, saturated


def signal_start(trace: Single, quiet: int, threshold: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the point at which a trace first exceeds a threshold; its maximum, if it nowhere does.

    Args:
        trace: (n, s).
        quiet: samples at the beginning in which no signal starts; what is there is a particle of the background.
        threshold: in the trace's unit.

    Returns:
        The first sample above the threshold, (n,); the time of the crossing, in samples since the begin of the trace,
        (n,). A sample holds what came until its end, so that the crossing is between its begin and its end.

    Examples:
        >>> signal_start(np.array([[9.0, 0.0, 1.0, 3.0, 2.0], [0.0, 0.0, 0.0, 1.0, 0.0]], np.float32), 1, 2.0)
        (array([3, 3]), array([3.5, 4. ]))
    """
    later = trace[:, quiet:]
    above = later > np.float32(threshold)
    first = quiet + np.where(above.any(axis=1), above.argmax(axis=1), later.argmax(axis=1))
    row = np.arange(len(trace))
    value = trace[row, first].astype(np.float64)
    before = trace[row, np.maximum(first - 1, 0)].astype(np.float64)
    crosses = (value > threshold) & (before < threshold)
    part = np.where(crosses, (value - threshold) / np.where(crosses, value - before, 1.0), 0.0)
    return first, first + 1.0 - part


def window(trace: Single, begin: NDArray[np.int64], samples: int) -> Single:
    """A part of each trace; zero where the trace has no samples.

    Args:
        trace: (n, s).
        begin: first sample, (n,); may be negative.
        samples: length of the part.

    Returns:
        (n, samples).

    Examples:
        >>> window(np.array([[1, 2, 3]], np.float32), np.array([-1]), 3)
        array([[0., 1., 2.]], dtype=float32)
    """
    place = begin[:, np.newaxis] + np.arange(samples)
    inside = (place >= 0) & (place < trace.shape[1])
    part = np.take_along_axis(trace, np.where(inside, place, 0), axis=1)
    return np.where(inside, part, np.float32(0.0))


def window_sum(trace: Single, begin: NDArray[np.int64], samples: int) -> Single:
    """The sum over a part of each trace, (n,); see :func:`window`."""
    # rows of one length, one after another in memory: the order of the additions is the same for every row
    return np.add.reduce(window(trace, begin, samples), axis=1)
