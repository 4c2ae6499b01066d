"""Inputs of networks for showers in a detector that the simulation does not describe."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from analysis.events.columns import values
from analysis.events.noise import normal_numbers
from analysis.learning.data.features import Features
from analysis.studies.airshower.training import EVENT, STATIONS, prepare_training
from analysis.studies.refinement.settings import CLASSES, DATA, FROM_TRACES, SIMULATION

if TYPE_CHECKING:
    from analysis.datasets import Dataset
    from analysis.learning.application.scores import Scores
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.studies.airshower.training_settings import FeatureSettings

__all__ = ["add_noise", "prepare", "refine"]


def prepare(
    reconstructed: ak.Array, truth: ak.Array | None, dataset: Dataset, settings: FeatureSettings
) -> TrainingInputs:
    """The inputs of the study ``airshower``, without rise and start times, labelled by what they stand for.

    Those times are read from traces, which are refined. No label and nothing else of the data is a truth.

    Args:
        reconstructed: events, a record array of length n.
        truth: of the same events in the same order; ``None`` for data, which have none.
        dataset: where they are from.
        settings: hexagon, samples and primaries.
    """
    inputs = prepare_training(reconstructed, truth, dataset, settings)
    number = len(inputs)
    return replace(
        inputs,
        features={
            "traces": inputs.features["traces"],
            "stations": _without(inputs.features["stations"], STATIONS),
            "event": _without(inputs.features["event"], EVENT),
        },
        label=np.full(number, CLASSES.index(SIMULATION if dataset.name == SIMULATION else DATA), np.int32),
        trainable=values(reconstructed, "good").astype(np.bool_),
        classes=CLASSES,
    )


def add_noise(inputs: TrainingInputs) -> TrainingInputs:
    """The same events with a normal number for each sample of their traces, for a refiner that may add noise."""
    shape = inputs.features["traces"].values.shape
    numbers = normal_numbers(inputs.identity, int(np.prod(shape[1:]))).reshape(shape)
    noise = Features(numbers.astype(np.float16), np.ones(shape[:2], np.bool_))
    return replace(inputs, features={**inputs.features, "noise": noise})


def refine(inputs: TrainingInputs, refined_traces: Scores, dataset: Dataset) -> TrainingInputs:
    """Put refined traces into simulated events; data stay as they are."""
    if dataset.name != SIMULATION:
        return inputs
    traces = inputs.features["traces"]
    found = refined_traces.predictions.reshape(traces.values.shape).astype(traces.values.dtype)
    return replace(inputs, features={**inputs.features, "traces": replace(traces, values=found)})


def _without(block: Features, names: tuple[str, ...]) -> Features:
    """A block without what is read from traces."""
    kept = [index for index, name in enumerate(names) if name not in FROM_TRACES]
    present: Any = block.present if block.present.ndim < block.values.ndim else block.present[..., kept]
    return Features(np.ascontiguousarray(block.values[..., kept]), present, tuple(names[index] for index in kept))
