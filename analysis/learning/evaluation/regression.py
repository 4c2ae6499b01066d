"""Performance of networks that predict a number; all results are numbers, lists and texts that JSON can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import TrainingError
from analysis.learning.application.scores import scored
from analysis.learning.data.folds import split
from analysis.learning.evaluation.classification import kolmogorov_smirnov
from analysis.learning.evaluation.spread import Estimate, in_words, merit_factor, moments
from analysis.results import Number

if TYPE_CHECKING:
    from analysis.learning.application.scores import Scores
    from analysis.learning.application.trained import Trained
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.learning.regression_settings import BinAxis, RegressionEvaluation, Window

__all__ = ["ALL", "compare_estimators", "compare_training", "coordinate", "evaluate", "summarise"]

Array = NDArray[np.float64]

ALL = "all"


def evaluate(
    training: Trained,
    scores: Mapping[str, Scores],
    inputs: Mapping[str, TrainingInputs],
    settings: RegressionEvaluation,
) -> dict[str, Any]:
    """Judge how well networks predict one number.

    Args:
        training: the networks.
        scores: by data set, mean and standard deviation, of each event by the network that had no part in it.
        inputs: the same events, by data set; all are taken together.
        settings: bins and ranges.

    Returns:
        What :func:`compare_estimators` finds, and ``numbers``: bias and resolution
        (:class:`analysis.results.Number`).

    Raises:
        TrainingError: as :func:`compare_estimators`.
        DataError: scores and inputs are of other events.
    """
    events, predictions = scored(inputs, scores)
    found = compare_estimators(training, predictions, events, settings)
    residuals, target = found["estimators"]["network"]["residuals"][ALL] or {}, found["target"]
    numbers = [
        Number(
            name=f"{name}_{target.rpartition('.')[2]}",
            title=f"{name} of {target}",
            value=residuals[moment]["value"],
            stat=(residuals[moment]["uncertainty"],) * 2,
            syst=None,
            unit=settings.unit,
            method="network against truth, test events",
            note="simulation",
        )
        for name, moment in (("bias", "mean"), ("resolution", "width"))
        if residuals.get(moment)
    ]
    return {**found, "numbers": [number.as_json() for number in numbers]}


def compare_estimators(
    trained: Trained,
    predictions: NDArray[Any],
    inputs: TrainingInputs,
    settings: RegressionEvaluation,
    rivals: Mapping[str, NDArray[Any]] | None = None,
) -> dict[str, Any]:
    """Judge how well networks, and other estimators beside them, predict one number.

    Args:
        trained: the networks.
        predictions: (n, 2) mean and standard deviation in the target's unit, of each event by the network it had no
            part in.
        inputs: the n events, with one target; only trainable ones are judged.
        settings: bins and ranges.
        rivals: (n, 2) of other estimators by name, likewise of events that they have not seen.

    Returns:
        ``headline``: texts; ``target``; ``unit``; ``events``; ``estimators``: for the ``network`` and each rival what
        :func:`summarise` finds; ``truth``: the merit factors that a perfect estimator would have; ``comparison`` of
        training and test events (:func:`compare_training`).

    Raises:
        TrainingError: there is not exactly one target, there are too few events, a weight is negative, or a spectator
            or a class of the settings is unknown.
    """
    if len(inputs.targets) != 1:
        raise TrainingError(
            f"one target can be judged, these events have {len(inputs.targets)}: {', '.join(inputs.targets)}",
            cure="train a network for each target",
        )
    _check(inputs, settings)
    every = {"network": predictions, **(rivals or {})}
    estimators = {name: summarise(each, inputs, settings) for name, each in every.items()}
    comparison = compare_training(trained, inputs)
    return {
        "headline": _headline(estimators, comparison, settings),
        "target": inputs.targets[0],
        "unit": settings.unit,
        "events": int(inputs.trainable.sum()),
        "estimators": estimators,
        "truth": {"merit_factor": _separation(inputs.target[:, 0].astype(np.float64), inputs, settings)},
        "comparison": comparison,
    }


def summarise(predictions: NDArray[Any], inputs: TrainingInputs, settings: RegressionEvaluation) -> dict[str, Any]:
    """Bias, resolution, pulls and separation of one estimator.

    Bias and resolution are mean and width of prediction minus truth, see
    :func:`analysis.learning.evaluation.spread.moments`; a pull is that difference divided by the predicted standard
    deviation. The merit factor is
    ``|m1 - m2| / sqrt(s1^2 + s2^2)`` of the predictions for two classes.

    Args:
        predictions: (n, 2) mean and standard deviation, in the target's unit.
        inputs: the n events, with one target; only trainable ones are judged.
        settings: bins and ranges.

    Returns:
        ``residuals`` and ``pulls``: moments of ``all`` events and of each class; ``binned``: by spectator, ``edges``
        and moments of the residuals in each bin, of ``all`` and of each class; ``windows``: by name, moments of the
        residuals; ``merit_factor``: ``all``, ``binned`` and ``windows``, or ``None`` without a pair of classes.
    """
    mean, deviation = predictions[:, 0].astype(np.float64), predictions[:, 1].astype(np.float64)
    residual = mean - inputs.target[:, 0]
    least = settings.least_events
    groups = _groups(inputs)

    def by_group(values: Array, rows: NDArray[np.bool_]) -> dict[str, Any]:
        return {name: moments(values[own & rows], inputs.weight[own & rows], least) for name, own in groups.items()}

    binned = {}
    for axis in settings.axes:
        place = _place(axis, inputs)
        bins = [by_group(residual, place == number) for number in range(len(axis.edges) - 1)]
        binned[axis.spectator] = {
            "edges": list(axis.edges),
            **{name: [one[name] for one in bins] for name in groups},
        }
    return {
        "residuals": by_group(residual, inputs.trainable),
        "pulls": by_group(residual / deviation, inputs.trainable),
        "binned": binned,
        "windows": {window.name: by_group(residual, _within(window, inputs)) for window in settings.windows},
        "merit_factor": _separation(mean, inputs, settings),
    }


def compare_training(trained: Trained, inputs: TrainingInputs) -> dict[str, Any]:
    """Events that networks were trained on against events that they were not: how much they have learned by heart.

    Root mean square errors are averaged over folds: the test events of different folds are independent, the training
    events overlap, so their uncertainty counts as fully correlated.

    Args:
        trained: the networks.
        inputs: the events of the training, with one target.

    Returns:
        ``training``, ``test`` and ``difference`` of the root mean square error (each ``value`` and ``uncertainty``),
        and ``kolmogorov_smirnov``: ``distance`` and ``p_value`` of the residuals, for each fold.

    Raises:
        TrainingError: a fold has too few events.
    """
    errors: dict[str, list[Estimate]] = {"training": [], "test": []}
    tests = []
    for part in split(inputs.identity, trained.settings.folds, trainable=inputs.trainable):
        samples = []
        for kind in ("training", "test"):
            rows = getattr(part, kind)
            if len(rows) < 2:
                raise TrainingError(f"network {part.network} has {len(rows)} {kind} events", cure="use more events")
            some = inputs.select(rows)
            residual = trained.predictions_of(part.network, some)[:, 0].astype(np.float64) - some.target[:, 0]
            errors[kind].append(_root_mean_square(residual, some.weight))
            samples += [residual, some.weight]
        tests.append(kolmogorov_smirnov(*samples))
    folds = len(tests)
    training, test = (float(np.mean([e["value"] for e in errors[kind]])) for kind in ("training", "test"))
    correlated = float(np.mean([e["uncertainty"] for e in errors["training"]]))
    independent = math.hypot(*(e["uncertainty"] for e in errors["test"])) / folds
    return {
        "training": {"value": training, "uncertainty": correlated},
        "test": {"value": test, "uncertainty": independent},
        "difference": {"value": training - test, "uncertainty": math.hypot(correlated, independent)},
        "kolmogorov_smirnov": tests,
    }


def coordinate(axis: BinAxis | Window, inputs: TrainingInputs) -> Array:
    """(n,) the spectator of an axis or a window, transformed.

    Raises:
        TrainingError: there is no such spectator, or it has no logarithm.
    """
    if axis.spectator not in inputs.spectators:
        raise TrainingError(
            f"the events have no spectator {axis.spectator!r}", cure="use one of: " + ", ".join(inputs.spectators)
        )
    values = inputs.spectators[axis.spectator]
    if axis.transform == "degrees":
        return np.degrees(values)
    if axis.transform == "log10":
        if (values[inputs.trainable] <= 0).any():
            raise TrainingError(f"the spectator {axis.spectator!r} has a value without a logarithm")
        # events that are not judged may have any value
        return np.log10(np.where(values > 0, values, np.nan))
    return values


def _check(inputs: TrainingInputs, settings: RegressionEvaluation) -> None:
    number = int(inputs.trainable.sum())
    if number < 2:
        raise TrainingError(f"{number} events are too few to judge networks by", cure="use more events")
    if (inputs.weight[inputs.trainable] < 0).any():
        raise TrainingError(
            "a resolution cannot be measured with negative weights", cure="give all events positive ones"
        )
    for name in settings.pair:
        if name not in inputs.classes:
            raise TrainingError(f"there is no class {name!r}", cure="use two of: " + ", ".join(inputs.classes))


def _groups(inputs: TrainingInputs) -> dict[str, NDArray[np.bool_]]:
    own = {name: inputs.trainable & (inputs.label == index) for index, name in enumerate(inputs.classes)}
    return {ALL: inputs.trainable, **own}


def _place(axis: BinAxis, inputs: TrainingInputs) -> NDArray[np.int64]:
    """Number of the bin of each event; none for those outside."""
    return np.searchsorted(axis.edges, coordinate(axis, inputs), side="right") - 1


def _within(window: Window, inputs: TrainingInputs) -> NDArray[np.bool_]:
    values = coordinate(window, inputs)
    return inputs.trainable & (values >= window.low) & (values < window.high)


def _separation(mean: Array, inputs: TrainingInputs, settings: RegressionEvaluation) -> dict[str, Any] | None:
    """Merit factors of the predictions for the pair of classes."""
    if not settings.pair:
        return None
    first, second = (inputs.trainable & (inputs.label == inputs.classes.index(name)) for name in settings.pair)

    def factor(rows: NDArray[np.bool_]) -> Estimate | None:
        least = settings.least_events
        one, two = (moments(mean[own & rows], inputs.weight[own & rows], least) for own in (first, second))
        return merit_factor(one, two)

    binned = {}
    for axis in settings.axes:
        place = _place(axis, inputs)
        binned[axis.spectator] = [factor(place == number) for number in range(len(axis.edges) - 1)]
    return {
        "classes": list(settings.pair),
        ALL: factor(inputs.trainable),
        "binned": binned,
        "windows": {window.name: factor(_within(window, inputs)) for window in settings.windows},
    }


def _root_mean_square(residual: Array, weight: Array) -> Estimate:
    share = weight / weight.sum()
    square = np.sum(share * residual**2)
    variance = np.sum(share**2 * (residual**2 - square) ** 2)
    value = math.sqrt(square)
    return {"value": value, "uncertainty": math.sqrt(variance) / (2.0 * value) if value else 0.0}


def _headline(
    estimators: Mapping[str, Any], comparison: Mapping[str, Any], settings: RegressionEvaluation
) -> dict[str, str]:
    headline = {}
    for name, found in estimators.items():
        headline[f"bias, {name}"] = in_words(found["residuals"][ALL]["mean"], settings.unit)
        headline[f"resolution, {name}"] = in_words(found["residuals"][ALL]["width"], settings.unit)
    pulls = estimators["network"]["pulls"][ALL]
    headline["pulls of the network"] = f"mean {in_words(pulls['mean'], '')}, width {in_words(pulls['width'], '')}"
    difference = in_words(comparison["difference"], settings.unit)
    headline["RMS error, training - test"] = difference
    return headline
