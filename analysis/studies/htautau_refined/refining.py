"""Inputs of a refiner of simulated events, and the events that it has refined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.events.columns import values
from analysis.events.identity import mix
from analysis.events.selection import passes
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs
from analysis.studies.htautau.weights import weigh
from analysis.studies.htautau_refined.coordinates import conditions, coordinates, moved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.calibration import SavedCalibration
    from analysis.learning.application.scores import Scores
    from analysis.studies.htautau.measurement_settings import WeightSettings
    from analysis.studies.htautau_refined.settings import RefinementSettings, RefiningSettings
    from analysis.study import Dataset

__all__ = ["CLASSES", "part_of", "prepare", "refine", "weights_of"]

CLASSES = ("simulation", "data")

# sets these bits apart from identities and folds, which are made in the same way
_OTHER = np.uint64(0x2545F4914F6CDD1D)


def part_of(identity: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Divide events into halves, 0 and 1, in two ways that know nothing of each other or of folds.

    Args:
        identity: (n,).

    Returns:
        (n,) and (n,): the half that a refiner learns from is 0 of the first.

    Examples:
        >>> part_of(np.arange(4, dtype=np.uint64))
        (array([1, 0, 0, 0], dtype=int32), array([0, 1, 1, 1], dtype=int32))
    """
    word = mix(identity ^ _OTHER)
    return (word >> np.uint64(63)).astype(np.int32), (word >> np.uint64(62) & np.uint64(1)).astype(np.int32)


def weights_of(
    events: ak.Array,
    dataset: Dataset,
    pileup: SavedCalibration,
    weights: WeightSettings,
    factors: Sequence[tuple[str, float]],
) -> NDArray[np.float64]:
    """Expected events per 1/fb that each event stands for, as histograms are filled, with factors of processes."""
    weight, labels = weigh(events, dataset, pileup, weights)["nominal"], values(events, "label")
    for process, factor in factors:
        weight = np.where(labels == weights.processes.index(process), factor * weight, weight)
    return weight


def prepare(
    reconstructed: ak.Array, dataset: Dataset, pileup: SavedCalibration, settings: RefinementSettings
) -> TrainingInputs:
    """Prepare simulated and measured events for a refiner and its critic.

    Args:
        reconstructed: a record array of length n.
        dataset: where they are from.
        pileup: weights by the number of vertices.
        settings: what is learned from.

    Returns:
        The blocks ``refined`` and ``conditions`` (:mod:`analysis.studies.htautau_refined.coordinates`); learned from is
        what lies in the region, of measured events the first half.
    """
    identity = values(reconstructed, "identity").astype(np.uint64)
    given, measured = conditions(reconstructed), dataset.kind == "measured"
    return TrainingInputs(
        features={
            "conditions": Features(given, np.ones(given.shape, np.bool_), ("m_vis", "eta_towards")),
            "refined": Features(*coordinates(reconstructed)),
        },
        label=np.full(len(reconstructed), CLASSES.index("data" if measured else "simulation"), np.int32),
        target=np.zeros((len(reconstructed), 0), np.float32),
        weight=weights_of(reconstructed, dataset, pileup, settings.weights, settings.factors),
        identity=identity,
        trainable=passes(reconstructed, settings.region.cuts) & (not measured or part_of(identity)[0] == 0),
        classes=CLASSES,
    )


def refine(calibrated: ak.Array, refinement_scores: Scores, dataset: Dataset, settings: RefiningSettings) -> ak.Array:
    """Refine simulated events; measured ones stay what they are, and so does the visible mass of all.

    Args:
        calibrated: a record array of length n.
        refinement_scores: what the refiner that had no part in an event makes of it.
        dataset: where they are from.
        settings: by how much.

    Raises:
        DataError: the scores are those of other events.
    """
    if dataset.kind == "measured" or settings.strength == 0.0:
        return calibrated
    if not np.array_equal(refinement_scores.identity, values(calibrated, "identity")):
        raise DataError("the refined features are not those of the events", cure="run the tasks that make both again")
    before, there = coordinates(calibrated)
    change = np.where(there, refinement_scores.predictions.astype(np.float64) - before, 0.0)
    if not settings.genuine:
        change[values(calibrated, "gen_match").astype(np.bool_)] = 0.0
    return moved(calibrated, settings.strength * change)
