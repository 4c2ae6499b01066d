"""Comparison of generated events with true ones; all results are numbers, lists and texts that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr

from analysis.learning.application.scores import concatenate, scored
from analysis.learning.data.samples import CLASSES, drawn_targets
from analysis.learning.evaluation.classification import summarise
from analysis.learning.evaluation.distances import Samples, measure
from analysis.learning.evaluation.spread import in_words
from analysis.results import Axis, Column, Number, Table

if TYPE_CHECKING:
    from analysis.learning.application.scores import Scores
    from analysis.learning.application.trained import Trained
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.learning.sample_settings import SampleEvaluation

__all__ = ["classifier_test", "compare_seeds", "evaluate", "report", "samples_of"]

_HALVES = "for two halves of the truth, "


def evaluate(
    training: Trained,
    scores: Mapping[str, Scores],
    inputs: Mapping[str, TrainingInputs],
    settings: SampleEvaluation,
    compared: Mapping[str, TrainingInputs] | None = None,
    discriminated: Mapping[str, Scores] | None = None,
    halves: Mapping[str, TrainingInputs] | None = None,
    halves_discriminated: Mapping[str, Scores] | None = None,
) -> dict[str, Any]:
    """Judge what a generator draws, by distances and by a classifier that is to tell it from the truth.

    Args:
        training: the generator.
        scores: by data set, what it drew for each event that it had no part in.
        inputs: the same events, by data set; only those that are learned from are judged.
        settings: numbers of directions and replicas.
        compared: true and generated events (:func:`analysis.learning.data.samples.compare`), by data set.
        discriminated: what a classifier says of them.
        halves: two halves of the truth, by data set.
        halves_discriminated: what a classifier says of them.

    Returns:
        ``headline``, ``numbers`` and ``tables``; ``distances`` from
        :func:`analysis.learning.evaluation.distances.measure`; ``seeds`` from :func:`compare_seeds`; ``classifier``:
        for ``generated`` events and ``halves`` what :func:`classifier_test` finds, or ``None``.

    Raises:
        DataError: scores and inputs are of other events, or nothing was drawn.
        TrainingError: there are too few events.
    """
    distances = measure(samples_of(inputs, scores), settings)
    folds = training.settings.folds
    tests = {
        "generated": classifier_test(compared, discriminated, folds) if compared and discriminated else None,
        "halves": classifier_test(halves, halves_discriminated, folds) if halves and halves_discriminated else None,
    }
    found = {"distances": distances, "seeds": compare_seeds(inputs, scores, settings), "classifier": tests}
    return {**found, **report(found, settings.name)}


def samples_of(inputs: Mapping[str, TrainingInputs], scores: Mapping[str, Scores], seed: int = 0) -> Samples:
    """Return true and drawn targets of the events of all data sets that are learned from.

    Args:
        inputs: by data set.
        scores: what a generator drew for the same events, by data set.
        seed: number of its seed, from 0.

    Raises:
        DataError: scores and inputs are of other events, or nothing was drawn.
    """
    events, _ = scored(inputs, scores)
    drawn = drawn_targets(events, concatenate([scores[name] for name in inputs]), seed)
    rows = events.trainable
    return Samples(events.targets, events.target[rows], drawn[rows], events.weight[rows], events.identity[rows])


def classifier_test(
    compared: Mapping[str, TrainingInputs], discriminated: Mapping[str, Scores], folds: int
) -> dict[str, float]:
    """Measure the area under the ROC curve of a classifier that is to tell generated from true events.

    It is 0.5 where they are alike (D. Lopez-Paz and M. Oquab, arXiv:1610.06545). Each event is judged by the network
    that had no part in it.

    Args:
        compared: by data set.
        discriminated: of the same events, by data set.
        folds: number of folds.

    Returns:
        ``value`` and ``uncertainty``, mean over folds; ``p_value`` of a greater one for events that are alike.

    Raises:
        DataError: they are of other events.
        TrainingError: a fold has no events of a class.
    """
    events, predictions = scored(compared, discriminated)
    found = summarise(predictions, events, folds)["auc"][CLASSES[1]]
    pull = (found["value"] - 0.5) / found["uncertainty"]
    return {"value": found["value"], "uncertainty": found["uncertainty"], "p_value": float(ndtr(-pull))}


def compare_seeds(
    inputs: Mapping[str, TrainingInputs], scores: Mapping[str, Scores], settings: SampleEvaluation
) -> dict[str, list[float]] | None:
    """Measure the distances for each seed of the generator alone.

    Args:
        inputs: by data set.
        scores: of the same events, by data set, with those by seed.
        settings: numbers of directions and replicas.

    Returns:
        ``sliced_wasserstein`` and, of several variables, the greatest difference of ``correlation``, one value a seed;
        ``None`` of one seed.
    """
    seeds = min(len(scores[name].by_seed) for name in inputs)
    if seeds < 2:
        return None
    # uncertainties are not needed
    few = replace(settings, replicas=10)
    found = [measure(samples_of(inputs, scores, seed), few) for seed in range(seeds)]
    names = [name for name in ("sliced_wasserstein", "correlation") if found[0][name]]
    return {name: [one[name]["value"] for one in found] for name in names}


def report(found: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Make the numbers, the table and the headline of measures, for results.

    Args:
        found: ``distances``; ``seeds`` and ``classifier``, if there are any; see :func:`evaluate`.
        name: before the names of numbers and tables.
    """
    distances, tests = found["distances"], found.get("classifier") or {}
    sliced, correlation = distances["sliced_wasserstein"], distances["correlation"]
    measures = {"sliced Wasserstein distance": sliced}
    measures |= {f"Wasserstein distance of {one}": value for one, value in distances["wasserstein"].items()}
    numbers = [_number(f"{name}_sliced_wasserstein", "sliced Wasserstein distance", sliced)]
    headline = {"sliced Wasserstein distance": _beside(sliced)}
    if correlation:
        title = f"greatest difference of correlations ({' and '.join(correlation['pair'])})"
        measures[title] = correlation
        numbers.append(_number(f"{name}_correlation", "greatest difference of correlations", correlation))
        headline[title] = _beside(correlation)
    titles = {"generated": "AUC generated against true", "halves": "AUC of two halves of the truth"}
    for (kind, title), end in zip(titles.items(), ("auc", "auc_halves"), strict=True):
        if test := tests.get(kind):
            spread = (test["uncertainty"], test["uncertainty"])
            method = "classifier on events that it never saw, mean over folds"
            numbers.append(Number(f"{name}_{end}", title, test["value"], spread, None, "", method))
            headline[title] = f"{in_words(test, '')} (p = {test['p_value']:.2g})"
    for one, values in (found.get("seeds") or {}).items():
        title = {number.name: number.title for number in numbers}[f"{name}_{one}"]
        spread = (float(np.std(values, ddof=1)),) * 2
        method = f"mean and standard deviation of {len(values)} seeds of the generator"
        numbers.append(Number(f"{name}_{one}_seeds", title, float(np.mean(values)), spread, None, "", method))
        headline[f"{title}, over {len(values)} seeds"] = in_words(
            {"value": numbers[-1].value, "uncertainty": spread[0]}, ""
        )
    return {
        "headline": headline,
        "numbers": [number.as_json() for number in numbers],
        "tables": [_table(measures, distances["events"], name).as_json()],
    }


