"""Generated showers beside simulated ones: distances of shapes, resolution, depth, and what classifiers say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.learning.data.inputs import concatenate
from analysis.learning.evaluation.distances import Samples, measure
from analysis.learning.evaluation.samples import classifier_test, report
from analysis.results import Number
from analysis.studies.calorimeter.generation.inputs import generated_cells, particles_in
from analysis.studies.calorimeter.generation.templates import Templates
from analysis.studies.calorimeter.shapes.resolution import depths, resolution, table
from analysis.studies.calorimeter.shapes.settings import shape_names
from analysis.studies.calorimeter.shapes.variables import shapes_of

if TYPE_CHECKING:
    from analysis.learning.application.scores import Scores
    from analysis.learning.application.trained import Trained
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.studies.calorimeter.shapes.settings import ComparisonSettings, ShapeSettings

__all__ = ["Showers", "compare", "extrapolate"]


class Showers:
    """The same particles' showers: as simulated, as a network generates them, and as templates alone would.

    Args:
        calibrated: events by data set.
        inputs: of the same events.
        scores: what a network generates for them.
        templates: of showers.
        settings: threshold and block of the shapes.
    """

    def __init__(
        self,
        calibrated: Mapping[str, ak.Array],
        inputs: Mapping[str, TrainingInputs],
        scores: Mapping[str, Scores],
        templates: Mapping[str, Any],
        settings: ShapeSettings,
    ) -> None:
        self.events = concatenate(list(inputs.values()))
        self.particles = particles_in(self.events)
        drawn = np.concatenate([scores[name].predictions for name in inputs])
        known, identity = Templates(**templates), self.events.identity
        self.cells = {
            "simulated": np.concatenate([ak.to_numpy(calibrated[name].cells) for name in inputs]),
            "generated": generated_cells(drawn, identity, self.particles, known),
            "templates": generated_cells(drawn[:, :0], identity, self.particles, known),
        }
        self.shapes: dict[str, NDArray[np.float64]] = {
            kind: shapes_of(cells, self.particles.energy, settings) for kind, cells in self.cells.items()
        }


def compare(
    training: Trained,
    calibrated: Mapping[str, ak.Array],
    inputs: Mapping[str, TrainingInputs],
    scores: Mapping[str, Scores],
    templates: Mapping[str, Any],
    cells_compared: Mapping[str, TrainingInputs],
    cells_discriminated: Mapping[str, Scores],
    shapes_compared: Mapping[str, TrainingInputs],
    shapes_discriminated: Mapping[str, Scores],
    settings: ComparisonSettings,
) -> dict[str, Any]:
    """Compare showers of particles as networks were trained with; each by a network that had no part in it.

    Args:
        training: the generator.
        calibrated: simulated events by data set; likewise all others.
        inputs: of the generator.
        scores: of the generator.
        templates: of showers.
        cells_compared: what a classifier of all hits sees.
        cells_discriminated: what it says.
        shapes_compared: what a classifier of shapes sees.
        shapes_discriminated: what it says.
        settings: of the comparison.

    Returns:
        ``headline``, ``numbers``, ``tables``; ``resolution`` by kind, ``correlations``.
    """
    showers = Showers(calibrated, inputs, scores, templates, settings.shapes)
    found = _measured(showers, settings)
    folds = training.settings.folds
    tests = {
        "cells": classifier_test(cells_compared, cells_discriminated, folds),
        "shapes": classifier_test(shapes_compared, shapes_discriminated, folds),
    }
    titles = {"cells": "all hits", "shapes": "shapes"}
    for name, test in tests.items():
        found["numbers"].append(
            _number(f"auc_{name}", f"AUC of a classifier of {titles[name]}", test["value"], test["uncertainty"])
        )
        found["headline"][f"AUC of a classifier of {titles[name]}"] = f"{test['value']:.3f} ± {test['uncertainty']:.3f}"
    rival = _distances(showers, "templates", settings)["sliced_wasserstein"]
    found["numbers"].append(
        _number(
            "templates_sliced_wasserstein",
            "sliced Wasserstein distance, templates alone",
            rival["value"],
            rival["uncertainty"],
        )
    )
    found["headline"]["sliced Wasserstein distance, templates alone"] = f"{rival['value']:.3f}"
    return found


def extrapolate(
    calibrated: Mapping[str, ak.Array],
    inputs: Mapping[str, TrainingInputs],
    scores: Mapping[str, Scores],
    templates: Mapping[str, Any],
    settings: ComparisonSettings,
) -> dict[str, Any]:
    """Compare showers of energies that neither templates nor networks have seen; arguments as above."""
    return _measured(Showers(calibrated, inputs, scores, templates, settings.shapes), settings)


def _measured(showers: Showers, settings: ComparisonSettings) -> dict[str, Any]:
    energy, name = showers.particles.energy, settings.measures.name
    distances = _distances(showers, "generated", settings)
    found = report({"distances": distances}, name)
    resolved = {kind: resolution(one[:, 0], energy, settings) for kind, one in showers.shapes.items()}
    numbers = list(found["numbers"])
    for kind in ("simulated", "generated"):
        whole = resolved[kind]["all"]
        numbers.append(
            _number(
                f"{name}_width_{kind}",
                f"width of the response, {kind}",
                100 * whole["width"],
                100 * whole["width_error"],
                "%",
            )
        )
        numbers.append(_number(f"{name}_response_{kind}", f"mean response, {kind}", whole["mean"], whole["mean_error"]))
        for what, one in depths(showers.shapes[kind][:, 1], showers.particles).items():
            numbers.append(
                _number(f"{name}_{what}_{kind}", f"{one['title']}, {kind}", one["value"], one["error"], "X0")
            )
    return {
        "headline": found["headline"],
        "numbers": numbers,
        "tables": [*found["tables"], table(resolved, settings).as_json()],
        "resolution": {"edges": list(settings.energies), **resolved},
        "correlations": distances["correlations"],
    }


def _distances(showers: Showers, kind: str, settings: ComparisonSettings) -> dict[str, Any]:
    """Distances of the shapes of a kind of showers to those of simulated ones."""
    names, events = shape_names(settings.shapes.block), showers.events
    samples = Samples(names, showers.shapes["simulated"], showers.shapes[kind], events.weight, events.identity)
    return measure(samples, settings.measures)


def _number(name: str, title: str, value: float, error: float, unit: str = "") -> dict[str, Any]:
    method = "showers of the same particles"
    return Number(name, title, value, (error, error), None, unit, method, "simulation").as_json()
