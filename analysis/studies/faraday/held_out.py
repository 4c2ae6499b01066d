"""Predictions of sources that an inference did not see, beside those of rivals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.studies.faraday.folds import folds_of
from analysis.studies.faraday.gaussian_process import fit_kernel, predict
from analysis.studies.faraday.interpolation import interpolate
from analysis.studies.faraday.prediction import predictive
from analysis.studies.faraday.profile import at_latitude
from analysis.studies.faraday.settings import PredictionSettings
from analysis.studies.faraday.sphere import directions

__all__ = ["predict_held_out"]


def predict_held_out(
    sources: Mapping[str, NDArray], inferred: Sequence[Mapping[str, NDArray]], settings: PredictionSettings
) -> dict[str, NDArray]:
    """Predict each source by the inference that did not see it, and by interpolations of the same sources.

    Args:
        sources: all of them.
        inferred: records of the inferences, one a fold.
        settings: of the prediction.

    Returns:
        One value a source: ``fold``, ``rm``, predictions in rad/m2 by ``field``, ``nearest``, ``median_of_five``,
        ``inverse_distance`` and ``gaussian_process``, the ``deviation`` of the field in rad/m2, the ``cumulative``
        probability
        and ``density`` of what was measured, and the ``separation`` of the nearest source that was seen, in degrees.
    """
    fold = folds_of(sources, len(inferred))
    places = directions(sources["longitude"], sources["latitude"])
    found: dict[str, NDArray] = {"fold": fold.astype(np.int64), "rm": sources["rm"]}
    for number, samples in enumerate(inferred):
        out, seen = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        test = {name: sources[name][out] for name in ("longitude", "latitude", "uncertainty", "catalogue")}
        around = interpolate(places[seen], sources["rm"][seen], places[out])
        distribution = predictive(samples, test, around["separation"])
        scale = at_latitude((samples["profile"][0], samples["profile"][1]), sources["latitude"])
        values, relative = sources["rm"][seen] / scale[seen], sources["uncertainty"][seen] / scale[seen]
        kernel = fit_kernel(places[seen], values, relative, sources=settings.kernel_sources)
        predicted = {
            "field": distribution.mean,
            "deviation": distribution.deviation,
            "cumulative": distribution.cumulative(sources["rm"][out]),
            "density": distribution.density(sources["rm"][out]),
            **around,
            "gaussian_process": scale[out]
            * predict(places[seen], values, relative, places[out], kernel, settings.neighbours),
        }
        for name, one in predicted.items():
            found.setdefault(name, np.zeros(len(fold)))[out] = one
    return found
