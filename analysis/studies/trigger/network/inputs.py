"""Inputs that networks learn from: windows at the beginning of showers and of the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np

from analysis.events.columns import values
from analysis.events.noise import generator
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.studies.trigger.network.windows import bin_means, windows
from analysis.studies.trigger.traces import of_stations

if TYPE_CHECKING:
    from analysis.studies.trigger.network.settings import LearningSettings

__all__ = ["CLASSES", "prepare"]

CLASSES = ("background", "shower")
# stages of random numbers; the simulation has those up to 5
_WINDOW = 11


def prepare(raw: ak.Array, truth: ak.Array, settings: LearningSettings) -> TrainingInputs:
    """Prepare one window of each event.

    Args:
        raw: events with one station each.
        truth: of the same events; those of showers have the ``signal`` that a station expects (VEM).
        settings: which windows.

    Returns:
        The block ``window`` (n, bins) of numbers in fixed point, in VEM peaks; the classes are background and shower.
    """
    identity, chosen = values(raw, "identity").astype(np.uint64), settings.windows
    uniform = np.array([generator(one, _WINDOW).random(3) for one in identity]).reshape(-1, 3)
    showers = "signal" in truth.fields
    seen = np.zeros((len(identity), chosen.bins), np.int16)
    for traces in of_stations(raw, chosen.triggers):
        choice, place, anywhere = uniform[traces.rows].T
        if showers:
            start = settings.front[0] - np.floor(settings.late * place)
        else:
            aligned = settings.front[1] - np.floor(settings.around * place)
            any_sample = 1 - chosen.samples + np.floor((traces.signal.shape[2] + chosen.samples - 1) * anywhere)
            start = np.where(choice < settings.aligned, aligned, any_sample)
        means = bin_means(traces.mean(), chosen)
        seen[traces.rows] = windows(means, start.astype(np.int64)[:, None], chosen)[:, 0]
    learned = np.ones(len(identity), np.bool_)
    if showers:
        low, high = settings.signals
        signal = values(truth, "signal")
        # what is fainter is background, what is brighter is no question
        learned = (low < signal) & (signal < high) & seen.any(axis=1)
    window = np.ldexp(seen.astype(np.float32), -chosen.fraction)
    return TrainingInputs(
        features={"window": Features(window, np.ones(window.shape, np.bool_))},
        label=np.full(len(identity), int(showers), np.int32),
        target=np.zeros((len(identity), 0), np.float32),
        weight=np.ones(len(identity)),
        identity=identity,
        trainable=learned,
        classes=CLASSES,
    )
