"""Networks that were trained with different simulations, on the same events of the aged detector."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.columns import values
from analysis.events.joining import of_events
from analysis.learning.evaluation.spread import Estimate, in_words, moments
from analysis.results import Axis, Column, Number, Table
from analysis.studies.refinement.settings import DATA, METHODS

if TYPE_CHECKING:
    from analysis.learning.application.scores import Scores
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.studies.refinement.settings import ComparisonSettings

__all__ = ["compare"]

Array = NDArray[np.float64]

_METHOD = "networks against the hidden truth of showers in the aged detector"


def compare(
    unrefined_depths: dict[str, Scores],
    refined_depths: dict[str, Scores],
    reversed_depths: dict[str, Scores],
    ideal_depths: dict[str, Scores],
    inputs: dict[str, TrainingInputs],
    truth: dict[str, ak.Array],
    settings: ComparisonSettings,
) -> dict[str, Any]:
    """Measure bias and resolution of X_max on data, for each way to train.

    Args:
        unrefined_depths: by networks of the simulation as it is.
        refined_depths: by networks of refined simulation.
        reversed_depths: by networks whose features tell simulation and data apart as little as they can.
        ideal_depths: by networks of a simulation of the detector as it is.
        inputs: of the data; well reconstructed events count.
        truth: of the data, which nothing before this stage knows.
        settings: bins and unit.

    Returns:
        ``methods``: by name ``bias``, ``resolution``, ``pull_width`` and ``change``, the mean difference to what the
        ideal networks say of the same showers; ``binned``: ``edges`` and, by name, moments of the errors in each bin of
        energy; ``numbers``, ``tables`` and ``headline``.
    """
    scores = (unrefined_depths, refined_depths, reversed_depths, ideal_depths)
    judged = inputs[DATA]
    rows = judged.trainable
    true = of_events(truth[DATA], judged.identity)
    depth, energy = values(true, "xmax")[rows], np.log10(values(true, "energy")[rows])
    place = np.searchsorted(settings.energy, energy, side="right") - 1
    said = {name: one[DATA].predictions[rows].astype(np.float64) for name, one in zip(METHODS, scores, strict=True)}
    methods: dict[str, dict[str, Estimate]] = {}
    binned: dict[str, Any] = {"edges": list(settings.energy)}
    for name, predicted in said.items():
        error = predicted[:, 0] - depth
        found = _moments(error)
        methods[name] = {
            "bias": found["mean"],
            "resolution": found["width"],
            "pull_width": _moments(error / predicted[:, 1])["width"],
            "change": _moments(predicted[:, 0] - said["ideal"][:, 0])["mean"],
        }
        binned[name] = [_moments(error[place == number]) for number in range(len(settings.energy) - 1)]
    return {
        "events": int(rows.sum()),
        "methods": methods,
        "binned": binned,
        "headline": {
            f"{title}: bias, resolution": f"{in_words(methods[name]['bias'], '')}, "
            f"{in_words(methods[name]['resolution'], settings.unit)}"
            for name, title in METHODS.items()
        },
        "numbers": [number.as_json() for number in _numbers(methods, settings.unit)],
        "tables": [table.as_json() for table in _tables(methods, binned, settings.unit)],
    }


def _moments(sample: Array) -> dict[str, Any]:
    return moments(sample, np.ones(len(sample)), least=20)


def _numbers(methods: dict[str, dict[str, Estimate]], unit: str) -> list[Number]:
    return [
        Number(
            f"{quantity}_{name}",
            f"{quantity} of X_max on data, networks of {title}",
            found[quantity]["value"],
            (found[quantity]["uncertainty"],) * 2,
            None,
            unit,
            _METHOD,
            "simulation",
        )
        for name, title in METHODS.items()
        for found in (methods[name],)
        for quantity in ("bias", "resolution")
    ]


def _tables(methods: dict[str, dict[str, Estimate]], binned: dict[str, Any], unit: str) -> list[Table]:
    def column(title: str, of: str, found: list[Estimate | None]) -> Column:
        errors = {"stat": tuple((one["uncertainty"] if one else 0.0,) * 2 for one in found)}
        return Column(title, of, tuple(one["value"] if one else None for one in found), errors, {"data": "simulation"})

    edges = binned["edges"]
    return [
        Table(
            "refinement",
            "X_max on data by networks that were trained with different simulations",
            (Axis("trained with", "", tuple(METHODS.values())),),
            (
                column("bias", unit, [methods[name]["bias"] for name in METHODS]),
                column("resolution", unit, [methods[name]["resolution"] for name in METHODS]),
                column("width of the pulls", "", [methods[name]["pull_width"] for name in METHODS]),
                column("mean minus that of the ideal networks", unit, [methods[name]["change"] for name in METHODS]),
            ),
        ),
        Table(
            "refinement_by_energy",
            "Bias of X_max on data, in bins of the true energy",
            (Axis("lg(E/eV)", "", tuple(pairwise(edges))),),
            tuple(column(title, unit, [one["mean"] for one in binned[name]]) for name, title in METHODS.items()),
            technical=True,
        ),
    ]