def _number(name: str, title: str, found: Mapping[str, float]) -> Number:
    spread = (found["uncertainty"], found["uncertainty"])
    halves = in_words({"value": found["halves"], "uncertainty": found["halves_spread"]}, "")
    method = "generated against true events, in standard deviations of the true ones; uncertainty by bootstrap"
    return Number(name, title, found["value"], spread, None, "", method, f"{_HALVES}{halves}")


def _beside(found: Mapping[str, float]) -> str:
    halves = in_words({"value": found["halves"], "uncertainty": found["halves_spread"]}, "")
    return f"{in_words(found, '')} ({_HALVES}{halves}; p = {found['p_value']:.2g})"


def _table(measures: Mapping[str, Mapping[str, float]], events: list[int], name: str) -> Table:
    def column(title: str, value: str, spread: str, kind: str) -> Column:
        errors = tuple((one[spread], one[spread]) for one in measures.values())
        return Column(title, "", tuple(one[value] for one in measures.values()), {kind: errors}, {})

    return Table(
        f"{name}_distances",
        f"{events[1]} generated events against {events[0]} others, as they truly are; distances of single variables in "
        "standard deviations",
        (Axis("Measure", "", tuple(measures)),),
        (
            column("Generated against true", "value", "uncertainty", "stat"),
            column("Two halves of the truth", "halves", "halves_spread", "spread"),
            Column("p-value", "", tuple(one["p_value"] for one in measures.values()), {}, {}),
        ),
    )
