"""Rates of pure noise: computed, as it triggers too seldom to be simulated."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc, ndtr

from analysis.studies.trigger.network.judging import outputs_of
from analysis.studies.trigger.settings import NETWORK
from analysis.studies.trigger.traces import electronics

if TYPE_CHECKING:
    from analysis.learning.networks.integer_network import IntegerNetwork
    from analysis.studies.trigger.evaluation.settings import RateSettings
    from analysis.studies.trigger.settings import Occupancy

__all__ = ["noise_rates"]

Array = NDArray[np.float64]


def noise_rates(thresholds: Mapping[str, float], network: IntegerNetwork, settings: RateSettings) -> dict[str, float]:
    """Upper limits of the rates of pure noise, mean of all stations, in Hz.

    Every sample counts as if it were independent of others, which overestimates the rate.

    Args:
        thresholds: by trigger.
        network: the trigger network.
        settings: of the triggers.
    """
    triggers = settings.windows.triggers
    constants, peak, working = electronics(triggers)
    samples = 1e9 / triggers.observatory.sampling

    def above(threshold: float | Array) -> Array:
        """Probability of a sample of each photomultiplier to be above a threshold in VEM peaks, (stations, 3)."""
        counts = np.ceil(constants.baseline_high + threshold * peak)
        noise = np.where(working, constants.noise, 1.0)
        # a count stands for all that is rounded to it
        return np.where(working, ndtr((constants.baseline_high + 0.5 - counts) / noise), 0.0)

    higher = np.array([np.inf, *triggers.coincidence])[working.sum(axis=1)]
    single = above(thresholds["threshold"] * np.where(working.any(axis=1), higher, 1.0)[:, None])
    found = {"threshold": np.where(working, single, 1.0).prod(axis=1) * working.any(axis=1)}
    for name in ("over_threshold", "short_window"):
        found[name] = _occupied(above(thresholds[name]), getattr(triggers, name), working)
    deviation = np.sqrt(np.where(working, (constants.noise**2 + 1.0 / 12.0) / peak**2, 0.0).sum(axis=1))
    deviation /= np.maximum(working.sum(axis=1), 1)
    found[NETWORK] = _network(deviation, thresholds[NETWORK], network, settings)
    return {name: float(samples * probability.mean()) for name, probability in found.items()}


def _occupied(above: Array, occupancy: Occupancy, working: NDArray[np.bool_]) -> Array:
    """Probability that a window fulfils a time over threshold, for each station; at most."""
    enough = np.where(working, bdtrc(occupancy.samples - 1, occupancy.window, above), 0.0)
    pairs = sum(enough[:, i] * enough[:, j] for i, j in combinations(range(enough.shape[1]), 2))
    return np.where(working.sum(axis=1) > 1, pairs, enough.sum(axis=1))


def _network(deviation: Array, threshold: float, network: IntegerNetwork, settings: RateSettings) -> Array:
    """Probability that a window triggers the network, for each station; at most.

    Noise rarely reaches the first step of an input. Windows with few such bins are looked at one by one; those with
    more bins, or with a bin that reaches the second step, count as if they triggered.

    Args:
        deviation: standard deviation of a sample's mean over the photomultipliers, in VEM peaks, (stations,).
        threshold: of the network's output.
        network: the trigger network.
        settings: of the windows.
    """
    windows = settings.windows
    step = 2.0**-windows.fraction
    spread = np.maximum(deviation, 1e-9) / np.sqrt(windows.width)
    first, second = (ndtr(-(number - 0.5) * step / spread) for number in (1, 2))
    probability = windows.bins * second + bdtrc(settings.most, windows.bins, first)
    evaluate = outputs_of(network)
    for number in range(settings.most + 1):
        places = np.array(list(combinations(range(windows.bins), number)), np.int64)
        patterns = np.zeros((len(places), windows.bins), np.int16)
        patterns[np.arange(len(places))[:, None], places] = 1
        triggers = np.count_nonzero(evaluate(patterns) >= threshold)
        probability += triggers * first**number * (1.0 - first) ** (windows.bins - number)
    return np.minimum(probability, 1.0)
