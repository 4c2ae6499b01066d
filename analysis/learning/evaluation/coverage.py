"""Coverage of predicted intervals: how many true values lie in them; all results are numbers that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.errors import TrainingError
from analysis.learning.application.scores import scored
from analysis.learning.evaluation.spread import Estimate, in_words
from analysis.learning.loss_settings import quantile_name
from analysis.results import Axis, Column, Number, Table

if TYPE_CHECKING:
    from analysis.learning.application.scores import Scores
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.learning.regression_settings import CoverageSettings

__all__ = ["evaluate", "summarise"]

Array = NDArray[np.float64]


def evaluate(
    scores: Mapping[str, Scores], inputs: Mapping[str, TrainingInputs], settings: CoverageSettings
) -> dict[str, Any]:
    """Count how often a predicted number's true value is below its quantiles, and within its central intervals.

    Quantiles are those that networks predict (``quantiles`` of the loss ``likelihood``), or, of networks that predict
    none, those of the normal distribution of the predicted mean and standard deviation.

    Args:
        scores: by data set, predictions of each event by the network that had no part in it.
        inputs: the same events, by data set; all trainable ones are taken together.
        settings: levels of the quantiles, and the unit.

    Returns:
        What :func:`summarise` finds, ``method``, ``headline``, ``numbers`` and ``tables``.

    Raises:
        TrainingError: there is not exactly one target, there are no events, or a weight is negative.
        DataError: scores and inputs are of other events.
    """
    events, predictions = scored(inputs, scores)
    if len(events.targets) != 1:
        raise TrainingError(
            f"coverage is that of one target, these events have {len(events.targets)}: {', '.join(events.targets)}",
            cure="train a network for each target",
        )
    names = next(iter(scores.values())).names
    own = [quantile_name(events.targets[0], level) for level in settings.levels]
    of_density = set(own) <= set(names)
    judged = predictions[events.trainable].astype(np.float64)
    if of_density:
        quantiles = judged[:, [names.index(name) for name in own]]
    else:
        quantiles = judged[:, :1] + judged[:, 1:2] * ndtri(settings.levels)
    kept = events.select(events.trainable)
    found = summarise(kept.target[:, 0].astype(np.float64), quantiles, kept.weight, settings)
    method = f"quantiles of the {'predicted density' if of_density else 'normal distribution that is predicted'}"
    return {
        **found,
        "method": method,
        "headline": {
            f"in the central {name} %": f"{in_words(one['coverage'], '%')}; asymmetry {in_words(one['asymmetry'], '')}"
            for name, one in found["intervals"].items()
        },
        "numbers": [number.as_json() for number in _numbers(found, method, events.targets[0])],
        "tables": [table.as_json() for table in _tables(found, method, events.targets[0], settings)],
    }


def summarise(truth: Array, quantiles: Array, weight: Array, settings: CoverageSettings) -> dict[str, Any]:
    """Compare true values with quantiles.

    The asymmetry of an interval from a to b around the median m is (a + b - 2 m) / (b - a): 0 if m is in its middle,
    above 0 if there is a tail of large values.

    Args:
        truth: (n,).
        quantiles: (n, q), rising.
        weight: (n,), not negative.
        settings: the q levels.

    Returns:
        ``events``; ``below``: for each level the share of true values below its quantile, in per cent; ``intervals``:
        by their nominal coverage in per cent, ``coverage`` in per cent, ``width`` and ``asymmetry``. Shares have
        binomial uncertainties, for weighted events with their effective number.

    Raises:
        TrainingError: there are no events, or a weight is negative.

    Examples:
        >>> from analysis.learning.regression_settings import CoverageSettings
        >>> values = np.arange(1000.0)
        >>> quantiles = np.broadcast_to([160.0, 500.0, 840.0], (1000, 3))
        >>> found = summarise(values, quantiles, np.ones(1000), CoverageSettings((0.16, 0.5, 0.84)))
        >>> round(found["intervals"]["68"]["coverage"]["value"]), round(found["intervals"]["68"]["width"]["value"])
        (68, 680)
    """
    if not len(truth) or (weight < 0).any() or weight.sum() <= 0:
        raise TrainingError(
            f"coverage cannot be told of {len(truth)} events with a sum of weights of {weight.sum():g}",
            cure="use events with weights that are not negative",
        )
    share = weight / weight.sum()
    effective = 1.0 / float(np.sum(share**2))

    def part(within: NDArray[np.bool_]) -> Estimate:
        value = min(float(np.sum(share[within])), 1.0)
        return {"value": 100.0 * value, "uncertainty": 100.0 * float(np.sqrt(value * (1.0 - value) / effective))}

    def mean(values: Array) -> Estimate:
        value = float(np.sum(share * values))
        return {"value": value, "uncertainty": float(np.sqrt(np.sum(share * (values - value) ** 2) / effective))}

    median = quantiles[:, len(settings.levels) // 2]
    intervals = {}
    for number, (low, high) in enumerate(settings.intervals):
        a, b = quantiles[:, number], quantiles[:, -1 - number]
        intervals[f"{100 * (high - low):g}"] = {
            "coverage": part((truth >= a) & (truth < b)),
            "width": mean(b - a),
            # roundings of a symmetric interval are no asymmetry
            "asymmetry": mean(np.round((a + b - 2.0 * median) / (b - a), 9) + 0.0),
        }
    below = [part(truth < quantiles[:, number]) for number in range(len(settings.levels))]
    return {"events": len(truth), "below": below, "intervals": intervals}


def _numbers(found: Mapping[str, Any], method: str, target: str) -> list[Number]:
    numbers = []
    for name, one in found["intervals"].items():
        short = name.replace(".", "_")
        # that of a normal distribution is 0
        for quantity, unit in (("coverage", "%"), *([("asymmetry", "")] if one["asymmetry"]["uncertainty"] else [])):
            title, value = f"{quantity} of the central {name} % of {target}", one[quantity]["value"]
            spread = (one[quantity]["uncertainty"],) * 2
            numbers.append(Number(f"{quantity}_{short}", title, value, spread, None, unit, method, "simulation"))
    return numbers


def _tables(found: Mapping[str, Any], method: str, target: str, settings: CoverageSettings) -> list[Table]:
    def column(title: str, unit: str, values: list[Estimate]) -> Column:
        errors = {"stat": tuple((one["uncertainty"],) * 2 for one in values)}
        return Column(title, unit, tuple(one["value"] for one in values), errors, {"data": "simulation"})

    rows = list(found["intervals"].values())
    nominal = Axis("central interval", "%", tuple(float(name) for name in found["intervals"]))
    levels = Axis("quantile", "%", tuple(100.0 * level for level in settings.levels))
    return [
        Table(
            "coverage",
            f"Coverage of intervals of {target}: {method}",
            (nominal,),
            (
                column("true values within", "%", [one["coverage"] for one in rows]),
                column("width", settings.unit, [one["width"] for one in rows]),
                column("asymmetry", "", [one["asymmetry"] for one in rows]),
            ),
        ),
        Table(
            "coverage_quantiles",
            f"True values below quantiles of {target}: {method}",
            (levels,),
            (column("true values below", "%", found["below"]),),
            technical=True,
        ),
    ]
