"""A classifier that is to tell simulated from measured events, before and after these were refined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.columns import values
from analysis.events.selection import passes
from analysis.learning.application.scores import scored
from analysis.learning.data.fields import event_features
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.evaluation.classification import summarise
from analysis.results import Axis, Column, Number, Table
from analysis.studies.htautau_refined.refining import CLASSES, part_of, weights_of

if TYPE_CHECKING:
    from analysis.calibration import SavedCalibration
    from analysis.learning.application.scores import Scores
    from analysis.learning.application.trained import Trained
    from analysis.studies.htautau_refined.settings import ComparisonSettings
    from analysis.study import Dataset

__all__ = ["REGIONS", "compare", "evaluate"]

REGIONS = {"tested": "high m_T, other half", "other": "high m_T, b tag"}
"""Where simulation and data are compared, by the name of the setting."""

_ROWS = {
    "before": "simulation and data",
    "after": "refined simulation and data",
    "halves": "two halves of the data",
}


def compare(
    reconstructed: ak.Array, dataset: Dataset, pileup: SavedCalibration, settings: ComparisonSettings
) -> TrainingInputs:
    """Prepare simulated and measured events of both regions for a classifier.

    Args:
        reconstructed: a record array of length n, refined or not.
        dataset: where they are from.
        pileup: weights by the number of vertices.
        settings: features and regions; whether halves of the data are compared.

    Returns:
        Learned from and judged are the events of the regions; of measured events in that of the refiner, the half that
        it has not seen. ``region`` tells which one an event lies in, 0 or 1.
    """
    identity = values(reconstructed, "identity").astype(np.uint64)
    measured = dataset.kind == "measured"
    half, other_half = part_of(identity)
    tested, other = (passes(reconstructed, region.cuts) for region in (settings.tested, settings.other))
    if measured:
        tested &= half == 1
    label = np.full(len(reconstructed), CLASSES.index("data" if measured else "simulation"), np.int32)
    if settings.halves:
        label = other_half if measured else np.full(len(reconstructed), -1, np.int32)
    return TrainingInputs(
        features={"event": event_features(reconstructed, settings.features)},
        label=label,
        target=np.zeros((len(reconstructed), 0), np.float32),
        weight=weights_of(reconstructed, dataset, pileup, settings.weights, settings.factors),
        identity=identity,
        trainable=(tested | other) & (label >= 0),
        classes=("first", "second") if settings.halves else CLASSES,
        spectators={"region": other.astype(np.float64)},
    )


def evaluate(
    before: Mapping[str, TrainingInputs],
    after: Mapping[str, TrainingInputs],
    halves: Mapping[str, TrainingInputs],
    before_scores: Mapping[str, Scores],
    after_scores: Mapping[str, Scores],
    halves_scores: Mapping[str, Scores],
    training: Trained,
) -> dict[str, Any]:
    """Measure the area under the ROC curve that a classifier has: 0.5 where it can tell nothing apart.

    Args:
        before: simulated and measured events, by data set.
        after: the same, refined.
        halves: two halves of the measured ones.
        before_scores: what classifiers that had no part in an event say of it; likewise ``after_scores`` and
            ``halves_scores``.
        training: one of the classifiers.

    Returns:
        JSON: numbers, a table and a headline.
    """
    given = {"before": (before, before_scores), "after": (after, after_scores), "halves": (halves, halves_scores)}
    found = {
        (kind, region): _auc(*scored(inputs, scores), index, training.settings.folds)
        for kind, (inputs, scores) in given.items()
        for index, region in enumerate(REGIONS)
    }
    numbers = [
        Number(
            f"auc_{kind}_{region}",
            f"AUC of {_ROWS[kind]} ({REGIONS[region]})",
            one["value"],
            (one["uncertainty"],) * 2,
            None,
            "",
            "classifier on events that it never saw, mean over folds",
        )
        for (kind, region), one in found.items()
    ]
    columns = tuple(
        Column(
            REGIONS[region],
            "",
            tuple(found[kind, region]["value"] for kind in _ROWS),
            {"stat": tuple((found[kind, region]["uncertainty"],) * 2 for kind in _ROWS)},
            {},
        )
        for region in REGIONS
    )
    table = Table(
        "refinement_auc",
        "Area under the ROC curve of a classifier that is to tell samples apart",
        (Axis("Samples", "", tuple(_ROWS.values())),),
        columns,
    )
    told = " → ".join(f"{found[kind, 'tested']['value']:.3f}" for kind in ("before", "after"))
    return {
        "numbers": [one.as_json() for one in numbers],
        "tables": [table.as_json()],
        "headline": {
            "AUC simulation against data, before → after": f"{told} ± {found['after', 'tested']['uncertainty']:.3f}"
        },
    }


def _auc(inputs: TrainingInputs, predictions: NDArray[np.float32], index: int, folds: int) -> dict[str, float]:
    rows = inputs.trainable & (inputs.spectators["region"] == index)
    found = summarise(predictions[rows], inputs.select(rows), folds)["auc"][inputs.classes[1]]
    return {name: float(found[name]) for name in ("value", "uncertainty")}
