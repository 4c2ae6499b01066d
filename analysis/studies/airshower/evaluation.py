"""Evaluation of the networks that predict the depth of shower maximum, beside the rise-time estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.learning.application.scores import scored
from analysis.learning.evaluation import regression
from analysis.learning.evaluation.spread import in_words
from analysis.results import Number
from analysis.studies.airshower.estimator import estimate, has_rise_time
from analysis.studies.airshower.evaluation_settings import REFERENCE, SEPARATION

if TYPE_CHECKING:
    from analysis.learning.application.scores import Scores
    from analysis.learning.application.trained import Trained
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.studies.airshower.evaluation_settings import EvaluationSettings

__all__ = ["evaluate"]


def evaluate(
    training: Trained, scores: dict[str, Scores], inputs: dict[str, TrainingInputs], settings: EvaluationSettings
) -> dict[str, Any]:
    """Judge the networks and the rise-time estimator by the same events, in the same bins.

    Args:
        training: the networks.
        scores: by data set; X_max and its standard deviation in g/cm2, by the network the event had no part in.
        inputs: the same events, with the spectators that the bins and the estimator need; all data sets are taken
            together.
        settings: bins, ranges and the estimator.

    Returns:
        What :func:`analysis.learning.evaluation.regression.compare_estimators` finds, with a headline of the study's
        own, the same as ``numbers`` (:class:`analysis.results.Number`), and ``without_rise_time``: how many of the
        events the estimator can only guess.

    Raises:
        TrainingError: a spectator is missing, or there are too few events.
        DataError: scores and inputs are of other events.
    """
    events, predictions = scored(inputs, scores)
    name = settings.estimator.name
    rival = estimate(events, training.settings.folds, settings.estimator)
    result = regression.compare_estimators(training, predictions, events, settings.regression, {name: rival})
    guessed = int((events.trainable & ~has_rise_time(events)).sum())
    return {
        **result,
        "headline": _headline(result, settings, guessed),
        "numbers": [number.as_json() for number in _numbers(result, settings)],
        "without_rise_time": guessed,
    }


def _numbers(result: dict[str, Any], settings: EvaluationSettings) -> list[Number]:
    """Return the numbers of each estimator; those with too few events are left out."""
    unit = settings.regression.unit
    light, heavy = settings.regression.pair
    numbers = []
    for name, found in result["estimators"].items():
        title, method = name.replace("_", " "), f"{name.replace('_', ' ')} against true depth, test events"
        separation = found["windows"][SEPARATION]
        told = [
            ("resolution", f"resolution of X_max at {REFERENCE}", found["windows"][REFERENCE]["all"]["width"], unit),
            *(
                (f"bias_{primary}", f"bias of X_max at {SEPARATION}, {primary}", moments["mean"], unit)
                for primary, moments in separation.items()
                if primary != "all"
            ),
            (
                "merit_factor",
                f"merit factor {light} - {heavy} at {SEPARATION}",
                found["merit_factor"]["windows"][SEPARATION],
                "",
            ),
            ("pull_width", "width of the pulls", found["pulls"]["all"]["width"], ""),
        ]
        for quantity, words, one, of in told:
            if one is not None:
                spread = (one["uncertainty"], one["uncertainty"])
                short = f"{quantity}_{name}"
                numbers.append(Number(short, f"{words}, {title}", one["value"], spread, None, of, method, "simulation"))
    return numbers


def _headline(result: dict[str, Any], settings: EvaluationSettings, guessed: int) -> dict[str, str]:
    unit, events = settings.regression.unit, result["events"]
    light, heavy = settings.regression.pair
    headline: dict[str, str] = {}
    for name, found in result["estimators"].items():
        title = name.replace("_", " ")
        reference, separation = found["windows"][REFERENCE], found["windows"][SEPARATION]
        headline[f"resolution at {REFERENCE}, {title}"] = in_words(reference["all"]["width"], unit)
        for primary, moments in separation.items():
            if primary != "all":
                headline[f"bias at {SEPARATION}, {primary}, {title}"] = in_words(moments["mean"], unit)
        factor = found["merit_factor"]["windows"][SEPARATION]
        headline[f"merit factor {light} - {heavy} at {SEPARATION}, {title}"] = in_words(factor, "")
        headline[f"width of the pulls, {title}"] = in_words(found["pulls"]["all"]["width"], "")
    truth = result["truth"]["merit_factor"]["windows"][SEPARATION]
    headline[f"merit factor {light} - {heavy} at {SEPARATION}, true depth"] = in_words(truth, "")
    headline["RMS error, training - test"] = in_words(result["comparison"]["difference"], unit)
    headline["events without a rise time"] = f"{guessed} of {events}"
    return headline
